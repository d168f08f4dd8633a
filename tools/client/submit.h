/* Building, signing and sending transactions, and waiting for their receipts. */
#ifndef TOOLS_CLIENT_SUBMIT_H
#define TOOLS_CLIENT_SUBMIT_H

#include "market/operands.h"
#include "tools/client/chain.h"
#include "tools/client/source.h"
#include "vm/transaction.h"

#define SUBMIT_EXPIRY_BLOCKS 1000 /* a transaction not in a block after as many is dead */
#define SUBMIT_WAIT_MS       60000L
#define SUBMIT_PASSING_MS    20000 /* a node that is catching up or busy is asked for so long */

/* One native instruction of a program: its id and its operand struct. */
struct submit_native {
    uint8_t id; /* enum native_id */
    const void *operand;
};

struct submit_request {
    struct bytes program; /* encoded; submit_program() makes one */
    struct bytes sidecar; /* empty where there is none; a large one is put to the node first */
    const struct source *large; /* more than TRANSACTION_INLINE_MAX bytes instead of it, or NULL */
    const struct secret_key *key;
    uint64_t gas_limit; /* 0: by simulation, with a margin */
    uint64_t gas_price; /* 0: the chain's minimum */
    uint64_t nonce;     /* used where `nonce_given` */
    bool nonce_given;
};

struct submit_receipt {
    struct hash id;
    uint64_t height;
    uint64_t gas_used;
    uint64_t fee; /* units */
    json_t *json; /* the node's whole answer; the caller releases it */
};

/* The program's bytes for a list of native instructions and STOP. */
void submit_program(struct buffer *out, const struct submit_native *natives, size_t count);

/* Sign and send, and wait for the block. True with a receipt where the transaction was executed and
 * not refused. False with one line: could not be sent, was refused (the sentence of the refusal), or
 * is not in a block after SUBMIT_WAIT_MS (its id is in the line: it may still enter one). */
NODISCARD bool submit_and_wait(struct rpc *rpc, const struct chain_info *chain,
                               const struct submit_request *request, struct submit_receipt *out,
                               struct fault *fault);

/* The same for a person's command: where the node is catching up or has its hands full, signed and sent
 * again, every 200 ms for SUBMIT_PASSING_MS. It has taken nothing then, so nothing is sent twice. */
NODISCARD bool submit_patiently(struct rpc *rpc, const struct chain_info *chain,
                                const struct submit_request *request, struct submit_receipt *out,
                                struct fault *fault);

/* Only sign: the envelope, ready for submit_envelope() or another machine. A sidecar above
 * TRANSACTION_INLINE_MAX is put to the node besides: it is not in the envelope. */
NODISCARD bool submit_sign(struct rpc *rpc, const struct chain_info *chain,
                           const struct submit_request *request, struct buffer *envelope,
                           struct fault *fault);
NODISCARD bool submit_envelope(struct rpc *rpc, struct bytes envelope, struct submit_receipt *out,
                               struct fault *fault);

#endif /* TOOLS_CLIENT_SUBMIT_H */
