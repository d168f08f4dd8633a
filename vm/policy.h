/* The policy convention: what a reward policy reads and writes.
 *
 * A policy is a pure program that a model owner publishes with a model. Settlement runs it once for a
 * round, over the program's memory:
 *
 *     bytes   0 .. 7    n, accepted owners, 1 .. POLICY_OWNERS_MAX
 *     bytes   8 .. 15   reward of the round, units
 *     bytes  16 .. 23   number of the round, from 1
 *     bytes  24 ..      for each accepted owner, in the order of owner keys, 24 bytes:
 *                       in   u64 stake, units
 *                            u64 blocks from the opening of the round to the owner's commitment
 *                            i64 score: what the round verified of the owner, two's complement; 0
 *                            where it verified nothing (docs/market.md)
 *                       out  u64 payment, units, in place of the stake
 *
 * All numbers are little-endian, as LOAD64 and STORE64 read and write them. The rest of the memory is
 * zero and the policy's own. Whoever runs it checks what it wrote: the payments must sum to at most
 * the reward. A policy that is refused, runs out of gas or pays too much falls back to an equal split,
 * so that it can neither hold up a round nor pay what is not there. */
#ifndef VM_POLICY_H
#define VM_POLICY_H

#include "vm/interpreter.h"

#define POLICY_HEADER_SIZE 24 /* bytes */
#define POLICY_OWNER_SIZE  24 /* bytes */
#define POLICY_OWNERS_MAX  ((PROGRAM_MEMORY_MAX - POLICY_HEADER_SIZE) / POLICY_OWNER_SIZE) /* 2729 */

struct policy_owner {
    uint64_t stake;   /* units */
    uint64_t blocks;  /* from the opening of the round to the commitment */
    uint64_t score;   /* two's complement */
    uint64_t payment; /* units, out */
};

/* Bytes of memory that a policy for `owner_count` owners (at most POLICY_OWNERS_MAX) must have. */
size_t policy_memory_size(uint32_t owner_count);

/* Is `input` a policy that may serve rounds of up to `owners_max` owners: it verifies as a pure
 * program and has the memory? False with one line in `error` (which may be NULL with size 0). */
NODISCARD bool policy_check(struct bytes input, uint32_t owners_max, char *error,
                            size_t error_size);

/* Gas that settlement gives to the policy of a round of `owner_count` owners. */
uint64_t policy_gas_limit(uint32_t owner_count);

struct policy_round {
    uint64_t reward; /* units */
    uint64_t number; /* of the round */
    struct policy_owner *owners;
    uint32_t owner_count; /* 1 .. POLICY_OWNERS_MAX */
};

/* Run the policy `input` that policy_check() accepted for as many owners, and set every payment.
 * False, with all payments zero and out->refusal where the program was refused, where it did not run
 * to its end or its payments sum to more than the reward. out->gas_used is set in any case. */
NODISCARD bool policy_run(struct vm_outcome *out, struct bytes input,
                          const struct policy_round *round);

#endif /* VM_POLICY_H */
