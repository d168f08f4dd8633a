#include "tools/sim/ledger_app.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/accounts.h"
#include "market/genesis.h"
#include "market/ledger.h"
#include "market/operands.h"
#include "tools/sim/memory_state.h"
#include "vm/opcodes.h"
#include "vm/program.h"

enum {
    ACCOUNTS = 16,
    BALANCE = 1000000000,
    TRANSFERS_MAX = 3, /* in one block */
    GAS_LIMIT = 200000,
};

struct ledger {
    struct genesis *genesis;
    struct hash chain_id;
    struct secret_key keys[ACCOUNTS];
    struct address addresses[ACCOUNTS];
    uint32_t host_count;
    struct memory_state *states[]; /* one for each host */
};

static void make_key(struct secret_key *out, uint8_t number)
{
    const uint8_t seed[32] = {[0] = 1, [31] = number};
    bool good = secret_key_init(out, seed);
    assert(good && "a small number is a valid key");
}

static void make_genesis(struct ledger *ledger)
{
    struct genesis *genesis = memory_new(sizeof(*genesis));
    genesis->version = 1;
    genesis->network = bytes_of_text("simulation");
    genesis->address_prefix = bytes_of_text("tsouk");
    genesis->parameters = (struct parameters){.gas_price_min = 1,
                                              .gas_per_transaction = 5000,
                                              .gas_per_byte = 1,
                                              .gas_limit_max = 1000000,
                                              .server_stake_min = 1,
                                              .server_penalty = 1,
                                              .window_min = 4,
                                              .window_max = 1000,
                                              .block_bytes_max = 1 << 20,
                                              .block_transactions_max = 100,
                                              .empty_block_interval_ms = 500};
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct public_key key;
        make_key(&ledger->keys[i], (uint8_t)(i + 1));
        public_key_of(&key, &ledger->keys[i]);
        address_of(&ledger->addresses[i], &key);
        genesis->accounts[genesis->account_count++] =
            (struct genesis_account){ledger->addresses[i], BALANCE, i == 0 ? ROLE_ALL : 0};
    }
    genesis->parameters.treasury = ledger->addresses[0];
    ledger->genesis = genesis;
    genesis_chain_id(&ledger->chain_id, genesis);
}

static bool app_body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    return ledger_body_root(body, out);
}

static void app_reset(void *data, uint32_t host, struct sim_roots *out)
{
    struct ledger *ledger = data;
    assert(host < ledger->host_count);
    memory_state_free(ledger->states[host]);
    ledger->states[host] = memory_state_new();
    genesis_apply(ledger->genesis, memory_state_view(ledger->states[host]));
    memory_state_commit(ledger->states[host], &out->state_root);
    out->receipts_root = (struct hash){{0}};
}

/* A signed transfer; every eighth has an amount that nobody has and fails when it runs. */
static void append_transfer(struct ledger *ledger, struct state *state, uint8_t from,
                            uint64_t nonce_offset, struct sim_random *random, struct buffer *body)
{
    static const uint8_t zero32[32];
    struct account account;
    struct buffer operand_bytes = {0};
    struct buffer code = {0};
    struct buffer program_bytes = {0};
    struct buffer envelope = {0};
    struct transfer_operand operand = {.to = ledger->addresses[random_below(random, ACCOUNTS)],
                                       .amount = 1 + random_below(random, 1000)};
    if (random_below(random, 8) == 0) {
        operand.amount = UINT64_MAX;
    }
    schema_write(&operand_bytes, &transfer_schema, &operand);
    bcs_write_u8(&code, OP_NATIVE);
    bcs_write_u8(&code, NATIVE_TRANSFER);
    bcs_write_bytes(&code, buffer_bytes(&operand_bytes));
    bcs_write_u8(&code, OP_STOP);
    struct program program = {.version = 1, .code = buffer_bytes(&code)};
    schema_write(&program_bytes, &program_schema, &program);
    account_load(state, &ledger->addresses[from], &account);
    struct transaction transaction = {.chain_id = ledger->chain_id,
                                      .nonce = account.nonce + nonce_offset,
                                      .gas_limit = GAS_LIMIT,
                                      .gas_price = 1,
                                      .expires_at = UINT64_MAX,
                                      .program = buffer_bytes(&program_bytes)};
    transaction_sign(&transaction, (struct bytes){0}, &ledger->keys[from], zero32);
    transaction_write_envelope(&envelope, &transaction, (struct bytes){0});
    ledger_append_envelope(body, buffer_bytes(&envelope));
    buffer_close(&envelope);
    buffer_close(&program_bytes);
    buffer_close(&code);
    buffer_close(&operand_bytes);
}

static bool app_build(void *data, uint32_t host, uint64_t height, struct sim_random *random,
                      bool corrupt, struct buffer *body)
{
    struct ledger *ledger = data;
    struct state *state = memory_state_view(ledger->states[host]);
    uint64_t count = 1 + random_below(random, TRANSFERS_MAX);
    uint8_t from = (uint8_t)random_below(random, ACCOUNTS);
    (void)height;
    for (uint64_t i = 0; i < count; i++) {
        append_transfer(ledger, state, from, i, random, body);
    }
    if (corrupt) {
        /* In the last signature: the byte after it is the length of an empty sidecar. */
        body->data[body->size - 2] ^= 1;
    }
    return true;
}

static bool app_check(void *data, uint32_t host, const struct block *block)
{
    const struct ledger *ledger = data;
    const struct ledger_body_rules rules = {.parameters = &ledger->genesis->parameters,
                                            .chain_id = &ledger->chain_id};
    struct hash root;
    (void)host;
    return ledger_check_body(block->body, &rules, &root, NULL, 0);
}

static void app_execute(void *data, uint32_t host, const struct block *block, struct sim_roots *out)
{
    struct ledger *ledger = data;
    struct ledger_results results = {0};
    const struct block_context context = {.chain_id = ledger->chain_id,
                                          .height = block->header.height,
                                          .time_ms = block->header.time_ms,
                                          .proposer = ledger->addresses[0],
                                          .parent_digest = block->header.parent};
    ledger_execute(memory_state_view(ledger->states[host]), &context, block->body, &results);
    out->receipts_root = results.receipts_root;
    memory_state_commit(ledger->states[host], &out->state_root);
    ledger_results_close(&results);
}

static void app_close(void *data)
{
    struct ledger *ledger = data;
    for (uint32_t i = 0; i < ledger->host_count; i++) {
        memory_state_free(ledger->states[i]);
    }
    free(ledger->genesis);
    free(ledger);
}

void sim_app_ledger(struct sim_app *out, uint32_t host_count)
{
    struct ledger *ledger =
        memory_new(sizeof(*ledger) + host_count * sizeof(struct memory_state *));
    ledger->host_count = host_count;
    make_genesis(ledger);
    *out = (struct sim_app){
        .data = ledger,
        .body_digest = app_body_digest,
        .reset = app_reset,
        .build = app_build,
        .check = app_check,
        .execute = app_execute,
        .close = app_close,
    };
}
