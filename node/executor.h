/* The executor: two threads that store and execute decided blocks, in order of height.
 *
 * The first appends each block to the block store, runs the ledger, computes the state root, reports
 * EXECUTED, and lays the changes over the state in memory. The second makes what has gathered durable:
 * one fsync of the block store, one LMDB transaction, KEPT. A block is shown to clients, COMMITTED, as
 * soon as it is on this node's disk in either form: in the log of consensus, which is why it can be
 * shown before it is kept, or in the block store.
 *
 * A block whose header carries other roots of the block before than our own execution gave stops the
 * process (FAULT_DIVERGED): a quorum certified what we did not compute. The first block under a rule that
 * this program does not know stops it before anything of it is stored (FAULT_UPGRADE). */
#ifndef NODE_EXECUTOR_H
#define NODE_EXECUTOR_H

#include <uv.h>

#include "consensus/block.h"
#include "market/governance_records.h"
#include "node/blob_store.h"
#include "node/block_store.h"
#include "node/state_store.h"

#define EXECUTOR_PENDING_MAX 448 /* blocks submitted and not yet kept */

/* A feature that this program does not know begins with block `height`, which it must not execute. */
struct executor_end {
    uint64_t height; /* 0: there is none */
    char feature[GOVERNANCE_NAME_MAX + 1];
};

/* One executed block, as the loop sees it. */
struct executor_report {
    struct state_head head;                        /* after the block */
    uint64_t gas_used;                             /* by the block */
    uint32_t transaction_count;                    /* in the block */
    uint64_t body_size;                            /* bytes */
    const struct ledger_transaction *transactions; /* in order, transaction_count of them */
    const struct ledger_results *results;          /* receipts; the last is the block's own */
    struct validator_set *validators;              /* of head.height + 2; borrowed */
    bool validators_changed;      /* they are others than those of head.height + 1 */
    bool nodes_changed;           /* others are permitted to connect than before */
    struct parameters parameters; /* of head.height + 2 */
    struct executor_end end;      /* as far as this block's state tells */
    uint64_t execute_ns;          /* ledger and trie */
    uint64_t trie_ns;             /* the trie's part of it */
    uint64_t commit_ns;           /* from then until shown; 0 while not committed */
};

struct executor_options {
    struct state_store *state_store; /* both outlive the executor */
    struct block_store *block_store;
    struct blob_store *blob_store; /* as they do; NULL: no block names a blob */
    struct hash chain_id;
    uint64_t snapshot_interval; /* heights at which the state is frozen; 0: only when asked for */
    uint64_t keep_blocks;       /* older ones are forgotten (node/prune.h); 0: none are */
    uint64_t window_max;        /* of the genesis */
    uv_loop_t *loop; /* NULL: no thread; only executor_replay() and executor_run() are used */
    void *context;   /* for the calls below */
    /* On the loop's thread, in order of height; the report is borrowed for the call. For one block
     * on_executed comes before on_committed, and that before on_kept. Receipts are for clients only from
     * on_committed on; the log may forget the height only from on_kept on. */
    void (*on_executed)(void *context, const struct executor_report *report);
    void (*on_committed)(void *context, const struct executor_report *report);
    void (*on_kept)(void *context, uint64_t height);
};

struct executor;

struct executor *executor_new(const struct executor_options *options); /* Copies *options. */

/* Bring the state to the last stored block by executing what it lacks; before executor_start(). Each
 * block must follow the one before, and its header must carry the roots that we computed. `progress`
 * (may be NULL) is called after each block. False, with one line in `error`, where a block is missing
 * or damaged, does not follow, or our roots differ (the line then names height and both roots). */
NODISCARD bool executor_replay(struct executor *executor,
                               void (*progress)(void *context, uint64_t height, uint64_t last),
                               char *error, size_t error_size);

/* Does the next block need another program? One line in `error` if so. Before executor_start(). */
bool executor_ended(const struct executor *executor, char *error, size_t error_size);

/* The state's head now: last reported as executed. Loop's thread. */
void executor_head(const struct executor *executor, struct state_head *out);

void executor_start(struct executor *executor); /* Begin the thread; needs a loop. */

/* Hand over the decided block executor_head().height + pending + 1 (asserted); copies it. The caller
 * checked block and certificate, and holds its blobs (node/blob_store.h), or the process stops.
 * `logged`: the log of consensus holds the block, and is durable up to
 * there. Loop's thread; fewer than EXECUTOR_PENDING_MAX are pending (asserted). Does not block. */
void executor_submit(struct executor *executor, const struct block *block,
                     const struct certificate *certificate, bool logged);

/* Freeze the state after the next block (node/state_freeze.h), for a snapshot of it. Any thread. */
void executor_freeze_next(struct executor *executor);

uint32_t executor_pending(const struct executor *executor); /* Submitted, not yet kept. */

/* Is so much submitted and not yet kept that more should wait, by count or bytes? There is
 * room for a few blocks even then. */
bool executor_full(const struct executor *executor);

/* Store, execute and commit one block at once, on the caller's thread; the executor was not started.
 * For offline commands, tests and benchmarks. *report (may be NULL) is valid until the next call.
 * False, with one line in `error`, where the header's roots differ from ours. */
NODISCARD bool executor_run(struct executor *executor, const struct block *block,
                            const struct certificate *certificate,
                            const struct executor_report **report, char *error, size_t error_size);

/* Finish what was submitted, end the thread, and free the executor once `on_closed` has been called
 * on the loop (at once where there is no loop). Reports still come before it. */
void executor_close(struct executor *executor, void (*on_closed)(void *context), void *context);

#endif /* NODE_EXECUTOR_H */
