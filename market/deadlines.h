/* When rounds move on by themselves.
 *
 * The index holds, for each height, the rounds that may have something to do in that block. A phase
 * takes messages up to its deadline's block and closes at the end of that block; a beacon is drawn at
 * the beginning of the block after the one whose hash it is. An entry is a hint: a round that has
 * moved on since is passed over, so an early close leaves its old entry behind. */
#ifndef MARKET_DEADLINES_H
#define MARKET_DEADLINES_H

#include "market/records.h"
#include "vm/native.h"

void deadlines_add(struct state *state, uint64_t height, uint64_t model, uint32_t round);

/* Rounds listed for a height. */
uint32_t deadlines_count(struct state *state, uint64_t height);

/* Draw the beacons of blocks height - 1, before the transactions of a block. */
void deadlines_begin_block(struct state *state, const struct block_context *block,
                           struct event_log *events);

/* Close the phases whose last block this is, after its transactions, and clear the height's list. */
void deadlines_end_block(struct state *state, const struct block_context *block,
                         struct event_log *events);

/* Forget the list of a height. */
void deadlines_clear(struct state *state, uint64_t height);

#endif /* MARKET_DEADLINES_H */
