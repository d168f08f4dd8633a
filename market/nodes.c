#include "market/nodes.h"

#include <string.h>

void nodes_load(struct state *state, struct permitted_nodes *out)
{
    struct market_key key;
    key_nodes(&key);
    (void)record_load(state, &key, &permitted_nodes_schema, out);
}

void nodes_store(struct state *state, const struct permitted_nodes *nodes)
{
    struct market_key key;
    key_nodes(&key);
    record_store(state, &key, &permitted_nodes_schema, nodes);
}

uint32_t nodes_find(const struct permitted_nodes *nodes, const struct point *node_key)
{
    uint32_t i = 0;
    while (i < nodes->count && memcmp(&nodes->list[i].node_key, node_key, sizeof(*node_key)) != 0) {
        i++;
    }
    return i;
}
