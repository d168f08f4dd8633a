/* Merkle trees with domain separation.
 *
 * Two shapes. A *list tree* over items (transactions, receipts): leaf = H(00 || item), node =
 * H(01 || left || right), an odd node moves up unchanged, and the root binds the count:
 * H(02 || LE64 count || top); the root of nothing has 32 zero bytes as its top. A *blob tree* over
 * one byte string, exactly as pv-snip.md section 3: leaf = H(00 || LE64 index || up to 4096 bytes),
 * root = H(02 || LE64 length || top); an empty blob is one empty leaf. All H are plain SHA-256. */
#ifndef CRYPTO_MERKLE_H
#define CRYPTO_MERKLE_H

#include "crypto/hash.h"

#define MERKLE_CHUNK_SIZE 4096 /* bytes of a blob in one leaf */
#define MERKLE_DEPTH_MAX  40   /* siblings in a proof */

/* Root of `count` items already hashed by merkle_leaf(). `leaves` is used as scratch space. */
void merkle_leaf(struct hash *out, struct bytes item);
void merkle_root(struct hash *out, struct hash *leaves, size_t count);

struct merkle_proof {
    uint64_t count; /* items in the tree */
    uint64_t index; /* of the item that is proved, below count */
    uint32_t depth;
    struct hash siblings[MERKLE_DEPTH_MAX]; /* from the leaf up */
};

/* Prove item `index` of `count` (> index). `leaves` is used as scratch space. */
void merkle_prove(struct merkle_proof *out, struct hash *leaves, size_t count, size_t index);

/* True where `proof` shows that the item with hash `leaf` stands at proof->index under `root`. */
NODISCARD bool merkle_verify(const struct merkle_proof *proof, const struct hash *leaf,
                             const struct hash *root);

/* Root of a blob, whole or in a stream with memory O(log size). */
void merkle_blob_root(struct hash *out, struct bytes blob);

struct merkle_stream {
    struct sha256 leaf;                    /* where size is no whole number of chunks */
    uint64_t size;                         /* bytes taken so far */
    uint64_t leaf_count;                   /* finished leaves */
    struct hash pending[MERKLE_DEPTH_MAX]; /* full subtrees, by height; bit h of leaf_count set */
};

void merkle_stream_init(struct merkle_stream *stream);
/* The parts do not matter to the root; whole leaves, best sixteen at once, are hashed faster. */
void merkle_stream_add(struct merkle_stream *stream, struct bytes data);
void merkle_stream_finish(struct merkle_stream *stream, struct hash *out);

/* A blob is fetched and checked in segments: aligned subtrees of MERKLE_SEGMENT_LEAVES leaves, the last
 * one shorter. Their hashes, 32 bytes for each 256 KiB, give the root together with the size, and then
 * each segment can be checked by itself, whoever sent it. */
#define MERKLE_SEGMENT_LEAVES 64
#define MERKLE_SEGMENT_SIZE   262144u /* bytes of so many leaves */

/* Number of segments of a blob of `size` (> 0) bytes. */
uint32_t merkle_segment_count(uint64_t size);
/* Hash of segment `index`, whose bytes are `data`: MERKLE_SEGMENT_SIZE of them unless it is the last
 * one, and at least one (asserted). */
void merkle_segment(struct hash *out, uint32_t index, struct bytes data);
/* Root of a blob of `size` bytes from the hashes of its segments, which are used as scratch space. */
void merkle_segments_root(struct hash *out, struct hash *segments, uint64_t size);

#endif /* CRYPTO_MERKLE_H */
