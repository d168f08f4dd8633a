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

/* A block's body is BCS: a list of envelopes, each length-prefixed. Its root is the Merkle list root
 * over transaction ids. */
struct ledger_results {
    struct buffer receipts;    /* BCS receipts, one after the other, block receipt last */
    struct buffer offsets;     /* uint32_t: where each begins in `receipts` */
    uint32_t count;            /* transactions + 1 */
    struct hash receipts_root; /* Merkle list root over the encoded receipts */
    uint64_t gas_used;
    bool deadlines_pending; /* more blocks are needed even without transactions */
};

void ledger_results_close(struct ledger_results *results);
struct bytes ledger_receipt(const struct ledger_results *results, uint32_t index);

/* Walk a body. `offset` starts at 0; false at the end or, with *malformed set, at bytes that are no
 * envelope. */
NODISCARD bool ledger_next_envelope(struct bytes body, size_t *offset, struct bytes *envelope,
                                    bool *malformed);
void ledger_append_envelope(struct buffer *body, struct bytes envelope);

/* Check a proposed body without state: canonical, within the parameters' bounds, each transaction
 * canonical, for this chain, signed, with its sidecar, no id twice. `verified` (may be NULL) says
 * which transaction ids are known to be checked, so their signatures are not checked again. Gives
 * the root of the body. False with one line in `error`. */
NODISCARD bool ledger_check_body(struct bytes body, const struct parameters *parameters,
                                 const struct hash *chain_id,
                                 bool (*verified)(void *context, const struct hash *id),
                                 void *context, struct hash *root, char *error, size_t error_size);

/* Execute a body that ledger_check_body() accepted. Changes stay in the state's overlay. */
void ledger_execute(struct state *state, const struct block_context *context, struct bytes body,
                    struct ledger_results *results);

/* May a transaction enter the mempool on top of `state`: nonce within `nonce_window` of the account's
 * next, fee affordable, price, gas limit, expiry after `height`, program verifies. */
NODISCARD bool ledger_admit(struct state *state, const struct transaction *transaction,
                            uint64_t height, uint64_t nonce_window, struct refusal *refusal);

/* Sum of every unit anywhere: balances, stakes, escrows. Equal to supply after each block; the
 * executor asserts the changed part, tests the whole. Tracked incrementally in O(changes). */
void ledger_assert_conserved(struct state *state);

#endif /* MARKET_LEDGER_H */
