#include "tests/lib/chain_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vm/opcodes.h"
#include "vm/program.h"

static void make_key(struct secret_key *out, uint32_t number)
{
    uint8_t seed[32] = {1};
    memcpy(seed + 8, &number, sizeof number);
    bool good = secret_key_init(out, seed);
    assert(good);
}

static void add_validators(struct chain *chain)
{
    static const char *const names[CHAIN_VALIDATORS] = {"ada", "bell", "curie", "dirac"};
    chain->validators.count = CHAIN_VALIDATORS;
    chain->genesis->validator_count = CHAIN_VALIDATORS;
    for (uint32_t i = 0; i < CHAIN_VALIDATORS; i++) {
        struct genesis_validator *validator = &chain->genesis->validators[i];
        make_key(&chain->validator_keys[i], 100000 + i);
        validator->name = bytes_of_text(names[i]);
        public_key_of(&validator->public_key, &chain->validator_keys[i]);
        point_of(&validator->node_key, &chain->validator_keys[i]);
        chain->validators.list[i] = (struct validator){
            .key = validator->public_key, .node_key = validator->node_key, .name = validator->name};
    }
}

static void add_users(struct chain *chain, uint32_t user_count)
{
    assert(user_count >= 1);
    chain->user_count = user_count;
    chain->users = memory_new(user_count * sizeof *chain->users);
    chain->addresses = memory_new(user_count * sizeof *chain->addresses);
    chain->nonces = memory_new(user_count * sizeof *chain->nonces);
    chain->genesis->account_count = user_count < CHAIN_FUNDED_MAX ? user_count : CHAIN_FUNDED_MAX;
    for (uint32_t i = 0; i < user_count; i++) {
        struct public_key key;
        make_key(&chain->users[i], i + 1);
        public_key_of(&key, &chain->users[i]);
        address_of(&chain->addresses[i], &key);
    }
    for (uint32_t i = 0; i < chain->genesis->account_count; i++) {
        chain->genesis->accounts[i] =
            (struct genesis_account){chain->addresses[i], CHAIN_BALANCE, i == 0 ? ROLE_ALL : 0};
    }
}

void chain_init(struct chain *chain, uint32_t user_count)
{
    *chain = (struct chain){0};
    chain->genesis = memory_new(sizeof *chain->genesis);
    chain->decided = memory_new(sizeof *chain->decided);
    struct genesis *genesis = chain->genesis;
    genesis->version = 1;
    genesis->network = bytes_of_text("fixture");
    genesis->address_prefix = bytes_of_text("tsouk");
    genesis->time_ms = 1700000000000u;
    genesis->parameters = (struct parameters){.gas_price_min = 1,
                                              .gas_per_transaction = 5000,
                                              .gas_per_byte = 1,
                                              .gas_limit_max = 1000000000,
                                              .server_stake_min = 1000,
                                              .server_penalty = 100,
                                              .window_min = 1,
                                              .window_max = 1000,
                                              .block_bytes_max = BLOCK_BODY_SIZE_MAX,
                                              .block_transactions_max = 4000,
                                              .empty_block_interval_ms = 500};
    memset(genesis->parameters.treasury.bytes, 0x77, sizeof genesis->parameters.treasury.bytes);
    add_validators(chain);
    add_users(chain, user_count);
    char error[256];
    if (!genesis_check(genesis, error, sizeof error)) {
        (void)fprintf(stderr, "%s\n", error);
        abort();
    }
    genesis_chain_id(&chain->chain_id, genesis);
}

void chain_set_validator(struct chain *chain, uint32_t index, const struct secret_key *key,
                         const struct secret_key *node_key)
{
    struct genesis_validator *validator = &chain->genesis->validators[index];
    chain->validator_keys[index] = *key;
    public_key_of(&validator->public_key, key);
    point_of(&validator->node_key, node_key);
    chain->validators.list[index].key = validator->public_key;
    chain->validators.list[index].node_key = validator->node_key;
    genesis_chain_id(&chain->chain_id, chain->genesis);
}

void chain_close(struct chain *chain)
{
    free(chain->genesis);
    free(chain->decided);
    free(chain->users);
    free(chain->addresses);
    free(chain->nonces);
}

static void write_program(struct buffer *out, const struct transfer_operand *operand)
{
    struct buffer encoded = {0};
    struct buffer code = {0};
    schema_write(&encoded, &transfer_schema, operand);
    bcs_write_u8(&code, OP_NATIVE);
    bcs_write_u8(&code, NATIVE_TRANSFER);
    bcs_write_bytes(&code, buffer_bytes(&encoded));
    bcs_write_u8(&code, OP_STOP);
    struct program program = {.version = 1, .code = buffer_bytes(&code)};
    schema_write(out, &program_schema, &program);
    buffer_close(&code);
    buffer_close(&encoded);
}

void chain_transfer(struct chain *chain, struct buffer *body, uint32_t from, uint32_t to,
                    uint64_t amount, struct bytes sidecar)
{
    static const uint8_t no_randomness[32];
    struct transfer_operand operand = {chain->addresses[to], amount};
    struct buffer program = {0};
    struct buffer envelope = {0};
    write_program(&program, &operand);
    struct transaction transaction = {.chain_id = chain->chain_id,
                                      .nonce = chain->nonces[from]++,
                                      .gas_limit = sidecar.size > 0 ? 10000000 : 200000,
                                      .gas_price = 1,
                                      .expires_at = 1000000,
                                      .program = buffer_bytes(&program)};
    transaction_sign(&transaction, sidecar, &chain->users[from], no_randomness);
    transaction_write_envelope(&envelope, &transaction, sidecar);
    ledger_append_envelope(body, buffer_bytes(&envelope));
    buffer_close(&envelope);
    buffer_close(&program);
}

static bool known(void *context, const struct hash *id)
{
    (void)context;
    (void)id;
    return true;
}

static void decide(struct chain *chain, const struct block *block, struct certificate *certificate)
{
    struct vote vote = {.type = VOTE_COMMIT, .height = block->header.height};
    block_digest(&vote.digest, &block->header);
    certificate_init(certificate, vote.height, 0, &vote.digest);
    for (uint32_t i = 0; i < CHAIN_VALIDATORS; i++) {
        vote.sender = i;
        vote_sign(&vote, &chain->chain_id, &chain->validator_keys[i]);
        certificate_add(certificate, i, &vote.signature);
    }
}

void chain_block(struct chain *chain, struct block *block, struct certificate *certificate,
                 struct bytes body)
{
    char error[256];
    *block =
        (struct block){.header = {.version = BLOCK_VERSION,
                                  .chain_id = chain->chain_id,
                                  .height = chain->head.height + 1,
                                  .time_ms = chain->head.time_ms + 1000,
                                  .proposer = (uint32_t)(chain->head.height + 1) % CHAIN_VALIDATORS,
                                  .parent = chain->head.digest,
                                  .state_root = chain->head.state_root,
                                  .receipts_root = chain->head.receipts_root},
                       .has_last_commit = chain->head.height > 0,
                       .body = body};
    validators_hash(&block->header.validators_hash, &chain->validators);
    block->header.next_validators_hash = block->header.validators_hash;
    struct ledger_body_rules rules = {
        .parameters = &chain->genesis->parameters, .chain_id = &chain->chain_id, .verified = known};
    if (!ledger_check_body(body, &rules, &block->header.tx_root, error, sizeof error)) {
        (void)fprintf(stderr, "%s\n", error);
        abort();
    }
    if (block->has_last_commit) {
        block->last_commit = *chain->decided;
        certificate_hash(&block->header.last_commit_hash, chain->decided);
    }
    demotions_hash(&block->header.demotions_hash, &block->demotions);
    decide(chain, block, certificate);
}

void chain_advance(struct chain *chain, const struct state_head *head,
                   const struct certificate *certificate)
{
    chain->head = *head;
    *chain->decided = *certificate;
}
