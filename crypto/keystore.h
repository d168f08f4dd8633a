/* An encrypted key file, as text: this module makes and reads the text and touches no file.
 *
 *     version = 1
 *     kind = seed
 *     address = tsouk1...
 *     public_key = <64 hex digits>
 *     kdf = scrypt
 *     n = 131072
 *     r = 8
 *     p = 1
 *     salt = <64 hex digits>
 *     nonce = <24 hex digits>
 *     sealed = <hex digits>
 *
 * `sealed` is ChaCha20-Poly1305 of the secret under the key that scrypt makes of the password, with
 * all the lines before it as associated data. The lines come in this order, and each value has one
 * written form, so that a file has exactly one text. The secret is a key (32 bytes), or the entropy
 * of a BIP-39 phrase, whose account i is BIP-32 m/44'/9000'/0'/0/i without a passphrase; address and
 * public key are then those of account 0. */
#ifndef CRYPTO_KEYSTORE_H
#define CRYPTO_KEYSTORE_H

#include "base/buffer.h"
#include "crypto/address.h"
#include "crypto/aead.h"
#include "crypto/bip39.h"

#define KEYSTORE_SALT_SIZE   32
#define KEYSTORE_SECRET_MAX  32                  /* bytes */
#define KEYSTORE_TEXT_MAX    1024                /* characters of a whole file */
#define KEYSTORE_MEMORY_MAX  ((uint64_t)1 << 30) /* bytes scrypt may use: 128 * n * r */
#define KEYSTORE_ACCOUNT_MAX 0x7fffffffu

#define KEYSTORE_STATUS_LIST(X)                                                                    \
    X(KEYSTORE_OK, "ok")                                                                           \
    X(KEYSTORE_MALFORMED, "not a key file")                                                        \
    X(KEYSTORE_UNSUPPORTED, "a version, kind, key derivation or cost that is not supported")       \
    X(KEYSTORE_PASSWORD, "wrong password, or the file was changed")                                \
    X(KEYSTORE_MEMORY, "not enough memory to derive the key")

#define KEYSTORE_STATUS_ENUM(name, text) name,
enum keystore_status { KEYSTORE_STATUS_LIST(KEYSTORE_STATUS_ENUM) };
#undef KEYSTORE_STATUS_ENUM

const char *keystore_status_text(enum keystore_status status); /* Static string; never NULL. */

enum keystore_kind { KEYSTORE_KEY, KEYSTORE_SEED };

/* What is kept. Wipe with keystore_secret_close(). */
struct keystore_secret {
    enum keystore_kind kind;
    union {
        struct secret_key key;
        struct bip39_entropy entropy;
    } is;
};

void keystore_secret_close(struct keystore_secret *secret);

/* The key of account `index` (<= KEYSTORE_ACCOUNT_MAX). A KEYSTORE_KEY has account 0 only. False
 * where there is no such account (for a seed with probability 2^-127). */
NODISCARD bool keystore_account(struct secret_key *out, const struct keystore_secret *secret,
                                uint32_t index);

/* Cost of scrypt: n a power of two of 2 .. 2^20, r 1 .. 16, p 1 .. 4, and 128 * n * r within
 * KEYSTORE_MEMORY_MAX, so that a hostile file cannot exhaust the machine that opens it. */
struct keystore_cost {
    uint64_t n;
    uint32_t r;
    uint32_t p;
};

/* 128 MiB and about a third of a second. */
#define KEYSTORE_COST_DEFAULT ((struct keystore_cost){(uint64_t)1 << 17, 8, 1})

bool keystore_cost_valid(const struct keystore_cost *cost);

/* A key file taken apart. */
struct keystore {
    enum keystore_kind kind;
    char prefix[ADDRESS_PREFIX_MAX + 1]; /* of addresses on this network */
    struct public_key public_key;        /* of account 0 */
    struct address address;
    struct keystore_cost cost;
    uint8_t salt[KEYSTORE_SALT_SIZE];
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t sealed[KEYSTORE_SECRET_MAX + AEAD_TAG_SIZE];
    size_t sealed_size;
};

/* Fresh randomness for one sealing. */
struct keystore_random {
    uint8_t salt[KEYSTORE_SALT_SIZE];
    uint8_t nonce[AEAD_NONCE_SIZE];
};

/* Append to `out` the text of a file that keeps `secret` under `password`. `prefix` has 1 to
 * ADDRESS_PREFIX_MAX lower-case characters and `cost` is valid: asserted.
 *   KEYSTORE_MEMORY       128 * n * r bytes were not to be had
 *   KEYSTORE_UNSUPPORTED  a seed without account 0 (2^-127) */
NODISCARD enum keystore_status keystore_seal(struct buffer *out,
                                             const struct keystore_secret *secret,
                                             const char *prefix, struct bytes password,
                                             const struct keystore_cost *cost,
                                             const struct keystore_random *random);

/* Read a file without its password: whose key it is. On error *out is zero and `error` holds one
 * line.
 *   KEYSTORE_MALFORMED    names the line and what was expected there
 *   KEYSTORE_UNSUPPORTED  names the line whose version, kind, kdf or cost is not supported */
NODISCARD enum keystore_status keystore_parse(struct keystore *out, struct bytes text, char *error,
                                              size_t error_size);

/* Open what keystore_parse() read. On error *out is zero.
 *   KEYSTORE_PASSWORD, KEYSTORE_MEMORY
 *   KEYSTORE_MALFORMED  it was sealed with a public key or a secret that do not belong together */
NODISCARD enum keystore_status keystore_unlock(struct keystore_secret *out,
                                               const struct keystore *keystore,
                                               struct bytes password);

/* keystore_parse() and keystore_unlock() in one. */
NODISCARD enum keystore_status keystore_open(struct keystore_secret *out, struct bytes text,
                                             struct bytes password, char *error, size_t error_size);

#endif /* CRYPTO_KEYSTORE_H */
