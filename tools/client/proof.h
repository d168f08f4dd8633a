/* Light proofs, checked against nothing but a genesis, or a later header that is trusted: all that a proof says is recomputed. */
#ifndef TOOLS_CLIENT_PROOF_H
#define TOOLS_CLIENT_PROOF_H

#include "consensus/light.h"
#include "market/claim.h"
#include "tools/client/trust.h"

/* A proof that holds. Borrows the bytes that it was read from, and the trust it was checked with. */
struct proof {
    struct light_proof light;
    struct validators validators; /* of the certifying header */
    struct certificate certificate;
    struct claim_state state;             /* LIGHT_STATE */
    struct claim_transaction transaction; /* LIGHT_TRANSACTION */
    struct receipt receipt;               /* of it */
};

/* Check a whole proof. False with one line that names what fails; *out is then unspecified. Pure. */
NODISCARD bool proof_verify(struct proof *out, struct bytes encoded, const struct trust *trust,
                            struct fault *fault);

/* Last block of the state that is proved, or block of the transaction. */
uint64_t proof_height(const struct proof *proof);

/* True where the proof speaks of this key, or this transaction: a node may send a true proof of
 * something else. */
NODISCARD bool proof_is_of_key(const struct proof *proof, struct bytes key, struct fault *fault);
NODISCARD bool proof_is_of_transaction(const struct proof *proof, const struct hash *id,
                                       struct fault *fault);

/* Read a proof file: the encoding itself, or its hexadecimal digits. Appends the encoding. */
NODISCARD bool proof_read(struct buffer *out, const char *path, struct fault *fault);

/* Append the bytes of hexadecimal digits. */
NODISCARD bool proof_from_hex(struct buffer *out, const char *hex, struct fault *fault);

#endif /* TOOLS_CLIENT_PROOF_H */
