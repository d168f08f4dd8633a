/* Recovery phrases, BIP-39, English list: entropy as 12 to 24 words with a checksum.
 *
 * A phrase becomes a seed only by way of its entropy, so a seed is always that of a valid phrase in
 * its one written form: lower case, single spaces. */
#ifndef CRYPTO_BIP39_H
#define CRYPTO_BIP39_H

#include "base/bytes.h"

#define BIP39_WORD_LIST_COUNT 2048
#define BIP39_ENTROPY_MAX     32 /* bytes */
#define BIP39_WORD_COUNT_MAX  24
#define BIP39_PHRASE_MAX      216 /* characters with the terminator: 24 words of at most 8 */
#define BIP39_SEED_SIZE       64
#define BIP39_PASSPHRASE_MAX  128 /* characters */

extern const char *const bip39_words[BIP39_WORD_LIST_COUNT]; /* In alphabetical order. */

#define BIP39_STATUS_LIST(X)                                                                       \
    X(BIP39_OK, "ok")                                                                              \
    X(BIP39_WORD_COUNT, "a phrase has 12, 15, 18, 21 or 24 words")                                 \
    X(BIP39_UNKNOWN_WORD, "a word is not in the English list")                                     \
    X(BIP39_CHECKSUM, "wrong checksum: a word is wrong or out of place")                           \
    X(BIP39_PASSPHRASE, "a passphrase is at most 128 printable ASCII characters")

#define BIP39_STATUS_ENUM(name, text) name,
enum bip39_status { BIP39_STATUS_LIST(BIP39_STATUS_ENUM) };
#undef BIP39_STATUS_ENUM

const char *bip39_status_text(enum bip39_status status); /* Static string; never NULL. */

/* A secret: its owner wipes it with explicit_bzero(). */
struct bip39_entropy {
    uint8_t bytes[BIP39_ENTROPY_MAX];
    size_t size; /* 16, 20, 24, 28 or 32 */
};

bool bip39_size_valid(size_t size);

/* The phrase of `entropy`, whose size is valid (asserted). */
void bip39_phrase(char out[BIP39_PHRASE_MAX], const struct bip39_entropy *entropy);

/* Read a phrase: words of the list in either case, between any number of spaces, tabs or line ends.
 * On error *out is zero and `error` holds one line, which never repeats a word:
 *   BIP39_WORD_COUNT    names the number of words found
 *   BIP39_UNKNOWN_WORD  names the number of the first word that is not in the list
 *   BIP39_CHECKSUM */
NODISCARD enum bip39_status bip39_parse(struct bip39_entropy *out, const char *phrase, char *error,
                                        size_t error_size);

/* The seed of the phrase of `entropy` under a passphrase, which may be "". About 1 ms.
 *   BIP39_PASSPHRASE  it is too long, or not printable ASCII: other characters would have to be
 *                     normalised (NFKD), and a wrong normal form is a lost wallet */
NODISCARD enum bip39_status bip39_seed(uint8_t out[BIP39_SEED_SIZE],
                                       const struct bip39_entropy *entropy, const char *passphrase);

#endif /* CRYPTO_BIP39_H */
