#include "vm/interpreter.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/slow_vm.h"
#include "tests/lib/vm_fixture.h"
#include "tests/lib/vm_random.h"
#include "vm/assembler.h"

#define GAS 100000

/* A machine's surroundings for one run. */
struct scene {
    struct fixture_store store;
    struct state *state;
    struct event_log events;
    struct block_context block;
    struct vm_environment environment;
};

static void scene_open(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    struct state_source source = fixture_source(&scene->store);
    uint64_t word = 41;
    static const uint8_t key = 2;
    fixture_set(&scene->store, (struct bytes){&key, 1}, BYTES_OF(word));
    scene->state = state_new(&source);
    scene->block.height = 77;
    scene->environment = (struct vm_environment){.natives = &fixture_natives,
                                                 .state = scene->state,
                                                 .block = &scene->block,
                                                 .events = &scene->events};
}

static void scene_close(struct scene *scene)
{
    state_free(scene->state);
    event_log_close(&scene->events);
    fixture_close(&scene->store);
}

static struct vm_outcome run_text(struct scene *scene, const char *source, uint64_t gas)
{
    struct buffer encoded = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    bool assembled = assembler_assemble(&encoded, source, &fixture_natives, "tsouk", error);
    ck_assert_msg(assembled, "%s", error);
    struct program program;
    ck_assert_int_eq(program_load(&program, buffer_bytes(&encoded), &fixture_natives, NULL),
                     PROGRAM_OK);
    struct vm_outcome outcome;
    vm_run(&outcome, &program, &scene->environment, gas);
    buffer_close(&encoded);
    return outcome;
}

/* Run `source` alone; the refusal must be this one. */
static void check_refusal(const char *source, struct refusal want, uint32_t instruction)
{
    struct scene scene;
    scene_open(&scene);
    struct vm_outcome outcome = run_text(&scene, source, GAS);
    ck_assert_uint_eq(outcome.refusal.code, want.code);
    ck_assert_uint_eq(outcome.refusal.got, want.got);
    ck_assert_uint_eq(outcome.refusal.want, want.want);
    ck_assert_uint_eq(outcome.instruction, instruction);
    scene_close(&scene);
}

/* The body leaves one word: it must be `want`. */
static void check_word(const char *body, uint64_t want)
{
    struct buffer source = {0};
    buffer_format(&source, "memory 512\n%s\nPUSH %llu\nEQ\nASSERT 1\nSTOP\n", body,
                  (unsigned long long)want);
    struct scene scene;
    scene_open(&scene);
    struct vm_outcome outcome = run_text(&scene, buffer_text(&source), GAS);
    ck_assert_msg(outcome.refusal.code == 0, "%s: code %u got %llu", body, outcome.refusal.code,
                  (unsigned long long)outcome.refusal.got);
    scene_close(&scene);
    buffer_close(&source);
}

START_TEST(computes_what_the_table_says)
{
    check_word("PUSH 5\nPUSH 6\nPOP", 5);
    check_word("PUSH 5\nPUSH 6\nDUP 2\nSWAP 2\nPOP\nPOP", 5);
    check_word("PUSH 5\nPUSH 6\nSWAP 1\nPOP", 6);
    check_word("PUSH 5\nPUSH 6\nADD", 11);
    check_word("PUSH 6\nPUSH 5\nSUB", 1);
    check_word("PUSH 6\nPUSH 5\nMUL", 30);
    check_word("PUSH 17\nPUSH 5\nDIV", 3);
    check_word("PUSH 17\nPUSH 5\nMOD", 2);
    check_word("PUSH 18446744073709551615\nPUSH 18446744073709551614\nPUSH 18446744073709551615\n"
               "MULDIV",
               UINT64_MAX - 1);
    check_word("PUSH 10\nPUSH 7\nPUSH 3\nMULDIV", 23);
    check_word("PUSH 1\nPUSH 2\nLT", 1);
    check_word("PUSH 2\nPUSH 2\nLT", 0);
    check_word("PUSH 3\nPUSH 2\nGT", 1);
    check_word("PUSH 2\nPUSH 2\nEQ", 1);
    check_word("PUSH 2\nNOT", 0);
    check_word("PUSH 0\nNOT", 1);
    check_word("PUSH 12\nPUSH 10\nAND", 8);
    check_word("PUSH 12\nPUSH 10\nOR", 14);
    check_word("PUSH 12\nPUSH 10\nXOR", 6);
    check_word("PUSH 18446744073709551615\nPUSH 63\nSHL", UINT64_C(1) << 63);
    check_word("PUSH 1\nPUSH 64\nSHL", 0);
    check_word("PUSH 18446744073709551615\nPUSH 63\nSHR", 1);
    check_word("PUSH 8\nPUSH 18446744073709551615\nSHR", 0);
    check_word("PUSH 504\nPUSH 72623859790382856\nSTORE64\nPUSH 504\nLOAD8", 8);
    check_word("PUSH 1\nPUSH 511\nSTORE8\nPUSH 0\nLOAD64", 65280);
    check_word("DATA 3 0102ff\nPUSH 4\nLOAD8", 2);
    check_word("HEIGHT", 77);
    check_word("GET value=2", 41);
    check_word("GET value=3", 0);
    check_word("PUT key=3 value=9\nGET value=3", 9);
}
END_TEST

START_TEST(hashes_memory)
{
    check_word("DATA 0 \"abc\"\nPUSH 0\nPUSH 3\nPUSH 100\nHASH\nPUSH 100\nLOAD64",
               UINT64_C(0xeacf018fbf1678ba)); /* FIPS 180-4, "abc": ba7816bf 8f01cfea */
}
END_TEST

START_TEST(sums_in_a_loop)
{
    check_word("PUSH 0\nPUSH 100\nloop:\nDUP 1\nSWAP 2\nADD\nSWAP 1\nPUSH 1\nSUB\nDUP 1\n"
               "JUMP_IF loop\nPOP",
               5050);
}
END_TEST

START_TEST(refuses_a_false_assertion)
{
    check_refusal("PUSH 1\nASSERT 5\nPUSH 0\nASSERT 600\nSTOP", (struct refusal){VM_ASSERT, 600, 0},
                  3);
}
END_TEST

START_TEST(refuses_overflow)
{
    check_refusal("PUSH 18446744073709551615\nPUSH 1\nADD\nSTOP",
                  (struct refusal){VM_OVERFLOW, 0x10, 0}, 2);
    check_refusal("PUSH 1\nPUSH 2\nSUB\nSTOP", (struct refusal){VM_OVERFLOW, 0x11, 0}, 2);
    check_refusal("PUSH 4294967296\nPUSH 4294967296\nMUL\nSTOP",
                  (struct refusal){VM_OVERFLOW, 0x12, 0}, 2);
    check_refusal("PUSH 18446744073709551615\nPUSH 2\nPUSH 1\nMULDIV\nSTOP",
                  (struct refusal){VM_OVERFLOW, 0x15, 0}, 3);
}
END_TEST

START_TEST(refuses_division_by_zero)
{
    check_refusal("PUSH 1\nPUSH 0\nDIV\nSTOP", (struct refusal){VM_DIVISION, 0, 0}, 2);
    check_refusal("PUSH 1\nPUSH 0\nMOD\nSTOP", (struct refusal){VM_DIVISION, 0, 0}, 2);
    check_refusal("PUSH 1\nPUSH 1\nPUSH 0\nMULDIV\nSTOP", (struct refusal){VM_DIVISION, 0, 0}, 3);
}
END_TEST

START_TEST(refuses_memory_outside_its_bound)
{
    check_refusal("memory 8\nPUSH 1\nLOAD64\nSTOP", (struct refusal){VM_MEMORY, 9, 8}, 1);
    check_refusal("memory 8\nPUSH 8\nLOAD8\nSTOP", (struct refusal){VM_MEMORY, 9, 8}, 1);
    check_refusal("PUSH 0\nLOAD8\nSTOP", (struct refusal){VM_MEMORY, 1, 0}, 1);
    check_refusal("memory 8\nPUSH 18446744073709551615\nPUSH 1\nSTORE64\nSTOP",
                  (struct refusal){VM_MEMORY, UINT64_MAX, 8}, 2);
    check_refusal("memory 8\nPUSH 18446744073709551615\nPUSH 1\nSTORE8\nSTOP",
                  (struct refusal){VM_MEMORY, UINT64_MAX, 8}, 2);
    check_refusal("memory 40\nPUSH 30\nPUSH 11\nPUSH 0\nHASH\nSTOP",
                  (struct refusal){VM_MEMORY, 41, 40}, 3);
    check_refusal("memory 40\nPUSH 0\nPUSH 1\nPUSH 9\nHASH\nSTOP",
                  (struct refusal){VM_MEMORY, 41, 40}, 3);
    check_refusal("memory 40\nPUSH 2\nPUSH 18446744073709551615\nPUSH 0\nHASH\nSTOP",
                  (struct refusal){VM_MEMORY, UINT64_MAX, 40}, 3);
}
END_TEST

START_TEST(refuses_a_loop_without_end_when_gas_ends)
{
    struct scene scene;
    scene_open(&scene);
    struct vm_outcome outcome = run_text(&scene, "memory 256\nPUSH 1\nPOP\nagain: JUMP again", 50);
    ck_assert_uint_eq(outcome.refusal.code, VM_GAS);
    ck_assert_uint_eq(outcome.refusal.got, 51);
    ck_assert_uint_eq(outcome.refusal.want, 50);
    ck_assert_uint_eq(outcome.instruction, 2);
    ck_assert_uint_eq(outcome.gas_used, 50);
    scene_close(&scene);
}
END_TEST

START_TEST(charges_what_the_table_says)
{
    static const struct {
        const char *source;
        uint64_t gas;
    } cases[] = {
        {"STOP", 1},
        {"memory 257\nSTOP", 3},
        {"memory 64\nDATA 0 0102\nSTOP", 1 + 2 + 1 + 1},
        {"memory 64\nPUSH 0\nPUSH 0\nPUSH 0\nHASH\nSTOP", 1 + 3 + 20 + 1},
        {"memory 128\nPUSH 0\nPUSH 65\nPUSH 0\nHASH\nSTOP", 1 + 3 + 20 + 60 + 1},
        {"PUT key=1 value=1\nSTOP", 5 + 100 + 1},
        {"BURN value=1000\nSTOP", 5 + 10 + 1000 + 1},
        {"PUSH 1\nPUSH 1\nPUSH 1\nMULDIV\nPOP\nSTOP", 3 + 4 + 1 + 1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        struct vm_outcome outcome = run_text(&scene, cases[i].source, cases[i].gas);
        ck_assert_msg(outcome.refusal.code == 0, "%s", cases[i].source);
        ck_assert_uint_eq(outcome.gas_used, cases[i].gas);
        outcome = run_text(&scene, cases[i].source, cases[i].gas - 1);
        ck_assert_uint_eq(outcome.refusal.code, VM_GAS);
        ck_assert_uint_le(outcome.gas_used, cases[i].gas - 1);
        scene_close(&scene);
    }
}
END_TEST

START_TEST(reports_gas_that_a_native_wanted_beyond_the_limit)
{
    struct scene scene;
    scene_open(&scene);
    struct vm_outcome outcome = run_text(&scene, "BURN value=18446744073709551615\nSTOP", 100);
    ck_assert_uint_eq(outcome.refusal.code, VM_GAS);
    ck_assert_uint_eq(outcome.refusal.got, UINT64_MAX);
    ck_assert_uint_eq(outcome.refusal.want, 100);
    ck_assert_uint_eq(outcome.gas_used, 15);
    scene_close(&scene);
}
END_TEST

START_TEST(undoes_everything_where_a_later_instruction_is_refused)
{
    struct scene scene;
    scene_open(&scene);
    struct vm_outcome outcome =
        run_text(&scene, "PUT key=1 value=1\nPUT key=2 value=2\nREFUSE value=9\nSTOP", GAS);
    ck_assert_uint_eq(outcome.refusal.code, 100);
    ck_assert_uint_eq(outcome.refusal.got, 9);
    ck_assert_uint_eq(outcome.instruction, 2);
    size_t count;
    (void)state_changes(scene.state, &count);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(scene.events.count, 0);
    ck_assert_uint_eq(scene.events.data.size, 0);
    outcome = run_text(&scene, "PUT key=1 value=1\nSTOP", GAS);
    ck_assert_uint_eq(outcome.refusal.code, 0);
    outcome = run_text(&scene, "PUT key=1 value=2\nPUSH 0\nASSERT 1\nSTOP", GAS);
    ck_assert_uint_eq(outcome.refusal.code, VM_ASSERT);
    (void)state_changes(scene.state, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(scene.events.count, 1);
    scene_close(&scene);
}
END_TEST

START_TEST(refuses_more_events_than_a_receipt_holds)
{
    struct scene scene;
    scene_open(&scene);
    struct vm_outcome outcome = run_text(&scene, "again: PUT key=1 value=1\nJUMP again", 1000000);
    ck_assert_uint_eq(outcome.refusal.code, VM_EVENTS);
    ck_assert_uint_eq(outcome.refusal.got, RECEIPT_EVENT_MAX + 1);
    ck_assert_uint_eq(outcome.refusal.want, RECEIPT_EVENT_MAX);
    ck_assert_uint_eq(scene.events.count, 0);
    scene_close(&scene);
}
END_TEST

static bool same_outcome(const struct vm_outcome *a, const struct vm_outcome *b)
{
    return a->refusal.code == b->refusal.code && a->refusal.got == b->refusal.got &&
           a->refusal.want == b->refusal.want && a->instruction == b->instruction &&
           a->gas_used == b->gas_used;
}

static void check_same_changes(struct state *a, struct state *b)
{
    size_t count_a;
    size_t count_b;
    const struct state_change *changes_a = state_changes(a, &count_a);
    const struct state_change *changes_b = state_changes(b, &count_b);
    ck_assert_uint_eq(count_a, count_b);
    for (size_t i = 0; i < count_a; i++) {
        ck_assert(bytes_equal(changes_a[i].key, changes_b[i].key));
        ck_assert(bytes_equal(changes_a[i].value, changes_b[i].value));
        ck_assert(changes_a[i].erased == changes_b[i].erased);
    }
}

/* Twice with the machine, once with the slow one: all three agree; a refused program leaves nothing. */
static uint16_t check_program(const struct program *program, uint64_t gas)
{
    struct scene scenes[3];
    struct vm_outcome outcomes[3];
    for (size_t i = 0; i < 3; i++) {
        scene_open(&scenes[i]);
        if (i < 2) {
            vm_run(&outcomes[i], program, &scenes[i].environment, gas);
        } else {
            slow_vm_run(&outcomes[i], program, &scenes[i].environment, NULL, gas);
        }
    }
    ck_assert_uint_le(outcomes[0].gas_used, gas);
    for (size_t i = 1; i < 3; i++) {
        ck_assert(same_outcome(&outcomes[0], &outcomes[i]));
        check_same_changes(scenes[0].state, scenes[i].state);
        ck_assert(bytes_equal(buffer_bytes(&scenes[0].events.data),
                              buffer_bytes(&scenes[i].events.data)));
    }
    if (outcomes[0].refusal.code != 0) {
        size_t count;
        (void)state_changes(scenes[0].state, &count);
        ck_assert_uint_eq(count, 0);
        ck_assert_uint_eq(scenes[0].events.count, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        scene_close(&scenes[i]);
    }
    return outcomes[0].refusal.code;
}

START_TEST(agrees_with_the_slow_machine_on_structured_programs)
{
    uint64_t seed = 20250101;
    unsigned codes[128] = {0};
    for (unsigned i = 0; i < 20000; i++) {
        struct buffer encoded = {0};
        vm_random_program(&encoded, &seed, 5 + check_random(&seed) % 60, false);
        struct program program;
        size_t offset;
        enum program_status status =
            program_load(&program, buffer_bytes(&encoded), &fixture_natives, &offset);
        ck_assert_msg(status == PROGRAM_OK, "program %u at %zu: %s", i, offset,
                      program_status_text(status));
        uint16_t code = check_program(&program, check_random(&seed) % 3000);
        codes[code < 128 ? code : 127]++;
        buffer_close(&encoded);
    }
    /* Every end that a program can come to was seen. */
    ck_assert(codes[0] > 0 && codes[VM_ASSERT] > 0 && codes[VM_GAS] > 0 && codes[VM_MEMORY] > 0);
    ck_assert(codes[VM_OVERFLOW] > 0 && codes[VM_DIVISION] > 0 && codes[100] > 0);
}
END_TEST

START_TEST(agrees_with_the_slow_machine_on_random_bytes)
{
    uint64_t seed = 7;
    unsigned verified = 0;
    for (unsigned i = 0; i < 200000; i++) {
        struct buffer encoded = {0};
        vm_random_bytes(&encoded, &seed, 1 + check_random(&seed) % 24);
        struct program program;
        if (program_load(&program, buffer_bytes(&encoded), &fixture_natives, NULL) == PROGRAM_OK) {
            verified++;
            (void)check_program(&program, 300);
        }
        buffer_close(&encoded);
    }
    ck_assert_uint_gt(verified, 100);
}
END_TEST

START_TEST(agrees_with_the_slow_machine_on_policies)
{
    uint64_t seed = 99;
    for (unsigned i = 0; i < 5000; i++) {
        struct buffer encoded = {0};
        vm_random_program(&encoded, &seed, 5 + check_random(&seed) % 40, true);
        struct program program;
        ck_assert_int_eq(program_load(&program, buffer_bytes(&encoded), NULL, NULL), PROGRAM_OK);
        uint8_t memory[2][1024];
        check_random_fill(&seed, memory[0], sizeof(memory[0]));
        memcpy(memory[1], memory[0], sizeof(memory[0]));
        struct vm_outcome outcomes[2];
        vm_run_policy(&outcomes[0], &program, memory[0], 1000);
        slow_vm_run(&outcomes[1], &program, NULL, memory[1], 1000);
        ck_assert(same_outcome(&outcomes[0], &outcomes[1]));
        ck_assert(memcmp(memory[0], memory[1], sizeof(memory[0])) == 0);
        buffer_close(&encoded);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("interpreter");
    tcase_add_test(tests, computes_what_the_table_says);
    tcase_add_test(tests, hashes_memory);
    tcase_add_test(tests, sums_in_a_loop);
    tcase_add_test(tests, refuses_a_false_assertion);
    tcase_add_test(tests, refuses_overflow);
    tcase_add_test(tests, refuses_division_by_zero);
    tcase_add_test(tests, refuses_memory_outside_its_bound);
    tcase_add_test(tests, refuses_a_loop_without_end_when_gas_ends);
    tcase_add_test(tests, charges_what_the_table_says);
    tcase_add_test(tests, reports_gas_that_a_native_wanted_beyond_the_limit);
    tcase_add_test(tests, undoes_everything_where_a_later_instruction_is_refused);
    tcase_add_test(tests, refuses_more_events_than_a_receipt_holds);
    tcase_add_test(tests, agrees_with_the_slow_machine_on_structured_programs);
    tcase_add_test(tests, agrees_with_the_slow_machine_on_random_bytes);
    tcase_add_test(tests, agrees_with_the_slow_machine_on_policies);
    return check_run("interpreter", tests);
}
