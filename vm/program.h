/* Programs: their format, and the one pass that verifies them.
 *
 * A program is BCS {u8 version = 1, u32 memory_size <= 65536, bytes code <= 32768}. Code is a sequence of
 * instructions: one opcode byte and an operand of fixed size, except NATIVE, whose operand is an id
 * byte and a length-prefixed BCS structure, and DATA, which carries bytes for the memory.
 *
 * A program that verifies has known opcodes, canonical operands, jumps that land on instructions, one
 * known stack depth at every instruction, at most PROGRAM_STACK_MAX words of it, and ends in STOP or a
 * jump. It can fail in no other way than by assertion, gas, arithmetic, memory bounds or the refusal of
 * a native instruction. */
#ifndef VM_PROGRAM_H
#define VM_PROGRAM_H

#include "vm/native.h"

#define PROGRAM_VERSION_1  1
#define PROGRAM_STACK_MAX  256   /* words */
#define PROGRAM_MEMORY_MAX 65536 /* bytes */
#define PROGRAM_CODE_MAX   32768 /* bytes */

struct program {
    uint8_t version;
    uint32_t memory_size; /* bytes */
    struct bytes code;    /* borrowed */
};

extern const struct schema program_schema;

#define PROGRAM_STATUS_LIST(X)                                                                     \
    X(PROGRAM_OK, "ok")                                                                            \
    X(PROGRAM_MALFORMED, "the program is not canonically encoded")                                 \
    X(PROGRAM_VERSION, "unknown program version")                                                  \
    X(PROGRAM_MEMORY, "more memory than a program may have")                                       \
    X(PROGRAM_EMPTY, "the program has no instruction")                                             \
    X(PROGRAM_OPCODE, "unknown opcode")                                                            \
    X(PROGRAM_OPERAND, "an operand is truncated or not canonical")                                 \
    X(PROGRAM_NATIVE, "unknown native instruction")                                                \
    X(PROGRAM_PURE, "a policy may not use native instructions")                                    \
    X(PROGRAM_JUMP, "a jump does not land on an instruction")                                      \
    X(PROGRAM_STACK_LOW, "an instruction takes more words than the stack has")                     \
    X(PROGRAM_STACK_HIGH, "the stack grows beyond its bound")                                      \
    X(PROGRAM_STACK_DEPTH, "two paths reach an instruction with different stack depths")           \
    X(PROGRAM_END, "the program runs past its last instruction")                                   \
    X(PROGRAM_DATA, "the data do not fit in the program's memory")

#define PROGRAM_STATUS_ENUM(name, text) name,
enum program_status { PROGRAM_STATUS_LIST(PROGRAM_STATUS_ENUM) };
#undef PROGRAM_STATUS_ENUM

const char *program_status_text(enum program_status status);

/* Decode and verify. *out borrows `input`. `natives` NULL: a policy, which may hold none. On error *out
 * is zero and *error_offset (which may be NULL) is the byte of `code` (or of the input, for the first
 * five) at which it stands; for PROGRAM_JUMP and PROGRAM_STACK_DEPTH of a jump: of the jump.
 *
 * An instruction that nothing before it leads to, neither the one above it nor a jump, is taken to
 * start with an empty stack; a jump back to it must agree. */
NODISCARD enum program_status program_load(struct program *out, struct bytes input,
                                           const struct native_table *natives,
                                           size_t *error_offset);

#endif /* VM_PROGRAM_H */
