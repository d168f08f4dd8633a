/* A server's side: what it checks before it acknowledges an owner, and how it gets its share. */
#ifndef CRYPTO_SHARE_SERVER_H
#define CRYPTO_SHARE_SERVER_H

#include "crypto/share.h"
#include "crypto/xof.h"

/* A delivery: the roots of all ciphertexts of the owner (share_blob_count), then the one of this
 * server. Both are borrowed from the input. */
struct share_delivery {
    struct hash roots[SHARE_BLOBS_MAX];
    struct bytes ciphertext;
};

/* Bytes of a delivery of this round. */
size_t share_delivery_size(const struct share_round *round);

/* Read a delivery: SHARE_SIZE where it is not exactly share_delivery_size() bytes, SHARE_ELEMENT
 * with *index (may be NULL) where an element of the ciphertext is not below p. */
NODISCARD enum share_status share_delivery_read(struct share_delivery *out,
                                                const struct share_round *round, struct bytes input,
                                                uint64_t *index);

/* Does the delivery to `server` > t belong to this commitment of this owner? SHARE_ROOT where the
 * list is another, SHARE_BLOB where the ciphertext is another. Hashes the ciphertext once. The
 * commitment's proof is the chain's to check. */
NODISCARD enum share_status share_delivery_check(const struct share_delivery *delivery,
                                                 const struct share_round *round,
                                                 const struct public_key *owner,
                                                 const struct share_commitment *commitment,
                                                 unsigned server);

/* K of an owner with `server`, whose secret key is `key`. False where EK is no point. */
NODISCARD bool share_server_key(struct hash *out, const struct share_round *round,
                                const struct public_key *owner, const struct public_key *ephemeral,
                                unsigned server, const struct secret_key *key);

/* The share of a server 1 .. t: share_count() elements. */
void share_derive(uint64_t *out, size_t count, const struct hash *key);

/* The share of a server above t, from a ciphertext of 8 * count bytes (asserted). False where an
 * element is not below p; share_delivery_read() has seen to that. */
NODISCARD bool share_open(uint64_t *out, struct bytes ciphertext, const struct hash *key);

#endif /* CRYPTO_SHARE_SERVER_H */
