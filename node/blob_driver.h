/* Blobs of a running node: the store, fetching from other nodes, serving them, and who waits.
 *
 * Three wait for blobs: a transaction of another validator, before it enters the pool; a proposal,
 * before it is voted for; a decided block, before it is executed. */
#ifndef NODE_BLOB_DRIVER_H
#define NODE_BLOB_DRIVER_H

#include <uv.h>

#include "node/blob_store.h"

struct node;
struct blob_driver;

/* node->blobs is open. */
struct blob_driver *blob_driver_open(struct node *node);
void blob_driver_stop(struct blob_driver *driver);
void blob_driver_free(struct blob_driver *driver); /* After the loop is over. NULL is allowed. */

void blob_driver_peer_up(struct blob_driver *driver, uint32_t peer);
void blob_driver_peer_down(struct blob_driver *driver, uint32_t peer);
void blob_driver_receive(struct blob_driver *driver, uint32_t peer, uint8_t type,
                         struct bytes payload); /* GET_BLOB and BLOB. */

/* Fetch the blob that a checked transaction names, and give its envelope (copied) to the pool then. */
void blob_driver_take_transaction(struct blob_driver *driver, const struct hash *root,
                                  uint32_t size, struct bytes envelope);

/* Does the state name an aggregate that is not here? So it is with one that came from a snapshot: the
 * block that brought it is not here either. Nothing is executed until it was fetched. */
bool blob_driver_lacks_state(const struct blob_driver *driver);

/* Can this body be executed as far as blobs go: are those held that it names, and those that the state
 * does? Where not, they are fetched, and glue_blob_held() is called for each that comes; whoever waits
 * asks again then. */
NODISCARD bool blob_driver_holds(struct blob_driver *driver, struct bytes body);

/* Finish a writer on a worker and close it; `done` is called on the loop. */
typedef void blob_done(void *context, const struct hash *root, enum blob_status status);
void blob_driver_finish(struct blob_driver *driver, const struct hash *root,
                        struct blob_writer *writer, blob_done *done, void *context);

uint32_t blob_driver_fetching(const struct blob_driver *driver);

#endif /* NODE_BLOB_DRIVER_H */
