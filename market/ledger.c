#include "market/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "market/admit.h"
#include "market/deadlines.h"
#include "market/heartbeats.h"
#include "market/operands.h"
#include "market/parameter_rules.h"
#include "vm/interpreter.h"

void ledger_results_close(struct ledger_results *results)
{
    buffer_close(&results->transactions);
    buffer_close(&results->receipts);
    buffer_close(&results->offsets);
    *results = (struct ledger_results){0};
}

const struct ledger_transaction *ledger_transactions(const struct ledger_results *results,
                                                     uint32_t *count)
{
    *count = (uint32_t)(results->transactions.size / sizeof(struct ledger_transaction));
    return (const void *)results->transactions.data;
}

struct bytes ledger_receipt(const struct ledger_results *results, uint32_t index)
{
    assert(index < results->count);
    uint32_t start;
    uint32_t end = (uint32_t)results->receipts.size;
    memcpy(&start, results->offsets.data + index * sizeof(start), sizeof(start));
    if (index + 1 < results->count) {
        memcpy(&end, results->offsets.data + (index + 1) * sizeof(end), sizeof(end));
    }
    return (struct bytes){results->receipts.data + start, end - start};
}

static void add_receipt(struct ledger_results *results, const struct receipt *receipt)
{
    assert(results->receipts.size < UINT32_MAX);
    uint32_t start = (uint32_t)results->receipts.size;
    buffer_append(&results->offsets, BYTES_OF(start));
    schema_write(&results->receipts, &receipt_schema, receipt);
    results->gas_used += receipt->gas_used;
    results->count++;
}

static void receipts_root(struct ledger_results *results)
{
    struct hash *leaves = memory_new(results->count * sizeof(*leaves));
    for (uint32_t i = 0; i < results->count; i++) {
        merkle_leaf(&leaves[i], ledger_receipt(results, i));
    }
    merkle_root(&results->receipts_root, leaves, results->count);
    free(leaves);
}

/* The whole limit is taken before the program runs, so that the program cannot spend its own fee,
 * and what was not used is given back. */
static void take_fee(struct state *state, const struct admission *admission)
{
    struct account account = admission->account;
    bool paid = checked_sub(&account.balance, account.balance, admission->fee_max);
    assert(paid && "admission checked the balance");
    account.nonce++;
    account_store(state, &admission->sender, &account);
}

static void run_program(struct receipt *receipt, const struct admission *admission,
                        const struct vm_environment *environment, uint64_t gas_limit)
{
    struct vm_outcome outcome = {0};
    vm_run(&outcome, &admission->program, environment, gas_limit - admission->intrinsic_gas);
    receipt->refusal = outcome.refusal;
    if (outcome.refusal.code == VM_GAS) { /* told in terms of the limit that the sender gave */
        uint64_t needed = 0;
        bool fits = checked_add(&needed, outcome.refusal.got, admission->intrinsic_gas);
        receipt->refusal.got = fits ? needed : UINT64_MAX;
        receipt->refusal.want = gas_limit;
    }
    receipt->instruction = outcome.refusal.code != 0 ? outcome.instruction : 0;
    receipt->gas_used = admission->intrinsic_gas + outcome.gas_used;
    assert(receipt->gas_used <= gas_limit);
}

static void add_transaction(struct ledger_results *results, const struct transaction *transaction,
                            size_t sidecar_offset, const struct receipt *receipt, bool admitted)
{
    const struct ledger_transaction entry = {.id = receipt->transaction_id,
                                             .admitted = admitted,
                                             .refused = receipt->refusal.code != 0,
                                             .sidecar_root = transaction->sidecar_root,
                                             .sidecar_size = transaction->sidecar_size,
                                             .sidecar_offset = (uint32_t)sidecar_offset};
    buffer_append(&results->transactions, BYTES_OF(entry));
    add_receipt(results, receipt);
}

/* The envelope stands at `offset` of the body. */
static void execute_transaction(struct state *state, const struct block_context *block,
                                struct bytes envelope, size_t offset,
                                struct ledger_results *results)
{
    struct transaction transaction;
    struct bytes sidecar;
    enum transaction_status status = transaction_decode(&transaction, &sidecar, envelope, NULL, 0);
    assert(status == TRANSACTION_OK && "the body was checked");
    (void)status;
    /* A sidecar ends its envelope. */
    const size_t sidecar_offset = offset + envelope.size - sidecar.size;
    if (transaction_has_blob(&transaction)) {
        bool here = block->blobs.read(block->blobs.context, &transaction.sidecar_root,
                                      transaction.sidecar_size, &sidecar);
        assert(here && "a block is executed where its blobs are");
        (void)here;
    }
    struct receipt receipt = {0};
    struct event_log events = {0};
    struct admission admission;
    transaction_id(&receipt.transaction_id, &transaction);
    const bool admitted =
        admit_transaction(&admission, state, &transaction, block->height, 1, &receipt.refusal);
    if (admitted) {
        const struct vm_environment environment = {
            .natives = &market_natives,
            .state = state,
            .block = block,
            .sender = admission.sender,
            .sender_key = transaction.sender,
            .sidecar = sidecar,
            .sidecar_root = transaction.sidecar_root,
            .events = &events,
        };
        take_fee(state, &admission);
        run_program(&receipt, &admission, &environment, transaction.gas_limit);
        receipt.fee = receipt.gas_used * transaction.gas_price;
        account_credit(state, &admission.sender, admission.fee_max - receipt.fee);
        account_credit(state, &block->proposer, receipt.fee);
        receipt.events = buffer_bytes(&events.data);
    }
    add_transaction(results, &transaction, sidecar_offset, &receipt, admitted);
    event_log_close(&events);
}

static void execute_transactions(struct state *state, const struct block_context *block,
                                 struct bytes body, struct ledger_results *results)
{
    size_t offset = 0;
    struct bytes envelope;
    bool malformed = false;
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        execute_transaction(state, block, envelope, offset - envelope.size, results);
    }
    assert(!malformed && "the body was checked");
}

void ledger_execute(struct state *state, const struct block_context *context, struct bytes body,
                    struct ledger_results *results)
{
    struct event_log events = {0};
    buffer_clear(&results->transactions);
    buffer_clear(&results->receipts);
    buffer_clear(&results->offsets);
    results->count = 0;
    results->gas_used = 0;

    parameters_begin_block(state, context);
    checkpoints_begin_block(state, context);
    deadlines_begin_block(state, context, &events);
    execute_transactions(state, context, body, results);
    deadlines_end_block(state, context, &events);

    struct receipt own = {.events = buffer_bytes(&events.data)};
    add_receipt(results, &own);
    event_log_close(&events);
    receipts_root(results);
    struct chain_record chain;
    chain_load(state, &chain);
    results->deadlines_pending = chain.rounds_open > 0;
    ledger_assert_conserved(state);
}
