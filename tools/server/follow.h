/* Following the chain: which rounds there are to serve, and when to look at them again. */
#ifndef TOOLS_SERVER_FOLLOW_H
#define TOOLS_SERVER_FOLLOW_H

#include "tools/server/server.h"

/* Start the two threads: one waits for events of the chain, one does the duties. */
struct follower;
struct follower *follow_start(struct aggregation_server *server);

/* Wait for both to end; server_stop() was called before. */
void follow_join(struct follower *follower);

#endif /* TOOLS_SERVER_FOLLOW_H */
