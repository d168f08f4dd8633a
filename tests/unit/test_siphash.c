#include "crypto/siphash.h"

#include "tests/lib/check_run.h"

/* The first of the 64 vectors of SipHash-2-4's reference code, and that of appendix A of the paper. */
START_TEST(follows_the_published_vectors)
{
    static const uint64_t expected[] = {
        UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
        UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
        UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462)};
    uint8_t bytes[16];
    struct siphash_key key;
    for (uint8_t i = 0; i < 16; i++) {
        bytes[i] = i;
    }
    siphash_key_init(&key, bytes);
    for (size_t size = 0; size < ARRAY_COUNT(expected); size++) {
        ck_assert_uint_eq(siphash(&key, (struct bytes){bytes, size}), expected[size]);
    }
    ck_assert_uint_eq(siphash(&key, (struct bytes){bytes, 15}), UINT64_C(0xa129ca6149be45e5));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("siphash");
    tcase_add_test(tests, follows_the_published_vectors);
    return check_run("siphash", tests);
}
