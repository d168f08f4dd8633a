#include "crypto/bip39.h"

#include <jansson.h>
#include <string.h>

#include "crypto/bip32.h"
#include "tests/lib/check_run.h"
#include "tests/lib/vectors.h"

static void check_vector(const json_t *vector)
{
    struct bip39_entropy entropy;
    struct buffer bytes = {0};
    char phrase[BIP39_PHRASE_MAX];
    char error[200];
    char text[BIP32_TEXT_MAX];
    uint8_t seed[BIP39_SEED_SIZE];
    struct bip32_key master;
    const char *expected_phrase = json_string_value(json_array_get(vector, 1));
    vectors_hex(&bytes, json_string_value(json_array_get(vector, 0)));
    enum bip39_status status = bip39_parse(&entropy, expected_phrase, error, sizeof(error));
    ck_assert_int_eq(status, BIP39_OK);
    ck_assert(bytes_equal(buffer_bytes(&bytes), (struct bytes){entropy.bytes, entropy.size}));
    bip39_phrase(phrase, &entropy);
    ck_assert_str_eq(phrase, expected_phrase);
    ck_assert_int_eq(bip39_seed(seed, &entropy, "TREZOR"), BIP39_OK);
    buffer_clear(&bytes);
    vectors_hex(&bytes, json_string_value(json_array_get(vector, 2)));
    ck_assert(bytes_equal(buffer_bytes(&bytes), BYTES_OF(seed)));
    ck_assert_int_eq(bip32_master(&master, BYTES_OF(seed)), BIP32_OK);
    bip32_print(text, &master);
    ck_assert_str_eq(text, json_string_value(json_array_get(vector, 3)));
    buffer_close(&bytes);
}

START_TEST(follows_the_published_vectors)
{
    struct buffer file = {0};
    if (!vectors_read(&file, "bip39_english.json")) {
        return;
    }
    json_t *root = json_loadb((const char *)file.data, file.size, 0, NULL);
    json_t *list = json_object_get(root, "english");
    ck_assert_uint_gt(json_array_size(list), 20);
    for (size_t i = 0; i < json_array_size(list); i++) {
        check_vector(json_array_get(list, i));
    }
    json_decref(root);
    buffer_close(&file);
}
END_TEST

START_TEST(the_word_list_is_the_canonical_one)
{
    struct buffer list = {0};
    struct hash hash;
    char hex[65];
    for (size_t i = 0; i < BIP39_WORD_LIST_COUNT; i++) {
        buffer_format(&list, "%s\n", bip39_words[i]);
        ck_assert(i == 0 || strcmp(bip39_words[i - 1], bip39_words[i]) < 0);
    }
    hash_plain(&hash, buffer_bytes(&list));
    hex_encode(hex, BYTES_OF(hash.bytes));
    ck_assert_str_eq(hex, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
    buffer_close(&list);
}
END_TEST

START_TEST(every_size_survives_a_round_trip)
{
    uint64_t seed = 1;
    for (unsigned round = 0; round < 200; round++) {
        struct bip39_entropy entropy = {.size = 16 + 4 * (round % 5)};
        struct bip39_entropy again;
        char phrase[BIP39_PHRASE_MAX];
        char error[200];
        check_random_fill(&seed, entropy.bytes, entropy.size);
        bip39_phrase(phrase, &entropy);
        ck_assert_int_eq(bip39_parse(&again, phrase, error, sizeof(error)), BIP39_OK);
        ck_assert_uint_eq(again.size, entropy.size);
        ck_assert(memcmp(again.bytes, entropy.bytes, sizeof(entropy.bytes)) == 0);
    }
}
END_TEST

#define ABANDON_11                                                                                 \
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "

START_TEST(accepts_any_case_and_spacing)
{
    struct bip39_entropy entropy;
    char error[200];
    enum bip39_status status =
        bip39_parse(&entropy, "\n\tABANDON  Abandon " ABANDON_11 "about\n", error, sizeof(error));
    ck_assert_int_eq(status, BIP39_WORD_COUNT);
    status = bip39_parse(&entropy, " \n\tABANDON  " ABANDON_11 "\r\n", error, sizeof(error));
    ck_assert_int_eq(status, BIP39_CHECKSUM);
    status = bip39_parse(&entropy,
                         "  Abandon abandon abandon\nabandon abandon abandon abandon abandon "
                         "abandon abandon abandon\t ABOUT \n",
                         error, sizeof(error));
    ck_assert_int_eq(status, BIP39_OK);
    ck_assert_uint_eq(entropy.size, 16);
}
END_TEST

static void expect_refusal(const char *phrase, enum bip39_status status, const char *line)
{
    struct bip39_entropy entropy;
    static const struct bip39_entropy zero;
    char error[200];
    ck_assert_int_eq(bip39_parse(&entropy, phrase, error, sizeof(error)), status);
    ck_assert_str_eq(error, line);
    ck_assert(memcmp(&entropy, &zero, sizeof(zero)) == 0);
}

START_TEST(says_what_is_wrong_with_a_phrase)
{
    expect_refusal("", BIP39_WORD_COUNT, "phrase: 0 words, expected 12, 15, 18, 21 or 24");
    expect_refusal(ABANDON_11, BIP39_WORD_COUNT, "phrase: 11 words, expected 12, 15, 18, 21 or 24");
    expect_refusal(ABANDON_11 ABANDON_11 "abandon abandon abandon abandon abandon",
                   BIP39_WORD_COUNT, "phrase: 27 words, expected 12, 15, 18, 21 or 24");
    expect_refusal("abandon abandon abandon", BIP39_WORD_COUNT,
                   "phrase: 3 words, expected 12, 15, 18, 21 or 24");
    expect_refusal(ABANDON_11 "abandon", BIP39_CHECKSUM,
                   "phrase: wrong checksum: a word is wrong or out of place");
    expect_refusal("abandon abandom " ABANDON_11, BIP39_UNKNOWN_WORD,
                   "phrase: word 2 of 13 is not in the English list");
    expect_refusal(ABANDON_11 "abstractx", BIP39_UNKNOWN_WORD,
                   "phrase: word 12 of 12 is not in the English list");
    expect_refusal(ABANDON_11 "abstractabstract", BIP39_UNKNOWN_WORD,
                   "phrase: word 12 of 12 is not in the English list");
    expect_refusal(ABANDON_11 "\xc3\xa9tat", BIP39_UNKNOWN_WORD,
                   "phrase: word 12 of 12 is not in the English list");
}
END_TEST

START_TEST(refuses_a_passphrase_that_needs_normalisation)
{
    struct bip39_entropy entropy = {.size = 16};
    uint8_t seed[BIP39_SEED_SIZE];
    char longest[BIP39_PASSPHRASE_MAX + 2];
    memset(longest, 'x', sizeof(longest));
    longest[BIP39_PASSPHRASE_MAX + 1] = '\0';
    ck_assert_int_eq(bip39_seed(seed, &entropy, "caf\xc3\xa9"), BIP39_PASSPHRASE);
    ck_assert_int_eq(bip39_seed(seed, &entropy, longest), BIP39_PASSPHRASE);
    longest[BIP39_PASSPHRASE_MAX] = '\0';
    ck_assert_int_eq(bip39_seed(seed, &entropy, longest), BIP39_OK);
    ck_assert_int_eq(bip39_seed(seed, &entropy, ""), BIP39_OK);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bip39");
    tcase_add_test(tests, follows_the_published_vectors);
    tcase_add_test(tests, the_word_list_is_the_canonical_one);
    tcase_add_test(tests, every_size_survives_a_round_trip);
    tcase_add_test(tests, accepts_any_case_and_spacing);
    tcase_add_test(tests, says_what_is_wrong_with_a_phrase);
    tcase_add_test(tests, refuses_a_passphrase_that_needs_normalisation);
    return check_run("bip39", tests);
}
