/* Snapshots: the state after one block as files, to begin a node from.
 *
 * A snapshot is a directory data/snapshots/<height>: a manifest and chunks. Chunk 0, the base, holds
 * block `height` with its certificate, the header after it with its own, and the validator sets of both
 * heights and the next: what the next blocks follow, and a quorum's word for the state root; and the
 * handovers that lead from the set of the genesis to that quorum. Every other chunk is a run of the
 * state's keys and values in bytewise order of the keys, cut where it has reached a megabyte; so two nodes
 * make the same snapshot, byte for byte but for the signatures in the base, which the manifest therefore
 * does not name. The manifest names the other chunks by their hashes; its own hash names the snapshot. Byte tables
 * are in docs/wire-format.md. */
#ifndef NODE_SNAPSHOT_H
#define NODE_SNAPSHOT_H

#include "base/buffer.h"
#include "consensus/handover.h"
#include "node/disk.h"

#define SNAPSHOT_VERSION      2          /* of the format */
#define SNAPSHOT_CHUNK_TARGET (1u << 20) /* bytes after which a chunk ends */
#define SNAPSHOT_CHUNK_MAX    (9u << 20) /* bytes of the largest chunk: the target and one value */
#define SNAPSHOT_CHUNKS_MAX   65536      /* of one snapshot, the base included */
#define SNAPSHOT_MANIFEST_MAX (SNAPSHOT_CHUNKS_MAX * sizeof(struct hash) + 256)
#define SNAPSHOT_SETS         3    /* validator sets in the base */
#define SNAPSHOT_KEY_MAX      511u /* bytes: what LMDB takes */

struct snapshot_manifest {
    uint32_t version;
    struct hash chain_id;
    uint64_t height;
    struct hash block;      /* digest of block `height` */
    struct hash state_root; /* after it */
    uint64_t key_count;
    struct bytes chunks; /* 32 bytes for each state chunk, from chunk 1 on; borrowed */
};

extern const struct schema snapshot_manifest_schema;

/* False with one line in `error` where it is not the one encoding of a manifest within bounds. */
NODISCARD bool snapshot_manifest_decode(struct snapshot_manifest *out, struct bytes input,
                                        char *error, size_t error_size);
void snapshot_manifest_hash(struct hash *out, struct bytes encoded);     /* The snapshot's name. */
uint32_t snapshot_chunk_count(const struct snapshot_manifest *manifest); /* With the base. */
void snapshot_chunk_hash(struct hash *out, struct bytes chunk);
/* Is this chunk `index` >= 1 of the manifest? */
NODISCARD bool snapshot_chunk_fits(const struct snapshot_manifest *manifest, uint32_t index,
                                   struct bytes chunk);

/* The next pair of a chunk; *offset is 0 at first. False at the end or, with *malformed, where the
 * bytes are no pair. Keys are borrowed. */
NODISCARD bool snapshot_next_pair(struct bytes chunk, size_t *offset, struct bytes *key,
                                  struct bytes *value, bool *malformed);
void snapshot_write_pair(struct buffer *out, struct bytes key, struct bytes value);

/* The base. Everything is borrowed from what it was read from. */
struct snapshot_base {
    struct bytes block_bytes; /* as stored */
    struct bytes certificate_bytes;
    struct block block;
    struct certificate certificate;
    struct block_header next; /* the header after it */
    struct certificate next_certificate;
    struct validators sets[SNAPSHOT_SETS]; /* of height, height + 1, height + 2 */
    /* Links to the set of height + 1. Empty where there are none, or too many for one chain, or who made
     * the snapshot has not all of them. */
    struct bytes handovers;
};

/* Both parts of the block are taken as bytes. */
void snapshot_base_write(struct buffer *out, const struct snapshot_base *base);
NODISCARD bool snapshot_base_read(struct snapshot_base *out, struct bytes chunk, char *error,
                                  size_t error_size);

/* What is believed before a snapshot is: the validators of the genesis, or a block. */
struct snapshot_trust {
    struct hash chain_id;
    const struct validators *validators; /* of the genesis */
    uint64_t height;                     /* of the block that is named; 0: none is */
    struct hash block;                   /* its digest */
};

/* Does a quorum certify that the state of the manifest is that of its block? The handovers must lead from
 * the genesis to that quorum; where the block is named, they may be missing. */
NODISCARD bool snapshot_base_verify(const struct snapshot_base *base,
                                    const struct snapshot_manifest *manifest,
                                    const struct snapshot_trust *trust, char *error,
                                    size_t error_size);

/* Files. */
void snapshot_directory(char out[DISK_PATH_MAX], const char *snapshots, uint64_t height);
void snapshot_file(char out[DISK_PATH_MAX], const char *directory, uint32_t chunk);
void snapshot_manifest_file(char out[DISK_PATH_MAX], const char *directory);

/* Heights of the whole snapshots in a directory, ascending, at most `max`; returns how many. */
uint32_t snapshot_list(const char *snapshots, uint64_t *heights, uint32_t max);
void snapshot_remove(const char *directory); /* With its files; what cannot go stays. */

#endif /* NODE_SNAPSHOT_H */
