#include "tools/sim/ledger_app.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/accounts.h"
#include "market/evidence.h"
#include "market/genesis.h"
#include "market/ledger.h"
#include "market/members.h"
#include "market/operands.h"
#include "tools/sim/council.h"
#include "tools/sim/memory_state.h"

enum {
    ACCOUNTS = 16, /* that send each other units; the next is the council's */
    BALANCE = 1000000000,
    TRANSFERS_MAX = 3, /* in one block */
    EXPIRY_BLOCKS = 200,
};

static const uint8_t no_randomness[32];

struct ledger_host {
    struct memory_state *state;
    uint64_t executed;  /* height */
    struct buffer pool; /* envelopes, as in a body: reports of double votes */
};

struct ledger {
    struct genesis *genesis;
    struct hash chain_id;
    struct secret_key keys[ACCOUNTS];
    struct address addresses[ACCOUNTS];
    struct council council;
    char names[SIM_VALIDATORS_MAX][SIM_NAME_SIZE];
    uint32_t host_count;
    struct ledger_host hosts[];
};

static void make_key(struct secret_key *out, uint8_t number)
{
    const uint8_t seed[32] = {[0] = 1, [31] = number};
    bool good = secret_key_init(out, seed);
    assert(good && "a small number is a valid key");
}

static void add_account(struct genesis *genesis, const struct secret_key *secret, uint8_t roles,
                        struct address *address)
{
    struct public_key key;
    public_key_of(&key, secret);
    address_of(address, &key);
    genesis->accounts[genesis->account_count++] =
        (struct genesis_account){*address, BALANCE, roles};
}

static void make_accounts(struct ledger *ledger, uint32_t validators)
{
    struct address address;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        make_key(&ledger->keys[i], (uint8_t)(i + 1));
        add_account(ledger->genesis, &ledger->keys[i], i == 0 ? ROLE_ALL : 0,
                    &ledger->addresses[i]);
    }
    make_key(&ledger->council.key, ACCOUNTS + 1);
    add_account(ledger->genesis, &ledger->council.key, 0, &address);
    for (uint32_t i = 0; i < validators; i++) {
        struct secret_key secret;
        sim_secret(i, &secret);
        add_account(ledger->genesis, &secret, 0, &address);
    }
}

static void make_validators(struct ledger *ledger, uint32_t members)
{
    const struct validators *keys = &ledger->council.keys;
    ledger->genesis->validator_count = members;
    for (uint32_t i = 0; i < members; i++) {
        ledger->genesis->validators[i] = (struct genesis_validator){
            keys->list[i].name, keys->list[i].key, keys->list[i].node_key};
    }
}

static void make_genesis(struct ledger *ledger, const struct sim_options *options)
{
    struct genesis *genesis = memory_new(sizeof(*genesis));
    genesis->version = 1;
    genesis->network = bytes_of_text("simulation");
    genesis->address_prefix = bytes_of_text("tsouk");
    genesis->parameters = (struct parameters){.gas_price_min = 1,
                                              .gas_per_transaction = 5000,
                                              .gas_per_byte = 1,
                                              .gas_limit_max = 40000000,
                                              .server_stake_min = 1,
                                              .server_penalty = 1,
                                              .window_min = 4,
                                              .window_max = 1000,
                                              .block_bytes_max = 1 << 20,
                                              .block_transactions_max = 200,
                                              .empty_block_interval_ms = 500};
    ledger->genesis = genesis;
    make_accounts(ledger, ledger->council.keys.count);
    make_validators(ledger, options->validator_count);
    genesis->parameters.treasury = ledger->addresses[0];
    genesis_chain_id(&ledger->chain_id, genesis);
    ledger->council.chain_id = ledger->chain_id;
    ledger->council.change_per_mille = options->change_per_mille;
    ledger->council.faulty = options->twin_count + options->mute_count;
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
    *out = (struct sim_roots){0};
    buffer_clear(&ledger->hosts[host].pool);
    ledger->hosts[host].executed = 0;
    memory_state_free(ledger->hosts[host].state);
    ledger->hosts[host].state = memory_state_new();
    struct state *state = memory_state_view(ledger->hosts[host].state);
    genesis_apply(ledger->genesis, state);
    council_found(&ledger->council, state);
    memory_state_commit(ledger->hosts[host].state, &out->state_root);
}

/* A signed transfer; every eighth has an amount that nobody has and fails when it runs. */
static void append_transfer(struct ledger *ledger, struct state *state, uint8_t from,
                            uint64_t nonce_offset, struct sim_random *random, struct buffer *body)
{
    struct account account;
    struct transfer_operand operand = {.to = ledger->addresses[random_below(random, ACCOUNTS)],
                                       .amount = 1 + random_below(random, 1000)};
    if (random_below(random, 8) == 0) {
        operand.amount = UINT64_MAX;
    }
    account_load(state, &ledger->addresses[from], &account);
    council_instruct(body, &ledger->chain_id, &ledger->keys[from], account.nonce + nonce_offset,
                     NATIVE_TRANSFER, &operand);
}

/* Who sent the envelope, which is canonical, and with which nonce. */
static uint64_t nonce_of(struct bytes envelope, struct public_key *sender)
{
    struct transaction transaction;
    struct bytes sidecar;
    enum transaction_status status = transaction_decode(&transaction, &sidecar, envelope, NULL, 0);
    assert(status == TRANSACTION_OK);
    (void)status;
    *sender = transaction.sender;
    return transaction.nonce;
}

static uint64_t next_nonce(struct state *state, const struct public_key *sender)
{
    struct address address;
    struct account account;
    address_of(&address, sender);
    account_load(state, &address, &account);
    return account.nonce;
}

/* The sender's next nonce after its envelopes in `body`, which are in order. */
static uint64_t nonce_after(struct state *state, struct bytes body, const struct public_key *sender)
{
    uint64_t nonce = next_nonce(state, sender);
    size_t offset = 0;
    struct bytes envelope;
    bool malformed;
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        struct public_key other;
        uint64_t taken = nonce_of(envelope, &other);
        nonce += memcmp(&other, sender, sizeof(other)) == 0 && taken == nonce ? 1 : 0;
    }
    return nonce;
}

static void append_pool(const struct ledger_host *host, struct state *state, struct buffer *body)
{
    size_t offset = 0;
    struct bytes envelope;
    bool malformed;
    while (ledger_next_envelope(buffer_bytes(&host->pool), &offset, &envelope, &malformed)) {
        struct public_key sender;
        uint64_t nonce = nonce_of(envelope, &sender);
        if (nonce == nonce_after(state, buffer_bytes(body), &sender)) {
            ledger_append_envelope(body, envelope);
        }
    }
}

static bool app_build(void *data, uint32_t host, uint64_t height, struct sim_random *random,
                      bool corrupt, struct buffer *body)
{
    struct ledger *ledger = data;
    struct state *state = memory_state_view(ledger->hosts[host].state);
    uint64_t count = 1 + random_below(random, TRANSFERS_MAX);
    uint8_t from = (uint8_t)random_below(random, ACCOUNTS);
    (void)height;
    append_pool(&ledger->hosts[host], state, body);
    council_append(&ledger->council, state, random, body);
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

/* What has become of reports, by the receipts. */
static void count_reports(const struct ledger_results *results, struct sim_roots *out)
{
    for (uint32_t i = 0; i < results->count; i++) {
        struct receipt receipt;
        bool decoded =
            schema_decode(&receipt_schema, &receipt, ledger_receipt(results, i), NULL, 0);
        assert(decoded);
        (void)decoded;
        out->reports_late += receipt.refusal.code == REFUSAL_EVIDENCE_JAILED ? 1 : 0;
        out->reports_false += receipt.refusal.code == REFUSAL_EVIDENCE_FALSE ? 1 : 0;
    }
}

/* The pool without what can run no more. */
static void prune_pool(struct ledger_host *host)
{
    struct buffer kept = {0};
    size_t offset = 0;
    struct bytes envelope;
    bool malformed;
    while (ledger_next_envelope(buffer_bytes(&host->pool), &offset, &envelope, &malformed)) {
        struct public_key sender;
        uint64_t nonce = nonce_of(envelope, &sender);
        if (nonce >= next_nonce(memory_state_view(host->state), &sender)) {
            ledger_append_envelope(&kept, envelope);
        }
    }
    buffer_close(&host->pool);
    host->pool = kept;
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
    *out = (struct sim_roots){0};
    ledger_execute(memory_state_view(ledger->hosts[host].state), &context, block->body, &results);
    out->receipts_root = results.receipts_root;
    count_reports(&results, out);
    ledger->hosts[host].executed = block->header.height;
    memory_state_commit(ledger->hosts[host].state, &out->state_root);
    ledger_results_close(&results);
    prune_pool(&ledger->hosts[host]);
}

static void app_members(void *data, uint32_t host, uint64_t height, struct validators *out)
{
    struct ledger *ledger = data;
    members_load(memory_state_view(ledger->hosts[host].state), height, out);
}

static bool app_accuse(void *data, uint32_t host, uint32_t number,
                       struct sim_accusation *accusation, struct buffer *envelope)
{
    struct ledger *ledger = data;
    struct state *state = memory_state_view(ledger->hosts[host].state);
    const struct public_key *self = &ledger->council.keys.list[number].key;
    struct buffer program = {0};
    struct transaction transaction;
    struct secret_key secret;
    struct signing_evidence wanted = {.chain_id = ledger->chain_id,
                                      .expires_at = accusation->conflict.height + EXPIRY_BLOCKS,
                                      .validator = accusation->validator,
                                      .conflict = accusation->conflict};
    if ((accusation->sent && accusation->nonce >= next_nonce(state, self)) ||
        evidence_foresee(state, ledger->hosts[host].executed, &accusation->validator,
                         accusation->conflict.height) != EVIDENCE_JAILS) {
        return false;
    }
    wanted.nonce = nonce_after(state, buffer_bytes(&ledger->hosts[host].pool), self);
    evidence_transaction(&transaction, &program, state, self, &wanted);
    sim_secret(number, &secret);
    transaction_sign(&transaction, (struct bytes){0}, &secret, no_randomness);
    transaction_write_envelope(envelope, &transaction, (struct bytes){0});
    buffer_close(&program);
    accusation->sent = true;
    accusation->nonce = wanted.nonce;
    return true;
}

static bool app_submit(void *data, uint32_t host, struct bytes envelope)
{
    struct ledger *ledger = data;
    struct buffer *pool = &ledger->hosts[host].pool;
    struct transaction transaction;
    struct bytes sidecar;
    struct bytes known;
    size_t offset = 0;
    bool malformed;
    while (ledger_next_envelope(buffer_bytes(pool), &offset, &known, &malformed)) {
        if (bytes_equal(known, envelope)) {
            return false;
        }
    }
    if (transaction_decode(&transaction, &sidecar, envelope, NULL, 0) != TRANSACTION_OK ||
        transaction.nonce <
            next_nonce(memory_state_view(ledger->hosts[host].state), &transaction.sender) ||
        transaction_check(&transaction, sidecar, &ledger->chain_id) != TRANSACTION_OK) {
        return false;
    }
    ledger_append_envelope(pool, envelope);
    return true;
}

static bool app_pooled(void *data, uint32_t host, size_t *offset, struct bytes *envelope)
{
    const struct ledger *ledger = data;
    bool malformed;
    return ledger_next_envelope(buffer_bytes(&ledger->hosts[host].pool), offset, envelope,
                                &malformed);
}

static void app_close(void *data)
{
    struct ledger *ledger = data;
    for (uint32_t i = 0; i < ledger->host_count; i++) {
        memory_state_free(ledger->hosts[i].state);
        buffer_close(&ledger->hosts[i].pool);
    }
    free(ledger->genesis);
    free(ledger);
}

void sim_app_ledger(struct sim_app *out, const struct sim_options *options, uint32_t host_count)
{
    struct ledger *ledger = memory_new(sizeof(*ledger) + host_count * sizeof(struct ledger_host));
    ledger->host_count = host_count;
    sim_validators(&ledger->council.keys, options->validator_count + options->spare_count,
                   ledger->names);
    make_genesis(ledger, options);
    *out = (struct sim_app){
        .data = ledger,
        .chain_id = ledger->chain_id,
        .body_digest = app_body_digest,
        .reset = app_reset,
        .build = app_build,
        .check = app_check,
        .execute = app_execute,
        .members = app_members,
        .accuse = app_accuse,
        .submit = app_submit,
        .pooled = app_pooled,
        .close = app_close,
    };
}
