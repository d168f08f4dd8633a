#include "market/claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct field state_fields[] = {
    SCHEMA_BYTES(struct claim_state, key, STATE_KEY_MAX),
    SCHEMA_BOOL(struct claim_state, found),
    SCHEMA_BYTES(struct claim_state, value, STATE_VALUE_MAX),
    SCHEMA_LIST(struct claim_state, siblings, sibling_count, NULL, FORM_HEX),
    SCHEMA_BOOL(struct claim_state, leaf_present),
    SCHEMA_ARRAY(struct claim_state, leaf_key, FORM_HEX),
    SCHEMA_ARRAY(struct claim_state, leaf_value, FORM_HEX),
};
const struct schema claim_state_schema = SCHEMA("claim_state", struct claim_state, state_fields);

static const struct field transaction_fields[] = {
    SCHEMA_ARRAY(struct claim_transaction, id, FORM_HEX),
    SCHEMA_U32(struct claim_transaction, index),
    SCHEMA_U32(struct claim_transaction, count),
    SCHEMA_BYTES(struct claim_transaction, receipt, CLAIM_RECEIPT_MAX),
    SCHEMA_LIST(struct claim_transaction, id_siblings, id_sibling_count, NULL, FORM_HEX),
    SCHEMA_LIST(struct claim_transaction, receipt_siblings, receipt_sibling_count, NULL, FORM_HEX),
};
const struct schema claim_transaction_schema =
    SCHEMA("claim_transaction", struct claim_transaction, transaction_fields);

static bool fail(char *error, size_t error_size, const char *line)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s", line);
    }
    return false;
}

void claim_make_state(struct buffer *out, struct bytes key, bool found, struct bytes value,
                      const struct trie_proof *path)
{
    struct claim_state *claim = memory_new(sizeof(*claim));
    claim->key = key;
    claim->found = found;
    claim->value = value;
    memcpy(claim->siblings, path->siblings, path->depth * sizeof(struct hash));
    claim->sibling_count = path->depth;
    claim->leaf_present = path->leaf_present;
    claim->leaf_key = path->leaf_key;
    claim->leaf_value = path->leaf_value;
    schema_write(out, &claim_state_schema, claim);
    free(claim);
}

static bool path_holds(const struct claim_state *claim, const struct hash *state_root)
{
    struct trie_proof *path = memory_new(sizeof(*path));
    struct hash key;
    struct hash value = {{0}};
    trie_key_hash(&key, claim->key);
    if (claim->found) {
        trie_value_hash(&value, claim->value);
    }
    path->depth = claim->sibling_count;
    memcpy(path->siblings, claim->siblings, claim->sibling_count * sizeof(struct hash));
    path->leaf_present = claim->leaf_present;
    path->leaf_key = claim->leaf_key;
    path->leaf_value = claim->leaf_value;
    bool holds = trie_verify(path, state_root, &key, &value);
    free(path);
    return holds;
}

bool claim_check_state(struct claim_state *out, struct bytes encoded, const struct hash *state_root,
                       char *error, size_t error_size)
{
    if (!schema_decode(&claim_state_schema, out, encoded, error, error_size)) {
        return false;
    }
    if (out->key.size == 0) {
        return fail(error, error_size, "key: empty, 1 to 64 bytes are expected");
    }
    if (!out->found && out->value.size > 0) {
        return fail(error, error_size, "value: present, though the key is said to be absent");
    }
    if (!path_holds(out, state_root)) {
        return fail(error, error_size,
                    out->found ? "value: key, value and path do not give the certified state root"
                               : "key: its absence does not follow from the certified state root");
    }
    return true;
}

bool claim_block_add(struct claim_block *block, struct bytes receipt)
{
    struct receipt decoded;
    struct hash leaf;
    if (!schema_decode(&receipt_schema, &decoded, receipt, NULL, 0)) {
        return false;
    }
    merkle_leaf(&leaf, BYTES_OF(decoded.transaction_id.bytes));
    buffer_append(&block->ids, BYTES_OF(leaf));
    merkle_leaf(&leaf, receipt);
    buffer_append(&block->receipts, BYTES_OF(leaf));
    block->count++;
    return true;
}

void claim_block_close(struct claim_block *block)
{
    buffer_close(&block->ids);
    buffer_close(&block->receipts);
    *block = (struct claim_block){0};
}

/* Siblings of leaf `index`; returns their number. */
static uint32_t take_path(struct hash siblings[MERKLE_DEPTH_MAX], const struct buffer *leaves,
                          uint32_t count, uint32_t index)
{
    struct merkle_proof proof;
    struct hash *scratch = memory_new(count * sizeof(*scratch));
    memcpy(scratch, leaves->data, count * sizeof(*scratch));
    merkle_prove(&proof, scratch, count, index);
    memcpy(siblings, proof.siblings, proof.depth * sizeof(struct hash));
    free(scratch);
    return proof.depth;
}

void claim_make_transaction(struct buffer *out, const struct claim_block *block, uint32_t index,
                            struct bytes receipt)
{
    assert(block->count >= 2 && index < block->count - 1);
    struct receipt decoded;
    bool good = schema_decode(&receipt_schema, &decoded, receipt, NULL, 0);
    assert(good && "it was added to the block");
    struct claim_transaction claim = {.id = decoded.transaction_id,
                                      .index = index,
                                      .count = block->count - 1,
                                      .receipt = receipt};
    claim.id_sibling_count = take_path(claim.id_siblings, &block->ids, block->count - 1, index);
    claim.receipt_sibling_count =
        take_path(claim.receipt_siblings, &block->receipts, block->count, index);
    schema_write(out, &claim_transaction_schema, &claim);
}

static bool leaf_holds(const struct merkle_proof *place, const struct hash *siblings,
                       struct bytes item, const struct hash *root)
{
    struct merkle_proof proof = *place;
    struct hash leaf;
    memcpy(proof.siblings, siblings, proof.depth * sizeof(struct hash));
    merkle_leaf(&leaf, item);
    return merkle_verify(&proof, &leaf, root);
}

bool claim_check_transaction(struct claim_transaction *out, struct receipt *receipt,
                             struct bytes encoded, const struct claim_roots *roots, char *error,
                             size_t error_size)
{
    *receipt = (struct receipt){0};
    if (!schema_decode(&claim_transaction_schema, out, encoded, error, error_size) ||
        !schema_decode(&receipt_schema, receipt, out->receipt, error, error_size)) {
        return false;
    }
    if (!hash_equal(&receipt->transaction_id, &out->id)) {
        return fail(error, error_size, "receipt: it is of another transaction");
    }
    struct merkle_proof place = {
        .count = out->count, .index = out->index, .depth = out->id_sibling_count};
    if (!leaf_holds(&place, out->id_siblings, BYTES_OF(out->id.bytes), &roots->tx_root)) {
        return fail(error, error_size, "id: its path does not give the certified tx_root");
    }
    /* The receipt of the block's own work follows those of its transactions. */
    place.count = (uint64_t)out->count + 1;
    place.depth = out->receipt_sibling_count;
    if (!leaf_holds(&place, out->receipt_siblings, out->receipt, &roots->receipts_root)) {
        return fail(error, error_size, "receipt: its path does not give the certified root");
    }
    return true;
}
