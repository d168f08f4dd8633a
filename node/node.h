/* One running node: opens everything in order, turns the loop, closes everything in order. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "node/config.h"

/* Run the node of `home` until SIGTERM, SIGINT or node_stop. Takes the home's lock. Returns the exit
 * code of the process: 0 after a clean shutdown, 1 where it could not start (one line says why). */
int node_run(const char *home, const struct config *config);

#endif /* NODE_NODE_H */
