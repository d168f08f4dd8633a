/* The home directory of a node: where its files are, and who may use them.
 *
 *     config/genesis.json   the chain          data/wal/      consensus write-ahead log
 *     config/...            settings, keys     data/blocks/   decided blocks
 *     data/LOCK             held while in use  data/state/    LMDB: state, receipts, indexes
 *     data/evidence         double votes       data/blobs/    models and aggregates by their root */
#ifndef NODE_HOME_H
#define NODE_HOME_H

#include "base/bytes.h"

#define HOME_PATH_MAX 4096 /* bytes of a path with its terminator */

#define HOME_CONFIG      "config"
#define HOME_GENESIS     "config/genesis.json"
#define HOME_BASE_STATE  "config/base_state"
#define HOME_SIGNER_MARK "config/signer_mark"
#define HOME_DATA        "data"
#define HOME_LOCK        "data/LOCK"
#define HOME_WAL         "data/wal"
#define HOME_BLOCKS      "data/blocks"
#define HOME_STATE       "data/state"
#define HOME_SNAPSHOTS   "data/snapshots"
#define HOME_FETCH       "data/fetch"   /* a snapshot on its way here */
#define HOME_RESTORE     "data/restore" /* whole stores that take the places of the others */
#define HOME_BLOBS       "data/blobs"
#define HOME_EVIDENCE    "data/evidence"      /* of double votes that are not punished yet */
#define HOME_SCRATCH     "data/verify-XXXXXX" /* of a verification; mkdtemp() fills the end in */

/* out = home "/" name. False, with one line in `error`, where that does not fit. */
NODISCARD bool home_path(char out[HOME_PATH_MAX], const char *home, const char *name, char *error,
                         size_t error_size);

/* Make `home` and the directories above, mode 0700, where they are missing; each is durable in its
 * parent. False, with one line in `error` that names the path and the reason. */
NODISCARD bool home_create(const char *home, char *error, size_t error_size);

/* Remove what processes that were killed, or found the disk full, left half made: stores, snapshots and what
 * they verified with. Whoever calls holds the lock of the home. */
void home_sweep(const char *home);

#endif /* NODE_HOME_H */
