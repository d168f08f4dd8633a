/* The assembler: programs as people write them.
 *
 *     ; a comment, to the end of the line
 *     memory 256                       ; bytes; once, before the first instruction; else 0
 *     QUERY_ROUND_PHASE model=1 round=2
 *     PUSH 3
 *     EQ
 *     ASSERT 7
 *     TRANSFER to=tsouk1... amount=5
 *     JUMP end                         ; forward or back, to a label
 *     DATA 16 "text"                   ; or hexadecimal digits
 *     end:
 *     STOP
 *
 * One instruction on a line, with its operand after it (vm/opcodes.h). Integers are decimal. A native
 * instruction stands under its own name with the fields of its operand as crypto/schema_text.h has
 * them. A label is letters, digits and '_', begins with no digit and may share a line with the
 * instruction that it names. */
#ifndef VM_ASSEMBLER_H
#define VM_ASSEMBLER_H

#include "vm/program.h"

#define ASSEMBLER_SOURCE_MAX 1048576 /* bytes */
#define ASSEMBLER_LABEL_MAX  32      /* characters */
#define ASSEMBLER_ERROR_SIZE 256

/* Append the encoded program of a source. `natives` NULL: a policy, without native instructions.
 * `prefix` is the one of addresses. What is appended verifies by program_load() with the same table.
 * False, with nothing appended and one line in `error` (ASSEMBLER_ERROR_SIZE bytes; never NULL) that
 * names the line of the source, what stands there and what was expected. */
NODISCARD bool assembler_assemble(struct buffer *out, const char *source,
                                  const struct native_table *natives, const char *prefix,
                                  char error[ASSEMBLER_ERROR_SIZE]);

#endif /* VM_ASSEMBLER_H */
