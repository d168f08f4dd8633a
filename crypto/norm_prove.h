/* The owner's proof that |x| <= B (pv-snip 5.2), after beacon 1.
 *
 * Two steps, because the proof binds the roots of the auxiliary ciphertexts: norm_witness_make()
 * makes the auxiliary vector, share_writer.h shares and encrypts it, norm_prove() proves.
 * norm_contribute() does all three.
 *
 * Time and memory access depend on nothing secret. The result is a function of the arguments: an
 * owner that kept its ephemeral key and seed makes the same bytes again after a crash. It must never
 * use one seed or one ephemeral key for two vectors or two rounds. */
#ifndef CRYPTO_NORM_PROVE_H
#define CRYPTO_NORM_PROVE_H

#include "crypto/norm_proof.h"
#include "crypto/share_writer.h"

#define NORM_PROVE_STATUS_LIST(X)                                                                  \
    X(NORM_PROVE_OK, "ok")                                                                         \
    X(NORM_PROVE_NORM, "the vector's norm is above the bound: scale it down")                      \
    X(NORM_PROVE_ROW, "a projection is outside its window (probability 2^-101)")                   \
    X(NORM_PROVE_REFERENCE, "the vector fails the test against the public reference")

#define NORM_PROVE_STATUS_ENUM(name, text) name,
enum norm_prove_status { NORM_PROVE_STATUS_LIST(NORM_PROVE_STATUS_ENUM) };
#undef NORM_PROVE_STATUS_ENUM

const char *norm_prove_status_text(enum norm_prove_status status); /* Static; never NULL. */

struct norm_witness {
    const struct norm_layout *layout; /* borrowed */
    struct norm_statement statement;
    const int64_t *vector;    /* x: layout->params.dimension integers; borrowed */
    const int64_t *reference; /* g0, as many; NULL without a test; borrowed */
    uint8_t
        seed[XOF_SEED_SIZE]; /* fresh, uniform, of this round alone: masks and nonce come of it */
};

/* |x|^2 <= B^2? What a caller asks before it commits; the norm itself where it fits 64 bits, else
 * UINT64_MAX. */
uint64_t norm_squared(const int64_t *vector, uint32_t dimension);

/* Does a vector within the bound pass the layout's reference test? Also asked before COMMIT. `reference` has
 * passed norm_reference_check(), or is NULL without a test. */
bool norm_passes_reference(const struct norm_layout *layout, const int64_t *vector,
                           const int64_t *reference);

/* The auxiliary vector: layout->aux_count elements. On any status but NORM_PROVE_OK `aux` is zero. */
NODISCARD enum norm_prove_status norm_witness_make(uint64_t *aux,
                                                   const struct norm_witness *witness);

/* nonce2 of this owner and round. */
void norm_nonce(uint8_t out[NORM_NONCE_SIZE], const struct norm_witness *witness);

/* Sumcheck and v. `proof` has root2 and nonce2 already, `aux` is what norm_witness_make() gave.
 * Memory: 2^m times 8 bytes, m = log2 d, freed and wiped. */
void norm_prove(struct norm_proof *proof, const struct norm_witness *witness, const uint64_t *aux);

/* All of PROVE: ciphertexts C2 of servers t + 1 .. S are appended to blobs[i] and their roots go to
 * roots[i], share_blob_count() of each. `keys` are those of COMMIT. On any status but NORM_PROVE_OK
 * nothing is appended and *proof is all zero. */
NODISCARD enum norm_prove_status norm_contribute(struct norm_proof *proof, struct buffer *blobs,
                                                 struct hash *roots,
                                                 const struct norm_witness *witness,
                                                 const struct share_round *round,
                                                 const struct share_keys *keys);

#endif /* CRYPTO_NORM_PROVE_H */
