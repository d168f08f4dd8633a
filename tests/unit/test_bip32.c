#include "crypto/bip32.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vectors.h"

/* One "Chain" of the vector file: private and public text, and the public side derived alone. */
static void check_chain(const struct bip32_key *master, const char *path, const char *public_text,
                        const char *secret_text)
{
    struct bip32_key key;
    struct bip32_key again;
    char text[BIP32_TEXT_MAX];
    ck_assert_int_eq(bip32_derive(&key, master, path), BIP32_OK);
    bip32_print(text, &key);
    ck_assert_str_eq(text, secret_text);
    ck_assert_int_eq(bip32_parse(&again, secret_text), BIP32_OK);
    ck_assert(memcmp(&again.secret, &key.secret, sizeof(key.secret)) == 0);
    bip32_print(text, &again);
    ck_assert_str_eq(text, secret_text);
    bip32_forget_secret(&key);
    bip32_print(text, &key);
    ck_assert_str_eq(text, public_text);
    ck_assert_int_eq(bip32_parse(&again, public_text), BIP32_OK);
    bip32_print(text, &again);
    ck_assert_str_eq(text, public_text);
    /* Where the last number is not hardened, the parent's public side gives the same child. */
    const char *last = strrchr(path, '/');
    if (last != NULL && strchr(last, '\'') == NULL) {
        struct buffer above = {0};
        buffer_append(&above, (struct bytes){(const uint8_t *)path, (size_t)(last - path)});
        ck_assert_int_eq(bip32_derive(&key, master, buffer_text(&above)), BIP32_OK);
        bip32_forget_secret(&key);
        uint32_t number = (uint32_t)strtoul(last + 1, NULL, 10);
        ck_assert_int_eq(bip32_child(&key, &key, number), BIP32_OK);
        bip32_print(text, &key);
        ck_assert_str_eq(text, public_text);
        buffer_close(&above);
    }
}

static enum bip32_status status_expected(const char *reason)
{
    static const struct {
        const char *reason;
        enum bip32_status status;
    } table[] = {
        {"mismatch", BIP32_PREFIX},       {"pubkey prefix", BIP32_PREFIX},
        {"prvkey prefix", BIP32_PREFIX},  {"zero depth", BIP32_MASTER},
        {"private key 0", BIP32_KEY},     {"private key n", BIP32_KEY},
        {"invalid pubkey 02", BIP32_KEY}, {"invalid checksum", BIP32_CHECKSUM},
    };
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if (strstr(reason, table[i].reason) != NULL) {
            return table[i].status;
        }
    }
    ck_assert_msg(false, "unknown reason %s", reason);
    return BIP32_OK;
}

static void check_invalid(char *line)
{
    struct bip32_key key;
    char *space = strchr(line, ' ');
    *space = '\0';
    ck_assert_msg(bip32_parse(&key, line) == status_expected(space + 1), "%s", space + 1);
}

START_TEST(follows_the_published_vectors)
{
    struct buffer file = {0};
    if (!vectors_read(&file, "bip32.txt")) {
        return;
    }
    (void)buffer_text(&file);
    char *cursor = (char *)file.data;
    char *line;
    char *path = NULL;
    char *public_text = NULL;
    struct bip32_key master;
    unsigned chains = 0;
    unsigned invalid = 0;
    while (vectors_line(&line, &cursor)) {
        if (strncmp(line, "Seed (hex): ", 12) == 0) {
            struct buffer seed = {0};
            vectors_hex(&seed, line + 12);
            ck_assert_int_eq(bip32_master(&master, buffer_bytes(&seed)), BIP32_OK);
            buffer_close(&seed);
        } else if (strncmp(line, "Chain ", 6) == 0) {
            path = line + 6;
        } else if (strncmp(line, "ext pub: ", 9) == 0) {
            public_text = line + 9;
        } else if (strncmp(line, "ext prv: ", 9) == 0) {
            check_chain(&master, path, public_text, line + 9);
            chains++;
        } else if (strchr(line, '(') != NULL) {
            check_invalid(line);
            invalid++;
        }
    }
    ck_assert_uint_ge(chains, 16);
    ck_assert_uint_ge(invalid, 14);
    buffer_close(&file);
}
END_TEST

START_TEST(refuses_malformed_paths)
{
    static const char *const paths[] = {
        "",     "x",    "/0",    "m/",   "m0",    "m/0/",
        "m//0", "m/'",  "m/0''", "m/-1", "m/ 0",  "m/2147483648",
        "m/00", "m/01", "m/0x1", "M",    "m/0h'", "m/99999999999999999999",
    };
    struct bip32_key master;
    struct bip32_key key;
    uint8_t seed[16] = {1};
    ck_assert_int_eq(bip32_master(&master, BYTES_OF(seed)), BIP32_OK);
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        ck_assert_msg(bip32_derive(&key, &master, paths[i]) == BIP32_PATH, "%s", paths[i]);
    }
}
END_TEST

START_TEST(accepts_h_for_hardened_and_m_alone)
{
    struct bip32_key master;
    struct bip32_key a;
    struct bip32_key b;
    uint8_t seed[16] = {1};
    ck_assert_int_eq(bip32_master(&master, BYTES_OF(seed)), BIP32_OK);
    ck_assert_int_eq(bip32_derive(&a, &master, "m/44h/9000h/0h/0/0"), BIP32_OK);
    ck_assert_int_eq(bip32_derive(&b, &master, "m/44'/9000'/0'/0/0"), BIP32_OK);
    ck_assert(memcmp(&a.point, &b.point, sizeof(a.point)) == 0);
    ck_assert_int_eq(bip32_derive(&a, &master, "m"), BIP32_OK);
    ck_assert(memcmp(&a.point, &master.point, sizeof(a.point)) == 0);
}
END_TEST

START_TEST(refuses_what_cannot_be_derived)
{
    struct bip32_key key;
    uint8_t seed[65] = {1};
    ck_assert_int_eq(bip32_master(&key, (struct bytes){seed, 15}), BIP32_SEED);
    ck_assert_int_eq(bip32_master(&key, (struct bytes){seed, 65}), BIP32_SEED);
    ck_assert_int_eq(bip32_master(&key, (struct bytes){seed, 64}), BIP32_OK);
    for (unsigned i = 0; i < BIP32_DEPTH_MAX; i++) {
        ck_assert_int_eq(bip32_child(&key, &key, i), BIP32_OK);
    }
    struct bip32_key below;
    ck_assert_int_eq(bip32_child(&below, &key, 0), BIP32_DEPTH);
    bip32_forget_secret(&key);
    ck_assert_int_eq(bip32_child(&below, &key, BIP32_HARDENED), BIP32_HARDENED_PUBLIC);
}
END_TEST

START_TEST(refuses_texts_that_are_no_extended_key)
{
    static const struct {
        const char *text;
        enum bip32_status status;
    } table[] = {
        {"", BIP32_LENGTH},
        {"xprv", BIP32_LENGTH},
        {"xprv0", BIP32_CHARACTER},
        {"1", BIP32_LENGTH},
        {"1xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNN"
         "U"
         "3TGtRBeJgk33yuGBxrMPHi",
         BIP32_LENGTH},
        {"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
         "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
         BIP32_LENGTH},
        /* Another network's version ("tprv"). */
        {"tprv8ZgxMBicQKsPeDgjzdC36fs6bMjGApWDNLR9erAXMs5skhMv36j9MV5ecvfavji5khqjWaWSFhN3YcCUUdiKH"
         "6i"
         "sR4Pwy3U5y5egddBr16m",
         BIP32_VERSION},
    };
    struct bip32_key key;
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        ck_assert_msg(bip32_parse(&key, table[i].text) == table[i].status, "%s", table[i].text);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bip32");
    tcase_add_test(tests, follows_the_published_vectors);
    tcase_add_test(tests, refuses_malformed_paths);
    tcase_add_test(tests, accepts_h_for_hardened_and_m_alone);
    tcase_add_test(tests, refuses_what_cannot_be_derived);
    tcase_add_test(tests, refuses_texts_that_are_no_extended_key);
    return check_run("bip32", tests);
}
