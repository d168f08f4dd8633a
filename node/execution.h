/* One block executed over the state database: what the executor does, without its thread. */
#ifndef NODE_EXECUTION_H
#define NODE_EXECUTION_H

#include "node/blob_store.h"
#include "node/executor.h"

/* What execution needs of the chain, and where it stands. */
struct execution_setting {
    struct state_store *store;
    struct block_store *blocks; /* both to read sidecars and blobs from */
    struct blob_store *blobs;   /* NULL: no block names a blob */
    struct hash chain_id;
    struct state_head head;        /* after the last executed block */
    struct validator_set *last;    /* of the head's height */
    struct validator_set *present; /* of the block to execute next */
    struct validator_set *next;    /* of the one after it */
    struct executor_end end;
};

/* Where blocks are executed. The stores outlive the setting. */
struct execution_stores {
    struct state_store *states;
    struct block_store *blocks;
    struct blob_store *blobs; /* may be NULL */
};

/* Begins at the head of the state. */
void execution_setting_init(struct execution_setting *out, const struct execution_stores *stores,
                            const struct hash *chain_id);
void execution_setting_close(struct execution_setting *setting);

/* Is a block of this height beyond what this program may execute? One line in `error` if so. */
bool execution_ends(const struct execution_setting *setting, uint64_t height, char *error,
                    size_t error_size);

/* All zero before the first use. */
struct execution {
    struct executor_report report; /* points into this object */
    struct bytes certificate; /* encoded, of the block to run, where a database is kept; borrowed */
    struct ledger_results results;
    struct buffer handover;           /* the link to the next set, where the block hands over */
    uint32_t body_offset;             /* in the block's encoding */
    struct state_batch *batch;        /* what will lie over the state; NULL before and after */
    struct state_snapshot *snapshot;  /* what was executed on; the batch's */
    struct validator_set *validators; /* the report's */
};

/* Execute `block`, whose encoding is `encoded`, on setting->head, which moves on. False, with one line
 * in `error`, where it does not follow (height, parent, proposer, or the roots or sets in its header
 * differ from ours) or a blob that it names is not here. Nothing is written. */
NODISCARD bool execution_run(struct execution *execution, struct execution_setting *setting,
                             const struct block *block, struct bytes encoded, char *error,
                             size_t error_size);

/* Lay over the state what execution_run() gave, with receipts and indexes. */
void execution_add(struct execution *execution, const struct execution_setting *setting);

/* That, shown and written to the database: for those who execute one block after the other. */
void execution_commit(struct execution *execution, const struct execution_setting *setting);

void execution_close(struct execution *execution); /* Leaves an object that can be used again. */

#endif /* NODE_EXECUTION_H */
