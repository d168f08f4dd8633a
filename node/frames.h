/* The frames that nodes exchange: types, caps, and the small ones' content. Byte tables are in
 * docs/wire-format.md.
 *
 *   CONSENSUS   a message of consensus/message.h
 *   TXS         transactions: envelopes, each length-prefixed, as in a block's body
 *   STATUS      struct frame_status_message: how far the sender is
 *   GET_BLOCKS  struct frame_get_blocks: the sender wants blocks that are decided
 *   BLOCKS      u64 request, then for each block: bytes block, bytes certificate
 *   GET_BLOB    struct frame_get_blob: the sender wants a segment of a blob, or the list of their hashes
 *   BLOB        struct frame_blob: the answer; with no data where the sender does not hold it
 *   GET_SNAPSHOTS  nothing: the sender wants to know which snapshots there are
 *   SNAPSHOTS      for each snapshot: struct frame_snapshot
 *   GET_CHUNK      struct frame_get_chunk: the sender wants a part of a snapshot
 *   CHUNK          u64 request, then the part's bytes; none where it is not there
 *   SHORT, ASK, ITEMS  proposals in short form: consensus/compact.h */
#ifndef NODE_FRAMES_H
#define NODE_FRAMES_H

#include "consensus/compact.h"
#include "consensus/message.h"
#include "crypto/merkle.h"
#include "node/snapshot.h"
#include "p2p/frame.h"

enum frame_type {
    FRAME_CONSENSUS = 1,
    FRAME_TXS = 2,
    FRAME_STATUS = 3,
    FRAME_GET_BLOCKS = 4,
    FRAME_BLOCKS = 5,
    FRAME_GET_BLOB = 6,
    FRAME_BLOB = 7,
    FRAME_GET_SNAPSHOTS = 8,
    FRAME_SNAPSHOTS = 9,
    FRAME_GET_CHUNK = 10,
    FRAME_CHUNK = 11,
    FRAME_SHORT = 12,
    FRAME_ASK = 13,
    FRAME_ITEMS = 14,
};

#define FRAME_TXS_SIZE_MAX    (1u << 20)  /* bytes; one largest envelope fits */
#define FRAME_TXS_BATCH_SIZE  (64u << 10) /* bytes after which a batch leaves */
#define FRAME_BLOCKS_SIZE_MAX (MESSAGE_SIZE_MAX + (4u << 20))
#define FRAME_BLOCKS_WANTED   (2u << 20) /* bytes of blocks that an answer gathers */
#define FRAME_BLOCKS_COUNT    512        /* blocks in one answer */

struct frame_status_message {
    uint64_t height; /* last block that the sender has on disk */
    uint64_t base;   /* first block it can send; 0: none */
};

struct frame_get_blocks {
    uint64_t request; /* comes back with the answer */
    uint64_t height;  /* first block wanted */
    uint32_t count;   /* at most this many, 1 .. FRAME_BLOCKS_COUNT */
};

#define FRAME_BLOB_LIST     UINT32_MAX /* as a segment: the hashes of all segments, 32 bytes each */
#define FRAME_BLOB_DATA_MAX MERKLE_SEGMENT_SIZE

struct frame_get_blob {
    struct hash root;
    uint32_t size;    /* bytes of the blob; who holds another size of it does not hold it */
    uint32_t segment; /* or FRAME_BLOB_LIST */
};

struct frame_blob {
    struct hash root;
    uint32_t segment;
    struct bytes data;
};

#define FRAME_SNAPSHOTS_COUNT 4          /* in one SNAPSHOTS */
#define FRAME_CHUNK_MANIFEST  UINT32_MAX /* as part: the manifest */

struct frame_snapshot {
    uint64_t height;
    struct hash hash; /* of its manifest */
};

struct frame_get_chunk {
    uint64_t request; /* comes back with the answer */
    uint64_t height;  /* of the snapshot */
    uint32_t part;    /* number of the chunk, or FRAME_CHUNK_MANIFEST */
};

extern const struct schema frame_snapshot_schema;
extern const struct schema frame_get_chunk_schema;
extern const struct schema frame_status_schema;
extern const struct schema frame_get_blocks_schema;
extern const struct schema frame_get_blob_schema;
extern const struct schema frame_blob_schema;

/* The name of a type, for people and metrics; NULL where there is none. */
const char *frames_type_text(uint8_t type);

void frames_table(struct frame_table *out);

/* Build and take apart BLOCKS. `offset` is 0 at first. frames_next_block() returns false at the end
 * or, with *malformed, at bytes that are no block with its certificate; *block borrows `payload`. */
void frames_begin_blocks(struct buffer *out, uint64_t request);
void frames_append_block(struct buffer *out, struct bytes block, struct bytes certificate);
NODISCARD bool frames_read_request(struct bytes payload, size_t *offset, uint64_t *request);
NODISCARD bool frames_next_block(struct bytes payload, size_t *offset, struct block *block,
                                 struct certificate *certificate, bool *malformed);

/* The snapshots of a SNAPSHOTS frame; *count is their number. False where it is malformed. */
NODISCARD bool frames_read_snapshots(struct bytes payload,
                                     struct frame_snapshot out[FRAME_SNAPSHOTS_COUNT],
                                     uint32_t *count);

#endif /* NODE_FRAMES_H */
