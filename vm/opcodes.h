/* The instruction table: one row for each opcode. Verifier, interpreter, assembler, disassembler and
 * docs/vm.md all follow it.
 *
 * The stack holds unsigned 64-bit words. "a b -> c" pops b, then a, and pushes c: b is the top.
 * Offsets into the code and the memory are in bytes from its start; words in the memory are
 * little-endian and need no alignment. A truth is 1 or 0; any word but 0 counts as true.
 *
 * Gas: one unit is meant to be about 10 ns on the reference machine (tests/bench/bench_vm.c prints
 * what it is), and no step costs less than one. */
#ifndef VM_OPCODES_H
#define VM_OPCODES_H

#include "base/bytes.h"

/* What follows an opcode byte in the code. Integers are little-endian. */
enum operand_kind {
    OPERAND_NONE,
    OPERAND_WORD,   /* u64 */
    OPERAND_COUNT,  /* u8, 1 .. 255 */
    OPERAND_CODE,   /* u16: number of an assertion */
    OPERAND_TARGET, /* u16: offset in the code, of an instruction */
    OPERAND_DATA,   /* u16 offset in the memory, then a length-prefixed byte string */
    OPERAND_NATIVE, /* u8 id, then a length-prefixed BCS structure of the native's schema */
};

/* X(name, byte, operand, pops, pushes, gas, stack, what it does and when it is refused).
 * DUP and SWAP n need n and n + 1 words; NATIVE pushes one word where it is a query. */
#define OPCODE_LIST(X)                                                                             \
    X(STOP, 0x00, OPERAND_NONE, 0, 0, 1, "", "end with success")                                   \
    X(PUSH, 0x01, OPERAND_WORD, 0, 1, 1, "-> n", "the operand n")                                  \
    X(POP, 0x02, OPERAND_NONE, 1, 0, 1, "a ->", "drop the top")                                    \
    X(DUP, 0x03, OPERAND_COUNT, 0, 1, 1, "-> a", "copy word n, counted from the top as 1")         \
    X(SWAP, 0x04, OPERAND_COUNT, 0, 0, 1, "", "exchange the top and word n + 1")                   \
    X(ADD, 0x10, OPERAND_NONE, 2, 1, 1, "a b -> c", "a + b; VM_OVERFLOW")                          \
    X(SUB, 0x11, OPERAND_NONE, 2, 1, 1, "a b -> c", "a - b; VM_OVERFLOW where b is above a")       \
    X(MUL, 0x12, OPERAND_NONE, 2, 1, 1, "a b -> c", "a * b; VM_OVERFLOW")                          \
    X(DIV, 0x13, OPERAND_NONE, 2, 1, 2, "a b -> c", "a / b, rounded down; VM_DIVISION")            \
    X(MOD, 0x14, OPERAND_NONE, 2, 1, 2, "a b -> c", "a modulo b; VM_DIVISION")                     \
    X(MULDIV, 0x15, OPERAND_NONE, 3, 1, 4, "a b c -> d",                                           \
      "a * b / c, rounded down, the product in 128 bits; VM_DIVISION, VM_OVERFLOW")                \
    X(EQ, 0x20, OPERAND_NONE, 2, 1, 1, "a b -> c", "a equals b")                                   \
    X(LT, 0x21, OPERAND_NONE, 2, 1, 1, "a b -> c", "a is below b")                                 \
    X(GT, 0x22, OPERAND_NONE, 2, 1, 1, "a b -> c", "a is above b")                                 \
    X(NOT, 0x23, OPERAND_NONE, 1, 1, 1, "a -> c", "a is 0")                                        \
    X(AND, 0x24, OPERAND_NONE, 2, 1, 1, "a b -> c", "bitwise and")                                 \
    X(OR, 0x25, OPERAND_NONE, 2, 1, 1, "a b -> c", "bitwise or")                                   \
    X(XOR, 0x26, OPERAND_NONE, 2, 1, 1, "a b -> c", "bitwise exclusive or")                        \
    X(SHL, 0x27, OPERAND_NONE, 2, 1, 1, "a b -> c",                                                \
      "a shifted left by b bits; what leaves is lost; 0 from b = 64 on")                           \
    X(SHR, 0x28, OPERAND_NONE, 2, 1, 1, "a b -> c", "a shifted right by b bits; 0 from b = 64 on") \
    X(JUMP, 0x30, OPERAND_TARGET, 0, 0, 1, "", "go on at the target")                              \
    X(JUMP_IF, 0x31, OPERAND_TARGET, 1, 0, 1, "a ->", "go on at the target where a is not 0")      \
    X(LOAD8, 0x40, OPERAND_NONE, 1, 1, 1, "m -> c", "the byte at m; VM_MEMORY")                    \
    X(LOAD64, 0x41, OPERAND_NONE, 1, 1, 1, "m -> c", "the word at m; VM_MEMORY")                   \
    X(STORE8, 0x42, OPERAND_NONE, 2, 0, 1, "m a ->",                                               \
      "write the lowest 8 bits of a to m; VM_MEMORY")                                              \
    X(STORE64, 0x43, OPERAND_NONE, 2, 0, 1, "m a ->", "write the word a to m; VM_MEMORY")          \
    X(DATA, 0x44, OPERAND_DATA, 0, 0, 2, "",                                                       \
      "copy the operand's bytes to its offset; one gas more for each 32 bytes begun")              \
    X(HASH, 0x45, OPERAND_NONE, 3, 0, 20, "m n d ->",                                              \
      "SHA-256 of the n bytes at m, its 32 bytes to d; 30 gas more for each 64 bytes begun; "      \
      "VM_MEMORY")                                                                                 \
    X(ASSERT, 0x50, OPERAND_CODE, 1, 0, 1, "a ->", "VM_ASSERT with the operand where a is 0")      \
    X(NATIVE, 0x60, OPERAND_NATIVE, 0, 0, 5, "",                                                   \
      "a native instruction: its own gas more; its own refusals; a query pushes its result")

#define OPCODE_ENUM(name, byte, operand, pops, pushes, gas, stack, effect) OP_##name = (byte),
enum opcode { OPCODE_LIST(OPCODE_ENUM) };
#undef OPCODE_ENUM

/* Gas that depends on sizes. */
#define OPCODE_DATA_GAS_BYTES   32 /* bytes of DATA for one gas */
#define OPCODE_HASH_BLOCK_BYTES 64 /* bytes of HASH for OPCODE_HASH_BLOCK_GAS */
#define OPCODE_HASH_BLOCK_GAS   30
#define OPCODE_MEMORY_GAS_BYTES 256 /* bytes of a program's memory for one gas, at its start */

struct opcode_row {
    uint8_t byte;
    uint8_t operand; /* enum operand_kind */
    uint8_t pops;    /* words */
    uint8_t pushes;  /* words */
    uint16_t gas;
    const char *name;
    const char *stack;
    const char *effect;
};

/* The row of an opcode byte, or NULL. */
const struct opcode_row *opcode_find(uint8_t byte);
/* The row of a name in capitals, or NULL. */
const struct opcode_row *opcode_find_name(const char *name);
/* All rows, ascending by byte. */
const struct opcode_row *opcode_rows(size_t *count);

#endif /* VM_OPCODES_H */
