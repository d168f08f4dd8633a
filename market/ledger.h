/* The ledger: a block's transactions applied in order, and the deadlines that its height brings.
 *
 * Pure: the same state, context and body give the same changes and receipts on every machine. The
 * node and the simulator both run it; neither adds a rule. */
#ifndef MARKET_LEDGER_H
#define MARKET_LEDGER_H

#include "market/records.h"
#include "vm/native.h"
#include "vm/receipt.h"
#include "vm/transaction.h"

/* One transaction of a block that was executed. */
struct ledger_transaction {
    struct hash id;
    bool admitted; /* it paid, whatever became of its program */
    bool refused;  /* by the rules, or in its program */
    struct hash sidecar_root;
    uint32_t sidecar_size;   /* 0: it has none; more than TRANSACTION_INLINE_MAX: a blob */
    uint32_t sidecar_offset; /* in the body, where it is not a blob */
};

/* A block's body is BCS: a list of envelopes, each length-prefixed. Its root is the Merkle list root
 * over transaction ids. */
struct ledger_results {
    struct buffer transactions; /* struct ledger_transaction, in order */
    struct buffer receipts;     /* BCS receipts, one after the other, block receipt last */
    struct buffer offsets;      /* uint32_t: where each begins in `receipts` */
    uint32_t count;             /* transactions + 1 */
    struct hash receipts_root;  /* Merkle list root over the encoded receipts */
    uint64_t gas_used;
    bool deadlines_pending; /* more blocks are needed even without transactions */
};

void ledger_results_close(struct ledger_results *results);
const struct ledger_transaction *ledger_transactions(const struct ledger_results *results,
                                                     uint32_t *count);
struct bytes ledger_receipt(const struct ledger_results *results, uint32_t index);

/* Walk a body. `offset` starts at 0; false at the end or, with *malformed set, at bytes that are no
 * envelope. */
NODISCARD bool ledger_next_envelope(struct bytes body, size_t *offset, struct bytes *envelope,
                                    bool *malformed);
void ledger_append_envelope(struct buffer *body, struct bytes envelope);

#define LEDGER_BLOB_BYTES_MAX TRANSACTION_SIDECAR_MAX /* bytes of all blobs that one body names */

/* The blobs that a body names, one after the other; `offset` starts at 0. False where no more follow. */
NODISCARD bool ledger_next_blob(struct bytes body, size_t *offset, struct hash *root,
                                uint32_t *size);

/* The root of a body, for its header: Merkle list root over the transaction ids. Sidecars are checked
 * against the roots that the ids cover, and blobs are not in a body, so two bodies with one root are
 * the same bytes. False, and a
 * zero root, where an envelope is not canonical or a sidecar is another. Checks no signature. */
NODISCARD bool ledger_body_root(struct bytes body, struct hash *root);

/* What a body is checked against. */
struct ledger_body_rules {
    const struct parameters *parameters;
    const struct hash *chain_id;
    /* Says of which transactions the signature is known to hold, so that it is not checked again;
     * may be NULL. Sidecars are always checked: an id does not cover their bytes. */
    bool (*verified)(void *context, const struct hash *id);
    void *context;
    /* Is told of the others that hold, at once and also where the body is refused then; may be NULL. */
    void (*remember)(void *context, const struct hash *id);
};

/* Check a proposed body without state: canonical, within the parameters' bounds (bytes, number, and the
 * sum of the gas limits, which bounds the time of its execution), its blobs together no larger than
 * LEDGER_BLOB_BYTES_MAX, each transaction canonical, for this chain, signed, with its sidecar, no id
 * twice. Gives the root of the body, zero on false. False with one line in `error` that names the
 * transaction by its place. That the blobs are here is the caller's to see to. */
NODISCARD bool ledger_check_body(struct bytes body, const struct ledger_body_rules *rules,
                                 struct hash *root, char *error, size_t error_size);

/* Execute a body that ledger_check_body() accepted. Changes stay in the state's overlay. First the
 * beacons that this block draws, then the transactions in order, then the phases that close with this
 * block. A transaction that cannot pay, or whose nonce, expiry, price, limit or program is wrong, has
 * no effect and no fee, and a receipt that says so; one whose program fails pays and keeps its nonce.
 * Every blob that this body or one before it names is read through context->blobs, and is there
 * (asserted). Asserts that the supply is conserved. *results is emptied first. */
void ledger_execute(struct state *state, const struct block_context *context, struct bytes body,
                    struct ledger_results *results);

/* May a transaction enter the mempool on top of `state`, for block `height` or later: nonce within
 * `nonce_window` of the account's next, fee of the whole gas limit affordable, price, gas limit, not
 * expired, program verifies. False with the reason in *refusal. */
NODISCARD bool ledger_admit(struct state *state, const struct transaction *transaction,
                            uint64_t height, uint64_t nonce_window, struct refusal *refusal);

/* Bytes of a blob that cost as much as one byte of a transaction: they pass no consensus log and no
 * block, and are hashed, written and read once. */
#define LEDGER_BLOB_BYTES_PER_BYTE 8

/* Bytes of a transaction that a sidecar of `size` bytes costs as much as: a blob's are cheaper. */
uint64_t ledger_sidecar_bytes(uint64_t size);

/* Gas that a transaction costs before its program runs: its signature and its bytes. Saturates. */
uint64_t ledger_intrinsic_gas(const struct parameters *parameters,
                              const struct transaction *transaction);

/* Asserts that the writes in the overlay moved units but made and lost none: over the changed records
 * the units in balances, stakes and escrows sum to what they were, but for a change of the supply
 * itself, which only genesis makes. O(changes). */
void ledger_assert_conserved(struct state *state);

#endif /* MARKET_LEDGER_H */
