#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include <string.h>

#include "market/events.h"

START_TEST(every_kind_has_a_schema_a_distinct_name_and_fits)
{
    unsigned found = 0;
    for (uint16_t kind = 0; kind < 200; kind++) {
        const struct schema *schema = event_schema(kind);
        if (schema == NULL) {
            ck_assert_ptr_null(event_name(kind));
            continue;
        }
        found++;
        ck_assert_str_eq(event_name(kind), schema->name);
        ck_assert_uint_le(schema_size_max(schema), EVENT_DATA_MAX);
        for (uint16_t other = 0; other < kind; other++) {
            ck_assert(event_name(other) == NULL || strcmp(event_name(other), schema->name) != 0);
        }
    }
    ck_assert_uint_eq(found, 36);
}
END_TEST

START_TEST(natives_ascend_and_have_names_that_are_found)
{
    for (size_t i = 0; i < market_natives.count; i++) {
        const struct native *row = &market_natives.rows[i];
        ck_assert(i == 0 || market_natives.rows[i - 1].id < row->id);
        ck_assert_ptr_eq(native_find(&market_natives, row->id), row);
        ck_assert_ptr_eq(native_find_name(&market_natives, row->name), row);
        ck_assert_uint_le(row->operand->size, NATIVE_OPERAND_SIZE_MAX);
        ck_assert_uint_gt(row->gas, 0);
    }
}
END_TEST

START_TEST(a_transfer_says_who_paid_whom)
{
    static struct market_fixture chain;
    market_fixture_init(&chain);
    const struct transfer_operand operand = {*fixture_address(&chain, FIXTURE_OWNER_1), 77};
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_STRANGER, NATIVE_TRANSFER, &operand, (struct bytes){0}), 0);
    struct receipt receipt = fixture_receipt(&chain, 0);
    struct event event;
    struct event_transfer transfer;
    size_t offset = 0;
    ck_assert(receipt_next_event(receipt.events, &offset, &event));
    ck_assert_uint_eq(event.kind, EVENT_TRANSFER);
    ck_assert(schema_decode(event_schema(event.kind), &transfer, event.data, NULL, 0));
    ck_assert(address_equal(&transfer.from, fixture_address(&chain, FIXTURE_STRANGER)));
    ck_assert_uint_eq(transfer.amount, 77);
    ck_assert(!receipt_next_event(receipt.events, &offset, &event));
    market_fixture_close(&chain);
}
END_TEST

START_TEST(changing_roles_counts_admins)
{
    static struct market_fixture chain;
    market_fixture_init(&chain);
    struct role_set_operand operand = {*fixture_address(&chain, FIXTURE_STRANGER), ROLE_ALL};
    struct chain_record record;
    const struct bytes none = {0};
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_ADMIN, NATIVE_ROLE_SET, &operand, none), 0);
    chain_load(chain.state, &record);
    ck_assert_uint_eq(record.admin_count, 2);
    operand = (struct role_set_operand){*fixture_address(&chain, FIXTURE_ADMIN), 0};
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_ADMIN, NATIVE_ROLE_SET, &operand, none), 0);
    chain_load(chain.state, &record);
    ck_assert_uint_eq(record.admin_count, 1);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_ADMIN, NATIVE_ROLE_SET, &operand, none),
                      REFUSAL_ROLE_MISSING_ADMIN);
    market_fixture_close(&chain);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("events");
    tcase_add_test(tests, every_kind_has_a_schema_a_distinct_name_and_fits);
    tcase_add_test(tests, natives_ascend_and_have_names_that_are_found);
    tcase_add_test(tests, a_transfer_says_who_paid_whom);
    tcase_add_test(tests, changing_roles_counts_admins);
    return check_run("events, natives and roles", tests);
}
