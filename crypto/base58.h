/* Base58Check, as Bitcoin writes extended keys: bytes with the first 4 bytes of a double SHA-256. */
#ifndef CRYPTO_BASE58_H
#define CRYPTO_BASE58_H

#include "base/bytes.h"

#define BASE58_SIZE_MAX 96  /* payload bytes without the checksum */
#define BASE58_TEXT_MAX 144 /* characters with the terminator */

enum base58_status {
    BASE58_OK,
    BASE58_CHARACTER, /* not of the alphabet */
    BASE58_LENGTH,    /* not as many bytes as asked for */
    BASE58_CHECKSUM,
};

void base58_print(char out[BASE58_TEXT_MAX], struct bytes payload); /* at most BASE58_SIZE_MAX */

/* Read a text of exactly `size` (<= BASE58_SIZE_MAX) payload bytes. On error `out` is zero. */
NODISCARD enum base58_status base58_parse(uint8_t *out, size_t size, const char *text);

#endif /* CRYPTO_BASE58_H */
