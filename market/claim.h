/* Claims of light proofs: a value, and its path to a root in a block's header.
 *
 * Who trusts the root need not trust who sent the claim: everything is recomputed. Which header's
 * root that is, and why to trust it, is not decided here: consensus/light.h. */
#ifndef MARKET_CLAIM_H
#define MARKET_CLAIM_H

#include "crypto/merkle.h"
#include "crypto/trie.h"
#include "market/records.h"
#include "vm/receipt.h"

/* Bytes of a transaction's receipt: the largest events it may have, and the rest. */
#define CLAIM_RECEIPT_MAX (RECEIPT_EVENT_MAX * (8 + EVENT_DATA_MAX) + 256)

/* Under a state root: the key has this value, or none. */
struct claim_state {
    struct bytes key; /* 1 .. STATE_KEY_MAX bytes, borrowed */
    bool found;
    struct bytes value;                   /* empty where not found; borrowed */
    struct hash siblings[TRIE_DEPTH_MAX]; /* from the root down */
    uint32_t sibling_count;
    bool leaf_present; /* the path ends in a leaf: the key's, or another's whose place it is */
    struct hash leaf_key;
    struct hash leaf_value;
};

/* Under tx_root and receipts_root: the block's transaction number `index` has this receipt. */
struct claim_transaction {
    struct hash id;
    uint32_t index;
    uint32_t count;       /* transactions in the block */
    struct bytes receipt; /* BCS of struct receipt; borrowed */
    struct hash id_siblings[MERKLE_DEPTH_MAX];
    uint32_t id_sibling_count;
    struct hash receipt_siblings[MERKLE_DEPTH_MAX];
    uint32_t receipt_sibling_count;
};

extern const struct schema claim_state_schema, claim_transaction_schema;

/* Append the encoded claim that `key` has `value`, or none where `found` is false, with the path that
 * trie_prove() gave for the key. */
void claim_make_state(struct buffer *out, struct bytes key, bool found, struct bytes value,
                      const struct trie_proof *path);

/* Read a claim and check it against the state root. False with one line in `error`. Pure. */
NODISCARD bool claim_check_state(struct claim_state *out, struct bytes encoded,
                                 const struct hash *state_root, char *error, size_t error_size);

/* The receipts of one block, as leaves. All zero is empty. */
struct claim_block {
    struct buffer ids;      /* struct hash: leaf of each transaction id, and of the block's own */
    struct buffer receipts; /* struct hash: leaf of each receipt */
    uint32_t count;         /* transactions + 1 */
};

/* Add the next receipt of the block; the block's own comes last. False where it does not decode. */
NODISCARD bool claim_block_add(struct claim_block *block, struct bytes receipt);
void claim_block_close(struct claim_block *block);

/* Append the encoded claim about transaction `index` < count - 1, whose receipt is given. */
void claim_make_transaction(struct buffer *out, const struct claim_block *block, uint32_t index,
                            struct bytes receipt);

struct claim_roots {
    struct hash tx_root;       /* of the header of the transaction's block */
    struct hash receipts_root; /* of the next header */
};

/* Read a claim and check it against the roots; `receipt` is the claim's, decoded. False with one line
 * in `error`. Pure. */
NODISCARD bool claim_check_transaction(struct claim_transaction *out, struct receipt *receipt,
                                       struct bytes encoded, const struct claim_roots *roots,
                                       char *error, size_t error_size);

#endif /* MARKET_CLAIM_H */
