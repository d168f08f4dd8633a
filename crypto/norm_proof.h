/* What an owner posts as PROVE, and what it is bound to (pv-snip 3 and 5.2). */
#ifndef CRYPTO_NORM_PROOF_H
#define CRYPTO_NORM_PROOF_H

#include "crypto/key.h"
#include "crypto/norm_layout.h"

#define NORM_NONCE_SIZE 16

struct norm_proof {
    struct hash root2;                                  /* of the auxiliary ciphertexts */
    uint8_t nonce2[NORM_NONCE_SIZE];                    /* prefix of their PRG's binder */
    struct field_ext sum;                               /* H */
    struct field_ext first[4];                          /* s_1 at 0, 2, 3, 4 */
    struct field_ext rounds[NORM_VARIABLES_MAX - 1][2]; /* s_i at 0, 2, for i = 2 .. m at [i-2] */
    struct field_ext value;                             /* v */
};

/* What the proof is about: absorbed first, in this order, root2 last. */
struct norm_statement {
    struct hash context;     /* ctx */
    struct public_key owner; /* the owner's id */
    struct hash root;        /* root_i, of COMMIT */
    struct hash beacon;      /* B1 */
};

#define NORM_PROOF_SIZE_MAX (112 + 32 * NORM_VARIABLES_MAX)

/* 112 + 32 m bytes: root2, nonce2, H, s_1(0), s_1(2), s_1(3), s_1(4), s_i(0), s_i(2) .., v. */
size_t norm_proof_size(const struct norm_layout *layout);
void norm_proof_write(uint8_t *out, const struct norm_proof *proof,
                      const struct norm_layout *layout);

#define NORM_PROOF_STATUS_LIST(X)                                                                  \
    X(NORM_PROOF_OK, "ok")                                                                         \
    X(NORM_PROOF_SIZE, "the proof has not the size of the task")                                   \
    X(NORM_PROOF_ELEMENT, "an element of the proof is not below p")

#define NORM_PROOF_STATUS_ENUM(name, text) name,
enum norm_proof_status { NORM_PROOF_STATUS_LIST(NORM_PROOF_STATUS_ENUM) };
#undef NORM_PROOF_STATUS_ENUM

const char *norm_proof_status_text(enum norm_proof_status status); /* Static; never NULL. */

/* On any status but NORM_PROOF_OK *out is all zero. */
NODISCARD enum norm_proof_status
norm_proof_read(struct norm_proof *out, const struct norm_layout *layout, struct bytes input);

#endif /* CRYPTO_NORM_PROOF_H */
