#include "tools/client/submit.h"

#include <stdlib.h>

#include "tests/lib/check_run.h"
#include "vm/instruction.h"
#include "vm/opcodes.h"
#include "vm/program.h"

static void check_verifies(const struct buffer *encoded)
{
    struct program program;
    size_t offset = 0;
    enum program_status status =
        program_load(&program, buffer_bytes(encoded), &market_natives, &offset);
    ck_assert_msg(status == PROGRAM_OK, "byte %zu: %s", offset, program_status_text(status));
}

START_TEST(every_native_alone_makes_a_program_that_verifies)
{
    for (size_t i = 0; i < market_natives.count; i++) {
        const struct native *native = &market_natives.rows[i];
        if (native->query) { /* its result would stay on the stack: for programs by hand */
            continue;
        }
        struct buffer encoded = {0};
        void *operand = calloc(1, native->operand->size + 1);
        ck_assert_ptr_nonnull(operand);
        submit_program(&encoded, &(struct submit_native){native->id, operand}, 1);
        check_verifies(&encoded);
        buffer_close(&encoded);
        free(operand);
    }
}
END_TEST

START_TEST(several_natives_stand_in_order_before_the_stop)
{
    const struct round_operand join = {.model = 3, .round = 4};
    const struct share_commit_operand commit = {.model = 3, .round = 4};
    const struct submit_native natives[] = {
        {NATIVE_ROUND_JOIN, &join},
        {NATIVE_SHARE_COMMIT, &commit},
    };
    struct buffer encoded = {0};
    struct program program;
    submit_program(&encoded, natives, 2);
    check_verifies(&encoded);
    ck_assert_int_eq(program_load(&program, buffer_bytes(&encoded), &market_natives, NULL),
                     PROGRAM_OK);
    ck_assert_uint_eq(program.code.data[0], OP_NATIVE);
    ck_assert_uint_eq(program.code.data[1], NATIVE_ROUND_JOIN);
    ck_assert_uint_eq(program.code.data[2], 12); /* u64 model, u32 round */
    ck_assert_uint_eq(program.code.data[15], OP_NATIVE);
    ck_assert_uint_eq(program.code.data[16], NATIVE_SHARE_COMMIT);
    ck_assert_uint_eq(program.code.data[program.code.size - 1], OP_STOP);
    buffer_close(&encoded);
}
END_TEST

START_TEST(no_native_at_all_is_a_program_too)
{
    struct buffer encoded = {0};
    submit_program(&encoded, NULL, 0);
    check_verifies(&encoded);
    buffer_close(&encoded);
}
END_TEST

START_TEST(an_unknown_native_is_our_mistake)
{
    struct buffer encoded = {0};
    submit_program(&encoded, &(struct submit_native){250, ""}, 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("submit");
    tcase_add_test(tests, every_native_alone_makes_a_program_that_verifies);
    tcase_add_test(tests, several_natives_stand_in_order_before_the_stop);
    tcase_add_test(tests, no_native_at_all_is_a_program_too);
    tcase_add_test_raise_signal(tests, an_unknown_native_is_our_mistake, 6);
    return check_run("submit", tests);
}
