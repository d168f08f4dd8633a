#include "vm/assembler.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"
#include "tests/lib/vm_random.h"
#include "vm/disassembler.h"

static void check_error(const char *source, const char *want)
{
    struct buffer out = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    ck_assert(!assembler_assemble(&out, source, &fixture_natives, "tsouk", error));
    ck_assert_str_eq(error, want);
    ck_assert_uint_eq(out.size, 0);
    buffer_close(&out);
}

static void check_hex(const char *source, const char *want)
{
    struct buffer out = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    bool good = assembler_assemble(&out, source, &fixture_natives, "tsouk", error);
    ck_assert_msg(good, "%s", error);
    char hex[2000];
    ck_assert_uint_lt(2 * out.size, sizeof(hex));
    hex_encode(hex, buffer_bytes(&out));
    ck_assert_str_eq(hex, want);
    buffer_close(&out);
}

START_TEST(assembles_each_operand_form)
{
    check_hex("STOP", "01000000000100");
    check_hex("memory 256 ; room\n\n  ; nothing\nDATA 16 \"a;b\"\r\nDATA 1 ff\n\tSTOP",
              "01000100000d"
              "44100003613b62"
              "44010001ff"
              "00");
    check_hex("PUSH 258\nDUP 1\nASSERT 513\nPOP\nSTOP", "010000000010"
                                                        "010201000000000000"
                                                        "0301"
                                                        "500102"
                                                        "02"
                                                        "00");
    check_hex("JUMP end\nend:\nSTOP", "010000000004"
                                      "300300"
                                      "00");
    check_hex("again: JUMP again", "010000000003"
                                   "300000");
    check_hex("PUT value=2 key=1\nHEIGHT\nPOP\nSTOP", "010000000011"
                                                      "600109010200000000000000"
                                                      "604100"
                                                      "02"
                                                      "00");
}
END_TEST

START_TEST(says_what_is_wrong_and_where)
{
    check_error("", "line 0: the program does not verify: the program has no instruction");
    check_error("STOP\nPUHS 1", "line 2: 'PUHS': expected an instruction");
    check_error("NATIVE 1", "line 1: 'NATIVE': expected the native instruction's own name");
    check_error("PUSH", "line 1: '': expected a decimal number from 0 to 18446744073709551615");
    check_error("PUSH 18446744073709551616",
                "line 1: '18446744073709551616': expected a decimal number from 0 to "
                "18446744073709551615");
    check_error("PUSH 01", "line 1: '01': expected a decimal number from 0 to "
                           "18446744073709551615");
    check_error("DUP 0", "line 1: '0': expected a decimal number from 1 to 255");
    check_error("ASSERT 65536", "line 1: '65536': expected a decimal number from 0 to 65535");
    check_error("STOP now", "line 1: 'now': expected no operand");
    check_error("memory 65537", "line 1: '65537': expected a decimal number from 0 to 65536");
    check_error("STOP\nmemory 1",
                "line 2: 'memory': expected at most one such line, before the first instruction");
    check_error("JUMP nowhere", "line 1: 'nowhere': expected a label that is defined");
    check_error("a: STOP\na: STOP", "line 2: 'a': the label is defined twice, expected a new one");
    check_error("1a: STOP", "line 1: '1a': expected a label: at most 32 letters, digits and '_', "
                            "no digit first");
    check_error("POP\nSTOP", "line 1: the program does not verify: an instruction takes more words "
                             "than the stack has");
    check_error("PUSH 1\nPOP",
                "line 2: the program does not verify: the program runs past its last "
                "instruction");
    check_error("DATA 0 123", "line 1: '123': data is '123', expected an even number of at most "
                              "65536 hexadecimal digits");
    check_error("DATA 0 \"x", "line 1: '\"x': at '': expected a closing '\"'");
    check_error("PUT key=1\nSTOP", "line 1: 'PUT': value is missing");
    check_error("PUT key=1 value=2 key=3\nSTOP", "line 1: 'PUT': key is given twice");
    check_error("PUT key=256 value=2\nSTOP",
                "line 1: 'PUT': key is '256', expected a decimal number from 0 to 255");
    check_error("PUT kex=1 value=2\nSTOP", "line 1: 'PUT': at 'kex=1 value=2': expected a field of "
                                           "pair");
}
END_TEST

START_TEST(refuses_natives_in_a_policy)
{
    struct buffer out = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    ck_assert(!assembler_assemble(&out, "HEIGHT\nPOP\nSTOP", NULL, "tsouk", error));
    ck_assert_str_eq(error, "line 1: 'HEIGHT': expected an instruction of a policy");
}
END_TEST

static void check_round_trip(struct bytes encoded, const struct native_table *natives)
{
    struct program program;
    ck_assert_int_eq(program_load(&program, encoded, natives, NULL), PROGRAM_OK);
    struct buffer source = {0};
    disassembler_print(&source, &program, natives, "tsouk");
    struct buffer again = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    bool good = assembler_assemble(&again, buffer_text(&source), natives, "tsouk", error);
    ck_assert_msg(good, "%s\n%s", error, buffer_text(&source));
    ck_assert(bytes_equal(encoded, buffer_bytes(&again)));
    buffer_close(&source);
    buffer_close(&again);
}

START_TEST(disassembles_to_what_assembles_to_the_same_bytes)
{
    uint64_t seed = 11;
    for (unsigned i = 0; i < 3000; i++) {
        struct buffer encoded = {0};
        bool pure = i % 3 == 0;
        vm_random_program(&encoded, &seed, 1 + check_random(&seed) % 80, pure);
        check_round_trip(buffer_bytes(&encoded), pure ? NULL : &fixture_natives);
        buffer_close(&encoded);
    }
}
END_TEST

START_TEST(prints_one_instruction_on_a_line)
{
    static const char source[] = "memory 64\n"
                                 "    PUSH 3\n"
                                 "at_9:\n"
                                 "    PUSH 1\n"
                                 "    SUB\n"
                                 "    DUP 1\n"
                                 "    JUMP_IF at_9\n"
                                 "    DATA 5\n"
                                 "    DATA 5 0aff\n"
                                 "    PUT key=1 value=9\n"
                                 "    HEIGHT\n"
                                 "    ASSERT 4\n"
                                 "    STOP\n";
    struct buffer encoded = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    bool good = assembler_assemble(&encoded, source, &fixture_natives, "tsouk", error);
    ck_assert_msg(good, "%s", error);
    struct program program;
    ck_assert_int_eq(program_load(&program, buffer_bytes(&encoded), &fixture_natives, NULL),
                     PROGRAM_OK);
    struct buffer printed = {0};
    disassembler_print(&printed, &program, &fixture_natives, "tsouk");
    ck_assert_str_eq(buffer_text(&printed), source);
    buffer_close(&printed);
    buffer_close(&encoded);
}
END_TEST

START_TEST(carries_every_form_of_field)
{
    struct fixture_rich rich = {.small = 255, .flag = true, .colour = 2, .server_count = 2};
    static const uint8_t blob[] = {0, 0xff};
    rich.blob = (struct bytes){blob, sizeof(blob)};
    rich.title = bytes_of_text("a \"quoted\" \\ ; title");
    rich.item = (struct fixture_item){9, bytes_of_text("")};
    rich.items[0] = (struct fixture_item){1, bytes_of_text("x,y}]")};
    rich.item_count = 1;
    rich.servers[1].bytes[0] = 77;
    struct buffer operand = {0};
    schema_write(&operand, &fixture_rich_schema, &rich);
    struct buffer code = {0};
    bcs_write_u8(&code, 0x60);
    bcs_write_u8(&code, FIXTURE_RICH);
    bcs_write_bytes(&code, buffer_bytes(&operand));
    bcs_write_u8(&code, 0);
    struct program program = {1, 0, buffer_bytes(&code)};
    struct buffer encoded = {0};
    schema_write(&encoded, &program_schema, &program);
    check_round_trip(buffer_bytes(&encoded), &fixture_natives);
    buffer_close(&encoded);
    buffer_close(&code);
    buffer_close(&operand);
}
END_TEST

START_TEST(bounds_the_source_and_the_code)
{
    struct buffer source = {0};
    struct buffer out = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    for (unsigned i = 0; i < 4000; i++) {
        buffer_append_text(&source, "PUSH 1\nPOP\n");
    }
    ck_assert(!assembler_assemble(&out, buffer_text(&source), NULL, "tsouk", error));
    ck_assert_str_eq(error, "line 6553: 'PUSH': expected at most 32768 bytes of code in all");
    while (source.size <= ASSEMBLER_SOURCE_MAX) {
        buffer_append_text(&source, "; nothing but comments, and far too many of them\n");
    }
    ck_assert(!assembler_assemble(&out, buffer_text(&source), NULL, "tsouk", error));
    ck_assert_ptr_nonnull(strstr(error, "at most 1048576 can be had"));
    buffer_close(&source);
    buffer_close(&out);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("assembler");
    tcase_add_test(tests, assembles_each_operand_form);
    tcase_add_test(tests, says_what_is_wrong_and_where);
    tcase_add_test(tests, refuses_natives_in_a_policy);
    tcase_add_test(tests, disassembles_to_what_assembles_to_the_same_bytes);
    tcase_add_test(tests, prints_one_instruction_on_a_line);
    tcase_add_test(tests, carries_every_form_of_field);
    tcase_add_test(tests, bounds_the_source_and_the_code);
    return check_run("assembler", tests);
}
