#include "node/outbox.h"

#include "base/bcs.h"
#include "tests/lib/check_run.h"

START_TEST(holds_an_entry_until_its_record_is_durable)
{
    struct outbox outbox = {0};
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
    struct outbox outbox = {0};
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

/* Class 26 of docs/testing.md, celo issues 182 and 183: who executes more slowly than the others decide must not keep all that they decide. */
START_TEST(is_full_of_so_many_bytes_of_blocks)
{
    struct outbox outbox = {0};
    for (size_t i = 0; i < 16; i++) {
        struct outbox_entry *entry = outbox_add(&outbox, OUTBOX_DECIDED, 1);
        buffer_reserve(&entry->bytes, OUTBOX_BLOCKS_MAX / 16);
        entry->bytes.size = OUTBOX_BLOCKS_MAX / 16;
        outbox_note_block(&outbox, entry);
    }
    ck_assert(!outbox_full(&outbox));
    struct outbox_entry *entry = outbox_add(&outbox, OUTBOX_DECIDED, 1);
    bcs_write_u8(&entry->extra, 1);
    outbox_note_block(&outbox, entry);
    ck_assert(outbox_full(&outbox));
    outbox_pop(&outbox);
    ck_assert(!outbox_full(&outbox));
    outbox_close(&outbox);
    ck_assert_uint_eq(outbox.block_bytes, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("outbox");
    tcase_add_test(tests, holds_an_entry_until_its_record_is_durable);
    tcase_add_test(tests, keeps_the_order);
    tcase_add_test(tests, is_full_of_so_many_bytes_of_blocks);
    return check_run("outbox", tests);
}
