/* A second machine, slow and plain, written from docs/vm.md alone: it shares no code with
 * vm/interpreter.c, so that where the two agree on random programs both follow the document.
 *
 * It decodes the whole program into a list first, keeps everything in byte arrays of its own, does
 * arithmetic with its own long multiplication and checks the stack at every step. */
#ifndef TESTS_LIB_SLOW_VM_H
#define TESTS_LIB_SLOW_VM_H

#include "vm/interpreter.h"

/* As vm_run(): `environment` NULL and `memory` of program->memory_size bytes for a policy; otherwise
 * `memory` is NULL. A program that touches the stack or the memory outside its bounds, or decodes to
 * what it must not, stops the test by an assertion. */
void slow_vm_run(struct vm_outcome *out, const struct program *program,
                 const struct vm_environment *environment, uint8_t *memory, uint64_t gas_limit);

#endif /* TESTS_LIB_SLOW_VM_H */
