/* One block executed over the state database: what the executor does, without its thread. */
#ifndef NODE_EXECUTION_H
#define NODE_EXECUTION_H

#include "node/executor.h"

/* What execution needs of the chain, and where it stands. */
struct execution_setting {
    struct state_store *store;
    struct hash chain_id;
    struct state_head head;        /* after the last executed block */
    struct validator_set *last;    /* of the head's height */
    struct validator_set *present; /* of the block to execute next */
    struct validator_set *next;    /* of the one after it */
};

/* Begins at the head of the store. */
void execution_setting_init(struct execution_setting *out, struct state_store *store,
                            const struct hash *chain_id);
void execution_setting_close(struct execution_setting *setting);

/* All zero before the first use. */
struct execution {
    struct executor_report report; /* points into this object */
    struct ledger_results results;
    struct buffer ids;         /* struct hash of each transaction */
    struct buffer sidecars;    /* struct execution_sidecar of each transaction that has one */
    struct state_batch *batch; /* what will be committed; NULL before and after */
    struct validator_set *validators; /* the report's */
};

struct execution_sidecar {
    uint32_t index; /* of the transaction */
    struct hash root;
    struct blob_place place;
};

/* Execute `block`, whose encoding is `encoded`, on setting->head, which moves on. False, with one line
 * in `error`, where it does not follow: height, parent, proposer, or the roots or sets in its header
 * differ from ours. Nothing is written. */
NODISCARD bool execution_run(struct execution *execution, struct execution_setting *setting,
                             const struct block *block, struct bytes encoded, char *error,
                             size_t error_size);

/* Write to the database what execution_run() gave. The block itself is durable already. */
void execution_commit(struct execution *execution, const struct execution_setting *setting);

void execution_close(struct execution *execution); /* Leaves an object that can be used again. */

#endif /* NODE_EXECUTION_H */
