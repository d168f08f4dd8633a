#include "crypto/hash.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/check_run.h"

static void expect_hex(const struct hash *hash, const char *expected)
{
    char hex[65];
    hex_encode(hex, BYTES_OF(hash->bytes));
    ck_assert_str_eq(hex, expected);
}

START_TEST(gives_the_digests_of_fips_180_4)
{
    struct hash hash;
    hash_plain(&hash, bytes_of_text("abc"));
    expect_hex(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_plain(&hash, (struct bytes){0});
    expect_hex(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_plain(&hash, bytes_of_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
    expect_hex(&hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

START_TEST(a_tagged_hash_is_that_of_bip_340)
{
    struct hash tag;
    struct hash expected;
    struct hash tagged;
    uint8_t message[64 + 3] = {[64] = 'a', 'b', 'c'};
    hash_plain(&tag, bytes_of_text("souk/test/v1"));
    memcpy(message, tag.bytes, 32);
    memcpy(message + 32, tag.bytes, 32);
    hash_plain(&expected, BYTES_OF(message));
    hash_tagged(&tagged, "souk/test/v1", bytes_of_text("abc"));
    ck_assert(hash_equal(&tagged, &expected));
    hash_tagged(&tagged, "souk/test/v2", bytes_of_text("abc"));
    ck_assert(!hash_equal(&tagged, &expected));
}
END_TEST

/* More tags than are remembered, and longer ones, again and again. */
START_TEST(tags_are_told_apart)
{
    for (unsigned i = 0; i < 600; i++) {
        char tag[64];
        struct hash prefix;
        struct hash expected;
        struct hash tagged;
        struct sha256 sha;
        (void)snprintf(tag, sizeof(tag), "%.*stest-%u", i % 3 == 0 ? 40 : 0,
                       "a tag that is longer than most tags are, ", i % 150);
        hash_plain(&prefix, bytes_of_text(tag));
        sha256_init(&sha);
        sha256_add(&sha, BYTES_OF(prefix.bytes));
        sha256_add(&sha, BYTES_OF(prefix.bytes));
        sha256_add(&sha, bytes_of_text("abc"));
        sha256_finish(&sha, &expected);
        hash_tagged(&tagged, tag, bytes_of_text("abc"));
        ck_assert(hash_equal(&tagged, &expected));
        hash_tagged(&tagged, tag, bytes_of_text("abc"));
        ck_assert(hash_equal(&tagged, &expected));
    }
}
END_TEST

START_TEST(pieces_give_the_hash_of_the_whole)
{
    uint8_t data[300];
    struct hash whole;
    uint64_t seed = 3;
    check_random_fill(&seed, data, sizeof(data));
    hash_plain(&whole, BYTES_OF(data));
    for (unsigned round = 0; round < 100; round++) {
        struct sha256 sha;
        struct hash hash;
        size_t used = 0;
        sha256_init(&sha);
        while (used < sizeof(data)) {
            size_t size = (size_t)(check_random(&seed) % 80);
            size = size < sizeof(data) - used ? size : sizeof(data) - used;
            sha256_add(&sha, (struct bytes){data + used, size});
            used += size;
        }
        struct sha256 copy = sha;
        sha256_finish(&sha, &hash);
        ck_assert(hash_equal(&hash, &whole));
        sha256_finish(&copy, &hash);
        ck_assert(hash_equal(&hash, &whole));
    }
}
END_TEST

START_TEST(integers_are_little_endian)
{
    static const uint8_t expected[] = {1, 5, 4, 3, 2, 13, 12, 11, 10, 9, 8, 7, 6};
    struct sha256 sha;
    struct hash a;
    struct hash b;
    sha256_init(&sha);
    sha256_add_u8(&sha, 1);
    sha256_add_u32(&sha, 0x02030405);
    sha256_add_u64(&sha, 0x060708090a0b0c0d);
    sha256_finish(&sha, &a);
    hash_plain(&b, BYTES_OF(expected));
    ck_assert(hash_equal(&a, &b));
}
END_TEST

START_TEST(only_32_zero_bytes_are_zero)
{
    struct hash hash = {{0}};
    ck_assert(hash_is_zero(&hash));
    for (size_t i = 0; i < 32; i++) {
        hash.bytes[i] = 1;
        ck_assert(!hash_is_zero(&hash));
        hash.bytes[i] = 0;
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hash");
    tcase_add_test(tests, gives_the_digests_of_fips_180_4);
    tcase_add_test(tests, a_tagged_hash_is_that_of_bip_340);
    tcase_add_test(tests, tags_are_told_apart);
    tcase_add_test(tests, pieces_give_the_hash_of_the_whole);
    tcase_add_test(tests, integers_are_little_endian);
    tcase_add_test(tests, only_32_zero_bytes_are_zero);
    return check_run("hash", tests);
}
