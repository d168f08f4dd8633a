/* The disassembler: a program as text that assembles to the same bytes. */
#ifndef VM_DISASSEMBLER_H
#define VM_DISASSEMBLER_H

#include "vm/program.h"

/* Append the source of a program that program_load() accepted with the same table (NULL: a policy),
 * one instruction on a line. Targets of jumps get labels "at_<offset>". `prefix` is the one of
 * addresses. */
void disassembler_print(struct buffer *out, const struct program *program,
                        const struct native_table *natives, const char *prefix);

#endif /* VM_DISASSEMBLER_H */
