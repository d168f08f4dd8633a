/* Light proofs: that a quorum of validators stands behind a claim, shown to one who has nothing but
 * the validator set of the genesis, or of a later height that he trusts.
 *
 * The roots after block h are in the header of block h + 1, and a certificate names that header. So
 * a claim about the state after h needs header h + 1 and its certificate, and one about a
 * transaction of h also header h, which header h + 1 names as its parent. The claim itself, a value
 * and its path to a root, is opaque here: market/claim.h. */
#ifndef CONSENSUS_LIGHT_H
#define CONSENSUS_LIGHT_H

#include "consensus/handover.h"

#define LIGHT_VERSION         1
#define LIGHT_HEADERS_MAX     2
#define LIGHT_CLAIM_MAX       131072                        /* bytes */
#define LIGHT_CERTIFICATE_MAX 8192                          /* bytes; 100 signatures take 6,462 */
#define LIGHT_PROOF_MAX       (HANDOVERS_SIZE_MAX + 147456) /* bytes of an encoded proof */

enum light_kind {
    LIGHT_STATE,       /* one header: the state after the block before it */
    LIGHT_TRANSACTION, /* two: of the transaction's block, and the next */
    LIGHT_KIND_COUNT,
};

struct light_proof {
    uint8_t version; /* LIGHT_VERSION */
    uint8_t kind;    /* enum light_kind */
    struct hash chain_id;
    struct bytes handovers;                         /* consensus/handover.h; borrowed */
    struct bytes claim;                             /* at most LIGHT_CLAIM_MAX; borrowed */
    struct block_header headers[LIGHT_HEADERS_MAX]; /* consecutive */
    uint32_t header_count;
    struct bytes certificate; /* BCS; decided the last header; borrowed */
};

/* What is believed before a proof: a chain, and from where on. */
struct light_trust {
    const struct hash *chain_id;
    const struct block_header
        *header; /* of that chain, decided by the trusted set; NULL: the set is the genesis' */
};

extern const struct schema light_proof_schema;

const char *light_kind_text(enum light_kind kind); /* "state", "transaction"; never NULL. */

/* The header whose roots are proved: the last. */
const struct block_header *light_certifying_header(const struct light_proof *proof);

/* True where the handovers lead from the trusted set in *validators to the set of the last header, at
 * least a quorum of that, and nobody else, decided the header on the trusted chain, and the headers
 * before it are its ancestors: then their roots may be relied on. Handovers below a trusted header are not
 * looked at; a proof whose last header is below it, or another of its height, does not hold. Gives the set of
 * the last header, its names borrowed from the proof or as they were, and the certificate. Otherwise one line in
 * `error` that names what fails. The claim is not looked at. Pure; about 40 us per signature. */
NODISCARD bool light_verify(const struct light_proof *proof, const struct light_trust *trust,
                            struct validators *validators, struct certificate *certificate,
                            char *error, size_t error_size);

#endif /* CONSENSUS_LIGHT_H */
