/* Running transactions to see what they would do, on a worker: a program may take as long as its gas
 * lets it, and consensus shares the loop. One runs at a time, so that they leave the other workers to
 * what validators send. */
#ifndef NODE_SIMULATE_H
#define NODE_SIMULATE_H

#include <uv.h>

#include "node/blob.h"
#include "node/genesis_file.h"
#include "node/state_store.h"

#define SIMULATE_WAITING_MAX 64 /* envelopes */

struct simulator;

/* What came out: `receipt` is its encoding, borrowed until the callback returns, and empty where the
 * blob that the transaction names is not here; `head` is the block whose state it ran on. */
typedef void simulate_done(void *context, const struct state_head *head, struct bytes receipt);

struct simulator_options { /* all borrowed */
    uv_loop_t *loop;
    struct state_store *store;
    struct block_store *blocks;
    struct blob_store *blobs;
    const struct genesis_file *genesis;
};
struct simulator *simulator_new(const struct simulator_options *options); /* Copies *options. */

/* Run a copy of `envelope`, which decodes, as the first transaction of the next block. Neither signature
 * nor nonce are checked, and the sender is lent the fee of its gas limit. Exactly one call of `on_done`
 * follows on the loop's thread, unless the simulator is closed before. False: too many wait. */
NODISCARD bool simulator_submit(struct simulator *simulator, struct bytes envelope,
                                simulate_done *on_done, void *context);

/* Drop what waits; `closed` is called when nothing runs any more, and the simulator is gone. */
void simulator_close(struct simulator *simulator, void (*closed)(void *context), void *context);

#endif /* NODE_SIMULATE_H */
