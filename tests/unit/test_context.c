#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

#include <string.h>

#include "market/context.h"

static struct market_fixture chain;
static struct model_terms terms;
static struct point keys[MARKET_SERVERS_MAX];
static struct round record;

static void start(void)
{
    market_fixture_init(&chain);
    fixture_terms(&chain, &terms);
    record = (struct round){.model = 5, .number = 2};
    for (unsigned i = 0; i < 4; i++) {
        struct secret_key secret;
        fixture_encryption_key(&secret, i + 1);
        point_of(&keys[i], &secret);
    }
}

static void stop(void)
{
    market_fixture_close(&chain);
}

static struct hash context(void)
{
    struct share_round shares;
    context_round(&shares, &chain.chain_id, &record, &terms, keys);
    ck_assert_int_eq(share_round_check(&shares), SHARE_OK);
    ck_assert_uint_eq(shares.dimension, terms.dimension);
    ck_assert_uint_eq(shares.degree, terms.threshold);
    return shares.context;
}

/* Every term that a commitment must be bound to changes the context. */
#define CHANGES(statement)                                                                         \
    do {                                                                                           \
        struct model_terms kept = terms;                                                           \
        struct round kept_record = record;                                                         \
        struct point kept_key = keys[3];                                                           \
        statement;                                                                                 \
        struct hash other = context();                                                             \
        ck_assert(!hash_equal(&first, &other));                                                    \
        terms = kept;                                                                              \
        record = kept_record;                                                                      \
        keys[3] = kept_key;                                                                        \
    } while (0)

START_TEST(depends_on_chain_model_round_terms_and_keys)
{
    struct hash first = context();
    struct hash again = context();
    ck_assert(hash_equal(&first, &again));
    CHANGES(record.model++);
    CHANGES(record.number++);
    CHANGES(terms.dimension++);
    CHANGES(terms.norm_bound++);
    CHANGES(terms.scale_bits++);
    CHANGES(terms.owners_min++);
    CHANGES(terms.owners_max++);
    CHANGES(terms.check_window++);
    CHANGES(terms.publish_window++);
    CHANGES(terms.rows++);
    CHANGES(terms.sketch_rows++);
    CHANGES(terms.modes ^= MODE_PAD);
    CHANGES(terms.reference_test = 1);
    CHANGES(terms.reference_bits++);
    CHANGES(terms.reference_drop++);
    CHANGES(terms.reference_rest++);
    CHANGES(terms.kappa++);
    CHANGES(terms.reference.bytes[3]++);
    CHANGES(terms.select_rule = SELECT_KRUM);
    CHANGES(terms.krum_faults++);
    CHANGES(terms.krum_count++);
    CHANGES(terms.sigma_lambda++);
    CHANGES(terms.publish_cap++);
    CHANGES(keys[3] = keys[0]);
    chain.chain_id.bytes[0] ^= 1;
    struct hash other = context();
    ck_assert(!hash_equal(&first, &other));
}
END_TEST

START_TEST(hashes_the_parameters_of_the_specification_byte_for_byte)
{
    struct buffer params = {0};
    struct hash expected;
    struct hash got;
    const uint8_t zeros[64] = {0};
    static const uint8_t head[] = {1, 0, 4, 1, 64, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 16, 80, 0, 80, 0};
    buffer_append_text(&params, "PVS1/params");
    buffer_append(&params, BYTES_OF(head));
    buffer_append(&params, (struct bytes){zeros, 4 + 3 + 8 + 32}); /* modes .. g0_root */
    static const uint8_t owners[] = {3, 0, 10, 0};
    buffer_append(&params, BYTES_OF(owners));
    buffer_append(&params, (struct bytes){zeros, 1 + 4 + 2}); /* beacon_mode .. lambda */
    bcs_write_u64(&params, 1000000);                          /* pub_cap */
    for (size_t i = 0; i < 4; i++) {
        buffer_append(&params, BYTES_OF(keys[i]));
    }
    static const uint8_t ends[12] = {6, 12, 18, 30, 36, 42, 48, 54, 60, 68, 74, 80};
    for (size_t i = 0; i < 12; i++) {
        bcs_write_u32(&params, ends[i]);
    }
    hash_plain(&expected, buffer_bytes(&params));
    context_params_hash(&got, &terms, keys);
    ck_assert(hash_equal(&expected, &got));
    buffer_close(&params);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("context");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, depends_on_chain_model_round_terms_and_keys);
    tcase_add_test(tests, hashes_the_parameters_of_the_specification_byte_for_byte);
    return check_run("context of a round", tests);
}
