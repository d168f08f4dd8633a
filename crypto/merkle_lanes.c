#include "crypto/merkle_lanes.h"

#include <stdatomic.h>
#include <string.h>

#include "crypto/sha256_lanes.h"

#define TAG_LEAF    0
#define TAG_NODE    1
#define PREFIX_SIZE 9 /* 00 || LE64 index, before the chunk */
#define BLOCK_COUNT ((PREFIX_SIZE + MERKLE_CHUNK_SIZE + 9 + 63) / SHA256_BLOCK_SIZE)
#define LEAF_BITS   (8 * (PREFIX_SIZE + MERKLE_CHUNK_SIZE))

static_assert(LEAF_BITS <= 0xffff, "the length fits two bytes");

static void write_first(uint8_t out[SHA256_BLOCK_SIZE], uint64_t index, const uint8_t *chunk)
{
    out[0] = TAG_LEAF;
    for (unsigned i = 0; i < 8; i++) {
        out[1 + i] = (uint8_t)(index >> (8 * i));
    }
    memcpy(out + PREFIX_SIZE, chunk, SHA256_BLOCK_SIZE - PREFIX_SIZE);
}

static void write_last(uint8_t out[SHA256_BLOCK_SIZE], const uint8_t *chunk)
{
    const size_t rest = PREFIX_SIZE + MERKLE_CHUNK_SIZE - SHA256_BLOCK_SIZE * (BLOCK_COUNT - 1);
    memset(out, 0, SHA256_BLOCK_SIZE);
    memcpy(out, chunk + MERKLE_CHUNK_SIZE - rest, rest);
    out[rest] = 0x80;
    out[SHA256_BLOCK_SIZE - 2] = (uint8_t)(LEAF_BITS >> 8);
    out[SHA256_BLOCK_SIZE - 1] = (uint8_t)LEAF_BITS;
}

static atomic_uint limit = MERKLE_LANES_MAX;

static bool allowed(unsigned lanes)
{
    return atomic_load_explicit(&limit, memory_order_relaxed) >= lanes;
}

unsigned merkle_lanes(void)
{
    if (allowed(16) && sha256_sixteen_supported()) {
        return 16;
    }
    return allowed(2) && sha256_pair_supported() ? 2 : 1;
}

void merkle_lanes_limit(unsigned lanes)
{
    atomic_store_explicit(&limit, lanes, memory_order_relaxed);
}

/* 2 or 16 of them. */
static void leaves_side_by_side(struct hash *out, uint64_t index, const uint8_t *chunks,
                                unsigned lanes)
{
    uint8_t first[MERKLE_LANES_MAX][SHA256_BLOCK_SIZE];
    uint8_t last[MERKLE_LANES_MAX][SHA256_BLOCK_SIZE];
    const struct sha256_lanes_input input = {
        .first = (const uint8_t(*)[SHA256_BLOCK_SIZE])first,
        .middle = chunks + SHA256_BLOCK_SIZE - PREFIX_SIZE,
        .stride = MERKLE_CHUNK_SIZE,
        .middle_count = BLOCK_COUNT - 2,
        .last = (const uint8_t(*)[SHA256_BLOCK_SIZE])last,
    };
    for (unsigned lane = 0; lane < lanes; lane++) {
        const uint8_t *chunk = chunks + (size_t)MERKLE_CHUNK_SIZE * lane;
        write_first(first[lane], index + lane, chunk);
        write_last(last[lane], chunk);
    }
    if (lanes == 16) {
        sha256_sixteen(out, &input);
    } else {
        sha256_pair(out, &input);
    }
}

void merkle_lanes_leaf(struct hash *out, uint64_t index, struct bytes chunk)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add_u8(&sha, TAG_LEAF);
    sha256_add_u64(&sha, index);
    sha256_add(&sha, chunk);
    sha256_finish(&sha, out);
}

void merkle_lanes_leaves(struct hash *out, uint64_t index, const uint8_t *chunks, size_t count)
{
    bool pairs = allowed(2) && sha256_pair_supported();
    unsigned widest = merkle_lanes();
    while (count > 0) {
        unsigned lanes = count >= widest ? widest : count >= 2 && pairs ? 2 : 1;
        if (lanes > 1) {
            leaves_side_by_side(out, index, chunks, lanes);
        } else {
            merkle_lanes_leaf(out, index, (struct bytes){chunks, MERKLE_CHUNK_SIZE});
        }
        out += lanes;
        index += lanes;
        chunks += (size_t)lanes * MERKLE_CHUNK_SIZE;
        count -= lanes;
    }
}

#define NODE_SIZE (1 + 2 * sizeof(struct hash))
#define NODE_BITS (8 * NODE_SIZE)

static void write_node(uint8_t out[2 * SHA256_BLOCK_SIZE], const struct hash children[2])
{
    memset(out, 0, (size_t)2 * SHA256_BLOCK_SIZE);
    out[0] = TAG_NODE;
    memcpy(out + 1, children, NODE_SIZE - 1);
    out[NODE_SIZE] = 0x80;
    out[2 * SHA256_BLOCK_SIZE - 2] = (uint8_t)(NODE_BITS >> 8);
    out[2 * SHA256_BLOCK_SIZE - 1] = (uint8_t)NODE_BITS;
}

static void two_nodes(struct hash out[2], const struct hash children[4])
{
    uint8_t messages[2][2][SHA256_BLOCK_SIZE]; /* two blocks each */
    uint8_t first[2][SHA256_BLOCK_SIZE];
    uint8_t last[2][SHA256_BLOCK_SIZE];
    for (unsigned i = 0; i < 2; i++) {
        write_node(messages[i][0], children + (size_t)2 * i);
        memcpy(first[i], messages[i][0], SHA256_BLOCK_SIZE);
        memcpy(last[i], messages[i][1], SHA256_BLOCK_SIZE);
    }
    sha256_pair(out, &(struct sha256_lanes_input){
                         .first = (const uint8_t(*)[SHA256_BLOCK_SIZE])first,
                         .last = (const uint8_t(*)[SHA256_BLOCK_SIZE])last,
                     });
}

void merkle_lanes_nodes(struct hash *out, const struct hash *children, size_t count)
{
    size_t done = 0;
    if (allowed(2) && sha256_pair_supported()) {
        for (; done + 2 <= count; done += 2) {
            two_nodes(out + done, children + 2 * done);
        }
    }
    for (; done < count; done++) {
        uint8_t message[2 * SHA256_BLOCK_SIZE];
        write_node(message, children + 2 * done);
        hash_plain(out + done, (struct bytes){message, NODE_SIZE});
    }
}
