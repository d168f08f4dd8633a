/* SHA-256, plain and tagged.
 *
 * Tagged hashes are those of BIP-340: H_tag(x) = SHA256(SHA256(tag) || SHA256(tag) || x). Souk's tags
 * are "souk/<thing>/v1" and all are listed in docs/wire-format.md, so that no hash of one thing can
 * be taken for the hash of another. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/bytes.h"

struct hash {
    uint8_t bytes[32];
};

bool hash_equal(const struct hash *a, const struct hash *b);
bool hash_is_zero(const struct hash *hash);

/* A running SHA-256; plain data, may be copied to reuse a common prefix. */
struct sha256 {
    uint64_t opaque[14]; /* the library's context; its size is asserted in hash.c */
};

void sha256_init(struct sha256 *sha);
void sha256_init_tagged(struct sha256 *sha, const char *tag);
void sha256_add(struct sha256 *sha, struct bytes data);
void sha256_add_u8(struct sha256 *sha, uint8_t value);
void sha256_add_u32(struct sha256 *sha, uint32_t value); /* little-endian */
void sha256_add_u64(struct sha256 *sha, uint64_t value); /* little-endian */
void sha256_finish(struct sha256 *sha, struct hash *out);

void hash_plain(struct hash *out, struct bytes data);
void hash_tagged(struct hash *out, const char *tag, struct bytes data);

#endif /* CRYPTO_HASH_H */
