/* Who the node may be connected to: the nodes of the validators of this height and the next, those that
 * the chain permits, and those that the configuration names. Peers are added while the node runs; one
 * that may not be connected any more is refused, but keeps its place until the node ends. */
#ifndef NODE_PEERS_H
#define NODE_PEERS_H

#include "consensus/validator_set.h"

struct node;

/* Before the network is open: the nodes of the present set and of the next (NULL: the same), and the
 * configuration's. */
void peers_open(struct node *node, struct validator_set *present, const struct validator_set *next);
void peers_close(struct node *node);

/* Let the nodes of this set connect. */
void peers_admit(struct node *node, const struct validator_set *set);

/* This set decides now. Takes a reference. */
void peers_elect(struct node *node, struct validator_set *set);

/* Take from the committed state who may be connected: admit who is new, refuse who is not in it any
 * more. */
void peers_permit(struct node *node);

/* Index of this node's key in the present set, also while it may not vote (node->self is VALIDATORS_NONE then); or
 * VALIDATORS_NONE. */
uint32_t peers_self(const struct node *node);

/* Index of the peer with this key, or SYNC_PEER_NONE. */
uint32_t peers_find(const struct node *node, const struct point *key);

#endif /* NODE_PEERS_H */
