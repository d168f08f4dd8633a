#include "crypto/aead.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vectors.h"

static void expect_hex(const uint8_t *data, size_t size, const char *expected)
{
    char hex[2 * 256 + 1];
    ck_assert_uint_le(size, 256);
    hex_encode(hex, (struct bytes){data, size});
    ck_assert_str_eq(hex, expected);
}

START_TEST(seals_the_text_of_rfc_8439)
{
    static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
                               "only one tip for the future, sunscreen would be it.";
    uint8_t key[AEAD_KEY_SIZE];
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t associated[12];
    uint8_t sealed[sizeof(text) - 1 + AEAD_TAG_SIZE];
    uint8_t opened[sizeof(text) - 1];
    ck_assert(hex_decode(key, sizeof(key),
                         "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
    ck_assert(hex_decode(nonce, sizeof(nonce), "070000004041424344454647"));
    ck_assert(hex_decode(associated, sizeof(associated), "50515253c0c1c2c3c4c5c6c7"));
    aead_seal(sealed, key, nonce, BYTES_OF(associated), bytes_of_text(text));
    expect_hex(sealed, 16, "d31a8d34648e60db7b86afbc53ef7ec2");
    expect_hex(sealed + sizeof(text) - 1, 16, "1ae10b594f09e26a7e902ecbd0600691");
    ck_assert(aead_open(opened, key, nonce, BYTES_OF(associated), BYTES_OF(sealed)));
    ck_assert(bytes_equal(BYTES_OF(opened), bytes_of_text(text)));
}
END_TEST

START_TEST(any_changed_byte_is_noticed)
{
    static const uint8_t zeros[40];
    uint8_t key[AEAD_KEY_SIZE] = {1};
    uint8_t nonce[AEAD_NONCE_SIZE] = {2};
    uint8_t associated[5] = {3};
    uint8_t plain[40] = {4};
    uint8_t sealed[40 + AEAD_TAG_SIZE];
    aead_seal(sealed, key, nonce, BYTES_OF(associated), BYTES_OF(plain));
    struct {
        uint8_t *data;
        size_t size;
    } parts[] = {{key, sizeof(key)},
                 {nonce, sizeof(nonce)},
                 {associated, sizeof(associated)},
                 {sealed, sizeof(sealed)}};
    for (size_t part = 0; part < ARRAY_COUNT(parts); part++) {
        for (size_t i = 0; i < parts[part].size; i++) {
            uint8_t opened[40];
            memset(opened, 0xee, sizeof(opened));
            parts[part].data[i] ^= 0x10;
            ck_assert(!aead_open(opened, key, nonce, BYTES_OF(associated), BYTES_OF(sealed)));
            ck_assert(memcmp(opened, zeros, sizeof(opened)) == 0);
            parts[part].data[i] ^= 0x10;
        }
    }
    for (size_t size = 0; size < sizeof(sealed); size++) {
        uint8_t opened[40];
        ck_assert(
            !aead_open(opened, key, nonce, BYTES_OF(associated), (struct bytes){sealed, size}));
    }
}
END_TEST

START_TEST(seals_nothing_and_in_place)
{
    uint8_t key[AEAD_KEY_SIZE] = {1};
    uint8_t nonce[AEAD_NONCE_SIZE] = {2};
    uint8_t tag[AEAD_TAG_SIZE];
    uint8_t data[8 + AEAD_TAG_SIZE] = {'s', 'a', 'm', 'e', ' ', 'm', 'e', 'm'};
    struct bytes none = {0};
    aead_seal(tag, key, nonce, none, none);
    ck_assert(aead_open(tag, key, nonce, none, BYTES_OF(tag)));
    aead_seal(data, key, nonce, none, (struct bytes){data, 8});
    ck_assert(memcmp(data, "same mem", 8) != 0);
    ck_assert(aead_open(data, key, nonce, none, BYTES_OF(data)));
    ck_assert(memcmp(data, "same mem", 8) == 0);
}
END_TEST

START_TEST(macs_follow_rfc_4231)
{
    uint8_t out[64];
    struct bytes key = bytes_of_text("Jefe");
    struct bytes data = bytes_of_text("what do ya want for nothing?");
    hmac_sha256(out, key, data);
    expect_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_sha512(out, key, data);
    expect_hex(out, 64,
               "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
               "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}
END_TEST

START_TEST(hkdf_follows_rfc_5869)
{
    uint8_t out[42];
    uint8_t secret[22];
    uint8_t salt[13];
    uint8_t info[10];
    memset(secret, 0x0b, sizeof(secret));
    ck_assert(hex_decode(salt, sizeof(salt), "000102030405060708090a0b0c"));
    ck_assert(hex_decode(info, sizeof(info), "f0f1f2f3f4f5f6f7f8f9"));
    hkdf_sha256(out, sizeof(out), BYTES_OF(salt), BYTES_OF(secret), BYTES_OF(info));
    expect_hex(
        out, 42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    hkdf_sha256(out, sizeof(out), (struct bytes){0}, BYTES_OF(secret), (struct bytes){0});
    expect_hex(
        out, 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}
END_TEST

START_TEST(pbkdf2_gives_the_known_answer)
{
    uint8_t out[64];
    pbkdf2_sha512(out, sizeof(out), bytes_of_text("password"), bytes_of_text("salt"), 1);
    expect_hex(out, 64,
               "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
               "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce");
}
END_TEST

START_TEST(scrypt_follows_rfc_7914)
{
    uint8_t out[64];
    ck_assert(scrypt_derive(out, sizeof(out), (struct bytes){0}, (struct bytes){0},
                            &(struct scrypt_cost){16, 1, 1}));
    expect_hex(out, 64,
               "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
               "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
    ck_assert(scrypt_derive(out, sizeof(out), bytes_of_text("password"), bytes_of_text("NaCl"),
                            &(struct scrypt_cost){1024, 8, 16}));
    expect_hex(out, 64,
               "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
               "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
}
END_TEST

START_TEST(scrypt_refuses_costs_out_of_range)
{
    static const struct scrypt_cost table[] = {
        {0, 8, 1}, {1, 8, 1}, {17, 8, 1}, {(uint64_t)1 << 21, 8, 1}, {16, 0, 1}, {16, 1, 0}};
    uint8_t out[32];
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        ck_assert(
            !scrypt_derive(out, sizeof(out), bytes_of_text("p"), bytes_of_text("s"), &table[i]));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("aead");
    tcase_add_test(tests, seals_the_text_of_rfc_8439);
    tcase_add_test(tests, any_changed_byte_is_noticed);
    tcase_add_test(tests, seals_nothing_and_in_place);
    tcase_add_test(tests, macs_follow_rfc_4231);
    tcase_add_test(tests, hkdf_follows_rfc_5869);
    tcase_add_test(tests, pbkdf2_gives_the_known_answer);
    tcase_add_test(tests, scrypt_follows_rfc_7914);
    tcase_add_test(tests, scrypt_refuses_costs_out_of_range);
    return check_run("aead", tests);
}
