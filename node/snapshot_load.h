/* From a snapshot's files to stores that a node can begin with, and putting such stores in place. */
#ifndef NODE_SNAPSHOT_LOAD_H
#define NODE_SNAPSHOT_LOAD_H

#include "node/genesis_file.h"
#include "node/snapshot.h"

/* A manifest read from its file; `storage` owns what it borrows. */
struct snapshot_opened {
    struct buffer storage;
    struct snapshot_manifest manifest;
    struct hash hash; /* the snapshot's name */
};
NODISCARD bool snapshot_open(struct snapshot_opened *out, const char *directory, char *error,
                             size_t error_size);
void snapshot_close(struct snapshot_opened *opened);

/* Make HOME_RESTORE of the home from the snapshot in `directory`: check the base against the
 * validators, every chunk against the manifest, order and number of the keys, and the state root that
 * they lead to against what a quorum certified. Nothing counts before all is right: then stores are
 * complete, and restore_finish() puts them in place. The caller holds the home's lock. */
NODISCARD bool snapshot_restore(const char *home, const struct genesis_file *genesis,
                                const struct snapshot_trust *trust, const char *directory,
                                char *error, size_t error_size);
/* The same checks, and no trace left. */
NODISCARD bool snapshot_verify(const char *home, const struct genesis_file *genesis,
                               const struct snapshot_trust *trust, const char *directory,
                               char *error, size_t error_size);

/* The genesis is trusted, and nothing else. */
void snapshot_trust_genesis(struct snapshot_trust *out, const struct genesis_file *genesis);

/* Where complete stores wait in HOME_RESTORE, put them in the places of data/blocks and data/state, and
 * remove what was there. May be cut off anywhere and begun again. *found says whether there were any. */
NODISCARD bool restore_finish(const char *home, bool *found, char *error, size_t error_size);

/* For what makes other stores: an empty HOME_RESTORE ".part" with its two directories' paths, and the
 * step that makes it complete. */
struct restore {
    char part[DISK_PATH_MAX];
    char blocks[DISK_PATH_MAX];
    char state[DISK_PATH_MAX];
};
NODISCARD bool restore_begin(struct restore *restore, const char *home, char *error,
                             size_t error_size);
NODISCARD bool restore_complete(const struct restore *restore, const char *home, char *error,
                                size_t error_size);
void restore_abandon(const struct restore *restore);

/* snapshot_restore() but for the last step: the stores are in *restore, to go on with. On failure nothing
 * is left. */
struct snapshot_source {
    const struct genesis_file *genesis;
    const struct snapshot_trust *trust;
    const char *directory;
};
NODISCARD bool snapshot_restore_part(struct restore *restore, const char *home,
                                     const struct snapshot_source *source, char *error,
                                     size_t error_size);

#endif /* NODE_SNAPSHOT_LOAD_H */
