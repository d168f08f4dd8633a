#include "vm/receipt.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"

START_TEST(walks_the_events_it_logged)
{
    struct event_log log = {0};
    for (uint8_t i = 0; i < 5; i++) {
        struct fixture_pair pair = {i, 100U + i};
        event_log_add(&log, (uint16_t)(1000 + i), &fixture_pair_schema, &pair);
    }
    ck_assert_uint_eq(log.count, 5);
    size_t offset = 0;
    struct event event;
    for (uint8_t i = 0; i < 5; i++) {
        struct fixture_pair pair;
        ck_assert(receipt_next_event(buffer_bytes(&log.data), &offset, &event));
        ck_assert_uint_eq(event.kind, 1000U + i);
        ck_assert(schema_decode(&fixture_pair_schema, &pair, event.data, NULL, 0));
        ck_assert_uint_eq(pair.value, 100U + i);
    }
    ck_assert(!receipt_next_event(buffer_bytes(&log.data), &offset, &event));
    ck_assert_uint_eq(offset, log.data.size);
    event_log_close(&log);
    ck_assert_uint_eq(log.count, 0);
}
END_TEST

START_TEST(stops_at_malformed_events)
{
    static const uint8_t cut[] = {1, 0, 5, 1, 2};
    static const uint8_t long_form[] = {1, 0, 0x80, 0};
    uint8_t too_long[3 + EVENT_DATA_MAX + 8] = {1, 0, 0x81, 0x04}; /* 513 bytes */
    struct bytes inputs[] = {
        {cut, sizeof(cut)}, {long_form, sizeof(long_form)}, {too_long, sizeof(too_long)}};
    for (size_t i = 0; i < ARRAY_COUNT(inputs); i++) {
        size_t offset = 0;
        struct event event;
        ck_assert(!receipt_next_event(inputs[i], &offset, &event));
        ck_assert_uint_eq(offset, 0);
        ck_assert_uint_eq(event.data.size, 0);
    }
}
END_TEST

START_TEST(encodes_and_decodes_a_receipt)
{
    static const uint8_t events[] = {1, 0, 1, 9};
    struct receipt receipt = {.refusal = {VM_GAS, 6, 5},
                              .instruction = 3,
                              .gas_used = 5,
                              .fee = 50,
                              .events = {events, sizeof(events)}};
    memset(receipt.transaction_id.bytes, 7, sizeof(receipt.transaction_id.bytes));
    struct buffer encoded = {0};
    schema_write(&encoded, &receipt_schema, &receipt);
    ck_assert_uint_eq(encoded.size, 32 + 18 + 4 + 8 + 8 + 1 + sizeof(events));
    struct receipt again;
    char error[200];
    ck_assert(schema_decode(&receipt_schema, &again, buffer_bytes(&encoded), error, sizeof(error)));
    ck_assert_uint_eq(again.refusal.code, VM_GAS);
    ck_assert_uint_eq(again.refusal.want, 5);
    ck_assert(bytes_equal(again.events, receipt.events));
    struct bytes cut = {encoded.data, encoded.size - 1};
    ck_assert(!schema_decode(&receipt_schema, &again, cut, error, sizeof(error)));
    ck_assert_str_eq(error, "receipt: events at byte 71 of 74: the input ends too early");
    buffer_close(&encoded);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("receipt");
    tcase_add_test(tests, walks_the_events_it_logged);
    tcase_add_test(tests, stops_at_malformed_events);
    tcase_add_test(tests, encodes_and_decodes_a_receipt);
    return check_run("receipt", tests);
}
