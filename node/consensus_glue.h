/* Between the core of consensus and the world: events in, actions out, in their order.
 *
 * No rule of the protocol lives here but one: nothing that the core said after a PERSIST leaves
 * before that record is durable (node/outbox.h). */
#ifndef NODE_CONSENSUS_GLUE_H
#define NODE_CONSENSUS_GLUE_H

#include "consensus/pbft.h"

struct node;
struct glue;

/* Open the log and start the core at the last stored block; the executor has replayed. False with one
 * line in `error`. The network need not be open yet. */
NODISCARD bool glue_open(struct glue **out, struct node *node, char *error, size_t error_size);
void glue_stop(struct glue *glue); /* No more steps. Timers are closed by the loop's end. */
void glue_free(struct glue *glue); /* After the loop is over. NULL is allowed. */

void glue_receive(struct glue *glue, uint32_t peer, struct bytes wire); /* A CONSENSUS frame. */
void glue_peers_changed(struct glue *glue);
void glue_work_changed(struct glue *glue); /* The pool has, or lost, something to order. */
void glue_durable(struct glue *glue);      /* The log is durable further. */
void glue_executed(struct glue *glue, uint64_t height, const struct hash *state_root,
                   const struct hash *receipts_root, bool deadlines_pending);
void glue_committed(struct glue *glue); /* There is room in the executor again. */

/* Hand over the next block, already verified. False where it does not follow. */
NODISCARD bool glue_synced(struct glue *glue, const struct block *block,
                           const struct certificate *certificate);

const struct block_rules *glue_rules(const struct glue *glue); /* For any thread. */
uint64_t glue_decided(const struct glue *glue);                /* Last decided height. */
void glue_summarize(const struct glue *glue, struct pbft_summary *out);
bool glue_has_work(const struct glue *glue);

#endif /* NODE_CONSENSUS_GLUE_H */
