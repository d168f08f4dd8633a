#include "crypto/bip39.h"

#include <stdio.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/hash.h"

#define WORD_MAX    8 /* characters */
#define WORD_BITS   11
#define SEED_ROUNDS 2048

const char *bip39_status_text(enum bip39_status status)
{
#define BIP39_STATUS_CASE(name, text)                                                              \
    case name:                                                                                     \
        return text;
    switch (status) {
        BIP39_STATUS_LIST(BIP39_STATUS_CASE)
    }
#undef BIP39_STATUS_CASE
    return "unknown status";
}

bool bip39_size_valid(size_t size)
{
    return size >= 16 && size <= BIP39_ENTROPY_MAX && size % 4 == 0;
}

/* The first byte of the hash holds all of the checksum: one bit for each 4 bytes, at most 8. */
static uint8_t checksum_byte(const uint8_t *entropy, size_t size)
{
    struct hash hash;
    hash_plain(&hash, (struct bytes){entropy, size});
    uint8_t first = hash.bytes[0];
    explicit_bzero(&hash, sizeof(hash));
    return first;
}

void bip39_phrase(char out[BIP39_PHRASE_MAX], const struct bip39_entropy *entropy)
{
    uint8_t bits[BIP39_ENTROPY_MAX + 1];
    assert(bip39_size_valid(entropy->size));
    memcpy(bits, entropy->bytes, entropy->size);
    bits[entropy->size] = checksum_byte(entropy->bytes, entropy->size);
    size_t used = 0;
    for (size_t word = 0; word < entropy->size / 4 * 3; word++) {
        unsigned index = 0;
        for (size_t bit = word * WORD_BITS; bit < (word + 1) * WORD_BITS; bit++) {
            index = index << 1 | ((unsigned)bits[bit / 8] >> (7 - bit % 8) & 1u);
        }
        size_t size = strlen(bip39_words[index]);
        if (word > 0) {
            out[used++] = ' ';
        }
        memcpy(out + used, bip39_words[index], size);
        used += size;
    }
    out[used] = '\0';
    explicit_bzero(bits, sizeof(bits));
}

static char to_lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Take the next word in lower case off *cursor. Returns false at the end; a word longer than any of
 * the list comes out as its beginning, which is not in the list either. */
static bool next_word(char out[WORD_MAX + 2], const char **cursor)
{
    while (is_space(**cursor)) {
        ++*cursor;
    }
    size_t size = 0;
    while (**cursor != '\0' && !is_space(**cursor)) {
        char c = *(*cursor)++;
        if (size < WORD_MAX + 1) {
            out[size++] = to_lower(c);
        }
    }
    out[size] = '\0';
    return size > 0;
}

static bool find_word(unsigned *out, const char *word)
{
    unsigned begin = 0;
    unsigned end = BIP39_WORD_LIST_COUNT;
    while (begin < end) {
        unsigned middle = begin + (end - begin) / 2;
        int order = strcmp(bip39_words[middle], word);
        if (order == 0) {
            *out = middle;
            return true;
        }
        if (order < 0) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return false;
}

static void put_word(uint8_t *bits, size_t word, unsigned index)
{
    for (size_t i = 0; i < WORD_BITS; i++) {
        size_t bit = word * WORD_BITS + i;
        if ((index >> (WORD_BITS - 1 - i) & 1) != 0) {
            bits[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
    }
}

/* Read all words; *unknown is the number (from 1) of the first one not in the list, or 0. */
static size_t read_words(uint8_t bits[BIP39_ENTROPY_MAX + 1], const char *phrase, size_t *unknown)
{
    char word[WORD_MAX + 2];
    size_t count = 0;
    *unknown = 0;
    while (next_word(word, &phrase)) {
        unsigned index = 0;
        if (!find_word(&index, word) && *unknown == 0) {
            *unknown = count + 1;
        }
        if (count < BIP39_WORD_COUNT_MAX) {
            put_word(bits, count, index);
        }
        count++;
    }
    explicit_bzero(word, sizeof(word));
    return count;
}

/* Entropy and checksum, as the words gave them. */
static enum bip39_status take_entropy(struct bip39_entropy *out, const uint8_t *bits, size_t size)
{
    uint8_t mask = (uint8_t)(0xff00 >> size / 4);
    if ((checksum_byte(bits, size) & mask) != bits[size]) {
        return BIP39_CHECKSUM;
    }
    memcpy(out->bytes, bits, size);
    out->size = size;
    return BIP39_OK;
}

enum bip39_status bip39_parse(struct bip39_entropy *out, const char *phrase, char *error,
                              size_t error_size)
{
    uint8_t bits[BIP39_ENTROPY_MAX + 1] = {0};
    size_t unknown;
    size_t count = read_words(bits, phrase, &unknown);
    size_t size = count / 3 * 4;
    enum bip39_status status;
    *out = (struct bip39_entropy){0};
    if (unknown != 0) {
        (void)snprintf(error, error_size, "phrase: word %zu of %zu is not in the English list",
                       unknown, count);
        status = BIP39_UNKNOWN_WORD;
    } else if (count % 3 != 0 || !bip39_size_valid(size)) {
        (void)snprintf(error, error_size, "phrase: %zu words, expected 12, 15, 18, 21 or 24",
                       count);
        status = BIP39_WORD_COUNT;
    } else {
        status = take_entropy(out, bits, size);
        if (status != BIP39_OK) {
            (void)snprintf(error, error_size, "phrase: %s", bip39_status_text(status));
        }
    }
    explicit_bzero(bits, sizeof(bits));
    return status;
}

enum bip39_status bip39_seed(uint8_t out[BIP39_SEED_SIZE], const struct bip39_entropy *entropy,
                             const char *passphrase)
{
    static const char prefix[] = "mnemonic";
    char salt[sizeof(prefix) + BIP39_PASSPHRASE_MAX];
    size_t size = strnlen(passphrase, BIP39_PASSPHRASE_MAX + 1);
    bool good = size <= BIP39_PASSPHRASE_MAX;
    for (size_t i = 0; good && i < size; i++) {
        good = passphrase[i] >= ' ' && passphrase[i] <= '~';
    }
    if (!good) {
        memset(out, 0, BIP39_SEED_SIZE);
        return BIP39_PASSPHRASE;
    }
    char phrase[BIP39_PHRASE_MAX];
    bip39_phrase(phrase, entropy);
    memcpy(salt, prefix, sizeof(prefix) - 1);
    memcpy(salt + sizeof(prefix) - 1, passphrase, size);
    struct bytes salt_bytes = {(const uint8_t *)salt, sizeof(prefix) - 1 + size};
    pbkdf2_sha512(out, BIP39_SEED_SIZE, bytes_of_text(phrase), salt_bytes, SEED_ROUNDS);
    explicit_bzero(phrase, sizeof(phrase));
    explicit_bzero(salt, sizeof(salt));
    return BIP39_OK;
}
