/* What an owner's contribution looks like in public, and what binds it: contexts, keys between an
 * owner and a server, commitments (pv-snip section 3). Owner side: share_writer.h; server side:
 * share_reader.h.
 *
 * An owner shares d field elements at COMMIT and the auxiliary vector at PROVE. Servers 1 .. t derive
 * their shares from a key; server j > t gets a ciphertext C_j = share + PRG(K_j) of each. The share
 * server j is held to is C_j - PRG(K_j) by definition, so that published roots and blobs show
 * nothing. */
#ifndef CRYPTO_SHARE_H
#define CRYPTO_SHARE_H

#include "crypto/key.h"
#include "crypto/shamir.h"

#define SHARE_DIMENSION_MAX (UINT32_C(1) << 24)
#define SHARE_BLOBS_MAX     (SHAMIR_SERVERS_MAX - 1) /* ciphertexts of one owner */

#define SHARE_STATUS_LIST(X)                                                                       \
    X(SHARE_OK, "ok")                                                                              \
    X(SHARE_DIMENSION, "the dimension is not in 1 .. 2^24")                                        \
    X(SHARE_SERVERS, "the servers are not 2 t + 1 .. 10 with t of at least 1")                     \
    X(SHARE_POINT, "a key is no point of the curve")                                               \
    X(SHARE_SIZE, "the contribution has not the size of the round")                                \
    X(SHARE_ELEMENT, "an element of the ciphertext is not below p")                                \
    X(SHARE_ROOT, "the list of ciphertext roots is not the one committed to")                      \
    X(SHARE_BLOB, "the ciphertext has not the root committed to")

#define SHARE_STATUS_ENUM(name, text) name,
enum share_status { SHARE_STATUS_LIST(SHARE_STATUS_ENUM) };
#undef SHARE_STATUS_ENUM

const char *share_status_text(enum share_status status); /* Static string; never NULL. */

/* What all contributions to one round share. */
struct share_round {
    struct hash context;                      /* share_context() */
    uint32_t dimension;                       /* d */
    uint8_t server_count;                     /* S */
    uint8_t degree;                           /* t; S >= 2 t + 1 */
    struct point servers[SHAMIR_SERVERS_MAX]; /* PK_j at [j-1] */
};

/* SHARE_DIMENSION, SHARE_SERVERS or SHARE_POINT where a round cannot be. */
NODISCARD enum share_status share_round_check(const struct share_round *round);
unsigned share_blob_count(const struct share_round *round); /* S - t ciphertexts of a vector */

/* ctx = H("PVS1/ctx" || chain_id || task || LE32 round || params_hash). */
void share_context(struct hash *out, const struct hash *chain_id, const struct hash *task,
                   uint32_t round, const struct hash *params_hash);

/* What an owner puts on the chain. */
struct share_commitment {
    struct public_key ephemeral; /* EK, x-only, never used before */
    struct hash root;            /* over ctx, owner, EK and the ciphertexts' roots */
    struct signature proof;      /* of possession of EK, over all of this */
};

/* root = H("PVS1/root" || ctx || owner || EK || h_{t+1} .. h_S); `roots` holds `count` hashes. */
void share_root(struct hash *out, const struct hash *context, const struct public_key *owner,
                const struct public_key *ephemeral, const struct hash *roots, unsigned count);

/* The message of the proof: H("PVS1/pok" || ctx || owner || EK || root). */
void share_proof_message(struct hash *out, const struct hash *context,
                         const struct public_key *owner, const struct public_key *ephemeral,
                         const struct hash *root);

/* What PROVE says of the auxiliary ciphertexts. root2 = H("PVS1/root2" || ctx || owner || root || B1
 * || nonce2 || h2_{t+1} .. h2_S). */
struct share_auxiliary {
    struct hash root;   /* root_i of COMMIT */
    struct hash beacon; /* B1 */
    uint8_t nonce2[16];
    struct hash root2;
};

/* root2 of `roots`, `count` hashes; auxiliary->root2 is not read. */
void share_root2(struct hash *out, const struct hash *context, const struct public_key *owner,
                 const struct share_auxiliary *auxiliary, const struct hash *roots, unsigned count);

/* Does the proof hold? A validator's whole work on a commitment but for the rule that EK is new. */
NODISCARD bool share_commitment_valid(const struct share_commitment *commitment,
                                      const struct hash *context, const struct public_key *owner);

/* K_ij = H("PVS1/key" || ctx || owner || LE8 j || EK || PK_j || D_ij) with D_ij = ek PK_j = sk_j EK.
 * Wipe it after use. `server` is 1 .. S. */
void share_key_hash(struct hash *out, const struct share_round *round,
                    const struct public_key *owner, unsigned server,
                    const struct public_key *ephemeral, const struct point *shared);

#endif /* CRYPTO_SHARE_H */
