#include "consensus/light.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"

static struct committee committee; /* keys of 0 to 4 */
static struct validators first;    /* 0 to 3, of the genesis */
static struct validators second;   /* 1 to 4 */
static struct validators third;    /* 2 to 4 */
static struct buffer links;
static struct block_header header; /* of the newest link */
static struct certificate certificate;

static void pick(struct validators *out, uint32_t from, uint32_t to)
{
    *out = (struct validators){0};
    for (uint32_t i = from; i <= to; i++) {
        out->list[out->count++] = committee.validators.list[i];
    }
}

/* Signed by the keys from `from` on, which are the members of the set from `index` on. */
static void certify(uint32_t from, uint32_t index, uint32_t count)
{
    struct vote vote = {.type = VOTE_COMMIT, .height = header.height};
    block_digest(&vote.digest, &header);
    certificate_init(&certificate, header.height, 0, &vote.digest);
    for (uint32_t i = 0; i < count; i++) {
        vote_sign(&vote, &committee.rules.chain_id, &committee.keys[from + i]);
        certificate_add(&certificate, index + i, &vote.signature);
    }
}

static void make_header(uint64_t height, const struct validators *own,
                        const struct validators *next)
{
    header = (struct block_header){
        .version = BLOCK_VERSION, .chain_id = committee.rules.chain_id, .height = height};
    validators_hash(&header.validators_hash, own);
    validators_hash(&header.next_validators_hash, next);
}

static void setup(void)
{
    committee_init(&committee, 5);
    pick(&first, 0, 3);
    pick(&second, 1, 4);
    pick(&third, 2, 4);
    make_header(7, &first, &second);
    certify(0, 0, 3);
    links = (struct buffer){0};
}

static void teardown(void)
{
    buffer_close(&links);
}

static void add_first(void)
{
    handover_write(&links, &header, &certificate, &second);
}

static void add_second(void)
{
    make_header(9, &second, &third);
    certify(2, 1, 3);
    handover_write(&links, &header, &certificate, &third);
}

static void refuses(const char *expected)
{
    char error[160] = "";
    struct validators set = first;
    uint64_t since;
    ck_assert(!handovers_follow(&set, &since, &committee.rules.chain_id, buffer_bytes(&links),
                                error, sizeof(error)));
    ck_assert_str_eq(error, expected);
    buffer_clear(&links);
}

static void follows(const struct validators *expected, uint64_t since_expected)
{
    char error[160] = "";
    struct validators set = first;
    uint64_t since;
    ck_assert_msg(handovers_follow(&set, &since, &committee.rules.chain_id, buffer_bytes(&links),
                                   error, sizeof(error)),
                  "%s", error);
    struct hash ours;
    struct hash theirs;
    validators_hash(&ours, &set);
    validators_hash(&theirs, expected);
    ck_assert(hash_equal(&ours, &theirs));
    ck_assert_uint_eq(since, since_expected);
}

START_TEST(links_lead_from_set_to_set)
{
    follows(&first, 1);
    add_first();
    follows(&second, 8);
    add_second();
    follows(&third, 10);
}
END_TEST

START_TEST(a_quorum_of_the_set_before_must_have_signed)
{
    certify(0, 0, 2);
    add_first();
    refuses("certificate: 2 signers, expected at least 3");
    certify(1, 0, 3); /* a quorum of the next set */
    add_first();
    refuses("certificate: wrong commit signature of validator 0");
    certify(0, 0, 3);
    certificate.digest.bytes[0] ^= 1;
    add_first();
    refuses("handover: its certificate decides another block");
    certify(0, 0, 3);
    certificate.height = 8;
    add_first();
    refuses("handover: its certificate decides another block");
}
END_TEST

START_TEST(each_link_follows_the_one_before)
{
    add_second();
    refuses("handover: its header names another set than the one before it");
    make_header(7, &first, &second);
    certify(0, 0, 3);
    add_first();
    make_header(7, &second, &third);
    certify(2, 1, 3);
    handover_write(&links, &header, &certificate, &third);
    refuses("handover: its height is not above the one before");
    make_header(7, &first, &second);
    certify(0, 0, 3);
    handover_write(&links, &header, &certificate, &third);
    refuses("handover: it brings another set than its header names");
    make_header(7, &first, &first);
    certify(0, 0, 3);
    handover_write(&links, &header, &certificate, &first);
    refuses("handover: it brings another set than its header names");
    make_header(7, &first, &second);
    header.chain_id.bytes[0] ^= 1;
    certify(0, 0, 3);
    add_first();
    refuses("handover: its header is of another chain or version");
}
END_TEST

START_TEST(links_have_one_encoding)
{
    add_first();
    size_t size = links.size;
    for (size_t i = 1; i < size; i += 31) {
        links.size = i;
        char error[160] = "";
        struct validators set = first;
        uint64_t since;
        ck_assert(!handovers_follow(&set, &since, &committee.rules.chain_id, buffer_bytes(&links),
                                    error, sizeof(error)));
        ck_assert_str_eq(error, "handover: not the one encoding of a link");
    }
    links.size = size;
    buffer_reserve(&links, HANDOVERS_SIZE_MAX);
    links.size = HANDOVERS_SIZE_MAX + 1;
    refuses("handover: the links are longer than 1 MiB");
}
END_TEST

START_TEST(a_set_that_cannot_run_a_chain_is_none)
{
    second.list[0].key = second.list[1].key;
    make_header(7, &first, &second);
    certify(0, 0, 3);
    add_first();
    refuses("handover: its set cannot run a chain");
}
END_TEST

/* A light proof whose header is decided by a set of which the genesis knows nothing. */
START_TEST(a_proof_is_believed_across_changes)
{
    char error[160] = "";
    struct buffer encoded = {0};
    struct certificate read;
    struct validators set = first;
    const struct light_trust genesis = {&committee.rules.chain_id, NULL};
    add_first();
    add_second();
    make_header(12, &third, &third);
    certify(2, 0, 3);
    certificate_encode(&encoded, &certificate);
    struct light_proof proof = {.version = LIGHT_VERSION,
                                .kind = LIGHT_STATE,
                                .chain_id = committee.rules.chain_id,
                                .handovers = buffer_bytes(&links),
                                .headers = {header},
                                .header_count = 1,
                                .certificate = buffer_bytes(&encoded)};
    ck_assert_msg(light_verify(&proof, &genesis, &set, &read, error, sizeof(error)), "%s", error);
    ck_assert_uint_eq(set.count, 3);
    set = first;
    proof.handovers.size = 0;
    ck_assert(!light_verify(&proof, &genesis, &set, &read, error, sizeof(error)));
    ck_assert_str_eq(error, "header: it names another set of validators");
    set = first;
    proof.handovers.size = links.size;
    proof.headers[0].height = 9;
    ck_assert(!light_verify(&proof, &genesis, &set, &read, error, sizeof(error)));
    ck_assert_str_eq(error, "header: it is below the last handover");
    buffer_close(&encoded);
}
END_TEST

/* A proof of height 12 or `height`, checked from the trusted header `from` that `set` decided. */
static void check_from(const struct block_header *from, const struct validators *trusted,
                       uint64_t height, const char *expected)
{
    char error[160] = "";
    struct buffer encoded = {0};
    struct certificate read;
    struct validators set = *trusted;
    const struct light_trust trust = {&committee.rules.chain_id, from};
    make_header(height, &third, &third);
    certify(2, 0, 3);
    certificate_encode(&encoded, &certificate);
    struct light_proof proof = {.version = LIGHT_VERSION,
                                .kind = LIGHT_STATE,
                                .chain_id = committee.rules.chain_id,
                                .handovers = buffer_bytes(&links),
                                .headers = {header},
                                .header_count = 1,
                                .certificate = buffer_bytes(&encoded)};
    bool good = light_verify(&proof, &trust, &set, &read, error, sizeof(error));
    ck_assert_str_eq(error, expected);
    ck_assert(good == (expected[0] == '\0'));
    ck_assert(!good || set.count == 3);
    buffer_close(&encoded);
}

/* Of the links since the genesis those below the trusted header are passed by, and a proof may lack them. */
START_TEST(trust_in_a_later_header_needs_what_follows_alone)
{
    add_first();
    struct block_header handing = header; /* the last of the first set */
    size_t begin = links.size;
    add_second();
    make_header(8, &second, &second);
    struct block_header between = header;
    make_header(11, &third, &third);
    struct block_header above = header;
    check_from(&handing, &first, 12, "");
    check_from(&between, &second, 12, "");
    check_from(&above, &third, 12, "");
    links.data[begin / 2] ^= 1; /* in what is not looked at */
    check_from(&between, &second, 12, "");
    links.data[begin / 2] ^= 1;
    check_from(&between, &first, 12,
               "handover: its header names another set than the one before it");
    check_from(&above, &second, 12, "header: it names another set of validators");
    memmove(links.data, links.data + begin, links.size - begin);
    links.size -= begin;
    check_from(&between, &second, 12, "");
    check_from(NULL, &first, 12, "handover: its header names another set than the one before it");
    links.size = 0;
    check_from(&above, &third, 12, "");
    check_from(&between, &second, 12, "header: it names another set of validators");
}
END_TEST

START_TEST(nothing_contradicts_the_trusted_header)
{
    add_first();
    struct block_header handing = header;
    add_second();
    make_header(12, &third, &third);
    struct block_header last = header;
    check_from(&last, &third, 12, "");
    last.time_ms++;
    check_from(&last, &third, 12, "header: it is not the trusted one of its height");
    check_from(&last, &third, 11,
               "header: it is below the trusted one; only the genesis, or trust in an earlier "
               "header, leads to it");
    handing.time_ms++;
    check_from(&handing, &first, 12, "handover: its header is not the trusted one of its height");
    links.size--;
    check_from(&last, &third, 13, "handover: not the one encoding of a link");
}
END_TEST

/* Where the set before is not known: a link of the first set, that only agrees with itself. */
START_TEST(one_link_alone_brings_its_set)
{
    char error[160] = "";
    uint64_t since = 0;
    struct hash expected;
    struct hash reached;
    struct validators set = {0};
    const struct hash *chain = &committee.rules.chain_id;
    add_second();
    ck_assert_msg(handover_begin(&set, &since, chain, buffer_bytes(&links), error, sizeof error),
                  "%s", error);
    ck_assert_uint_eq(since, 10);
    validators_hash(&expected, &third);
    validators_hash(&reached, &set);
    ck_assert(hash_equal(&expected, &reached));
    links.data[links.size - 1] ^= 1;
    ck_assert(!handover_begin(&set, &since, chain, buffer_bytes(&links), error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "brings another set than its header names"));
    links.data[links.size - 1] ^= 1;
    links.data[40] ^= 1; /* the header, which its certificate does not decide then */
    ck_assert(!handover_begin(&set, &since, chain, buffer_bytes(&links), error, sizeof error));
    links.data[40] ^= 1;
    links.size--;
    ck_assert(!handover_begin(&set, &since, chain, buffer_bytes(&links), error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "not the one encoding of a link"));
    links.size++;
    buffer_append(&links, bytes_of_text("x"));
    ck_assert(!handover_begin(&set, &since, chain, buffer_bytes(&links), error, sizeof error));
}
END_TEST

START_TEST(a_chain_is_taken_apart)
{
    size_t offset = 0;
    uint64_t since;
    struct bytes link;
    add_first();
    size_t second_begin = links.size;
    add_second();
    ck_assert(handovers_next(buffer_bytes(&links), &offset, &link, &since));
    ck_assert_uint_eq(since, 8);
    ck_assert(link.data == links.data && link.size == second_begin);
    ck_assert(handovers_next(buffer_bytes(&links), &offset, &link, &since));
    ck_assert_uint_eq(since, 10);
    ck_assert(link.data == links.data + second_begin);
    ck_assert(!handovers_next(buffer_bytes(&links), &offset, &link, &since));
    ck_assert_uint_eq(offset, links.size);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("handover");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, links_lead_from_set_to_set);
    tcase_add_test(tests, a_quorum_of_the_set_before_must_have_signed);
    tcase_add_test(tests, each_link_follows_the_one_before);
    tcase_add_test(tests, links_have_one_encoding);
    tcase_add_test(tests, a_set_that_cannot_run_a_chain_is_none);
    tcase_add_test(tests, a_proof_is_believed_across_changes);
    tcase_add_test(tests, trust_in_a_later_header_needs_what_follows_alone);
    tcase_add_test(tests, nothing_contradicts_the_trusted_header);
    tcase_add_test(tests, one_link_alone_brings_its_set);
    tcase_add_test(tests, a_chain_is_taken_apart);
    return check_run("handover", tests);
}
