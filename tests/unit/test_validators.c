#include "consensus/validator_set.h"

#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"

static struct committee committee;

static void setup(void)
{
    committee_init(&committee, 4);
}

static void refuses(const char *expected)
{
    char error[160];
    ck_assert(!validators_check(&committee.validators, error, sizeof(error)));
    ck_assert_str_eq(error, expected);
}

/* Class 1 of docs/testing.md: celo issue 253, Quorum pull request 796, go-ibft pull request 86. */
START_TEST(two_quorums_share_an_honest_validator_for_every_size)
{
    for (uint32_t n = 1; n <= VALIDATORS_MAX; n++) {
        uint64_t f = validators_fault_count(n);
        uint64_t q = validators_quorum(n);
        ck_assert_uint_ge(2 * q, n + f + 1);
        ck_assert_uint_eq(q, n - f);
        ck_assert_uint_lt(3 * f, n);
        ck_assert_uint_ge(3 * (f + 1), n);
    }
}
END_TEST

START_TEST(the_lead_goes_round_by_height_and_round)
{
    const struct validators *set = &committee.validators;
    ck_assert_uint_eq(validators_leader(set, NULL, 1, 0), 1);
    ck_assert_uint_eq(validators_leader(set, NULL, 1, 3), 0);
    ck_assert_uint_eq(validators_leader(set, NULL, 4, 0), 0);
    ck_assert_uint_eq(validators_leader(set, NULL, UINT64_MAX, UINT32_MAX), 2);
}
END_TEST

START_TEST(finds_a_validator_by_its_key)
{
    struct public_key stranger = {{1}};
    ck_assert_uint_eq(validators_find(&committee.validators, &committee.validators.list[3].key), 3);
    ck_assert_uint_eq(validators_find(&committee.validators, &stranger), VALIDATORS_NONE);
}
END_TEST

START_TEST(accepts_sets_of_1_to_100)
{
    static const uint32_t counts[] = {1, 4, VALIDATORS_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        committee_init(&committee, counts[i]);
        ck_assert(validators_check(&committee.validators, NULL, 0));
    }
}
END_TEST

START_TEST(rejects_a_count_outside_its_range)
{
    committee.validators.count = 0;
    refuses("validators: 0, expected 1 to 100");
    committee.validators.count = 101;
    refuses("validators: 101, expected 1 to 100");
}
END_TEST

START_TEST(rejects_keys_that_are_not_on_the_curve)
{
    committee.validators.list[2].key = (struct public_key){{0}};
    refuses("validator 2: its key is not on the curve");
    setup();
    committee.validators.list[2].node_key = (struct point){{0}};
    refuses("validator 2: its node key is not on the curve");
}
END_TEST

START_TEST(rejects_names_that_people_cannot_read)
{
    committee.validators.list[0].name = bytes_of_text("");
    refuses("validator 0: its name is not of 1 to 32 characters");
    committee.validators.list[0].name = bytes_of_text("a name that is much longer than 32 signs");
    refuses("validator 0: its name is not of 1 to 32 characters");
    committee.validators.list[0].name = bytes_of_text("two\nlines");
    refuses("validator 0: its name is not printable ASCII");
}
END_TEST

START_TEST(rejects_what_appears_twice)
{
    struct validator *list = committee.validators.list;
    list[3].key = list[1].key;
    refuses("validator 3: its key is that of an earlier one");
    setup();
    list[3].node_key = list[1].node_key;
    refuses("validator 3: its node key is that of an earlier one");
    setup();
    list[3].name = list[1].name;
    refuses("validator 3: its name is that of an earlier one");
}
END_TEST

START_TEST(the_hash_covers_every_member)
{
    struct hash before;
    struct hash after;
    validators_hash(&before, &committee.validators);
    committee.validators.list[3].name = bytes_of_text("renamed");
    validators_hash(&after, &committee.validators);
    ck_assert(!hash_equal(&before, &after));
    committee.validators.count = 3;
    validators_hash(&before, &committee.validators);
    ck_assert(!hash_equal(&before, &after));
}
END_TEST

START_TEST(who_is_jailed_never_leads)
{
    static const uint32_t leaders[] = {0, 2, 3};
    struct validators *set = &committee.validators;
    set->list[1].jailed = true;
    for (uint32_t round = 0; round < 9; round++) {
        ck_assert_uint_eq(validators_leader(set, NULL, 3, round), leaders[round % 3]);
    }
    for (uint32_t i = 0; i < 4; i++) {
        set->list[i].jailed = true;
    }
    ck_assert_uint_eq(validators_leader(set, NULL, 1, 0), 1);
}
END_TEST

START_TEST(a_set_owns_its_names_and_lives_as_long_as_a_holder)
{
    struct hash hash;
    struct validator_set *set = validator_set_new(&committee.validators);
    ck_assert_ptr_eq(validator_set_share(set), set);
    validator_set_release(set);
    committee.names[2][0] = 'V';
    ck_assert_mem_eq(set->validators.list[2].name.data, "validator 2", 11);
    struct validator_set *other = validator_set_new(&committee.validators);
    ck_assert(!validator_set_equal(set, other));
    validator_set_release(other);
    committee.names[2][0] = 'v';
    other = validator_set_new(&committee.validators);
    ck_assert(validator_set_equal(set, other));
    validator_set_release(other);
    committee.validators.list[0].jailed = true;
    validators_hash(&hash, &committee.validators);
    ck_assert(!hash_equal(&set->hash, &hash));
    validator_set_release(set);
    validator_set_release(NULL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("validators");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, two_quorums_share_an_honest_validator_for_every_size);
    tcase_add_test(tests, the_lead_goes_round_by_height_and_round);
    tcase_add_test(tests, finds_a_validator_by_its_key);
    tcase_add_test(tests, accepts_sets_of_1_to_100);
    tcase_add_test(tests, rejects_a_count_outside_its_range);
    tcase_add_test(tests, rejects_keys_that_are_not_on_the_curve);
    tcase_add_test(tests, rejects_names_that_people_cannot_read);
    tcase_add_test(tests, rejects_what_appears_twice);
    tcase_add_test(tests, the_hash_covers_every_member);
    tcase_add_test(tests, who_is_jailed_never_leads);
    tcase_add_test(tests, a_set_owns_its_names_and_lives_as_long_as_a_holder);
    return check_run("validators", tests);
}
