#include "tests/lib/market_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vm/opcodes.h"
#include "vm/program.h"

/* Place of a key among the sorted entries: of itself, or of the first one behind it. */
static size_t find_entry(const struct market_fixture *fixture, struct bytes key, bool *found)
{
    size_t low = 0;
    size_t high = fixture->entry_count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        const struct fixture_entry *entry = &fixture->entries[middle];
        int order = bytes_compare((struct bytes){entry->key, entry->key_size}, key);
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
            *found = order == 0;
        }
    }
    return *found ? high : low;
}

static bool get_entry(void *context, struct bytes key, struct buffer *value)
{
    const struct market_fixture *fixture = context;
    bool found;
    size_t place = find_entry(fixture, key, &found);
    if (found) {
        buffer_append(value, buffer_bytes(&fixture->entries[place].value));
    }
    return found;
}

static void put_entry(struct market_fixture *fixture, struct bytes key, struct bytes value)
{
    bool found;
    size_t place = find_entry(fixture, key, &found);
    if (!found) {
        size_t size = sizeof(*fixture->entries);
        fixture->entries = memory_resize(fixture->entries, (fixture->entry_count + 1) * size);
        memmove(&fixture->entries[place + 1], &fixture->entries[place],
                (fixture->entry_count - place) * size);
        fixture->entries[place] = (struct fixture_entry){.key_size = key.size};
        memcpy(fixture->entries[place].key, key.data, key.size);
        fixture->entry_count++;
    }
    buffer_clear(&fixture->entries[place].value);
    buffer_append(&fixture->entries[place].value, value);
}

static void erase_entry(struct market_fixture *fixture, struct bytes key)
{
    bool found;
    size_t place = find_entry(fixture, key, &found);
    if (found) {
        buffer_close(&fixture->entries[place].value);
        fixture->entry_count--;
        memmove(&fixture->entries[place], &fixture->entries[place + 1],
                (fixture->entry_count - place) * sizeof(*fixture->entries));
    }
}

static int compare_changes(const void *a, const void *b)
{
    return memcmp(((const struct trie_change *)a)->key.bytes,
                  ((const struct trie_change *)b)->key.bytes, 32);
}

/* Moves the overlay into the snapshot and the trie. */
static void flush(struct market_fixture *fixture)
{
    size_t count;
    const struct state_change *changes = state_changes(fixture->state, &count);
    struct trie_change *hashed = memory_new(count * sizeof(*hashed));
    for (size_t i = 0; i < count; i++) {
        trie_key_hash(&hashed[i].key, changes[i].key);
        if (!changes[i].erased) {
            trie_value_hash(&hashed[i].value, changes[i].value);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (changes[i].erased) {
            erase_entry(fixture, changes[i].key);
        } else {
            put_entry(fixture, changes[i].key, changes[i].value);
        }
    }
    state_reset(fixture->state);
    qsort(hashed, count, sizeof(*hashed), compare_changes);
    struct trie_store store = trie_memory_store(&fixture->trie);
    trie_update(&store, hashed, count, &fixture->state_root);
    free(hashed);
}

/* Every unit anywhere, by reading every record. */
static uint64_t scan_units(const struct market_fixture *fixture)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < fixture->entry_count; i++) {
        const struct fixture_entry *entry = &fixture->entries[i];
        struct account account;
        struct server server;
        struct model model;
        struct round round;
        struct bytes value = buffer_bytes(&entry->value);
        bool decoded = true;
        if (entry->key[0] == KEY_ACCOUNT) {
            decoded = schema_decode(&account_schema, &account, value, NULL, 0);
            sum += account.balance;
        } else if (entry->key[0] == KEY_SERVER) {
            decoded = schema_decode(&server_schema, &server, value, NULL, 0);
            sum += server.stake;
        } else if (entry->key[0] == KEY_MODEL) {
            decoded = schema_decode(&model_schema, &model, value, NULL, 0);
            sum += model.escrow;
        } else if (entry->key[0] == KEY_ROUND) {
            decoded = schema_decode(&round_schema, &round, value, NULL, 0);
            sum += round.escrow + round.stakes;
        }
        ck_assert(decoded);
    }
    return sum;
}

int fixture_validator(uint32_t index)
{
    return index == 0 ? FIXTURE_PROPOSER : FIXTURE_OWNER_1 + (int)index - 1;
}

static void make_validators(struct genesis *genesis, const struct market_fixture *fixture,
                            uint32_t count)
{
    static const char *const names[] = {
        "one", "two",    "three",  "four",     "five",     "six",     "seven",   "eight",    "nine",
        "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"};
    ck_assert_uint_le(count, ARRAY_COUNT(names));
    genesis->validator_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct fixture_key *key = &fixture->keys[fixture_validator(i)];
        genesis->validators[i] = (struct genesis_validator){.name = bytes_of_text(names[i]),
                                                            .public_key = key->public_key};
        point_of(&genesis->validators[i].node_key, &key->secret);
    }
}

static void make_genesis(struct market_fixture *fixture, uint32_t validators)
{
    struct genesis *genesis = fixture->genesis;
    genesis->version = 1;
    genesis->network = bytes_of_text("fixture");
    genesis->address_prefix = bytes_of_text("tsouk");
    genesis->time_ms = 1700000000000;
    genesis->parameters = (struct parameters){.treasury = fixture->keys[FIXTURE_TREASURY].address,
                                              .gas_price_min = 1,
                                              .gas_per_transaction = 5000,
                                              .gas_per_byte = 1,
                                              .gas_limit_max = 2000000000,
                                              .server_stake_min = FIXTURE_STAKE,
                                              .server_penalty = FIXTURE_PENALTY,
                                              .window_min = 1,
                                              .window_max = 1000,
                                              .block_bytes_max = 4194304,
                                              .block_transactions_max = 2000,
                                              .empty_block_interval_ms = 100};
    make_validators(genesis, fixture, validators);
    for (int i = 0; i < FIXTURE_ACCOUNTS; i++) {
        struct genesis_account *account = &genesis->accounts[genesis->account_count++];
        account->address = fixture->keys[i].address;
        account->balance = FIXTURE_BALANCE;
        account->roles = i == FIXTURE_ADMIN       ? ROLE_ADMIN
                         : i == FIXTURE_PUBLISHER ? ROLE_PUBLISHER
                         : i >= FIXTURE_OWNER_1   ? ROLE_CONTRIBUTOR
                         : i >= FIXTURE_SERVER_1  ? ROLE_SERVER
                                                  : 0;
    }
}

static void make_key(struct fixture_key *key, int number)
{
    uint8_t random32[32] = {1};
    random32[31] = (uint8_t)(number + 1);
    bool valid = secret_key_init(&key->secret, random32);
    ck_assert(valid);
    public_key_of(&key->public_key, &key->secret);
    address_of(&key->address, &key->public_key);
}

void market_fixture_init(struct market_fixture *fixture)
{
    market_fixture_init_validators(fixture, 1);
}

void market_fixture_init_validators(struct market_fixture *fixture, uint32_t validators)
{
    char error[200];
    memset(fixture, 0, sizeof(*fixture));
    fixture->genesis = memory_new(sizeof(*fixture->genesis));
    for (int i = 0; i < FIXTURE_ACCOUNTS; i++) {
        make_key(&fixture->keys[i], i);
    }
    make_genesis(fixture, validators);
    bool good = genesis_check(fixture->genesis, error, sizeof(error));
    ck_assert_msg(good, "%s", error);
    genesis_chain_id(&fixture->chain_id, fixture->genesis);
    const struct state_source source = {fixture, get_entry};
    fixture->state = state_new(&source);
    genesis_apply(fixture->genesis, fixture->state);
    ledger_assert_conserved(fixture->state);
    flush(fixture);
    fixture->block = (struct block_context){.chain_id = fixture->chain_id,
                                            .height = 1,
                                            .time_ms = 1700000000001,
                                            .proposer = fixture->keys[FIXTURE_PROPOSER].address};
    fixture->blobs = blob_memory_new();
    fixture->block.blobs = blob_memory_source(fixture->blobs);
    fixture->gas_price = 1;
    fixture->gas_limit = 20000000;
    fixture->check_bodies = true;
}

void market_fixture_close(struct market_fixture *fixture)
{
    for (size_t i = 0; i < fixture->entry_count; i++) {
        buffer_close(&fixture->entries[i].value);
    }
    free(fixture->entries);
    state_free(fixture->state);
    blob_memory_free(fixture->blobs);
    buffer_close(&fixture->body);
    ledger_results_close(&fixture->results);
    trie_memory_close(&fixture->trie);
    free(fixture->genesis);
}

const struct address *fixture_address(const struct market_fixture *fixture, int account)
{
    return &fixture->keys[account].address;
}

void fixture_append_native(struct buffer *code, uint8_t native, const void *operand)
{
    const struct native *row = native_find(&market_natives, native);
    ck_assert_ptr_nonnull(row);
    struct buffer encoded = {0};
    schema_write(&encoded, row->operand, operand);
    bcs_write_u8(code, OP_NATIVE);
    bcs_write_u8(code, native);
    bcs_write_bytes(code, buffer_bytes(&encoded));
    buffer_close(&encoded);
}

void fixture_wrap(struct buffer *program, struct bytes code)
{
    struct buffer whole = {0};
    buffer_append(&whole, code);
    bcs_write_u8(&whole, OP_STOP);
    const struct program content = {1, 0, buffer_bytes(&whole)};
    schema_write(program, &program_schema, &content);
    buffer_close(&whole);
}

void fixture_send_program(struct market_fixture *fixture, int account, struct bytes program,
                          struct bytes sidecar)
{
    static const uint8_t zeros[32];
    struct fixture_key *key = &fixture->keys[account];
    struct market_key record;
    struct account state;
    key_account(&record, &key->address);
    (void)record_load(fixture->state, &record, &account_schema, &state);
    struct transaction transaction = {.chain_id = fixture->chain_id,
                                      .sender = key->public_key,
                                      .nonce = state.nonce + key->pending++ + fixture->nonce_offset,
                                      .gas_limit = fixture->gas_limit,
                                      .gas_price = fixture->gas_price,
                                      .expires_at = fixture->block.height + 10,
                                      .program = program};
    if (fixture->check_bodies) {
        transaction_sign(&transaction, sidecar, &key->secret, zeros);
    } else if (sidecar.size > 0) {
        merkle_blob_root(&transaction.sidecar_root, sidecar);
        transaction.sidecar_size = (uint32_t)sidecar.size;
    }
    if (sidecar.size > 0) {
        blob_memory_add(fixture->blobs, sidecar);
    }
    struct buffer envelope = {0};
    transaction_write_envelope(&envelope, &transaction, sidecar);
    ledger_append_envelope(&fixture->body, buffer_bytes(&envelope));
    buffer_close(&envelope);
}

void fixture_send(struct market_fixture *fixture, int account, uint8_t native, const void *operand,
                  struct bytes sidecar)
{
    struct buffer code = {0};
    struct buffer program = {0};
    fixture_append_native(&code, native, operand);
    fixture_wrap(&program, buffer_bytes(&code));
    fixture_send_program(fixture, account, buffer_bytes(&program), sidecar);
    buffer_close(&code);
    buffer_close(&program);
}

static void check_body(struct market_fixture *fixture)
{
    char error[200];
    struct hash root;
    const struct ledger_body_rules rules = {.parameters = &fixture->genesis->parameters,
                                            .chain_id = &fixture->chain_id};
    bool good =
        ledger_check_body(buffer_bytes(&fixture->body), &rules, &root, error, sizeof(error));
    ck_assert_msg(good, "%s", error);
}

void fixture_block(struct market_fixture *fixture)
{
    if (fixture->check_bodies) {
        check_body(fixture);
    }
    ledger_execute(fixture->state, &fixture->block, buffer_bytes(&fixture->body),
                   &fixture->results);
    flush(fixture);
    struct chain_record chain;
    struct market_key key;
    key_chain(&key);
    (void)record_load(fixture->state, &key, &chain_record_schema, &chain);
    ck_assert_uint_eq(scan_units(fixture), chain.supply);

    struct sha256 sha; /* stands for the header's digest: it covers the block and what it did */
    sha256_init_tagged(&sha, "souk/test-header/v1");
    sha256_add_u64(&sha, fixture->block.height);
    sha256_add(&sha, BYTES_OF(fixture->block.parent_digest));
    sha256_add(&sha, buffer_bytes(&fixture->body));
    sha256_add(&sha, BYTES_OF(fixture->state_root));
    sha256_finish(&sha, &fixture->block.parent_digest);
    fixture->block.height++;
    fixture->block.time_ms += 100;
    buffer_clear(&fixture->body);
    for (int i = 0; i < FIXTURE_ACCOUNTS; i++) {
        fixture->keys[i].pending = 0;
    }
}

void fixture_blocks(struct market_fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        fixture_block(fixture);
    }
}

struct receipt fixture_receipt(const struct market_fixture *fixture, uint32_t index)
{
    struct receipt receipt;
    char error[200];
    bool good = schema_decode(&receipt_schema, &receipt, ledger_receipt(&fixture->results, index),
                              error, sizeof(error));
    ck_assert_msg(good, "%s", error);
    return receipt;
}

unsigned fixture_events(const struct market_fixture *fixture, uint16_t kind)
{
    struct receipt receipt = fixture_receipt(fixture, fixture->results.count - 1);
    struct event event;
    size_t offset = 0;
    unsigned found = 0;
    while (receipt_next_event(receipt.events, &offset, &event)) {
        found += event.kind == kind ? 1 : 0;
    }
    return found;
}

struct refusal fixture_refusal(const struct market_fixture *fixture, uint32_t index)
{
    return fixture_receipt(fixture, index).refusal;
}

uint16_t fixture_try(struct market_fixture *fixture, int account, uint8_t native,
                     const void *operand, struct bytes sidecar)
{
    fixture_send(fixture, account, native, operand, sidecar);
    fixture_block(fixture);
    return fixture_refusal(fixture, 0).code;
}

uint64_t fixture_balance(const struct market_fixture *fixture, int account)
{
    struct market_key key;
    struct account record;
    key_account(&key, &fixture->keys[account].address);
    (void)record_load(fixture->state, &key, &account_schema, &record);
    return record.balance;
}

struct server fixture_server(const struct market_fixture *fixture, unsigned server)
{
    struct market_key key;
    struct server record;
    key_server(&key, fixture_address(fixture, FIXTURE_SERVER_1 + (int)server - 1));
    (void)record_load(fixture->state, &key, &server_schema, &record);
    return record;
}

void fixture_encryption_key(struct secret_key *out, unsigned server)
{
    uint8_t random32[32] = {2};
    random32[31] = (uint8_t)server;
    bool valid = secret_key_init(out, random32);
    ck_assert(valid);
}

void fixture_registration(const struct market_fixture *fixture, unsigned server,
                          struct server_register_operand *out)
{
    static const uint8_t zeros[32];
    struct secret_key secret;
    struct hash message;
    fixture_encryption_key(&secret, server);
    *out = (struct server_register_operand){.stake = FIXTURE_STAKE,
                                            .endpoint = bytes_of_text("http://127.0.0.1:8000")};
    point_of(&out->encryption_key, &secret);
    server_message(&message, &fixture->chain_id,
                   fixture_address(fixture, FIXTURE_SERVER_1 + (int)server - 1),
                   &out->encryption_key);
    signature_make(&out->proof, &secret, &message, zeros);
}

void fixture_register(struct market_fixture *fixture, unsigned server)
{
    struct server_register_operand operand;
    fixture_registration(fixture, server, &operand);
    fixture_send(fixture, FIXTURE_SERVER_1 + (int)server - 1, NATIVE_SERVER_REGISTER, &operand,
                 (struct bytes){0});
}

void fixture_terms(const struct market_fixture *fixture, struct model_terms *out)
{
    *out = (struct model_terms){.name = bytes_of_text("digits"),
                                .dimension = 64,
                                .scale_bits = 16,
                                .norm_bound = 1000000,
                                .threshold = 1,
                                .owners_min = 3,
                                .owners_max = 10,
                                .rounds = 2,
                                .reward = 1003,
                                .server_fee = 50,
                                .owner_stake = 200,
                                .rows = 80,
                                .sketch_rows = 80,
                                .publish_cap = 1000000,
                                .pad_window = 6,
                                .commit_window = 6,
                                .prove_window = 6,
                                .publish_window = 12,
                                .claim_window = 6,
                                .justify_window = 6,
                                .values_window = 6,
                                .credit_window = 6,
                                .ack_window = 6,
                                .decide_window = 6,
                                .fallback_window = 6,
                                .aggregate_window = 8,
                                .check_window = 6,
                                .server_count = 4};
    for (int i = 0; i < 4; i++) {
        out->servers[i] = *fixture_address(fixture, FIXTURE_SERVER_1 + i);
    }
}
