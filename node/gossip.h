/* Transactions in and out: from clients and peers through verification into the pool, and from there
 * once to every validator. */
#ifndef NODE_GOSSIP_H
#define NODE_GOSSIP_H

#include "node/mempool.h"
#include "node/verify.h"

struct node;
struct gossip;

struct gossip *gossip_open(struct node *node); /* Makes the pool's verifier. */
void gossip_stop(struct gossip *gossip);       /* No more frames; call verifier_close() besides. */
void gossip_free(struct gossip *gossip);       /* After the loop is over. NULL is allowed. */

/* A client's transaction. `on_done` gets the checks' result and, where they passed, the pool's answer;
 * both are borrowed for the call. False where too many wait. */
typedef void gossip_done(void *context, const struct verify_result *result,
                         enum mempool_status status);
NODISCARD bool gossip_submit(struct gossip *gossip, struct bytes envelope, gossip_done *on_done,
                             void *context);

/* A transaction of a peer again, now that its blob is here. */
void gossip_retry(struct gossip *gossip, struct bytes envelope);

void gossip_receive(struct gossip *gossip, uint32_t peer, struct bytes payload); /* A TXS frame. */
void gossip_peer_up(struct gossip *gossip, uint32_t peer); /* Give it what is in the pool. */
void gossip_remind(struct gossip *gossip, uint32_t peer);  /* A batch of that: it may lack all. */

#endif /* NODE_GOSSIP_H */
