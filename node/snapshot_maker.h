/* Makes snapshots of the running node (node/snapshot.h) into data/snapshots, on a worker thread, while
 * blocks go on. Loop's thread only. */
#ifndef NODE_SNAPSHOT_MAKER_H
#define NODE_SNAPSHOT_MAKER_H

#include "node/frames.h"

struct node;
struct snapshot_maker;

NODISCARD bool snapshot_maker_open(struct snapshot_maker **out, struct node *node, char *error,
                                   size_t error_size);
void snapshot_maker_stop(struct snapshot_maker *maker); /* What is half done is given up. */
void snapshot_maker_free(struct snapshot_maker *maker); /* After the loop is over. */

/* A block was committed: begin where the executor froze the state. */
void snapshot_maker_committed(struct snapshot_maker *maker);

/* Blocks became durable: finish where the block after the snapshot's is among them. */
void snapshot_maker_kept(struct snapshot_maker *maker);

uint64_t
snapshot_maker_last(const struct snapshot_maker *maker); /* Height of the newest; 0: none. */
/* What is offered to others: the newest ones, at most FRAME_SNAPSHOTS_COUNT; returns how many. */
uint32_t snapshot_maker_offers(const struct snapshot_maker *maker,
                               const struct frame_snapshot **out);
const char *snapshot_maker_directory(const struct snapshot_maker *maker);

#endif /* NODE_SNAPSHOT_MAKER_H */
