#include "node/execution.h"

#include "base/memory.h"
#include "consensus/handover.h"
#include "market/features.h"
#include "market/members.h"
#include "market/parameter_rules.h"
#include "node/blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Where the state says that rules begin which we do not know. */
static void read_end(struct executor_end *out, struct state *state)
{
    struct features features;
    struct bytes name = {0};
    features_load(state, &features);
    out->height = features_end(&features, &name);
    (void)snprintf(out->feature, sizeof out->feature, "%.*s", (int)name.size,
                   (const char *)name.data);
}

void execution_setting_init(struct execution_setting *out, const struct execution_stores *stores,
                            const struct hash *chain_id)
{
    *out = (struct execution_setting){.store = stores->states,
                                      .blocks = stores->blocks,
                                      .blobs = stores->blobs,
                                      .chain_id = *chain_id};
    struct state_snapshot *snapshot = state_snapshot_open(stores->states);
    state_snapshot_head(snapshot, &out->head);
    out->last = state_snapshot_validators(snapshot, out->head.height);
    out->present = state_snapshot_validators(snapshot, out->head.height + 1);
    out->next = state_snapshot_validators(snapshot, out->head.height + 2);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    read_end(&out->end, state);
    state_free(state);
    state_snapshot_close(snapshot);
}

void execution_setting_close(struct execution_setting *setting)
{
    validator_set_release(setting->last);
    validator_set_release(setting->present);
    validator_set_release(setting->next);
}

static bool same_root(const char *name, uint64_t height, const struct hash *certified,
                      const struct hash *ours, char *error, size_t error_size)
{
    if (hash_equal(certified, ours)) {
        return true;
    }
    char certified_text[65];
    char our_text[65];
    hex_encode(certified_text, BYTES_OF(certified->bytes));
    hex_encode(our_text, BYTES_OF(ours->bytes));
    (void)snprintf(error, error_size,
                   "block %llu certifies %s %s of block %llu, our execution gave %s",
                   (unsigned long long)height, name, certified_text,
                   (unsigned long long)(height - 1), our_text);
    return false;
}

bool execution_ends(const struct execution_setting *setting, uint64_t height, char *error,
                    size_t error_size)
{
    if (setting->end.height == 0 || height < setting->end.height) {
        return false;
    }
    (void)snprintf(error, error_size,
                   "block %llu is the first with the feature %s, which this program does not know: "
                   "install a version that does",
                   (unsigned long long)setting->end.height, setting->end.feature);
    return true;
}

static bool follows(const struct execution_setting *setting, const struct block_header *header,
                    char *error, size_t error_size)
{
    const struct state_head *head = &setting->head;
    if (header->height != head->height + 1) {
        (void)snprintf(error, error_size, "block %llu does not follow height %llu",
                       (unsigned long long)header->height, (unsigned long long)head->height);
        return false;
    }
    const uint32_t count = setting->present->validators.count;
    if (header->proposer >= count) {
        (void)snprintf(error, error_size, "block %llu: proposer is %u, there are %u validators",
                       (unsigned long long)header->height, header->proposer, count);
        return false;
    }
    return same_root("parent", header->height, &header->parent, &head->digest, error, error_size) &&
           same_root("state root", header->height, &header->state_root, &head->state_root, error,
                     error_size) &&
           same_root("receipts root", header->height, &header->receipts_root, &head->receipts_root,
                     error, error_size) &&
           same_root("validators", header->height, &header->validators_hash,
                     &setting->present->hash, error, error_size) &&
           same_root("next validators", header->height, &header->next_validators_hash,
                     &setting->next->hash, error, error_size);
}

/* The block is the last one of its set: what light clients need to follow. */
static void note_handover(struct execution *execution, const struct execution_setting *setting,
                          const struct block_header *header)
{
    if (validator_set_equal(setting->present, setting->next)) {
        return;
    }
    struct certificate *certificate = memory_new(sizeof(*certificate));
    bool good = certificate_decode(certificate, execution->certificate, NULL, 0);
    assert(good && "the certificate that decided a block decodes");
    handover_write(&execution->handover, header, certificate, &setting->next->validators);
    free(certificate);
}

/* Is this record among the changes? */
static bool changes_hold(const struct state_change *changes, size_t count,
                         const struct market_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(changes[i].key, key_bytes(key))) {
            return true;
        }
    }
    return false;
}

/* The block is executed: take from the state what it says about the height after the next. */
static void move_on(struct execution *execution, struct execution_setting *setting,
                    struct state *state)
{
    struct executor_report *report = &execution->report;
    const uint64_t height = report->head.height + MEMBERS_DELAY;
    validator_set_release(setting->last);
    setting->last = setting->present;
    setting->present = setting->next;
    report->validators_changed = members_begin(state, height);
    if (report->validators_changed) {
        struct validators *members = memory_new(sizeof(*members));
        members_load(state, height, members);
        setting->next = validator_set_new(members);
        free(members);
    } else {
        setting->next = validator_set_share(setting->present);
    }
    execution->validators = validator_set_share(setting->next);
    report->validators = execution->validators;
    parameters_at(state, height, &report->parameters);
    read_end(&setting->end, state);
    report->end = setting->end;
    setting->head = report->head;
}

/* A proposer may order a transaction again that is executed already. It is refused for its nonce, and
 * that refusal must not hide the receipt of the execution. */
static bool keeps_older_place(const struct execution *execution,
                              const struct ledger_transaction *transaction)
{
    struct transaction_place older;
    return !transaction->admitted &&
           state_snapshot_transaction(execution->snapshot, &transaction->id, &older);
}

static bool brought_blob(const struct ledger_transaction *transaction)
{
    return transaction->sidecar_size > TRANSACTION_INLINE_MAX;
}

/* What a refused transaction brought along belongs to nothing; but who executes the block needs its blobs
 * all the same. */
static bool keeps_sidecar(const struct ledger_transaction *transaction)
{
    return transaction->sidecar_size > 0 && (!transaction->refused || brought_blob(transaction));
}

static void fill_batch(struct execution *execution)
{
    struct state_batch *batch = execution->batch;
    const struct state_head *head = &execution->report.head;
    state_batch_receipts(batch, head->height, &execution->results);
    for (uint32_t i = 0; i < execution->report.transaction_count; i++) {
        const struct ledger_transaction *transaction = &execution->report.transactions[i];
        struct transaction_place place = {head->height, i};
        if (!keeps_older_place(execution, transaction)) {
            state_batch_transaction(batch, &transaction->id, &place);
        }
        if (keeps_sidecar(transaction)) {
            /* A blob is in no block. */
            uint32_t offset = brought_blob(transaction)
                                  ? 0
                                  : execution->body_offset + transaction->sidecar_offset;
            struct blob_place sidecar = {head->height, offset, transaction->sidecar_size};
            state_batch_blob(batch, &transaction->sidecar_root, &sidecar);
        }
    }
    if (execution->handover.size > 0) {
        state_batch_handover(batch, head->height + 1, buffer_bytes(&execution->handover));
    }
    state_batch_head(batch, head);
}

/* They were here before the block was voted for, or fetched before it was handed over. */
static bool take_blobs(struct blob_reading *reading, const struct block *block, char *error,
                       size_t error_size)
{
    struct hash root;
    uint32_t size;
    if (blob_reading_take(reading, block->body, &root, &size)) {
        return true;
    }
    char text[65];
    hex_encode(text, BYTES_OF(root.bytes));
    (void)snprintf(error, error_size, "block %llu names blob %s of %u bytes, which is not here",
                   (unsigned long long)block->header.height, text, (unsigned)size);
    return false;
}

bool execution_run(struct execution *execution, struct execution_setting *setting,
                   const struct block *block, struct bytes encoded, char *error, size_t error_size)
{
    const struct block_header *header = &block->header;
    if (execution_ends(setting, header->height, error, error_size) ||
        !follows(setting, header, error, error_size)) {
        return false;
    }
    uint64_t begin = now_ns();
    struct state_snapshot *snapshot = state_snapshot_open_newest(setting->store);
    struct blob_reading reading;
    blob_reading_open(&reading, snapshot, setting->blocks, setting->blobs);
    if (!take_blobs(&reading, block, error, error_size)) {
        blob_reading_close(&reading);
        state_snapshot_close(snapshot);
        return false;
    }
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    struct block_context context = {.chain_id = setting->chain_id,
                                    .height = header->height,
                                    .time_ms = header->time_ms,
                                    .parent_digest = header->parent,
                                    .blobs = blob_reading_source(&reading)};
    address_of(&context.proposer, &setting->present->validators.list[header->proposer].key);
    ledger_execute(state, &context, block->body, &execution->results);
    blob_reading_close(&reading);

    struct state_head *after = &execution->report.head;
    *after = (struct state_head){.height = header->height,
                                 .time_ms = header->time_ms,
                                 .state_root = setting->head.state_root,
                                 .receipts_root = execution->results.receipts_root,
                                 .deadlines_pending = execution->results.deadlines_pending};
    block_digest(&after->digest, header);
    size_t count;
    const struct state_change *changes = state_changes(state, &count);
    struct market_key nodes;
    key_nodes(&nodes);
    execution->report.nodes_changed = changes_hold(changes, count, &nodes);
    execution->batch = state_batch_new(snapshot);
    execution->snapshot = snapshot;
    uint64_t trie_begin = now_ns();
    state_batch_state(execution->batch, changes, count, &after->state_root);
    execution->report.trie_ns = now_ns() - trie_begin;
    struct executor_report *report = &execution->report;
    execution->body_offset = (uint32_t)(block->body.data - encoded.data);
    report->results = &execution->results;
    report->transactions = ledger_transactions(report->results, &report->transaction_count);
    report->body_size = block->body.size;
    report->gas_used = execution->results.gas_used;
    execution->report.execute_ns = now_ns() - begin;
    note_handover(execution, setting, header);
    move_on(execution, setting, state);
    state_free(state);
    return true;
}

void execution_add(struct execution *execution, const struct execution_setting *setting)
{
    fill_batch(execution);
    state_store_add(setting->store, execution->batch);
    execution->batch = NULL;
    for (uint32_t i = 0; i < execution->report.transaction_count; i++) {
        if (brought_blob(&execution->report.transactions[i])) {
            blob_store_keep(setting->blobs, &execution->report.transactions[i].sidecar_root);
        }
    }
}

void execution_commit(struct execution *execution, const struct execution_setting *setting)
{
    execution_add(execution, setting);
    state_store_show(setting->store, setting->head.height);
    state_store_flush(setting->store);
}

void execution_close(struct execution *execution)
{
    state_batch_free(execution->batch);
    validator_set_release(execution->validators);
    ledger_results_close(&execution->results);
    buffer_close(&execution->handover);
    *execution = (struct execution){0};
}
