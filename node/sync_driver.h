/* Catching up, the part with I/O: STATUS, GET_BLOCKS and BLOCKS frames around node/sync.h. */
#ifndef NODE_SYNC_DRIVER_H
#define NODE_SYNC_DRIVER_H

#include "node/sync.h"

struct node;
struct sync_driver;

struct sync_driver *sync_driver_open(struct node *node);
void sync_driver_stop(struct sync_driver *driver);
void sync_driver_free(struct sync_driver *driver); /* After the loop is over. NULL is allowed. */

void sync_driver_add_peer(struct sync_driver *driver); /* One more, with the next index. */
void sync_driver_elect(struct sync_driver *driver);    /* The node's present set is another. */

void sync_driver_peer_up(struct sync_driver *driver, uint32_t peer);
void sync_driver_peer_down(struct sync_driver *driver, uint32_t peer);
void sync_driver_receive(struct sync_driver *driver, uint32_t peer, uint8_t type,
                         struct bytes payload);
void sync_driver_decided(struct sync_driver *driver, uint64_t height);
void sync_driver_hint(struct sync_driver *driver, uint64_t height);
/* While it is held no blocks are asked for: the node begins from a snapshot. */
void sync_driver_hold(struct sync_driver *driver, bool held);
void sync_driver_committed(struct sync_driver *driver); /* There is room in the executor again. */

bool sync_driver_active(const struct sync_driver *driver);
/* Have so many validators said where they are that, with ourselves, they are a quorum? Before that
 * nobody knows whether this node is behind. */
bool sync_driver_located(const struct sync_driver *driver);
uint64_t sync_driver_target(const struct sync_driver *driver);

/* Height that a peer last said it has; 0 before it said one. */
uint64_t sync_driver_peer_height(const struct sync_driver *driver, uint32_t peer);

#endif /* NODE_SYNC_DRIVER_H */
