/* `prove=true`: the proof that a light client checks instead of trusting this node.
 *
 * What was executed last is certified by the next header only. A proof of the state is therefore
 * taken from the call's snapshot at once, and then kept, a few KiB, until the block that certifies it
 * is stored; that the trie has moved on meanwhile does not matter. */
#ifndef NODE_RPC_PROVE_H
#define NODE_RPC_PROVE_H

#include "node/rpc_call.h"

struct rpc_proof; /* A proof that waits for a header. */

/* Finish a method that answers `result` (taken) about a key of the state: with the proof in it where
 * the caller asked for one. NULL where the call is refused or the answer is deferred. */
json_t *rpc_prove_state(struct rpc_call *call, struct bytes key, json_t *result);

/* The same for a transaction of which rpc_tx_status() gave `result`, perhaps NULL. */
json_t *rpc_prove_transaction(struct rpc_call *call, const struct hash *id, json_t *result);

/* Try to finish a proof that waits. False: not yet, and the time is not `over`. True: *result is the
 * answer, or NULL with the call's error set. Sets call->head to what the answer speaks of. */
NODISCARD bool rpc_proof_try(struct rpc_proof *proof, struct rpc_call *call, bool over,
                             json_t **result);
void rpc_proof_free(struct rpc_proof *proof); /* NULL is allowed. */

#endif /* NODE_RPC_PROVE_H */
