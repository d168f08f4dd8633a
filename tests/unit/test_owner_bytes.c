/* What an owner costs the chain in a round. */
#include "tests/lib/check_run.h"

#include "crypto/norm_proof.h"
#include "market/operands.h"
#include "tests/lib/market_fixture.h"

#define BYTES_MAX      1300
#define BYTES_SENT_MAX 1500

static size_t encoded(const struct schema *schema, const void *operand)
{
    struct buffer out = {0};
    schema_write(&out, schema, operand);
    size_t size = out.size;
    buffer_close(&out);
    return size;
}

/* What a transaction has beside the operand of its only instruction. */
static size_t envelope_of(uint8_t native, const void *operand)
{
    struct buffer rest = {0};
    struct buffer program = {0};
    fixture_append_native(&rest, native, operand);
    fixture_wrap(&program, buffer_bytes(&rest));
    const struct transaction transaction = {.program = buffer_bytes(&program)};
    size_t size = encoded(&transaction_schema, &transaction) -
                  encoded(native_find(&market_natives, native)->operand, operand);
    buffer_close(&program);
    buffer_close(&rest);
    return size;
}

/* COMMIT and PROVE of one owner, (S, t) = (4, 1), r = k = 100, as their encoders write them; and the two
 * transactions around them, with keys, nonces, gas and signatures. */
START_TEST(commit_and_prove_take_at_most_1300_bytes)
{
    static const uint32_t dimensions[] = {1000, 10000, 100000, 1000000, 10000000};
    static const struct share_commit_operand commit;
    uint8_t proof[NORM_PROOF_SIZE_MAX] = {0};
    struct norm_params params = {.bound = 1 << 20,
                                 .server_count = 4,
                                 .degree = 1,
                                 .rows = 100,
                                 .sketch_rows = 100,
                                 .owners_min = 3,
                                 .owners_max = 100};
    struct norm_layout layout;
    params.dimension = dimensions[_i];
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    const struct share_prove_operand prove = {.proof = {proof, norm_proof_size(&layout)}};
    size_t size = encoded(&share_commit_schema, &commit) + encoded(&share_prove_schema, &prove);
    ck_assert_uint_le(size, BYTES_MAX);
    ck_assert_uint_le(size + envelope_of(NATIVE_SHARE_COMMIT, &commit) +
                          envelope_of(NATIVE_SHARE_PROVE, &prove),
                      BYTES_SENT_MAX);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("owner_bytes");
    tcase_add_loop_test(tests, commit_and_prove_take_at_most_1300_bytes, 0, 5);
    return check_run("owner_bytes", tests);
}
