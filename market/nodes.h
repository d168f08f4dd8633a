/* Nodes that may connect besides the validators' own: observers, sentries, candidates. */
#ifndef MARKET_NODES_H
#define MARKET_NODES_H

#include "market/governance_records.h"

void nodes_load(struct state *state,
                struct permitted_nodes *out); /* Names: until the next write. */
void nodes_store(struct state *state, const struct permitted_nodes *nodes);

/* Index of the node with this key; count where there is none. */
uint32_t nodes_find(const struct permitted_nodes *nodes, const struct point *node_key);

#endif /* MARKET_NODES_H */
