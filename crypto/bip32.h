/* Key trees, BIP-32: a seed gives a master key, a key and a number give a child key.
 *
 * Souk's accounts are m/44'/9000'/0'/0/i. */
#ifndef CRYPTO_BIP32_H
#define CRYPTO_BIP32_H

#include "crypto/key.h"

#define BIP32_HARDENED  0x80000000u /* the bit of a child number that needs the secret key */
#define BIP32_SEED_MIN  16          /* bytes */
#define BIP32_SEED_MAX  64
#define BIP32_TEXT_MAX  112 /* characters of an extended key with the terminator */
#define BIP32_DEPTH_MAX 255

#define BIP32_STATUS_LIST(X)                                                                       \
    X(BIP32_OK, "ok")                                                                              \
    X(BIP32_SEED, "a seed has 16 to 64 bytes")                                                     \
    X(BIP32_PATH,                                                                                  \
      "a path is m, or m/ and numbers below 2^31 between '/', each with ' if hardened")            \
    X(BIP32_DEPTH, "the path is deeper than 255")                                                  \
    X(BIP32_HARDENED_PUBLIC, "a hardened child needs the secret key")                              \
    X(BIP32_CHILD, "this number gives no valid key, take the next")                                \
    X(BIP32_CHARACTER, "a character is not of the base58 alphabet")                                \
    X(BIP32_LENGTH, "wrong length")                                                                \
    X(BIP32_CHECKSUM, "wrong checksum: a character was mistyped")                                  \
    X(BIP32_VERSION, "neither xprv nor xpub")                                                      \
    X(BIP32_PREFIX, "the key's first byte does not fit its version")                               \
    X(BIP32_KEY, "no valid key")                                                                   \
    X(BIP32_MASTER, "a master key (depth 0) with a parent or a number")

#define BIP32_STATUS_ENUM(name, text) name,
enum bip32_status { BIP32_STATUS_LIST(BIP32_STATUS_ENUM) };
#undef BIP32_STATUS_ENUM

const char *bip32_status_text(enum bip32_status status); /* Static string; never NULL. */

/* An extended key. With a secret it is itself a secret: wipe with bip32_close(). */
struct bip32_key {
    bool has_secret;
    uint8_t depth;
    uint8_t parent[4]; /* fingerprint: first bytes of RIPEMD160(SHA256(parent point)) */
    uint32_t number;   /* of this child */
    uint8_t chain[32];
    struct secret_key secret; /* zero without has_secret */
    struct point point;
};

void bip32_close(struct bip32_key *key);

/* The master key of a seed. BIP32_SEED for a wrong size, BIP32_KEY (2^-127) for no valid key. On an
 * error of this and all the functions below *out is zero. */
NODISCARD enum bip32_status bip32_master(struct bip32_key *out, struct bytes seed);

/* Child `number` of a key; with the secret where `parent` has it. `out` may be `parent`.
 *   BIP32_HARDENED_PUBLIC, BIP32_DEPTH, BIP32_CHILD (2^-127) */
NODISCARD enum bip32_status bip32_child(struct bip32_key *out, const struct bip32_key *parent,
                                        uint32_t number);

/* Descend along a path text such as m/44'/9000'/0'/0/7 (h may stand for '). The numbers are decimal
 * without leading zeros. BIP32_PATH and the errors of bip32_child(). */
NODISCARD enum bip32_status bip32_derive(struct bip32_key *out, const struct bip32_key *from,
                                         const char *path);

void bip32_forget_secret(struct bip32_key *key); /* Leaves the public side. */

/* Text form, base58 with checksum: xprv... with a secret, else xpub... */
void bip32_print(char out[BIP32_TEXT_MAX], const struct bip32_key *key);

/*   BIP32_CHARACTER, BIP32_LENGTH, BIP32_CHECKSUM, BIP32_VERSION, BIP32_PREFIX, BIP32_KEY (a secret
 *   not in 1 .. n-1, a point not on the curve), BIP32_MASTER */
NODISCARD enum bip32_status bip32_parse(struct bip32_key *out, const char *text);

#endif /* CRYPTO_BIP32_H */
