/* The interpreter: runs a verified program, metered and atomic. */
#ifndef VM_INTERPRETER_H
#define VM_INTERPRETER_H

#include "vm/program.h"

struct vm_outcome {
    struct refusal refusal; /* code 0: the program reached its end */
    uint32_t instruction;   /* index, in order of position, of the one that was refused */
    uint64_t gas_used;      /* at most the limit, also where gas was exhausted */
};

/* What a transaction's program runs against. */
struct vm_environment {
    const struct native_table *natives;
    struct state *state;
    const struct block_context *block;
    struct address sender;
    struct public_key sender_key; /* whose address the sender is */
    struct bytes sidecar;
    struct hash sidecar_root;
    struct event_log *events; /* emptied again where the program fails */
};

/* Run a program that program_load() accepted with the same table. Effects on the state and the
 * events are whole or absent. Same program, state and limit: same outcome.
 *
 * A step's gas is charged before it has any effect. Where the limit does not suffice the program is
 * refused with VM_GAS and gas_used is what was charged up to there. A program that emitted more than
 * RECEIPT_EVENT_MAX events is refused with VM_EVENTS. `environment->events` may hold earlier events,
 * which stay. */
void vm_run(struct vm_outcome *out, const struct program *program,
            const struct vm_environment *environment, uint64_t gas_limit);

/* Run a pure program (a policy) over `memory`, program->memory_size bytes that it reads its input
 * from and writes its output to. Where it is refused the memory is unspecified: throw it away.
 * vm/policy.h has the layout of a reward policy's memory and the calls that fill and read it. */
void vm_run_policy(struct vm_outcome *out, const struct program *program, uint8_t *memory,
                   uint64_t gas_limit);

#endif /* VM_INTERPRETER_H */
