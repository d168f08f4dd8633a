/* What a gas unit is on this machine: for each instruction a short piece of code that holds it, run
 * many times, with the nanoseconds and the gas of one piece and the nanoseconds of one gas. One gas is
 * meant to be about 10 ns and must be no more than 20 for any piece on a machine for validators. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "vm/assembler.h"
#include "vm/interpreter.h"

#define REPEATS 100 /* pieces in the code */
#define ROUNDS  400

static const struct {
    const char *name;
    const char *piece; /* leaves the stack as it was: three words */
} pieces[] = {
    {"PUSH POP", "PUSH 1\nPOP\n"},
    {"DUP", "DUP 1\nPOP\n"},
    {"SWAP", "SWAP 1\n"},
    {"ADD", "DUP 1\nDUP 1\nADD\nPOP\n"},
    {"SUB", "DUP 1\nDUP 1\nSUB\nPOP\n"},
    {"MUL", "DUP 1\nDUP 1\nMUL\nPOP\n"},
    {"DIV", "DUP 1\nDUP 1\nDIV\nPOP\n"},
    {"MOD", "DUP 1\nDUP 1\nMOD\nPOP\n"},
    {"MULDIV", "PUSH 18446744073709551615\nPUSH 18446744073709551557\n"
               "PUSH 18446744073709551615\nMULDIV\nPOP\n"},
    {"EQ", "DUP 1\nDUP 1\nEQ\nPOP\n"},
    {"LT", "DUP 1\nDUP 1\nLT\nPOP\n"},
    {"GT", "DUP 1\nDUP 1\nGT\nPOP\n"},
    {"NOT", "DUP 1\nNOT\nPOP\n"},
    {"AND", "DUP 1\nDUP 1\nAND\nPOP\n"},
    {"OR", "DUP 1\nDUP 1\nOR\nPOP\n"},
    {"XOR", "DUP 1\nDUP 1\nXOR\nPOP\n"},
    {"SHL", "DUP 1\nDUP 1\nSHL\nPOP\n"},
    {"SHR", "DUP 1\nDUP 1\nSHR\nPOP\n"},
    {"JUMP", "JUMP next%d\nnext%d:\n"},
    {"JUMP_IF", "DUP 1\nJUMP_IF next%d\nnext%d:\n"},
    {"LOAD8", "DUP 1\nLOAD8\nPOP\n"},
    {"LOAD64", "DUP 1\nLOAD64\nPOP\n"},
    {"STORE8", "DUP 1\nDUP 1\nSTORE8\n"},
    {"STORE64", "DUP 1\nDUP 1\nSTORE64\n"},
    {"DATA 0", "DATA 0\n"},
    {"DATA 32", "DATA 0 000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\n"},
    {"HASH 0", "PUSH 0\nPUSH 0\nPUSH 0\nHASH\n"},
    {"HASH 64", "PUSH 0\nPUSH 64\nPUSH 0\nHASH\n"},
    {"HASH 4096", "PUSH 0\nPUSH 4096\nPUSH 0\nHASH\n"},
    {"ASSERT", "DUP 1\nASSERT 1\n"},
};

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* The piece with its label's number in place of each "%d". */
static void append_piece(struct buffer *out, const char *piece, int number)
{
    for (; *piece != '\0'; piece++) {
        if (piece[0] == '%' && piece[1] == 'd') {
            buffer_format(out, "%d", number);
            piece++;
        } else {
            buffer_append(out, (struct bytes){(const uint8_t *)piece, 1});
        }
    }
}

static bool make_program(struct buffer *out, const char *piece)
{
    struct buffer source = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    buffer_format(&source, "memory 8192\nPUSH 5\nPUSH 6\nPUSH 7\n");
    for (int i = 0; i < REPEATS; i++) {
        append_piece(&source, piece, i);
    }
    buffer_append_text(&source, "STOP\n");
    if (!assembler_assemble(out, buffer_text(&source), NULL, "tsouk", error)) {
        (void)fprintf(stderr, "%s: %s\n", piece, error);
    }
    buffer_close(&source);
    return out->size > 0;
}

static bool measure(const char *name, const char *piece)
{
    struct buffer encoded = {0};
    struct program program;
    if (!make_program(&encoded, piece) ||
        program_load(&program, buffer_bytes(&encoded), NULL, NULL) != PROGRAM_OK) {
        buffer_close(&encoded);
        return false;
    }
    uint8_t *memory = memory_new(program.memory_size);
    struct vm_outcome outcome = {0};
    uint64_t best = UINT64_MAX;
    for (unsigned attempt = 0; attempt < 5; attempt++) {
        uint64_t begin = now_ns();
        for (unsigned i = 0; i < ROUNDS; i++) {
            vm_run_policy(&outcome, &program, memory, UINT64_C(1) << 40);
        }
        uint64_t spent = now_ns() - begin;
        best = spent < best ? spent : best;
    }
    double ns = (double)best / ROUNDS / REPEATS;
    double gas = (double)outcome.gas_used / REPEATS;
    printf("vm %-10s %8.1f ns %8.1f gas %6.1f ns/gas\n", name, ns, gas, ns / gas);
    free(memory);
    buffer_close(&encoded);
    return true;
}

/* Loading and running the smallest program, with its allocations. */
static void measure_call(void)
{
    static const uint8_t stop[] = {1, 0, 0, 0, 0, 1, 0};
    uint64_t begin = now_ns();
    for (unsigned i = 0; i < 100000; i++) {
        struct program program;
        struct vm_outcome outcome;
        uint8_t memory = 0;
        if (program_load(&program, BYTES_OF(stop), NULL, NULL) == PROGRAM_OK) {
            vm_run_policy(&outcome, &program, &memory, 10);
        }
    }
    printf("vm %-10s %8.1f ns for a program of one STOP\n", "load+run",
           (double)(now_ns() - begin) / 100000);
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
        if (!measure(pieces[i].name, pieces[i].piece)) {
            return EXIT_FAILURE;
        }
    }
    measure_call();
    return EXIT_SUCCESS;
}
