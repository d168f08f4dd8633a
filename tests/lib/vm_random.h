/* Random programs for property tests of the machine: of a seed, so that a failure can be repeated. */
#ifndef TESTS_LIB_VM_RANDOM_H
#define TESTS_LIB_VM_RANDOM_H

#include "vm/program.h"

/* Append an encoded program that verifies against fixture_natives (tests/lib/vm_fixture.h), or as a
 * policy where `pure`: up to about `count` instructions with forward and backward jumps. */
void vm_random_program(struct buffer *out, uint64_t *seed, size_t count, bool pure);

/* Append a program header and random bytes of code, most of which are opcodes. */
void vm_random_bytes(struct buffer *out, uint64_t *seed, size_t size);

#endif /* TESTS_LIB_VM_RANDOM_H */
