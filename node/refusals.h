/* What is written about connections that did not come to be: those that others made to us, which anybody can as often
 * as he likes, and those that peers did not let us make. And about clients of the RPC for whom there is no room. */
#ifndef NODE_REFUSALS_H
#define NODE_REFUSALS_H

#include "node/log_limit.h"
#include "p2p/http_server.h"
#include "p2p/network.h"

#define REFUSALS_AGAIN_MS 60000 /* between two lines about one peer, and two about clients */

/* All zero is the beginning. */
struct refusals {
    struct log_limit strangers;              /* who has proven no key */
    struct log_limit keys;                   /* who has: a stranger's flood must not hide them */
    uint64_t displaced;                      /* clients that were told of */
    uint64_t turned_away;                    /* the same */
    uint64_t clients_told_ms;                /* last line about them; 0: none */
    uint64_t peer_told_ms[NETWORK_PEER_MAX]; /* last line about this peer; 0: none */
};

struct node;

/* Callbacks of the network (p2p/network.h); `context` is the node. */
void refusals_accepted(void *context, const char *address, const struct point *key,
                       enum network_reason reason);
void refusals_dialled(void *context, uint32_t peer, enum network_reason reason);

/* Now and then: write how many clients lost their connection since the last line. */
void refusals_clients(struct node *node, const struct http_server_statistics *statistics);

void refusals_watch(struct node *node); /* Now and then: write how many lines were withheld. */

#endif /* NODE_REFUSALS_H */
