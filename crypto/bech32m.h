/* Bech32m, BIP-350: text with a human-readable part and a checksum that finds any error of up to
 * four characters. */
#ifndef CRYPTO_BECH32M_H
#define CRYPTO_BECH32M_H

#include "base/bytes.h"

#define BECH32M_TEXT_MAX  90 /* characters of a whole string (BIP-173) */
#define BECH32M_VALUE_MAX 82 /* 5-bit values after the separator, without the checksum */
#define BECH32M_HRP_MAX   83 /* characters of the human-readable part */

#define BECH32M_STATUS_LIST(X)                                                                     \
    X(BECH32M_OK, "ok")                                                                            \
    X(BECH32M_LENGTH, "longer than 90 characters")                                                 \
    X(BECH32M_SEPARATOR, "no separator '1'")                                                       \
    X(BECH32M_HRP_EMPTY, "nothing before the separator '1'")                                       \
    X(BECH32M_HRP_CHARACTER, "a character before the separator is not printable ASCII")            \
    X(BECH32M_CASE, "upper and lower case are mixed")                                              \
    X(BECH32M_CHARACTER, "a character is not of the bech32 alphabet")                              \
    X(BECH32M_SHORT, "too short for a checksum")                                                   \
    X(BECH32M_CHECKSUM, "wrong checksum: a character was mistyped")                                \
    X(BECH32M_PADDING, "the last character carries bits that belong to no byte")                   \
    X(BECH32M_SIZE, "wrong length")

#define BECH32M_STATUS_ENUM(name, text) name,
enum bech32m_status { BECH32M_STATUS_LIST(BECH32M_STATUS_ENUM) };
#undef BECH32M_STATUS_ENUM

const char *bech32m_status_text(enum bech32m_status status); /* Static string; never NULL. */

/* A string taken apart. */
struct bech32m {
    char hrp[BECH32M_HRP_MAX + 1];     /* in lower case */
    uint8_t values[BECH32M_VALUE_MAX]; /* each below 32 */
    size_t value_count;
    size_t error_index; /* of the wrong character, where a character is wrong */
};

/* Take `text` apart. On error *out is zero except `hrp`, where it could be read, and error_index.
 * Every status but BECH32M_PADDING and BECH32M_SIZE can be the answer. */
NODISCARD enum bech32m_status bech32m_decode(struct bech32m *out, const char *text);

/* Write the string of `values` (each below 32) under `hrp` (1 to BECH32M_HRP_MAX lower-case
 * printable characters). The whole has at most BECH32M_TEXT_MAX characters: asserted. */
void bech32m_encode(char out[BECH32M_TEXT_MAX + 1], const char *hrp, const uint8_t *values,
                    size_t value_count);

/* The same for whole bytes, at most 51 of them, as BIP-173 regroups them.
 * bech32m_to_bytes() asks for exactly `size` bytes:
 *   BECH32M_SIZE     it holds another number of bytes
 *   BECH32M_PADDING  the bits that fill the last character are not zero */
void bech32m_encode_bytes(char out[BECH32M_TEXT_MAX + 1], const char *hrp, struct bytes bytes);
NODISCARD enum bech32m_status bech32m_to_bytes(uint8_t *out, size_t size,
                                               const struct bech32m *decoded);

#endif /* CRYPTO_BECH32M_H */
