#include "node/outbox.h"

#include "tests/lib/check_run.h"

START_TEST(holds_an_entry_until_its_record_is_durable)
{
    struct outbox outbox = {NULL, NULL, 0};
    (void)outbox_add(&outbox, OUTBOX_SEND, 3);
    ck_assert_ptr_null(outbox_front(&outbox, 2));
    ck_assert_ptr_nonnull(outbox_front(&outbox, 3));
    outbox_pop(&outbox);
    ck_assert_ptr_null(outbox_front(&outbox, 3));
    ck_assert_uint_eq(outbox.count, 0);
}
END_TEST

START_TEST(keeps_the_order)
{
    struct outbox outbox = {NULL, NULL, 0};
    (void)outbox_add(&outbox, OUTBOX_DECIDED, 1);
    (void)outbox_add(&outbox, OUTBOX_BROADCAST, 1);
    (void)outbox_add(&outbox, OUTBOX_SEND, 2);
    ck_assert_int_eq(outbox_front(&outbox, 1)->kind, OUTBOX_DECIDED);
    outbox_pop(&outbox);
    ck_assert_int_eq(outbox_front(&outbox, 1)->kind, OUTBOX_BROADCAST);
    outbox_pop(&outbox);
    ck_assert_ptr_null(outbox_front(&outbox, 1));
    outbox_close(&outbox);
    ck_assert_ptr_null(outbox.first);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("outbox");
    tcase_add_test(tests, holds_an_entry_until_its_record_is_durable);
    tcase_add_test(tests, keeps_the_order);
    return check_run("outbox", tests);
}
