/* Between the core of consensus and the world: events in, actions out, in their order.
 *
 * No rule of the protocol lives here but one: nothing that the core said after a PERSIST leaves
 * before that record is durable (node/outbox.h). */
#ifndef NODE_CONSENSUS_GLUE_H
#define NODE_CONSENSUS_GLUE_H

#include "consensus/pbft.h"
#include "node/executor.h"

struct node;
struct glue;

/* Open the log and start the core at the last stored block; the executor has replayed. False with one
 * line in `error`. The network need not be open yet. */
NODISCARD bool glue_open(struct glue **out, struct node *node, char *error, size_t error_size);
/* No more steps; more calls do nothing. Timers are closed by the loop's end. */
void glue_stop(struct glue *glue);
void glue_free(struct glue *glue); /* After the loop is over. NULL is allowed. */

void glue_receive(struct glue *glue, uint32_t peer, struct bytes wire); /* A CONSENSUS frame. */
/* A SHORT, ASK or ITEMS frame. */
void glue_receive_short(struct glue *glue, uint32_t peer, uint8_t type, struct bytes payload);
void glue_peers_changed(struct glue *glue);
void glue_work_changed(struct glue *glue); /* The pool has, or lost, something to order. */
void glue_durable(struct glue *glue);      /* The log is durable further. */
void glue_executed(struct glue *glue, const struct executor_report *report);
void glue_blob_held(struct glue *glue); /* A blob came, or some time passed. */
/* Does a decided block wait for its blobs? Then no more blocks are to be handed over. */
bool glue_lacks_blob(const struct glue *glue);
void glue_committed(struct glue *glue); /* The last block can be seen. */
void glue_kept(struct glue *glue);      /* There is room in the executor again. */

/* Hand over the next block, already verified. PBFT_FUTURE: ask again when more was executed, for the
 * set that follows it is not known yet; any other status but PBFT_OK: it does not follow. */
NODISCARD enum pbft_status glue_synced(struct glue *glue, const struct block *block,
                                       const struct certificate *certificate);

/* The rules of a height, with references to the sets that they borrow. */
struct glue_rules {
    uint64_t height;
    struct block_rules rules;
    struct validator_set *set;
    struct validator_set *last; /* of the height before; may be NULL */
};

/* False where the core does not know the set of this height: it is over, or too far ahead. Fill and
 * close on the loop's thread; use on any. */
NODISCARD bool glue_rules_at(const struct glue *glue, uint64_t height, struct glue_rules *out);
void glue_rules_close(struct glue_rules *rules);

uint64_t glue_decided(const struct glue *glue); /* Last decided height. */
void glue_summarize(const struct glue *glue, struct pbft_summary *out);
const struct demotions *
glue_demotions(const struct glue *glue); /* As the last block leaves them. */
bool glue_has_work(const struct glue *glue);

/* Does the log hold a block that is not shown yet, and that an earlier life may have shown? */
bool glue_recovering(const struct glue *glue);

#endif /* NODE_CONSENSUS_GLUE_H */
