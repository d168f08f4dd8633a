#include "crypto/merkle.h"

#include <string.h>

#include "crypto/merkle_lanes.h"

#define SUBTREE_HEIGHT 4 /* of leaves that a stream takes at once */
#define SUBTREE_LEAVES (1u << SUBTREE_HEIGHT)

enum merkle_tag {
    MERKLE_TAG_LEAF = 0,
    MERKLE_TAG_ROOT = 2,
};

void merkle_leaf(struct hash *out, struct bytes item)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add_u8(&sha, MERKLE_TAG_LEAF);
    sha256_add(&sha, item);
    sha256_finish(&sha, out);
}

static void node_hash(struct hash *out, const struct hash *left, const struct hash *right)
{
    const struct hash children[2] = {*left, *right};
    merkle_lanes_nodes(out, children, 1);
}

static void root_hash(struct hash *out, uint64_t count, const struct hash *top)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add_u8(&sha, MERKLE_TAG_ROOT);
    sha256_add_u64(&sha, count);
    sha256_add(&sha, BYTES_OF(top->bytes));
    sha256_finish(&sha, out);
}

/* Hash one level into the next, in place; an odd node moves up unchanged. */
static size_t reduce(struct hash *nodes, size_t count)
{
    merkle_lanes_nodes(nodes, nodes, count / 2);
    if (count % 2 == 1) {
        nodes[count / 2] = nodes[count - 1];
    }
    return (count + 1) / 2;
}

void merkle_root(struct hash *out, struct hash *leaves, size_t count)
{
    static const struct hash zero;
    size_t width = count;
    while (width > 1) {
        width = reduce(leaves, width);
    }
    root_hash(out, count, count == 0 ? &zero : leaves);
}

void merkle_prove(struct merkle_proof *out, struct hash *leaves, size_t count, size_t index)
{
    assert(index < count);
    *out = (struct merkle_proof){.count = count, .index = index};
    size_t width = count;
    while (width > 1) {
        size_t sibling = index ^ 1;
        if (sibling < width) {
            assert(out->depth < MERKLE_DEPTH_MAX);
            out->siblings[out->depth++] = leaves[sibling];
        }
        width = reduce(leaves, width);
        index /= 2;
    }
}

bool merkle_verify(const struct merkle_proof *proof, const struct hash *leaf,
                   const struct hash *root)
{
    if (proof->index >= proof->count || proof->depth > MERKLE_DEPTH_MAX) {
        return false;
    }
    struct hash node = *leaf;
    uint64_t index = proof->index;
    uint32_t used = 0;
    for (uint64_t width = proof->count; width > 1; width = width / 2 + width % 2) {
        if ((index ^ 1) < width) {
            if (used == proof->depth) {
                return false;
            }
            const struct hash *sibling = &proof->siblings[used++];
            const struct hash *left = index % 2 == 0 ? &node : sibling;
            const struct hash *right = index % 2 == 0 ? sibling : &node;
            struct hash parent;
            node_hash(&parent, left, right);
            node = parent;
        }
        index /= 2;
    }
    struct hash computed;
    root_hash(&computed, proof->count, &node);
    return used == proof->depth && hash_equal(&computed, root);
}

void merkle_blob_root(struct hash *out, struct bytes blob)
{
    struct merkle_stream stream;
    merkle_stream_init(&stream);
    merkle_stream_add(&stream, blob);
    merkle_stream_finish(&stream, out);
}

void merkle_stream_init(struct merkle_stream *stream)
{
    memset(stream, 0, sizeof(*stream));
}

/* A finished subtree of 2^height leaves, a leaf at least, joins the pending ones as a binary counter
 * grows. */
static void add_subtree(struct merkle_stream *stream, const struct hash *top, unsigned height)
{
    struct hash node = *top;
    uint64_t leaves = UINT64_C(1) << height;
    while ((stream->leaf_count >> height & 1) != 0) {
        struct hash parent;
        node_hash(&parent, &stream->pending[height], &node);
        node = parent;
        height++;
    }
    assert(height < MERKLE_DEPTH_MAX);
    stream->pending[height] = node;
    stream->leaf_count += leaves;
}

static void open_leaf(struct merkle_stream *stream)
{
    sha256_init(&stream->leaf);
    sha256_add_u8(&stream->leaf, MERKLE_TAG_LEAF);
    sha256_add_u64(&stream->leaf, stream->leaf_count);
}

static void close_leaf(struct merkle_stream *stream)
{
    struct hash leaf;
    sha256_finish(&stream->leaf, &leaf);
    add_subtree(stream, &leaf, 0);
}

/* Add as much as belongs to the open leaf, or to a new one; returns how much that was. */
static size_t add_part(struct merkle_stream *stream, struct bytes data)
{
    size_t filled = (size_t)(stream->size % MERKLE_CHUNK_SIZE);
    size_t room = MERKLE_CHUNK_SIZE - filled;
    size_t taken = data.size < room ? data.size : room;
    if (filled == 0) {
        open_leaf(stream);
    }
    sha256_add(&stream->leaf, (struct bytes){data.data, taken});
    if (taken == room) {
        close_leaf(stream);
    }
    return taken;
}

/* Add whole leaves up to the next multiple of SUBTREE_LEAVES, and those at once where they are as many;
 * returns how many bytes that was. */
static size_t add_whole(struct merkle_stream *stream, struct bytes data)
{
    struct hash nodes[SUBTREE_LEAVES];
    size_t room = SUBTREE_LEAVES - (size_t)(stream->leaf_count % SUBTREE_LEAVES);
    size_t count = data.size / MERKLE_CHUNK_SIZE;
    count = count < room ? count : room;
    merkle_lanes_leaves(nodes, stream->leaf_count, data.data, count);
    if (count == SUBTREE_LEAVES) {
        for (size_t width = count; width > 1;) {
            width = reduce(nodes, width);
        }
        add_subtree(stream, nodes, SUBTREE_HEIGHT);
    } else {
        for (size_t i = 0; i < count; i++) {
            add_subtree(stream, &nodes[i], 0);
        }
    }
    return count * MERKLE_CHUNK_SIZE;
}

void merkle_stream_add(struct merkle_stream *stream, struct bytes data)
{
    while (data.size > 0) {
        bool whole = data.size >= MERKLE_CHUNK_SIZE && stream->size % MERKLE_CHUNK_SIZE == 0;
        size_t taken = whole ? add_whole(stream, data) : add_part(stream, data);
        stream->size += taken;
        data.data += taken;
        data.size -= taken;
    }
}

/* Subtrees are joined from the smallest up: the order in which odd nodes move up. */
void merkle_stream_finish(struct merkle_stream *stream, struct hash *out)
{
    if (stream->size == 0) {
        open_leaf(stream);
    }
    if (stream->size == 0 || stream->size % MERKLE_CHUNK_SIZE != 0) {
        close_leaf(stream);
    }
    struct hash top;
    bool started = false;
    for (unsigned height = 0; height < MERKLE_DEPTH_MAX; height++) {
        if ((stream->leaf_count >> height & 1) == 0) {
            continue;
        }
        if (!started) {
            top = stream->pending[height];
            started = true;
            continue;
        }
        struct hash parent;
        node_hash(&parent, &stream->pending[height], &top);
        top = parent;
    }
    assert(started);
    root_hash(out, stream->size, &top);
}

_Static_assert(MERKLE_SEGMENT_SIZE == MERKLE_SEGMENT_LEAVES * MERKLE_CHUNK_SIZE,
               "a segment is whole leaves");

uint32_t merkle_segment_count(uint64_t size)
{
    assert(size > 0 && size / MERKLE_SEGMENT_SIZE < UINT32_MAX);
    return (uint32_t)((size - 1) / MERKLE_SEGMENT_SIZE) + 1;
}

void merkle_segment(struct hash *out, uint32_t index, struct bytes data)
{
    struct hash leaves[MERKLE_SEGMENT_LEAVES];
    uint64_t first = (uint64_t)index * MERKLE_SEGMENT_LEAVES;
    size_t count = data.size / MERKLE_CHUNK_SIZE;
    assert(data.size > 0 && data.size <= MERKLE_SEGMENT_SIZE);
    merkle_lanes_leaves(leaves, first, data.data, count);
    if (data.size % MERKLE_CHUNK_SIZE != 0) {
        size_t done = count * MERKLE_CHUNK_SIZE;
        merkle_lanes_leaf(&leaves[count], first + count,
                          (struct bytes){data.data + done, data.size - done});
        count++;
    }
    while (count > 1) {
        count = reduce(leaves, count);
    }
    *out = leaves[0];
}

void merkle_segments_root(struct hash *out, struct hash *segments, uint64_t size)
{
    size_t count = merkle_segment_count(size);
    while (count > 1) {
        count = reduce(segments, count);
    }
    root_hash(out, size, segments);
}
