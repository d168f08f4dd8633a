#include "vm/program.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"
#include "tests/lib/vm_random.h"
#include "vm/instruction.h"

#define MEMORY 16

/* Load code given as bytes, with MEMORY bytes of memory. */
static enum program_status load(struct bytes code, const struct native_table *natives,
                                size_t *offset)
{
    struct program program = {PROGRAM_VERSION_1, MEMORY, code};
    struct buffer encoded = {0};
    schema_write(&encoded, &program_schema, &program);
    enum program_status status = program_load(&program, buffer_bytes(&encoded), natives, offset);
    ck_assert(status == PROGRAM_OK || program.code.data == NULL);
    buffer_close(&encoded);
    return status;
}

static void check_bytes(const uint8_t *code, size_t size, enum program_status want,
                        size_t want_offset)
{
    size_t offset = 12345;
    enum program_status status = load((struct bytes){code, size}, &fixture_natives, &offset);
    ck_assert_msg(status == want, "got: %s; want: %s", program_status_text(status),
                  program_status_text(want));
    ck_assert_uint_eq(offset, want_offset);
    ck_assert_int_eq(load((struct bytes){code, size}, &fixture_natives, NULL), want);
}

#define CHECK_CODE(status, offset, ...)                                                            \
    do {                                                                                           \
        static const uint8_t code[] = {__VA_ARGS__};                                               \
        check_bytes(code, sizeof(code), status, offset);                                           \
    } while (0)

#define WORD(n) (n), 0, 0, 0, 0, 0, 0, 0

START_TEST(accepts_small_programs)
{
    CHECK_CODE(PROGRAM_OK, 0, OP_STOP);
    CHECK_CODE(PROGRAM_OK, 0, OP_JUMP, 0, 0);
    CHECK_CODE(PROGRAM_OK, 0, OP_PUSH, WORD(1), OP_JUMP_IF, 12, 0, OP_STOP);
    CHECK_CODE(PROGRAM_OK, 0, OP_NATIVE, FIXTURE_HEIGHT, 0, OP_POP, OP_STOP);
    CHECK_CODE(PROGRAM_OK, 0, OP_DATA, 15, 0, 1, 9, OP_STOP);
    CHECK_CODE(PROGRAM_OK, 0, OP_DATA, 16, 0, 0, OP_STOP);
    /* Nothing leads to the POP but the jump back from behind it, which starts it empty. */
    CHECK_CODE(PROGRAM_OK, 0, OP_STOP, OP_STOP, OP_JUMP, 1, 0);
}
END_TEST

START_TEST(refuses_a_malformed_header)
{
    struct program program;
    size_t offset;
    static const uint8_t cut[] = {1, 0, 0, 0};
    static const uint8_t version[] = {2, 0, 0, 0, 0, 1, 0};
    static const uint8_t memory[] = {1, 1, 0, 1, 0, 1, 0};
    static const uint8_t empty[] = {1, 0, 0, 0, 0, 0};
    static const uint8_t trailing[] = {1, 0, 0, 0, 0, 1, 0, 0};
    static const uint8_t too_long[] = {1, 0, 0, 0, 0, 0x81, 0x80, 0x02};
    const struct {
        struct bytes input;
        enum program_status status;
        size_t offset;
    } cases[] = {
        {BYTES_OF(cut), PROGRAM_MALFORMED, 1},           {BYTES_OF(version), PROGRAM_VERSION, 0},
        {BYTES_OF(memory), PROGRAM_MEMORY, 1},           {BYTES_OF(empty), PROGRAM_EMPTY, 5},
        {BYTES_OF(trailing), PROGRAM_MALFORMED, 7},      {BYTES_OF(too_long), PROGRAM_MALFORMED, 5},
        {(struct bytes){NULL, 0}, PROGRAM_MALFORMED, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_int_eq(program_load(&program, cases[i].input, NULL, &offset), cases[i].status);
        ck_assert_uint_eq(offset, cases[i].offset);
    }
}
END_TEST

START_TEST(refuses_unknown_opcodes_and_natives)
{
    CHECK_CODE(PROGRAM_OPCODE, 1, OP_STOP, 0xff);
    CHECK_CODE(PROGRAM_OPCODE, 0, 0x05);
    CHECK_CODE(PROGRAM_NATIVE, 0, OP_NATIVE, 99, 0, OP_STOP);
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t code[] = {OP_STOP, (uint8_t)byte};
        enum program_status status = load(BYTES_OF(code), &fixture_natives, NULL);
        ck_assert((status == PROGRAM_OPCODE) == (opcode_find((uint8_t)byte) == NULL));
    }
}
END_TEST

START_TEST(refuses_operands_that_are_cut_or_not_canonical)
{
    CHECK_CODE(PROGRAM_OPERAND, 0, OP_PUSH, 1, 2, 3);
    CHECK_CODE(PROGRAM_OPERAND, 9, OP_PUSH, WORD(1), OP_DUP, 0, OP_STOP);
    CHECK_CODE(PROGRAM_OPERAND, 9, OP_PUSH, WORD(1), OP_SWAP, 0, OP_STOP);
    CHECK_CODE(PROGRAM_OPERAND, 0, OP_JUMP, 0);
    CHECK_CODE(PROGRAM_OPERAND, 0, OP_DATA, 0, 0, 5, 1, 2);
    CHECK_CODE(PROGRAM_OPERAND, 0, OP_DATA, 0, 0, 0x80, 0x00, OP_STOP);
    CHECK_CODE(PROGRAM_OPERAND, 0, OP_NATIVE, FIXTURE_PUT, 3, 1, 2, 3, OP_STOP);
    CHECK_CODE(PROGRAM_OPERAND, 0, OP_NATIVE, FIXTURE_HEIGHT, 1, 0, OP_STOP);
    CHECK_CODE(PROGRAM_OPERAND, 0, OP_NATIVE);
}
END_TEST

START_TEST(refuses_natives_in_a_policy)
{
    static const uint8_t code[] = {OP_NATIVE, FIXTURE_HEIGHT, 0, OP_POP, OP_STOP};
    size_t offset;
    ck_assert_int_eq(load(BYTES_OF(code), NULL, &offset), PROGRAM_PURE);
}
END_TEST

START_TEST(refuses_jumps_that_land_nowhere)
{
    CHECK_CODE(PROGRAM_JUMP, 0, OP_JUMP, 1, 0);                            /* into itself */
    CHECK_CODE(PROGRAM_JUMP, 0, OP_JUMP, 3, 0);                            /* past the end */
    CHECK_CODE(PROGRAM_JUMP, 0, OP_JUMP, 0xff, 0xff);                      /* far past it */
    CHECK_CODE(PROGRAM_JUMP, 0, OP_JUMP, 5, 0, OP_PUSH, WORD(1), OP_STOP); /* into one below */
    CHECK_CODE(PROGRAM_JUMP, 10, OP_PUSH, WORD(1), OP_POP, OP_JUMP, 3, 0); /* into one above */
}
END_TEST

START_TEST(refuses_a_stack_that_is_too_low)
{
    CHECK_CODE(PROGRAM_STACK_LOW, 0, OP_POP, OP_STOP);
    CHECK_CODE(PROGRAM_STACK_LOW, 9, OP_PUSH, WORD(1), OP_ADD, OP_STOP);
    CHECK_CODE(PROGRAM_STACK_LOW, 9, OP_PUSH, WORD(1), OP_DUP, 2, OP_STOP);
    CHECK_CODE(PROGRAM_STACK_LOW, 9, OP_PUSH, WORD(1), OP_SWAP, 1, OP_STOP);
    CHECK_CODE(PROGRAM_STACK_LOW, 0, OP_JUMP_IF, 0, 0, OP_STOP);
    CHECK_CODE(PROGRAM_STACK_LOW, 10, OP_PUSH, WORD(1), OP_STOP, OP_POP, OP_STOP);
}
END_TEST

START_TEST(refuses_a_stack_that_is_too_high)
{
    uint8_t code[2048] = {0};
    for (size_t words = PROGRAM_STACK_MAX; words <= PROGRAM_STACK_MAX + 1; words++) {
        size_t size = 0;
        memset(code, 0, sizeof(code));
        code[0] = OP_PUSH;
        size = 9;
        for (size_t i = 1; i < words; i++) {
            code[size++] = OP_DUP;
            code[size++] = 1;
        }
        code[size++] = OP_STOP;
        bool fits = words <= PROGRAM_STACK_MAX;
        check_bytes(code, size, fits ? PROGRAM_OK : PROGRAM_STACK_HIGH, fits ? 0 : size - 3);
    }
}
END_TEST

START_TEST(refuses_two_depths_at_one_instruction)
{
    /* Back to the start with one word more. */
    CHECK_CODE(PROGRAM_STACK_DEPTH, 9, OP_PUSH, WORD(1), OP_JUMP, 0, 0);
    /* Forward over a push. */
    CHECK_CODE(PROGRAM_STACK_DEPTH, 21, OP_PUSH, WORD(1), OP_JUMP_IF, 21, 0, OP_PUSH, WORD(1),
               OP_STOP);
    /* Two jumps forward to one place. */
    CHECK_CODE(PROGRAM_STACK_DEPTH, 21, OP_PUSH, WORD(1), OP_JUMP_IF, 24, 0, OP_PUSH, WORD(1),
               OP_JUMP, 24, 0, OP_STOP);
}
END_TEST

START_TEST(refuses_to_run_past_the_end)
{
    CHECK_CODE(PROGRAM_END, 0, OP_PUSH, WORD(1));
    CHECK_CODE(PROGRAM_END, 9, OP_PUSH, WORD(1), OP_JUMP_IF, 0, 0);
}
END_TEST

START_TEST(refuses_data_outside_the_memory)
{
    CHECK_CODE(PROGRAM_DATA, 0, OP_DATA, 15, 0, 2, 1, 2, OP_STOP);
    CHECK_CODE(PROGRAM_DATA, 0, OP_DATA, 17, 0, 0, OP_STOP);
}
END_TEST

START_TEST(numbers_instructions_by_position)
{
    static const uint8_t code[] = {OP_PUSH, WORD(1), OP_POP, OP_DATA, 0, 0, 1, 7, OP_STOP};
    struct bytes bytes = BYTES_OF(code);
    ck_assert_uint_eq(instruction_index(bytes, 0), 0);
    ck_assert_uint_eq(instruction_index(bytes, 9), 1);
    ck_assert_uint_eq(instruction_index(bytes, 10), 2);
    ck_assert_uint_eq(instruction_index(bytes, 15), 3);
}
END_TEST

START_TEST(never_reads_outside_random_input)
{
    uint64_t seed = 3;
    for (unsigned i = 0; i < 50000; i++) {
        uint8_t input[64];
        size_t size = check_random(&seed) % sizeof(input);
        check_random_fill(&seed, input, size);
        if (size > 6) {
            static const uint8_t head[] = {1, 16, 0, 0, 0};
            memcpy(input, head, sizeof(head));
            input[5] = (uint8_t)(size - 6);
        }
        struct program program;
        (void)!program_load(&program, (struct bytes){input, size}, &fixture_natives, NULL);
    }
}
END_TEST

START_TEST(has_consistent_opcode_rows)
{
    size_t count;
    const struct opcode_row *rows = opcode_rows(&count);
    ck_assert_uint_eq(count, 30);
    for (size_t i = 0; i < count; i++) {
        ck_assert(i == 0 || rows[i].byte > rows[i - 1].byte);
        ck_assert_ptr_eq(opcode_find(rows[i].byte), &rows[i]);
        ck_assert_ptr_eq(opcode_find_name(rows[i].name), &rows[i]);
        ck_assert_uint_ge(rows[i].gas, 1);
    }
    ck_assert_ptr_null(opcode_find_name("stop"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("program");
    tcase_add_test(tests, accepts_small_programs);
    tcase_add_test(tests, refuses_a_malformed_header);
    tcase_add_test(tests, refuses_unknown_opcodes_and_natives);
    tcase_add_test(tests, refuses_operands_that_are_cut_or_not_canonical);
    tcase_add_test(tests, refuses_natives_in_a_policy);
    tcase_add_test(tests, refuses_jumps_that_land_nowhere);
    tcase_add_test(tests, refuses_a_stack_that_is_too_low);
    tcase_add_test(tests, refuses_a_stack_that_is_too_high);
    tcase_add_test(tests, refuses_two_depths_at_one_instruction);
    tcase_add_test(tests, refuses_to_run_past_the_end);
    tcase_add_test(tests, refuses_data_outside_the_memory);
    tcase_add_test(tests, numbers_instructions_by_position);
    tcase_add_test(tests, never_reads_outside_random_input);
    tcase_add_test(tests, has_consistent_opcode_rows);
    return check_run("program", tests);
}
