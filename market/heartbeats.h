/* Heartbeats: a candidate's node signs that it follows the chain.
 *
 * Every CHECKPOINT_INTERVAL blocks the digest of the block before becomes a checkpoint in the state.
 * A node that wants to validate signs the newest checkpoint of its own state, which it has only when
 * it has executed the chain up to there. Without a checkpoint, at the beginning of a chain, it signs
 * height 0 and the chain id. */
#ifndef MARKET_HEARTBEATS_H
#define MARKET_HEARTBEATS_H

#include "market/governance_records.h"
#include "market/refusals.h"

#define CHECKPOINT_INTERVAL  64      /* blocks */
#define HEARTBEAT_AGE_MAX_MS 3600000 /* block time, from its record to the vote that needs it */

/* What a heartbeat signs, BIP-340 by the voting key:
 * H_souk/heartbeat/v1(chain id || node key || u64 height || digest). */
void heartbeat_hash(struct hash *out, const struct hash *chain_id, const struct point *node_key,
                    const struct checkpoint *checkpoint);

/* The checkpoint to sign now. */
void checkpoint_newest(struct state *state, const struct hash *chain_id, struct checkpoint *out);

/* Record a checkpoint where this block begins with one. */
void checkpoints_begin_block(struct state *state, const struct block_context *block);

/* Refused unless the candidate's newest heartbeat is young enough and names this node key. */
NODISCARD bool heartbeat_require(struct native_call *call, const struct public_key *candidate,
                                 const struct point *node_key);

bool heartbeat_record(struct native_call *call); /* HEARTBEAT */

#endif /* MARKET_HEARTBEATS_H */
