#include "consensus/certificate.h"

#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"

static struct committee committee;
static struct vote like;
static struct certificate certificate;

static void setup(void)
{
    committee_init(&committee, 4);
    like = (struct vote){.type = VOTE_COMMIT, .height = 7, .round = 2, .digest = {{9}}};
    committee_certify(&committee, &certificate, &like, 1, 3);
}

static bool passes(enum vote_type type, char error[160])
{
    return certificate_verify(&certificate, type, &committee.rules.chain_id, &committee.validators,
                              error, 160);
}

static void refuses(const char *expected)
{
    char error[160];
    ck_assert(!passes(VOTE_COMMIT, error));
    ck_assert_str_eq(error, expected);
}

START_TEST(accepts_a_quorum)
{
    char error[160];
    ck_assert(passes(VOTE_COMMIT, error));
    committee_certify(&committee, &certificate, &like, 0, 4);
    ck_assert(passes(VOTE_COMMIT, error));
}
END_TEST

START_TEST(names_its_signers)
{
    ck_assert(!certificate_has(&certificate, 0));
    ck_assert(certificate_has(&certificate, 1));
    ck_assert(certificate_has(&certificate, 3));
    ck_assert(!certificate_has(&certificate, 4));
    ck_assert(!certificate_has(&certificate, VALIDATORS_NONE));
}
END_TEST

START_TEST(rejects_less_than_a_quorum)
{
    committee_certify(&committee, &certificate, &like, 1, 2);
    refuses("certificate: 2 signers, expected at least 3");
}
END_TEST

START_TEST(rejects_a_signer_outside_the_set)
{
    struct signature signature = certificate.signatures[0];
    certificate_add(&certificate, 4, &signature);
    refuses("certificate: a signer outside the set of 4");
}
END_TEST

START_TEST(rejects_a_signer_no_set_can_have)
{
    certificate.signers[CERTIFICATE_BITMAP_SIZE - 1] |= 0x80;
    certificate.signature_count++;
    refuses("certificate: a signer outside the set of 4");
}
END_TEST

/* One validator's signature given twice, once under its own name and once under another's. */
/* Class 2 of docs/testing.md: Besu pull requests 989 and 2459. */
START_TEST(rejects_one_signature_for_two_signers)
{
    committee_certify(&committee, &certificate, &like, 1, 2);
    struct signature twice = certificate.signatures[1];
    certificate_add(&certificate, 3, &twice);
    refuses("certificate: wrong commit signature of validator 3");
}
END_TEST

/* Class 27 of docs/testing.md: CometBFT issue 5324, ASA-2025-002, ASA-2025-003. */
START_TEST(rejects_more_signatures_than_signers)
{
    certificate.signature_count = 4;
    refuses("certificate: 3 signers but 4 signatures");
}
END_TEST

START_TEST(a_vote_of_one_kind_is_none_of_another)
{
    char error[160];
    ck_assert(!passes(VOTE_PREPARE, error));
    ck_assert_str_eq(error, "certificate: wrong prepare signature of validator 1");
}
END_TEST

START_TEST(rejects_another_height_round_digest_or_chain)
{
    const struct certificate right = certificate;
    certificate.height++;
    refuses("certificate: wrong commit signature of validator 1");
    certificate = right;
    certificate.round++;
    refuses("certificate: wrong commit signature of validator 1");
    certificate = right;
    certificate.digest.bytes[0]++;
    refuses("certificate: wrong commit signature of validator 1");
    certificate = right;
    committee.rules.chain_id.bytes[0]++;
    refuses("certificate: wrong commit signature of validator 1");
}
END_TEST

static bool passes_knowing(const struct certificate *known)
{
    const struct certificate_check check = {VOTE_COMMIT, &committee.rules.chain_id,
                                            &committee.validators, known};
    return certificate_verify_known(&certificate, &check, NULL, 0);
}

/* A wrong signature that passes was not checked, so it can be seen which are. */
START_TEST(checks_only_signatures_that_are_not_known)
{
    certificate.signatures[1].bytes[5] ^= 1;
    ck_assert(!passes_knowing(NULL));
    ck_assert(passes_knowing(&certificate));
    struct certificate known = certificate;
    known.signatures[1].bytes[5] ^= 1;
    ck_assert(!passes_knowing(&known));
    known = certificate;
    known.height++;
    ck_assert(!passes_knowing(&known));
    known = certificate;
    known.round++;
    ck_assert(!passes_knowing(&known));
    known = certificate;
    known.digest.bytes[0] ^= 1;
    ck_assert(!passes_knowing(&known));
    /* The same signature, but of another validator: 2 signed here, 3 is said to have there. */
    known = certificate;
    known.signers[0] = 1U << 1 | 1U << 3;
    known.signature_count = 2;
    ck_assert(!passes_knowing(&known));
    certificate.signatures[1].bytes[5] ^= 1;
    ck_assert(passes_knowing(&known));
}
END_TEST

START_TEST(decodes_what_it_encodes_and_nothing_longer)
{
    struct buffer encoded = {0};
    struct certificate decoded;
    char error[160];
    certificate_encode(&encoded, &certificate);
    ck_assert(certificate_decode(&decoded, buffer_bytes(&encoded), error, sizeof(error)));
    ck_assert(bytes_equal(BYTES_OF(decoded), BYTES_OF(certificate)));
    bcs_write_u8(&encoded, 0);
    ck_assert(!certificate_decode(&decoded, buffer_bytes(&encoded), error, sizeof(error)));
    ck_assert_str_eq(error, "certificate: input at byte 250 of 251: bytes follow the value");
    buffer_close(&encoded);
}
END_TEST

START_TEST(rejects_more_signatures_than_validators_can_be)
{
    struct buffer encoded = {0};
    struct certificate decoded;
    char error[160];
    certificate_encode(&encoded, &certificate);
    encoded.data[57] = 101;
    ck_assert(!certificate_decode(&decoded, buffer_bytes(&encoded), error, sizeof(error)));
    ck_assert_str_eq(error, "certificate: signatures at byte 57 of 250: longer than allowed");
    buffer_close(&encoded);
}
END_TEST

START_TEST(the_hash_covers_the_signatures)
{
    struct hash a;
    struct hash b;
    certificate_hash(&a, &certificate);
    committee_certify(&committee, &certificate, &like, 0, 3);
    certificate_hash(&b, &certificate);
    ck_assert(!hash_equal(&a, &b));
}
END_TEST

START_TEST(signers_are_added_in_order)
{
    certificate_add(&certificate, 2, &certificate.signatures[0]);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("certificate");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, accepts_a_quorum);
    tcase_add_test(tests, names_its_signers);
    tcase_add_test(tests, rejects_less_than_a_quorum);
    tcase_add_test(tests, rejects_a_signer_outside_the_set);
    tcase_add_test(tests, rejects_a_signer_no_set_can_have);
    tcase_add_test(tests, rejects_one_signature_for_two_signers);
    tcase_add_test(tests, rejects_more_signatures_than_signers);
    tcase_add_test(tests, a_vote_of_one_kind_is_none_of_another);
    tcase_add_test(tests, rejects_another_height_round_digest_or_chain);
    tcase_add_test(tests, checks_only_signatures_that_are_not_known);
    tcase_add_test(tests, decodes_what_it_encodes_and_nothing_longer);
    tcase_add_test(tests, rejects_more_signatures_than_validators_can_be);
    tcase_add_test(tests, the_hash_covers_the_signatures);
    tcase_add_test_raise_signal(tests, signers_are_added_in_order, 6);
    return check_run("certificate", tests);
}
