/* A server's side of sharing: what it checks of a delivery before it acknowledges an owner, and its
 * share as a stream (pv-snip 5.4). A validator that judges a dispute reads shares in the same way. */
#ifndef CRYPTO_SHARE_READER_H
#define CRYPTO_SHARE_READER_H

#include "crypto/share_writer.h"

/* Bytes of a delivery of a vector of `count` elements: d for x, nA for aux. */
size_t share_sealed_size(const struct share_round *round, size_t count);
void share_sealed_write(struct buffer *out, const struct hash *roots, unsigned root_count,
                        struct bytes ciphertext);

/* A delivery to a server above t on its way in: the roots of all ciphertexts of that vector (S - t), then
 * the server's own ciphertext, of which nothing is kept. */
struct share_sealed {
    struct hash roots[SHARE_BLOBS_MAX];
    struct merkle_stream blob;
    uint64_t index; /* of the next element of the ciphertext */
};

/* `list` is the delivery's beginning, share_blob_count() roots (asserted). */
void share_sealed_init(struct share_sealed *sealed, const struct share_round *round,
                       struct bytes list);
/* The next whole elements (asserted). SHARE_ELEMENT, and sealed->index is the place of the first that is
 * not below p. That they are share_sealed_size() bytes in all is the caller's to check. */
NODISCARD enum share_status share_sealed_add(struct share_sealed *sealed, struct bytes part);

/* After all of them: does the delivery of x to `server` > t belong to this commitment? SHARE_ROOT where
 * the list is another, SHARE_BLOB where the ciphertext is another. */
NODISCARD enum share_status share_sealed_check_x(const struct share_sealed *sealed,
                                                 const struct share_round *round,
                                                 const struct public_key *owner,
                                                 const struct share_commitment *commitment,
                                                 unsigned server);
/* The same for aux and root2 of PROVE. */
NODISCARD enum share_status share_sealed_check_aux(const struct share_sealed *sealed,
                                                   const struct share_round *round,
                                                   const struct public_key *owner,
                                                   const struct share_auxiliary *auxiliary,
                                                   unsigned server);

/* One server's share of one vector as a stream. */
struct share_reader {
    struct prg prg;
    bool derived; /* of a server 1 .. t: no ciphertext */
};

/* `key` is K_ij. It begins at element `segment` * PRG_SEGMENT_COUNT. */
void share_reader_init(struct share_reader *reader, const struct share_round *round,
                       const struct hash *key, const struct share_label *label, unsigned server,
                       uint32_t segment);
/* The next `count` elements. `ciphertext` is their 8 * count bytes (asserted), or empty for a server
 * 1 .. t. False, and `out` is unspecified, where one is not below p. */
NODISCARD bool share_reader_next(struct share_reader *reader, uint64_t *out, size_t count,
                                 struct bytes ciphertext);
void share_reader_close(struct share_reader *reader); /* Overwrites the key stream's state. */

/* K of an owner with `server`, whose secret key is `key`. False where EK is no point. */
NODISCARD bool share_key_of_server(struct hash *out, const struct share_round *round,
                                   const struct public_key *owner,
                                   const struct public_key *ephemeral, unsigned server,
                                   const struct secret_key *key);

#endif /* CRYPTO_SHARE_READER_H */
