#include "consensus/block.h"

#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"

static struct committee committee;
static struct block first;
static struct block second;
static struct hash first_digest;
static struct hash second_digest;

static void setup(void)
{
    committee_init(&committee, 4);
    committee_block(&committee, &first, &first_digest, 1, "body");
    committee_next_block(&committee, &second, &second_digest, &first, 2);
}

static void refuses(const struct block *block, const char *expected)
{
    char error[160] = "";
    ck_assert(!block_verify(block, &committee.rules, error, sizeof(error)));
    ck_assert_str_eq(error, expected);
}

START_TEST(accepts_the_first_block_and_its_successor)
{
    char error[160];
    ck_assert(block_verify_proposed(&first, &committee.rules, error, sizeof(error)));
    ck_assert(block_verify_proposed(&second, &committee.rules, error, sizeof(error)));
}
END_TEST

START_TEST(the_digest_covers_every_field_of_the_header)
{
    struct hash digest;
    struct buffer encoded = {0};
    schema_write(&encoded, &block_header_schema, &first.header);
    for (size_t i = 0; i < encoded.size; i++) {
        struct block_header changed;
        encoded.data[i] ^= 1;
        ck_assert(schema_decode(&block_header_schema, &changed, buffer_bytes(&encoded), NULL, 0));
        encoded.data[i] ^= 1;
        block_digest(&digest, &changed);
        ck_assert(!hash_equal(&digest, &first_digest));
    }
    buffer_close(&encoded);
}
END_TEST

START_TEST(decodes_what_it_encodes_and_nothing_else)
{
    struct buffer encoded = {0};
    struct block decoded;
    struct hash digest;
    char error[160];
    block_encode(&encoded, &second);
    ck_assert(block_decode(&decoded, buffer_bytes(&encoded), error, sizeof(error)));
    block_digest(&digest, &decoded.header);
    ck_assert(hash_equal(&digest, &second_digest));
    ck_assert(bytes_equal(decoded.body, second.body));
    for (size_t size = 0; size < encoded.size; size++) {
        ck_assert(
            !block_decode(&decoded, (struct bytes){encoded.data, size}, error, sizeof(error)));
    }
    bcs_write_u8(&encoded, 0);
    ck_assert(!block_decode(&decoded, buffer_bytes(&encoded), error, sizeof(error)));
    buffer_close(&encoded);
}
END_TEST

START_TEST(rejects_a_body_above_4_mib_before_reading_it)
{
    struct buffer encoded = {0};
    struct block decoded;
    char error[160];
    schema_write(&encoded, &block_header_schema, &first.header);
    bcs_write_length(&encoded, BLOCK_BODY_SIZE_MAX + 1);
    ck_assert(!block_decode(&decoded, buffer_bytes(&encoded), error, sizeof(error)));
    ck_assert_str_eq(error, "body at byte 312 of 316: longer than allowed");
    buffer_close(&encoded);
}
END_TEST

/* Class 11 of docs/testing.md: FISCO pull requests 2191, 2244 and 2604. */
START_TEST(rejects_what_does_not_belong_to_the_chain)
{
    struct block block = first;
    block.header.version = 2;
    refuses(&block, "block 1: version: not the one this program knows");
    block = first;
    block.header.chain_id.bytes[0] ^= 1;
    refuses(&block, "block 1: chain_id: another chain");
    block = first;
    block.header.height = 0;
    refuses(&block, "block 0: height: 0, expected at least 1");
    block = first;
    block.header.proposer = 4;
    refuses(&block, "block 1: proposer: no validator of the set");
    block = first;
    block.header.validators_hash.bytes[0] ^= 1;
    refuses(&block, "block 1: validators_hash: another set");
    block = first;
    block.header.parent.bytes[0] ^= 1;
    refuses(&block, "block 1: parent: the first block must follow the genesis");
}
END_TEST

START_TEST(rejects_a_last_commit_in_the_first_block)
{
    struct block block = first;
    block.header.last_commit_hash.bytes[0] = 1;
    refuses(&block, "block 1: last_commit_hash: not zero in the first block");
    block.has_last_commit = true;
    refuses(&block, "block 1: last_commit: present in the first block");
}
END_TEST

START_TEST(rejects_a_last_commit_that_is_not_the_parents)
{
    struct block block = second;
    block.has_last_commit = false;
    refuses(&block, "block 2: last_commit: missing");
    block = second;
    block.last_commit.height = 2;
    refuses(&block, "block 2: last_commit: not of the height before");
    block = second;
    block.last_commit.digest.bytes[0] ^= 1;
    refuses(&block, "block 2: last_commit: not of the parent");
    block = second;
    block.last_commit.round = 1;
    refuses(&block, "block 2: last_commit: not the one the header names");
}
END_TEST

START_TEST(rejects_a_last_commit_without_a_quorum)
{
    char error[160];
    struct vote like = {.type = VOTE_COMMIT, .height = 1, .digest = first_digest};
    committee_certify(&committee, &second.last_commit, &like, 0, 2);
    certificate_hash(&second.header.last_commit_hash, &second.last_commit);
    ck_assert(block_verify(&second, &committee.rules, error, sizeof(error)));
    ck_assert(!block_verify_proposed(&second, &committee.rules, error, sizeof(error)));
    ck_assert_str_eq(error, "certificate: 2 signers, expected at least 3");
}
END_TEST

START_TEST(rejects_demotions_that_are_not_the_headers)
{
    struct block block = second;
    block.demotions.count = 1;
    refuses(&block, "block 2: demotions: not those that the header names");
    block = first;
    block.header.demotions_hash.bytes[31] ^= 1;
    refuses(&block, "block 1: demotions: not those that the header names");
}
END_TEST

START_TEST(rejects_a_body_that_is_not_the_headers)
{
    struct block block = first;
    block.body = bytes_of_text("other");
    refuses(&block, "block 1: tx_root: not that of the body");
    block.body = bytes_of_text("\xEE");
    refuses(&block, "block 1: body: not well formed");
    block.body.size = BLOCK_BODY_SIZE_MAX + 1;
    refuses(&block, "block 1: body: longer than 4 MiB");
}
END_TEST

START_TEST(a_decided_block_needs_its_own_certificate)
{
    char error[160];
    struct certificate certificate;
    struct vote like = {.type = VOTE_COMMIT, .height = 1, .round = 3, .digest = first_digest};
    committee_certify(&committee, &certificate, &like, 0, 3);
    ck_assert(block_verify_decided(&first, &certificate, &committee.rules, error, sizeof(error)));
    ck_assert(!block_verify_decided(&second, &certificate, &committee.rules, error, sizeof(error)));
    ck_assert_str_eq(error, "block 2: the certificate is of another block");
    like.type = VOTE_PREPARE;
    committee_certify(&committee, &certificate, &like, 0, 3);
    ck_assert(!block_verify_decided(&first, &certificate, &committee.rules, error, sizeof(error)));
    ck_assert_str_eq(error, "certificate: wrong commit signature of validator 0");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("block");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, accepts_the_first_block_and_its_successor);
    tcase_add_test(tests, the_digest_covers_every_field_of_the_header);
    tcase_add_test(tests, decodes_what_it_encodes_and_nothing_else);
    tcase_add_test(tests, rejects_a_body_above_4_mib_before_reading_it);
    tcase_add_test(tests, rejects_what_does_not_belong_to_the_chain);
    tcase_add_test(tests, rejects_a_last_commit_in_the_first_block);
    tcase_add_test(tests, rejects_a_last_commit_that_is_not_the_parents);
    tcase_add_test(tests, rejects_a_last_commit_without_a_quorum);
    tcase_add_test(tests, rejects_demotions_that_are_not_the_headers);
    tcase_add_test(tests, rejects_a_body_that_is_not_the_headers);
    tcase_add_test(tests, a_decided_block_needs_its_own_certificate);
    return check_run("block", tests);
}
