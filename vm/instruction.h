/* One instruction of a program's code, decoded. */
#ifndef VM_INSTRUCTION_H
#define VM_INSTRUCTION_H

#include "vm/opcodes.h"
#include "vm/program.h"

struct instruction {
    const struct opcode_row *row;
    uint32_t offset;   /* in the code */
    uint32_t size;     /* bytes, opcode and operand */
    uint64_t number;   /* PUSH: word; DUP, SWAP: count; ASSERT: code; jumps: target; DATA: offset in
                        the memory; NATIVE: id */
    struct bytes data; /* DATA: the bytes; NATIVE: the operand structure; borrowed from the code */
};

/* Decode the instruction at `offset` < code.size. PROGRAM_OK, PROGRAM_OPCODE or PROGRAM_OPERAND;
 * *out is zero on error. Checks the forms only: not that a target is an instruction, that data fit in
 * the memory or that the native exists. */
NODISCARD enum program_status instruction_read(struct instruction *out, struct bytes code,
                                               size_t offset);

/* The number of instructions before `offset`, in order of position, in code that verified. */
uint32_t instruction_index(struct bytes code, size_t offset);

#endif /* VM_INSTRUCTION_H */
