/* What a node and a signer say to each other over a Unix socket: the signer holds the validator's key,
 * the node asks for one signature at a time.
 *
 * Requests and answers are BCS of fixed size, one answer for each request, in order. A node that is
 * refused or gets no answer does without the vote: that costs the network a vote, never its safety. */
#ifndef CONSENSUS_SIGNER_H
#define CONSENSUS_SIGNER_H

#include "consensus/vote_guard.h"

enum {
    SIGNER_VERSION = 1,
    SIGNER_REQUEST_SIZE = 79, /* bytes */
    SIGNER_ANSWER_SIZE = 111,
};

enum signer_call {
    SIGNER_KEY,  /* who signs? The fields of the vote are zero */
    SIGNER_SIGN, /* sign this vote */
    SIGNER_VOTE_CALL_COUNT,
    SIGNER_HEARTBEAT = SIGNER_VOTE_CALL_COUNT, /* requests of their own: market/signing.h */
    SIGNER_EVIDENCE,
};

struct signer_request {
    uint8_t version; /* SIGNER_VERSION */
    uint8_t call;    /* enum signer_call, below SIGNER_VOTE_CALL_COUNT */
    struct hash chain_id;
    uint8_t type; /* enum vote_type */
    uint64_t height;
    uint32_t round;
    struct hash digest;
};

enum signer_status {
    SIGNER_OK,
    SIGNER_REFUSED, /* the guard says no; `verdict` says why */
    SIGNER_CHAIN,   /* the signer signs for another chain */
    SIGNER_PROOF,   /* the evidence proves nothing */
    SIGNER_FEES,    /* the fees are more than the signer may spend */
    SIGNER_STATUS_COUNT,
};

struct signer_answer {
    uint8_t version;
    uint8_t status;  /* enum signer_status */
    uint8_t verdict; /* enum vote_guard_verdict */
    struct public_key public_key;
    struct signature signature; /* where OK, but for SIGNER_KEY; else zero */
    uint64_t height;            /* highest height the signer has signed for */
    uint32_t free_round;        /* where REFUSED: vote_guard_free_round() of the vote's height */
};

extern const struct schema signer_request_schema, signer_answer_schema;

/* The request for a vote's signature; its type is below VOTE_TYPE_COUNT. */
void signer_request_of(struct signer_request *out, const struct hash *chain_id,
                       const struct vote *vote);

/* The vote that a request names. */
void signer_request_vote(struct vote *out, const struct signer_request *request);

/* Read a whole request or answer. False with one line in `error`: wrong size, unknown version, call,
 * type, status or verdict, or a field that ought to be zero. */
NODISCARD bool signer_request_decode(struct signer_request *out, struct bytes input, char *error,
                                     size_t error_size);
NODISCARD bool signer_answer_decode(struct signer_answer *out, struct bytes input, char *error,
                                    size_t error_size);

const char *signer_status_text(enum signer_status status); /* Static string; never NULL. */

#endif /* CONSENSUS_SIGNER_H */
