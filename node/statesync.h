/* Beginning from a snapshot that others have, and giving snapshots to others: the part with I/O around
 * node/fetch.h. Loop's thread only.
 *
 * A node that has no block, and lacks more than snapshot.fetch of them, asks its peers for their
 * snapshots, fetches the one that more than f validators offer into data/fetch, checks each part as it
 * comes and the whole on a worker, and begins anew on the stores that it made. What has been fetched
 * outlives the process. Where nobody offers one, or nothing comes, it goes on with blocks. */
#ifndef NODE_STATESYNC_H
#define NODE_STATESYNC_H

#include "base/bytes.h"

struct node;
struct statesync;

struct statesync *statesync_open(struct node *node);
void statesync_stop(struct statesync *statesync);
void statesync_free(struct statesync *statesync); /* After the loop is over. NULL is allowed. */

void statesync_peer_down(struct statesync *statesync, uint32_t peer);
/* GET_SNAPSHOTS, SNAPSHOTS, GET_CHUNK and CHUNK. */
void statesync_receive(struct statesync *statesync, uint32_t peer, uint8_t type,
                       struct bytes payload);

bool statesync_active(const struct statesync *statesync);

#endif /* NODE_STATESYNC_H */
