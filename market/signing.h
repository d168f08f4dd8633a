/* What a node asks its signer for besides votes: the two signatures by which a validator's key says something to the
 * chain. The signer gets the values and makes the bytes that are signed itself, so no request can turn into a vote, a
 * transfer or any other transaction.
 *
 * Over the same socket as consensus/signer.h, BCS of fixed size; each is answered by a signer_answer. */
#ifndef MARKET_SIGNING_H
#define MARKET_SIGNING_H

#include "consensus/signer.h"
#include "market/operands.h"
#include "vm/transaction.h"

enum {
    SIGNING_HEARTBEAT_SIZE = 107, /* bytes */
    SIGNING_EVIDENCE_SIZE = 303,
};

/* Sign that the node with this key has executed the chain up to a checkpoint (market/heartbeats.h). */
struct signing_heartbeat {
    uint8_t version; /* SIGNER_VERSION */
    uint8_t call;    /* SIGNER_HEARTBEAT */
    struct hash chain_id;
    struct point node_key;
    uint64_t height; /* of the checkpoint */
    struct hash digest;
};

/* Sign the transaction whose program is this EVIDENCE and nothing else, without a sidecar. */
struct signing_evidence {
    uint8_t version; /* SIGNER_VERSION */
    uint8_t call;    /* SIGNER_EVIDENCE */
    struct hash chain_id;
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t gas_price;          /* units */
    uint64_t expires_at;         /* height */
    struct public_key validator; /* who signed both */
    struct conflict conflict;
};

extern const struct schema signing_heartbeat_schema, signing_evidence_schema;

/* Read a whole request. False with one line in `error`: wrong size, version, call, or type of vote. */
NODISCARD bool signing_heartbeat_decode(struct signing_heartbeat *out, struct bytes input,
                                        char *error, size_t error_size);
NODISCARD bool signing_evidence_decode(struct signing_evidence *out, struct bytes input,
                                       char *error, size_t error_size);

/* What a heartbeat's signature signs. */
void signing_heartbeat_hash(struct hash *out, const struct signing_heartbeat *wanted);

/* The transaction that is to be signed; its program is appended to `program`, which must outlive it. */
void signing_transaction(struct transaction *out, struct buffer *program,
                         const struct signing_evidence *wanted);

#endif /* MARKET_SIGNING_H */
