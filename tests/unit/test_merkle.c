#include "crypto/merkle.h"

#include <string.h>

#include "crypto/merkle_lanes.h"
#include "tests/lib/check_run.h"

#define ITEMS_MAX 40

/* The definition, read off the header with the plain hash alone. */
static void join(struct hash *out, uint8_t tag, struct bytes a, struct bytes b)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add_u8(&sha, tag);
    sha256_add(&sha, a);
    sha256_add(&sha, b);
    sha256_finish(&sha, out);
}

static void top_of(struct hash *out, const struct hash *leaves, size_t count)
{
    struct hash level[ITEMS_MAX];
    memcpy(level, leaves, count * sizeof(*leaves));
    while (count > 1) {
        size_t kept = 0;
        for (size_t i = 0; i < count; i += 2) {
            struct hash node = level[i];
            if (i + 1 < count) {
                join(&node, 1, BYTES_OF(level[i].bytes), BYTES_OF(level[i + 1].bytes));
            }
            level[kept++] = node;
        }
        count = kept;
    }
    *out = level[0];
}

static void bind(struct hash *out, uint64_t count, const struct hash *top)
{
    uint8_t le[8];
    for (unsigned i = 0; i < 8; i++) {
        le[i] = (uint8_t)(count >> (8 * i));
    }
    join(out, 2, BYTES_OF(le), BYTES_OF(top->bytes));
}

static void make_leaves(struct hash *leaves, size_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        merkle_leaf(&leaves[i], BYTES_OF(i));
    }
}

START_TEST(list_roots_follow_the_definition)
{
    struct hash leaves[ITEMS_MAX];
    for (size_t count = 0; count < ITEMS_MAX; count++) {
        struct hash top = {{0}};
        struct hash expected;
        struct hash root;
        make_leaves(leaves, count);
        if (count > 0) {
            top_of(&top, leaves, count);
        }
        bind(&expected, count, &top);
        merkle_root(&root, leaves, count);
        ck_assert(hash_equal(&root, &expected));
    }
}
END_TEST

START_TEST(a_leaf_is_not_a_node)
{
    struct hash leaf;
    struct hash expected;
    merkle_leaf(&leaf, bytes_of_text("item"));
    join(&expected, 0, bytes_of_text("item"), (struct bytes){0});
    ck_assert(hash_equal(&leaf, &expected));
}
END_TEST

START_TEST(every_item_of_every_count_is_proved)
{
    struct hash leaves[ITEMS_MAX];
    struct hash scratch[ITEMS_MAX];
    for (size_t count = 1; count < ITEMS_MAX; count++) {
        struct hash root;
        make_leaves(leaves, count);
        memcpy(scratch, leaves, sizeof(leaves));
        merkle_root(&root, scratch, count);
        for (size_t i = 0; i < count; i++) {
            struct merkle_proof proof;
            memcpy(scratch, leaves, sizeof(leaves));
            merkle_prove(&proof, scratch, count, i);
            ck_assert(merkle_verify(&proof, &leaves[i], &root));
            ck_assert(!merkle_verify(&proof, &leaves[(i + 1) % count], &root) || count == 1);
        }
    }
}
END_TEST

START_TEST(any_change_of_a_proof_fails)
{
    struct hash leaves[ITEMS_MAX];
    struct hash scratch[ITEMS_MAX];
    struct hash root;
    struct merkle_proof proof;
    size_t count = 21;
    make_leaves(leaves, count);
    memcpy(scratch, leaves, sizeof(leaves));
    merkle_root(&root, scratch, count);
    for (size_t i = 0; i < count; i++) {
        memcpy(scratch, leaves, sizeof(leaves));
        merkle_prove(&proof, scratch, count, i);
        for (size_t byte = 0; byte < proof.depth * sizeof(struct hash); byte++) {
            proof.siblings[byte / 32].bytes[byte % 32] ^= 1;
            ck_assert(!merkle_verify(&proof, &leaves[i], &root));
            proof.siblings[byte / 32].bytes[byte % 32] ^= 1;
        }
        for (size_t index = 0; index < count + 3; index++) {
            struct merkle_proof other = proof;
            other.index = index;
            ck_assert(merkle_verify(&other, &leaves[i], &root) == (index == i));
            other = proof;
            other.count = index;
            ck_assert(merkle_verify(&other, &leaves[i], &root) == (index == count));
        }
        for (uint32_t depth = 0; depth <= MERKLE_DEPTH_MAX + 1; depth++) {
            struct merkle_proof other = proof;
            other.depth = depth;
            ck_assert(merkle_verify(&other, &leaves[i], &root) == (depth == proof.depth));
        }
        proof.count = UINT64_MAX;
        ck_assert(!merkle_verify(&proof, &leaves[i], &root));
    }
}
END_TEST

static void blob_root_by_definition(struct hash *out, struct bytes blob)
{
    struct hash leaves[ITEMS_MAX];
    struct hash top;
    uint64_t index = 0;
    size_t used = 0;
    do {
        uint8_t le[8] = {(uint8_t)index};
        size_t left = blob.size - used;
        size_t size = left < MERKLE_CHUNK_SIZE ? left : MERKLE_CHUNK_SIZE;
        join(&leaves[index++], 0, BYTES_OF(le), (struct bytes){blob.data + used, size});
        used += size;
    } while (used < blob.size);
    top_of(&top, leaves, (size_t)index);
    bind(out, blob.size, &top);
}

static const unsigned lane_limits[] = {1, 2, MERKLE_LANES_MAX};

START_TEST(a_blob_streamed_in_any_pieces_gives_the_root_of_the_whole)
{
    static const size_t sizes[] = {
        0,     1,     4095,  4096,  4097,  8192,   12288,  12289,
        20480, 28681, 65535, 65536, 65537, 131072, 139265, 155643, /* sixteen leaves at once */
    };
    static const uint64_t pieces[] = {7, 6000, 100000};
    static uint8_t data[ITEMS_MAX * 4096];
    uint64_t seed = 11;
    check_random_fill(&seed, data, sizeof(data));
    merkle_lanes_limit(lane_limits[_i]);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct bytes blob = {data, sizes[i]};
        struct hash expected;
        struct hash root;
        blob_root_by_definition(&expected, blob);
        merkle_blob_root(&root, blob);
        ck_assert(hash_equal(&root, &expected));
        for (unsigned round = 0; round < 30; round++) {
            struct merkle_stream stream;
            size_t used = 0;
            uint64_t piece_max = pieces[sizes[i] < 50000 ? round % 3 : 1 + round % 2];
            merkle_stream_init(&stream);
            while (used < blob.size) {
                size_t size = (size_t)(check_random(&seed) % (piece_max + 1));
                size = size < blob.size - used ? size : blob.size - used;
                merkle_stream_add(&stream, (struct bytes){data + used, size});
                used += size;
            }
            merkle_stream_finish(&stream, &root);
            ck_assert(hash_equal(&root, &expected));
        }
    }
}
END_TEST

START_TEST(segments_give_the_root_of_the_whole)
{
    static const size_t sizes[] = {
        1,      4096,   4097,  MERKLE_SEGMENT_SIZE - 1, MERKLE_SEGMENT_SIZE, 262145, 266241,
        524288, 786432, 900001};
    static uint8_t data[900001];
    uint64_t seed = 12;
    check_random_fill(&seed, data, sizeof(data));
    merkle_lanes_limit(lane_limits[_i]);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct hash segments[4];
        struct hash expected;
        struct hash root;
        uint32_t count = merkle_segment_count(sizes[i]);
        ck_assert_uint_le(count, ARRAY_COUNT(segments));
        for (uint32_t k = 0; k < count; k++) {
            size_t at = (size_t)k * MERKLE_SEGMENT_SIZE;
            size_t left = sizes[i] - at;
            merkle_segment(
                &segments[k], k,
                (struct bytes){data + at, left < MERKLE_SEGMENT_SIZE ? left : MERKLE_SEGMENT_SIZE});
        }
        merkle_blob_root(&expected, (struct bytes){data, sizes[i]});
        merkle_segments_root(&root, segments, sizes[i]);
        ck_assert(hash_equal(&root, &expected));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("merkle");
    tcase_add_test(tests, list_roots_follow_the_definition);
    tcase_add_test(tests, a_leaf_is_not_a_node);
    tcase_add_test(tests, every_item_of_every_count_is_proved);
    tcase_add_test(tests, any_change_of_a_proof_fails);
    tcase_add_loop_test(tests, a_blob_streamed_in_any_pieces_gives_the_root_of_the_whole, 0, 3);
    tcase_add_loop_test(tests, segments_give_the_root_of_the_whole, 0, 3);
    return check_run("merkle", tests);
}
