#include "node/metrics.h"

#include "consensus/certificate.h"
#include "tests/lib/check_run.h"

START_TEST(escapes_a_label)
{
    struct buffer out = {0};
    metrics_print_label(&out, bytes_of_text("a\"b\\c"));
    ck_assert(bytes_equal(buffer_bytes(&out), bytes_of_text("a\\\"b\\\\c")));
    buffer_close(&out);
}
END_TEST

START_TEST(counts_calls_by_method_and_code)
{
    struct metrics metrics = {0};
    metrics_count_call(&metrics, "tx_get", 0);
    metrics_count_call(&metrics, "tx_get", -32001);
    metrics_count_call(&metrics, "tx_send", 0);
    metrics_count_call(&metrics, "tx_get", -32001);
    ck_assert_uint_eq(metrics.rpc_call_kinds, 3);
    ck_assert_uint_eq(metrics.rpc_calls[0].count, 1);
    ck_assert_uint_eq(metrics.rpc_calls[1].count, 2);
    ck_assert_int_eq(metrics.rpc_calls[1].code, -32001);
    ck_assert_uint_eq(metrics.rpc_calls[2].count, 1);
}
END_TEST

START_TEST(what_is_counted_of_a_validator_stays_with_its_key)
{
    struct metrics metrics = {0};
    struct validators before = {.count = 4};
    struct validators after = {.count = 4};
    struct certificate certificate = {.signers = {0x0b}}; /* all but the third */
    struct certificate all = {.signers = {0x0f}};
    for (uint8_t i = 0; i < 4; i++) {
        before.list[i].key.bytes[0] = (uint8_t)(i + 1);
        after.list[i].key.bytes[0] =
            (uint8_t)(i + 2); /* the first is gone, a new one is the last */
    }
    metrics_note_signers(&metrics, &before, &all, 4);
    metrics_count_signers(&metrics, &before, &certificate, 5);
    metrics_count_signers(&metrics, &before, &certificate, 6);
    ck_assert_uint_eq(metrics.missed[2], 2);
    metrics_count_evidence(&metrics, &before, &before.list[3].key);
    metrics_count_evidence(&metrics, &before, &before.list[3].key);
    metrics_count_evidence(&metrics, &before, &after.list[3].key); /* not one of them */
    ck_assert(metrics.byzantine[3] && !metrics.byzantine[0]);
    ck_assert_uint_eq(metrics.evidence, 3);
    metrics_move_validators(&metrics, &before, &after);
    const uint64_t expected[4] = {0, 2, 0, 0};
    const uint64_t last_signed[4] = {6, 4, 6, 0}; /* CometBFT's meaning: not the decided height */
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(metrics.missed[i], expected[i]);
        ck_assert_uint_eq(metrics.last_signed[i], last_signed[i]);
        ck_assert(metrics.byzantine[i] == (i == 2));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("metrics");
    tcase_add_test(tests, escapes_a_label);
    tcase_add_test(tests, counts_calls_by_method_and_code);
    tcase_add_test(tests, what_is_counted_of_a_validator_stays_with_its_key);
    return check_run("metrics", tests);
}
