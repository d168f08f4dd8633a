#include "market/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "market/sort.h"

bool ledger_next_envelope(struct bytes body, size_t *offset, struct bytes *envelope,
                          bool *malformed)
{
    *malformed = false;
    *envelope = (struct bytes){0};
    assert(*offset <= body.size);
    if (*offset == body.size) {
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, body);
    reader.offset = *offset;
    struct bytes found = bcs_read_bytes(&reader, ENVELOPE_SIZE_MAX);
    if (reader.status != BCS_OK) {
        *malformed = true;
        return false;
    }
    *envelope = found;
    *offset = reader.offset;
    return true;
}

void ledger_append_envelope(struct buffer *body, struct bytes envelope)
{
    bcs_write_bytes(body, envelope);
}

bool ledger_next_blob(struct bytes body, size_t *offset, struct hash *root, uint32_t *size)
{
    struct bytes envelope;
    bool malformed = false;
    while (ledger_next_envelope(body, offset, &envelope, &malformed)) {
        if (transaction_peek_blob(envelope, root, size)) {
            return true;
        }
    }
    return false;
}

/* One pass over a body. */
struct body_check {
    const struct ledger_body_rules *rules;
    struct buffer ids; /* struct hash of each transaction */
    size_t count;
    uint64_t gas_left;  /* for the transactions to come */
    uint64_t blob_left; /* bytes of blobs for them */
    char *error;
    size_t error_size;
};

static bool fail(const struct body_check *check, const char *problem)
{
    if (check->error_size > 0) {
        (void)snprintf(check->error, check->error_size, "transaction %zu of the body: %s",
                       check->count, problem);
    }
    return false;
}

/* The id does not cover the sidecar's bytes: a proposer could swap them under a known id, so its root
 * is computed also where the signature was checked before. */
static bool sidecar_matches(const struct transaction *transaction, struct bytes sidecar)
{
    if (transaction_has_blob(transaction)) {
        return sidecar.size == 0;
    }
    if (sidecar.size != transaction->sidecar_size) {
        return false;
    }
    struct hash root = {0};
    if (sidecar.size > 0) {
        merkle_blob_root(&root, sidecar);
    }
    return hash_equal(&root, &transaction->sidecar_root);
}

/* And the sidecar. */
static enum transaction_status check_signature(const struct ledger_body_rules *rules,
                                               const struct transaction *transaction,
                                               struct bytes sidecar, const struct hash *id)
{
    if (rules->verified != NULL && rules->verified(rules->context, id)) {
        return sidecar_matches(transaction, sidecar) ? TRANSACTION_OK : TRANSACTION_BAD_SIDECAR;
    }
    enum transaction_status status = transaction_check(transaction, sidecar, rules->chain_id);
    if (status == TRANSACTION_OK && rules->remember != NULL) {
        rules->remember(rules->context, id);
    }
    return status;
}

static bool check_envelope(struct body_check *check, struct bytes envelope)
{
    struct transaction transaction;
    struct bytes sidecar;
    char line[160];
    enum transaction_status status =
        transaction_decode(&transaction, &sidecar, envelope, line, sizeof(line));
    if (status != TRANSACTION_OK) {
        return fail(check, line);
    }
    if (!hash_equal(&transaction.chain_id, check->rules->chain_id)) {
        return fail(check, transaction_status_text(TRANSACTION_WRONG_CHAIN));
    }
    if (!checked_sub(&check->gas_left, check->gas_left, transaction.gas_limit)) {
        return fail(check, "the gas limits of the body sum to more than gas_limit_max");
    }
    if (transaction_has_blob(&transaction) &&
        !checked_sub(&check->blob_left, check->blob_left, transaction.sidecar_size)) {
        return fail(check, "the blobs of the body are larger together than one may be");
    }
    struct hash id;
    transaction_id(&id, &transaction);
    status = check_signature(check->rules, &transaction, sidecar, &id);
    if (status != TRANSACTION_OK) {
        return fail(check, transaction_status_text(status));
    }
    buffer_append(&check->ids, BYTES_OF(id));
    check->count++;
    return true;
}

static bool ids_distinct(struct body_check *check)
{
    if (check->count < 2) {
        return true;
    }
    size_t size = sizeof(struct hash);
    uint8_t *sorted = memory_new(check->ids.size);
    memcpy(sorted, check->ids.data, check->ids.size);
    sort_items(sorted, check->count, size, 0, size);
    bool distinct = true;
    for (size_t i = 1; i < check->count && distinct; i++) {
        distinct = memcmp(sorted + (i - 1) * size, sorted + i * size, size) != 0;
    }
    free(sorted);
    return distinct;
}

static void body_root(struct hash *root, const struct body_check *check)
{
    struct hash *leaves = memory_new(check->ids.size);
    for (size_t i = 0; i < check->count; i++) {
        merkle_leaf(&leaves[i],
                    (struct bytes){check->ids.data + i * sizeof(struct hash), sizeof(struct hash)});
    }
    merkle_root(root, leaves, check->count);
    free(leaves);
}

static bool check_all(struct body_check *check, struct bytes body,
                      const struct parameters *parameters)
{
    size_t offset = 0;
    struct bytes envelope;
    bool malformed = false;
    if (body.size > parameters->block_bytes_max) {
        return fail(check, "the body is larger than block_bytes_max");
    }
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        if (check->count == parameters->block_transactions_max) {
            return fail(check, "more transactions than block_transactions_max");
        }
        if (!check_envelope(check, envelope)) {
            return false;
        }
    }
    if (malformed) {
        return fail(check, "its length is not canonical or beyond the end");
    }
    return ids_distinct(check) || fail(check, "a transaction id occurs twice");
}

bool ledger_check_body(struct bytes body, const struct ledger_body_rules *rules, struct hash *root,
                       char *error, size_t error_size)
{
    struct body_check check = {.rules = rules};
    check.gas_left = rules->parameters->gas_limit_max;
    check.blob_left = LEDGER_BLOB_BYTES_MAX;
    check.error = error;
    check.error_size = error_size;
    bool good = check_all(&check, body, rules->parameters);
    memset(root, 0, sizeof(*root));
    if (good) {
        body_root(root, &check);
    }
    buffer_close(&check.ids);
    return good;
}

bool ledger_body_root(struct bytes body, struct hash *root)
{
    struct body_check check = {0};
    size_t offset = 0;
    struct bytes envelope;
    bool malformed = false;
    bool good = true;
    while (good && ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        struct transaction transaction;
        struct bytes sidecar;
        good = transaction_decode(&transaction, &sidecar, envelope, NULL, 0) == TRANSACTION_OK &&
               sidecar_matches(&transaction, sidecar);
        if (good) {
            struct hash id;
            transaction_id(&id, &transaction);
            buffer_append(&check.ids, BYTES_OF(id));
            check.count++;
        }
    }
    good = good && !malformed;
    memset(root, 0, sizeof(*root));
    if (good) {
        body_root(root, &check);
    }
    buffer_close(&check.ids);
    return good;
}
