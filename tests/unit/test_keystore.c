#include "crypto/keystore.h"

#include <string.h>

#include "tests/lib/check_run.h"

static const struct keystore_cost cheap = {16, 1, 1};
static const struct keystore_random randomness = {{1, 2, 3}, {4, 5, 6}};
static const char password[] = "correct horse";

static void seal_seed(struct buffer *out, size_t entropy_size)
{
    struct keystore_secret secret = {.kind = KEYSTORE_SEED};
    secret.is.entropy.size = entropy_size;
    memset(secret.is.entropy.bytes, 0x5a, entropy_size);
    ck_assert_int_eq(
        keystore_seal(out, &secret, "tsouk", bytes_of_text(password), &cheap, &randomness),
        KEYSTORE_OK);
}

static void seal_key(struct buffer *out, struct secret_key *key)
{
    struct keystore_secret secret = {.kind = KEYSTORE_KEY};
    uint8_t random[32] = {9, 9, 9};
    ck_assert(secret_key_init(&secret.is.key, random));
    *key = secret.is.key;
    ck_assert_int_eq(
        keystore_seal(out, &secret, "souk", bytes_of_text(password), &cheap, &randomness),
        KEYSTORE_OK);
}

START_TEST(a_sealed_key_opens_with_its_password_only)
{
    struct buffer text = {0};
    struct secret_key key;
    struct keystore_secret opened;
    struct keystore_secret zero = {0};
    char error[200];
    seal_key(&text, &key);
    ck_assert_int_eq(
        keystore_open(&opened, buffer_bytes(&text), bytes_of_text(password), error, sizeof(error)),
        KEYSTORE_OK);
    ck_assert_int_eq(opened.kind, KEYSTORE_KEY);
    ck_assert(memcmp(&opened.is.key, &key, sizeof(key)) == 0);
    ck_assert_int_eq(keystore_open(&opened, buffer_bytes(&text), bytes_of_text("Correct horse"),
                                   error, sizeof(error)),
                     KEYSTORE_PASSWORD);
    ck_assert_str_eq(error, "key file: wrong password, or the file was changed");
    ck_assert(memcmp(&opened.is.entropy, &zero.is.entropy, sizeof(zero.is.entropy)) == 0);
    ck_assert_int_eq(
        keystore_open(&opened, buffer_bytes(&text), (struct bytes){0}, error, sizeof(error)),
        KEYSTORE_PASSWORD);
    buffer_close(&text);
}
END_TEST

START_TEST(every_size_of_seed_opens)
{
    for (size_t size = 16; size <= 32; size += 4) {
        struct buffer text = {0};
        struct keystore_secret opened;
        char error[200];
        seal_seed(&text, size);
        ck_assert_uint_le(text.size, KEYSTORE_TEXT_MAX);
        ck_assert_int_eq(keystore_open(&opened, buffer_bytes(&text), bytes_of_text(password), error,
                                       sizeof(error)),
                         KEYSTORE_OK);
        ck_assert_int_eq(opened.kind, KEYSTORE_SEED);
        ck_assert_uint_eq(opened.is.entropy.size, size);
        ck_assert_uint_eq(opened.is.entropy.bytes[size - 1], 0x5a);
        buffer_close(&text);
    }
}
END_TEST

START_TEST(the_text_names_the_account_without_the_password)
{
    struct buffer text = {0};
    struct keystore keystore;
    struct keystore_secret secret = {.kind = KEYSTORE_SEED, .is.entropy.size = 16};
    struct secret_key account;
    struct public_key public_key;
    struct address address;
    char error[200];
    memset(secret.is.entropy.bytes, 0x5a, 16);
    seal_seed(&text, 16);
    ck_assert_int_eq(keystore_parse(&keystore, buffer_bytes(&text), error, sizeof(error)),
                     KEYSTORE_OK);
    ck_assert_str_eq(keystore.prefix, "tsouk");
    ck_assert(keystore_account(&account, &secret, 0));
    public_key_of(&public_key, &account);
    address_of(&address, &public_key);
    ck_assert(address_equal(&address, &keystore.address));
    ck_assert(keystore_account(&account, &secret, 1));
    ck_assert(!keystore_account(&account, &secret, KEYSTORE_ACCOUNT_MAX + 1));
    secret.kind = KEYSTORE_KEY;
    ck_assert(!keystore_account(&account, &secret, 1));
    buffer_close(&text);
}
END_TEST

START_TEST(any_changed_byte_is_noticed)
{
    struct buffer text = {0};
    seal_seed(&text, 16);
    for (size_t i = 0; i < text.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct keystore_secret opened;
            char error[200] = "";
            text.data[i] ^= (uint8_t)(1u << bit);
            ck_assert_int_ne(keystore_open(&opened, buffer_bytes(&text), bytes_of_text(password),
                                           error, sizeof(error)),
                             KEYSTORE_OK);
            ck_assert_str_ne(error, "");
            text.data[i] ^= (uint8_t)(1u << bit);
        }
    }
    buffer_close(&text);
}
END_TEST

START_TEST(any_cut_and_any_addition_is_noticed)
{
    struct buffer text = {0};
    struct keystore keystore;
    char error[200];
    seal_seed(&text, 16);
    for (size_t size = 0; size < text.size; size++) {
        ck_assert_int_eq(
            keystore_parse(&keystore, (struct bytes){text.data, size}, error, sizeof(error)),
            KEYSTORE_MALFORMED);
    }
    buffer_append_text(&text, "\n");
    ck_assert_int_eq(keystore_parse(&keystore, buffer_bytes(&text), error, sizeof(error)),
                     KEYSTORE_MALFORMED);
    ck_assert_str_eq(error, "key file line 12: expected the end of the file");
    buffer_close(&text);
}
END_TEST

/* Replace `old` by `new` in a fresh file and expect a refusal. */
static void expect_refusal(const char *old, const char *new, enum keystore_status status,
                           const char *line)
{
    struct buffer text = {0};
    struct buffer changed = {0};
    struct keystore keystore;
    char error[200] = "";
    struct secret_key key;
    seal_key(&text, &key);
    const char *start = buffer_text(&text);
    const char *found = strstr(start, old);
    ck_assert_ptr_nonnull(found);
    buffer_append(&changed, (struct bytes){text.data, (size_t)(found - start)});
    buffer_append_text(&changed, new);
    buffer_append_text(&changed, found + strlen(old));
    ck_assert_int_eq(keystore_parse(&keystore, buffer_bytes(&changed), error, sizeof(error)),
                     status);
    ck_assert_str_eq(error, line);
    buffer_close(&text);
    buffer_close(&changed);
}

START_TEST(says_what_is_wrong_with_a_file)
{
    expect_refusal("version = 1", "version = 2", KEYSTORE_UNSUPPORTED,
                   "key file line 1: version is \"2\", expected 1");
    expect_refusal("version = 1", "version=1", KEYSTORE_MALFORMED,
                   "key file line 1: expected \"version = <value>\"");
    expect_refusal("kind = key", "kind = card", KEYSTORE_UNSUPPORTED,
                   "key file line 2: kind is \"card\", expected key or seed");
    expect_refusal("kind = key", "kind = seed", KEYSTORE_OK, "");
}
END_TEST

START_TEST(bounds_the_cost_of_a_hostile_file)
{
    expect_refusal("n = 16", "n = 2097152", KEYSTORE_UNSUPPORTED,
                   "key file line 6: n is \"2097152\", expected a power of two of 2 to 1048576");
    expect_refusal("n = 16", "n = 17", KEYSTORE_UNSUPPORTED,
                   "key file line 6: n is \"17\", expected a power of two of 2 to 1048576");
    expect_refusal("n = 16", "n = 1", KEYSTORE_UNSUPPORTED,
                   "key file line 6: n is \"1\", expected a power of two of 2 to 1048576");
    expect_refusal("n = 16", "n = 99999999999999999999", KEYSTORE_MALFORMED,
                   "key file line 6: n is \"99999999999999999999\", expected a decimal number");
    expect_refusal("n = 16", "n = 016", KEYSTORE_MALFORMED,
                   "key file line 6: n is \"016\", expected a decimal number");
    expect_refusal("n = 16", "n = -16", KEYSTORE_MALFORMED,
                   "key file line 6: n is \"-16\", expected a decimal number");
    expect_refusal("n = 16\nr = 1", "n = 1048576\nr = 9", KEYSTORE_UNSUPPORTED,
                   "key file line 7: r is \"9\", expected 1 to 16, and at most 1 GiB for 128 * n * "
                   "r");
    expect_refusal("r = 1", "r = 17", KEYSTORE_UNSUPPORTED,
                   "key file line 7: r is \"17\", expected 1 to 16, and at most 1 GiB for 128 * n "
                   "* r");
    expect_refusal("r = 1", "r = 0", KEYSTORE_UNSUPPORTED,
                   "key file line 7: r is \"0\", expected 1 to 16, and at most 1 GiB for 128 * n * "
                   "r");
    expect_refusal("p = 1", "p = 5", KEYSTORE_UNSUPPORTED,
                   "key file line 8: p is \"5\", expected 1 to 4");
    expect_refusal("kdf = scrypt", "kdf = argon2", KEYSTORE_UNSUPPORTED,
                   "key file line 5: kdf is \"argon2\", expected scrypt");
}
END_TEST

START_TEST(has_one_spelling)
{
    expect_refusal("salt = 010203", "salt = 0x010203", KEYSTORE_MALFORMED,
                   "key file line 9: not in its one written form (lower case, no 0x)");
    expect_refusal("nonce = 0405060000", "nonce = 040506000G", KEYSTORE_MALFORMED,
                   "key file line 10: nonce is \"040506000G00000000000000\", expected 24 "
                   "hexadecimal digits");
    expect_refusal("salt = 010203", "salt = 01020A", KEYSTORE_MALFORMED,
                   "key file line 9: not in its one written form (lower case, no 0x)");
    expect_refusal("address = souk1", "address = souk1 ", KEYSTORE_MALFORMED,
                   "key file line 3: address is \"souk1 n0lep7g8f0h68t2wfzxhan6j9zqll3mdkp\", "
                   "expected an address");
}
END_TEST

START_TEST(refuses_a_public_key_of_another_address)
{
    struct buffer text = {0};
    struct buffer other = {0};
    struct secret_key key;
    struct keystore keystore;
    char error[200];
    seal_key(&text, &key);
    seal_seed(&other, 16);
    const char *mine = strstr(buffer_text(&text), "public_key");
    const char *theirs = strstr(buffer_text(&other), "public_key");
    memcpy(text.data + (mine - (const char *)text.data), theirs, strlen("public_key = ") + 64);
    ck_assert_int_eq(keystore_parse(&keystore, buffer_bytes(&text), error, sizeof(error)),
                     KEYSTORE_MALFORMED);
    ck_assert_ptr_nonnull(strstr(error, "expected the key of the address above"));
    buffer_close(&text);
    buffer_close(&other);
}
END_TEST

START_TEST(the_default_cost_seals_and_opens)
{
    struct buffer text = {0};
    struct keystore_secret secret = {.kind = KEYSTORE_SEED, .is.entropy.size = 32};
    struct keystore_secret opened;
    struct keystore_cost cost = KEYSTORE_COST_DEFAULT;
    char error[200];
    ck_assert_int_eq(
        keystore_seal(&text, &secret, "souk", bytes_of_text(password), &cost, &randomness),
        KEYSTORE_OK);
    ck_assert_int_eq(
        keystore_open(&opened, buffer_bytes(&text), bytes_of_text(password), error, sizeof(error)),
        KEYSTORE_OK);
    buffer_close(&text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("keystore");
    tcase_add_test(tests, a_sealed_key_opens_with_its_password_only);
    tcase_add_test(tests, every_size_of_seed_opens);
    tcase_add_test(tests, the_text_names_the_account_without_the_password);
    tcase_add_test(tests, any_changed_byte_is_noticed);
    tcase_add_test(tests, any_cut_and_any_addition_is_noticed);
    tcase_add_test(tests, says_what_is_wrong_with_a_file);
    tcase_add_test(tests, bounds_the_cost_of_a_hostile_file);
    tcase_add_test(tests, has_one_spelling);
    tcase_add_test(tests, refuses_a_public_key_of_another_address);
    tcase_add_test(tests, the_default_cost_seals_and_opens);
    return check_run("keystore", tests);
}
