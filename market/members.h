/* The sets of validators of the chain, by the height from which each votes.
 *
 * A change executed in block h makes the set that votes on block h + 2 and later ones: the set of
 * h + 1 is certified by then, and everybody who is about to vote knows it. Sets are never erased: a
 * certificate of any height can be checked against the set of that height. */
#ifndef MARKET_MEMBERS_H
#define MARKET_MEMBERS_H

#include "market/governance_records.h"
#include "market/refusals.h"

#define MEMBERS_DELAY 2 /* blocks from a change to the first vote of the new set */

/* The set that votes on block `height`, which is at most two above the last executed one: of later
 * blocks nobody knows yet, and this is then the set that votes if nothing changes. Names are borrowed
 * until the next write to the state. */
void members_load(struct state *state, uint64_t height, struct validators *out);

/* Does another set begin to vote with block `height`, MEMBERS_DELAY above the last executed one? */
bool members_begin(struct state *state, uint64_t height);

/* The newest set: what a change in this block begins with. */
void members_newest(struct state *state, struct validators *out);

/* Begin with the set of the genesis. */
void members_found(struct state *state, const struct validators *set);

/* From block `height` + MEMBERS_DELAY on, `set` votes; it differs from the newest one. Its names may be
 * borrowed from the state. Several changes of one block make one set. */
void members_store(struct state *state, uint64_t height, const struct validators *set);

/* The same for an instruction, with the event. */
void members_change(struct native_call *call, const struct validators *set);

#endif /* MARKET_MEMBERS_H */
