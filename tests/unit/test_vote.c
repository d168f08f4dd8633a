#include "consensus/vote.h"

#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"

static struct committee committee;
static struct vote vote;

static void setup(void)
{
    static const struct hash digest = {{7}};
    committee_init(&committee, 4);
    vote = committee_vote(&committee, VOTE_PREPARE, 2, 5, 1, &digest);
}

static bool passes(void)
{
    return vote_verify(&vote, &committee.rules.chain_id, &committee.validators);
}

START_TEST(a_signed_vote_passes)
{
    ck_assert(passes());
}
END_TEST

START_TEST(a_signature_is_for_one_type_height_round_digest_sender_and_chain)
{
    const struct vote right = vote;
    vote.type = VOTE_COMMIT;
    ck_assert(!passes());
    vote = right;
    vote.height++;
    ck_assert(!passes());
    vote = right;
    vote.round++;
    ck_assert(!passes());
    vote = right;
    vote.digest.bytes[31] ^= 1;
    ck_assert(!passes());
    vote = right;
    vote.sender = 1;
    ck_assert(!passes());
    vote = right;
    committee.rules.chain_id.bytes[0] ^= 1;
    ck_assert(!passes());
}
END_TEST

/* Class 10 of docs/testing.md: ASA-2024-011, CometBFT issue 3195. */
START_TEST(rejects_a_sender_or_type_that_does_not_exist)
{
    vote.sender = 4;
    ck_assert(!passes());
    vote.sender = VALIDATORS_NONE;
    ck_assert(!passes());
    vote.sender = 2;
    vote.type = VOTE_TYPE_COUNT;
    ck_assert(!passes());
}
END_TEST

START_TEST(signing_twice_gives_the_same_bytes)
{
    struct vote again = vote;
    again.signature = (struct signature){{0}};
    vote_sign(&again, &committee.rules.chain_id, &committee.keys[2]);
    ck_assert(bytes_equal(BYTES_OF(again.signature), BYTES_OF(vote.signature)));
}
END_TEST

START_TEST(every_type_has_a_name)
{
    for (int type = 0; type < VOTE_TYPE_COUNT; type++) {
        ck_assert_str_ne(vote_type_text((enum vote_type)type), "unknown");
    }
    ck_assert_str_eq(vote_type_text(VOTE_TYPE_COUNT), "unknown");
}
END_TEST

static struct conflict conflict;

static void refuses_conflict(const char *expected)
{
    char error[120] = "";
    ck_assert(!conflict_verify(&conflict, &committee.rules.chain_id,
                               &committee.validators.list[2].key, error, sizeof(error)));
    ck_assert_str_eq(error, expected);
}

/* Each conflict has one form, and nothing but two signatures of one key makes one. */
START_TEST(two_votes_for_two_values_are_a_conflict)
{
    const struct hash low = {{1}};
    const struct hash high = {{2}};
    struct vote a = committee_vote(&committee, VOTE_PREPARE, 2, 7, 3, &high);
    struct vote b = committee_vote(&committee, VOTE_PREPARE, 2, 7, 3, &low);
    struct conflict again;
    vote_conflict(&conflict, &a, &b);
    vote_conflict(&again, &b, &a);
    ck_assert_mem_eq(&conflict.first, &low, sizeof(low));
    ck_assert_mem_eq(&again.first, &low, sizeof(low));
    ck_assert_mem_eq(&again.second_signature, &conflict.second_signature, sizeof(a.signature));
    ck_assert(conflict_verify(&conflict, &committee.rules.chain_id,
                              &committee.validators.list[2].key, NULL, 0));
    ck_assert(!conflict_verify(&conflict, &committee.rules.chain_id,
                               &committee.validators.list[1].key, NULL, 0));
    conflict.type = VOTE_STATUS;
    refuses_conflict("type: two messages of this kind may differ");
    conflict.type = VOTE_COMMIT;
    refuses_conflict("first_signature: not the validator's");
    conflict.type = VOTE_PREPARE;
    conflict.second_signature.bytes[40] ^= 1;
    refuses_conflict("second_signature: not the validator's");
    conflict.second = conflict.first;
    refuses_conflict("second: not above the first digest");
    conflict.height = 0;
    refuses_conflict("height: 0, expected at least 1");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("vote");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_signed_vote_passes);
    tcase_add_test(tests, a_signature_is_for_one_type_height_round_digest_sender_and_chain);
    tcase_add_test(tests, rejects_a_sender_or_type_that_does_not_exist);
    tcase_add_test(tests, signing_twice_gives_the_same_bytes);
    tcase_add_test(tests, every_type_has_a_name);
    tcase_add_test(tests, two_votes_for_two_values_are_a_conflict);
    return check_run("vote", tests);
}
