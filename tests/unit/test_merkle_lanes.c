#include "crypto/merkle_lanes.h"

#include <string.h>

#include "tests/lib/check_run.h"

#define LEAVES_MAX 21 /* sixteen, two at a time, and one */

static const unsigned limits[] = {1, 2, MERKLE_LANES_MAX};

static void set_up(void)
{
    merkle_lanes_limit(MERKLE_LANES_MAX);
}

/* By the plain hash, from the words of the definition. */
static void expect_leaf(struct hash *out, uint64_t index, const uint8_t *chunk)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add_u8(&sha, 0);
    sha256_add_u64(&sha, index);
    sha256_add(&sha, (struct bytes){chunk, MERKLE_CHUNK_SIZE});
    sha256_finish(&sha, out);
}

START_TEST(leaves_side_by_side_are_as_one_after_the_other)
{
    static const uint64_t indices[] = {0, 16, UINT64_C(0x1fffffff8), UINT64_MAX - LEAVES_MAX};
    static uint8_t data[LEAVES_MAX * MERKLE_CHUNK_SIZE + 1];
    struct hash out[LEAVES_MAX];
    uint64_t seed = 1;
    merkle_lanes_limit(limits[_i]);
    for (size_t turn = 0; turn < 2 * ARRAY_COUNT(indices); turn++) {
        uint64_t first = indices[turn / 2];
        const uint8_t *chunks = data + turn % 2; /* of any alignment */
        check_random_fill(&seed, data, sizeof(data));
        for (size_t count = 0; count <= LEAVES_MAX; count++) {
            merkle_lanes_leaves(out, first, chunks, count);
            for (size_t i = 0; i < count; i++) {
                struct hash expected;
                expect_leaf(&expected, first + i, chunks + MERKLE_CHUNK_SIZE * i);
                ck_assert(hash_equal(&out[i], &expected));
            }
        }
    }
}
END_TEST

START_TEST(nodes_side_by_side_are_as_one_after_the_other)
{
    struct hash children[2 * LEAVES_MAX];
    struct hash out[LEAVES_MAX];
    uint64_t seed = 2;
    merkle_lanes_limit(limits[_i]);
    check_random_fill(&seed, (uint8_t *)children, sizeof(children));
    for (size_t count = 0; count <= LEAVES_MAX; count++) {
        struct hash in_place[2 * LEAVES_MAX];
        memcpy(in_place, children, sizeof(children));
        merkle_lanes_nodes(out, children, count);
        merkle_lanes_nodes(in_place, in_place, count);
        for (size_t i = 0; i < count; i++) {
            struct sha256 sha;
            struct hash expected;
            sha256_init(&sha);
            sha256_add_u8(&sha, 1);
            sha256_add(&sha, BYTES_OF(children[2 * i].bytes));
            sha256_add(&sha, BYTES_OF(children[2 * i + 1].bytes));
            sha256_finish(&sha, &expected);
            ck_assert(hash_equal(&out[i], &expected));
            ck_assert(hash_equal(&in_place[i], &expected));
        }
    }
}
END_TEST

START_TEST(a_limit_is_kept)
{
    for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
        merkle_lanes_limit(limits[i]);
        ck_assert_uint_le(merkle_lanes(), limits[i]);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("merkle_lanes");
    tcase_add_checked_fixture(tests, NULL, set_up);
    tcase_add_loop_test(tests, leaves_side_by_side_are_as_one_after_the_other, 0,
                        ARRAY_COUNT(limits));
    tcase_add_loop_test(tests, nodes_side_by_side_are_as_one_after_the_other, 0,
                        ARRAY_COUNT(limits));
    tcase_add_test(tests, a_limit_is_kept);
    return check_run("merkle_lanes", tests);
}
