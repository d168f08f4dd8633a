#include "crypto/merkle_lanes.h"

#include "tests/lib/check_run.h"

START_TEST(sixteen_leaves_are_as_one_after_the_other)
{
    static const uint64_t indices[] = {0, 16, UINT64_C(0x1fffffff8), UINT64_MAX - 15};
    static uint8_t data[MERKLE_LANES_SIZE + 1];
    struct hash out[MERKLE_LANES];
    uint64_t seed = 1;
    if (!merkle_lanes_available()) {
        return;
    }
    for (size_t turn = 0; turn < 2 * ARRAY_COUNT(indices); turn++) {
        uint64_t first = indices[turn / 2];
        const uint8_t *chunks = data + turn % 2; /* of any alignment */
        check_random_fill(&seed, data, sizeof(data));
        merkle_lanes_hash(out, first, chunks);
        for (size_t i = 0; i < MERKLE_LANES; i++) {
            struct sha256 sha;
            struct hash expected;
            sha256_init(&sha);
            sha256_add_u8(&sha, 0);
            sha256_add_u64(&sha, first + i);
            sha256_add(&sha, (struct bytes){chunks + MERKLE_CHUNK_SIZE * i, MERKLE_CHUNK_SIZE});
            sha256_finish(&sha, &expected);
            ck_assert(hash_equal(&out[i], &expected));
        }
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("merkle_lanes");
    tcase_add_test(tests, sixteen_leaves_are_as_one_after_the_other);
    return check_run("merkle_lanes", tests);
}
