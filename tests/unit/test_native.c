#include "vm/native.h"

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"

START_TEST(finds_by_id_and_by_name)
{
    for (size_t i = 0; i < fixture_natives.count; i++) {
        const struct native *row = &fixture_natives.rows[i];
        ck_assert_ptr_eq(native_find(&fixture_natives, row->id), row);
        ck_assert_ptr_eq(native_find_name(&fixture_natives, row->name), row);
    }
    ck_assert_ptr_null(native_find(&fixture_natives, 0));
    ck_assert_ptr_null(native_find(&fixture_natives, 255));
    ck_assert_ptr_null(native_find_name(&fixture_natives, "put"));
    struct native_table empty = {NULL, 0};
    ck_assert_ptr_null(native_find(&empty, 1));
}
END_TEST

START_TEST(charges_up_to_the_gas_that_is_left)
{
    struct native_call call = {.gas_left = 10};
    ck_assert(native_charge(&call, 4));
    ck_assert_uint_eq(call.gas_left, 6);
    ck_assert(!native_charge(&call, 7));
    ck_assert_uint_eq(call.gas_left, 6);
    ck_assert_uint_eq(call.refusal.code, VM_GAS);
    ck_assert(native_charge(&call, 6));
}
END_TEST

START_TEST(refuses_with_a_code_and_two_numbers)
{
    struct native_call call = {0};
    ck_assert(!native_refuse(&call, 123, 4, 5));
    ck_assert_uint_eq(call.refusal.code, 123);
    ck_assert_uint_eq(call.refusal.got, 4);
    ck_assert_uint_eq(call.refusal.want, 5);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("native");
    tcase_add_test(tests, finds_by_id_and_by_name);
    tcase_add_test(tests, charges_up_to_the_gas_that_is_left);
    tcase_add_test(tests, refuses_with_a_code_and_two_numbers);
    return check_run("native", tests);
}
