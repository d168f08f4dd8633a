/* The home of a stopped node, opened to be read: what verify and inspect share. */
#ifndef NODE_OFFLINE_H
#define NODE_OFFLINE_H

#include "node/blob_store.h"
#include "node/block_store.h"
#include "node/genesis_file.h"
#include "node/home.h"
#include "node/home_lock.h"
#include "node/state_store.h"

#define OFFLINE_ERROR_SIZE 1024

/* All zero before offline_open(). */
struct offline {
    const char *home;
    struct genesis_file *genesis;
    struct home_lock lock;
    bool locked;
    struct block_store *blocks;
    struct blob_store *blobs;
    struct state_store *states; /* NULL where there is no state database and none was needed */
};

/* Find --home DIR in the arguments of a subcommand, else SOUKD_HOME; `rest` (room for argc) gets the
 * others without the verb, *rest_count of them. NULL, with a line on stderr, where it is missing or an
 * option is unknown. */
const char *offline_arguments(int argc, char **argv, const char *usage, const char **rest,
                              int *rest_count);

/* Load the genesis and take the lock: for what works on files that the commands below do not open. */
NODISCARD bool offline_lock(struct offline *offline, const char *home, char *error,
                            size_t error_size);

/* offline_lock(), and open blocks, blobs and state to be read. The state may be missing unless
 * it is needed. False with one line in `error`; offline_close() in any case. */
NODISCARD bool offline_open(struct offline *offline, const char *home, bool state_needed,
                            char *error, size_t error_size);
void offline_close(struct offline *offline);

#endif /* NODE_OFFLINE_H */
