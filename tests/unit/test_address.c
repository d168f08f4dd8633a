#include "crypto/address.h"

#include <string.h>

#include "crypto/bech32m.h"
#include "tests/lib/check_run.h"

static void some_address(struct address *out)
{
    struct secret_key secret;
    struct public_key key;
    uint8_t bytes[32] = {1};
    ck_assert(secret_key_init(&secret, bytes));
    public_key_of(&key, &secret);
    address_of(out, &key);
}

static void expect_refusal(const char *text, const char *line)
{
    struct address out;
    char error[160];
    ck_assert(!address_parse(&out, "souk", text, error, sizeof(error)));
    ck_assert_str_eq(error, line);
    ck_assert(address_is_zero(&out));
}

START_TEST(is_the_start_of_the_tagged_hash_of_the_key)
{
    struct public_key key = {{7}};
    struct hash hash;
    struct address address;
    hash_tagged(&hash, "souk/address/v1", BYTES_OF(key.bytes));
    address_of(&address, &key);
    ck_assert(memcmp(address.bytes, hash.bytes, 20) == 0);
}
END_TEST

START_TEST(printed_and_parsed_is_the_same)
{
    struct address address;
    struct address again;
    char text[ADDRESS_TEXT_MAX];
    char error[160];
    some_address(&address);
    address_print(text, "tsouk", &address);
    ck_assert_uint_eq(strlen(text), 5 + 1 + 32 + 6);
    ck_assert(address_parse(&again, "tsouk", text, error, sizeof(error)));
    ck_assert(address_equal(&address, &again));
    for (char *c = text; *c != '\0'; c++) {
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    }
    ck_assert(address_parse(&again, "tsouk", text, error, sizeof(error)));
    ck_assert(address_equal(&address, &again));
    address_print(text, "sixteen-letters-", &address);
    ck_assert(address_parse(&again, "sixteen-letters-", text, error, sizeof(error)));
}
END_TEST

START_TEST(says_what_is_wrong)
{
    struct address address;
    char text[ADDRESS_TEXT_MAX];
    char other[BECH32M_TEXT_MAX + 1];
    some_address(&address);
    address_print(text, "tsouk", &address);
    expect_refusal(text, "address: prefix is \"tsouk\", expected \"souk\"");
    address_print(text, "souk", &address);
    char kept = text[12];
    text[12] = 'b';
    expect_refusal(text, "address: character 13 ('b'): a character is not of the bech32 alphabet");
    text[12] = '\x1b';
    expect_refusal(text, "address: character 13 ('?'): a character is not of the bech32 alphabet");
    text[12] = kept == 'q' ? 'p' : 'q';
    expect_refusal(text, "address: wrong checksum: a character was mistyped");
    text[12] = 'Q';
    expect_refusal(text, "address: character 13 ('Q'): upper and lower case are mixed");
    bech32m_encode_bytes(other, "souk", (struct bytes){address.bytes, 19});
    expect_refusal(other, "address: 37 characters after the separator, expected 38 for 20 bytes");
    expect_refusal("", "address: no separator '1'");
    expect_refusal("1qqqqqq", "address: nothing before the separator '1'");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("address");
    tcase_add_test(tests, is_the_start_of_the_tagged_hash_of_the_key);
    tcase_add_test(tests, printed_and_parsed_is_the_same);
    tcase_add_test(tests, says_what_is_wrong);
    return check_run("address", tests);
}
