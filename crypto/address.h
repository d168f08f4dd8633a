/* Account addresses: the first 20 bytes of H_souk/address/v1(x-only key), written as bech32m.
 *
 * The human-readable part comes from genesis: "souk" on the main network, "tsouk" on test networks. */
#ifndef CRYPTO_ADDRESS_H
#define CRYPTO_ADDRESS_H

#include "crypto/key.h"

struct address {
    uint8_t bytes[20];
};

#define ADDRESS_PREFIX_MAX 16 /* characters of the human-readable part */
#define ADDRESS_TEXT_MAX   64 /* characters of a whole address with its terminator */

void address_of(struct address *out, const struct public_key *key);
bool address_equal(const struct address *a, const struct address *b);
bool address_is_zero(const struct address *address);

void address_print(char out[ADDRESS_TEXT_MAX], const char *prefix, const struct address *address);

/* Read an address. On false `error` (size > 0) holds one line that says what was wrong: wrong
 * prefix (names both), bad character, bad checksum, wrong length. */
NODISCARD bool address_parse(struct address *out, const char *prefix, const char *text, char *error,
                             size_t error_size);

#endif /* CRYPTO_ADDRESS_H */
