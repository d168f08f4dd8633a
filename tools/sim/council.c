#include "tools/sim/council.h"

#include "market/accounts.h"
#include "market/governance_records.h"
#include "market/heartbeats.h"
#include "market/ledger.h"
#include "market/members.h"
#include "market/operands.h"
#include "vm/opcodes.h"
#include "vm/program.h"

enum { GAS_LIMIT = 200000 };

static const uint8_t no_randomness[32];

static void address_of_key(struct address *out, const struct secret_key *secret)
{
    struct public_key key;
    public_key_of(&key, secret);
    address_of(out, &key);
}

void council_instruct(struct buffer *body, const struct hash *chain_id,
                      const struct secret_key *key, uint64_t nonce, uint8_t native,
                      const void *operand)
{
    struct buffer operand_bytes = {0};
    struct buffer code = {0};
    struct buffer program_bytes = {0};
    struct buffer envelope = {0};
    const struct native *row = native_find(&market_natives, native);
    assert(row != NULL);
    schema_write(&operand_bytes, row->operand, operand);
    bcs_write_u8(&code, OP_NATIVE);
    bcs_write_u8(&code, native);
    bcs_write_bytes(&code, buffer_bytes(&operand_bytes));
    bcs_write_u8(&code, OP_STOP);
    struct program program = {.version = 1, .code = buffer_bytes(&code)};
    schema_write(&program_bytes, &program_schema, &program);
    struct transaction transaction = {.chain_id = *chain_id,
                                      .nonce = nonce,
                                      .gas_limit = GAS_LIMIT,
                                      .gas_price = 1,
                                      .expires_at = UINT64_MAX,
                                      .program = buffer_bytes(&program_bytes)};
    transaction_sign(&transaction, (struct bytes){0}, key, no_randomness);
    transaction_write_envelope(&envelope, &transaction, (struct bytes){0});
    ledger_append_envelope(body, buffer_bytes(&envelope));
    buffer_close(&envelope);
    buffer_close(&program_bytes);
    buffer_close(&code);
    buffer_close(&operand_bytes);
}

void council_found(const struct council *council, struct state *state)
{
    struct address address;
    address_of_key(&address, &council->key);
    for (uint32_t i = 0; i < council->keys.count; i++) {
        struct market_key key;
        key_spokesman(&key, &council->keys.list[i].key);
        state_put(state, key_bytes(&key), BYTES_OF(address));
    }
}

/* Do the faulty stay a minority that the set bears, with this one in it, or out of it? */
static bool bearable(const struct council *council, const struct validators *set, uint32_t number,
                     bool in)
{
    uint32_t faulty = 0;
    uint32_t count = in ? set->count + 1 : set->count - 1;
    for (uint32_t i = 0; i < council->faulty; i++) {
        bool member = validators_find(set, &council->keys.list[i].key) != VALIDATORS_NONE;
        faulty += (i == number ? in : member) ? 1 : 0;
    }
    return count > 0 && faulty <= validators_fault_count(count);
}

/* The writer of one change's transactions. */
struct writer {
    const struct council *council;
    struct buffer *body;
    uint64_t nonce;
};

static void instruct(struct writer *writer, uint8_t native, const void *operand)
{
    council_instruct(writer->body, &writer->council->chain_id, &writer->council->key,
                     writer->nonce++, native, operand);
}

/* The candidate's node follows the chain. */
static void append_heartbeat(struct writer *writer, struct state *state, uint32_t number)
{
    const struct council *council = writer->council;
    const struct validator *candidate = &council->keys.list[number];
    struct checkpoint newest;
    struct hash message;
    struct secret_key secret;
    checkpoint_newest(state, &council->chain_id, &newest);
    struct heartbeat_operand heartbeat = {.key = candidate->key,
                                          .node_key = candidate->node_key,
                                          .height = newest.height,
                                          .digest = newest.digest};
    heartbeat_hash(&message, &council->chain_id, &candidate->node_key, &newest);
    sim_secret(number, &secret);
    signature_make(&heartbeat.signature, &secret, &message, no_randomness);
    instruct(writer, NATIVE_HEARTBEAT, &heartbeat);
}

static bool propose(struct writer *writer, struct state *state, uint64_t kind, uint32_t number)
{
    const struct validator *validator = &writer->council->keys.list[number];
    const struct validator_operand named = {validator->key};
    struct validators set;
    members_newest(state, &set);
    uint32_t index = validators_find(&set, &validator->key);
    if (index == VALIDATORS_NONE) {
        if (kind != 0 || set.count == VALIDATORS_MAX ||
            !bearable(writer->council, &set, number, true)) {
            return false;
        }
        const struct validator_add_action add = {validator->name, validator->key,
                                                 validator->node_key};
        append_heartbeat(writer, state, number);
        instruct(writer, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    } else if (kind == 1 && bearable(writer->council, &set, number, false)) {
        instruct(writer, NATIVE_PROPOSE_VALIDATOR_REMOVE, &named);
    } else if (kind == 2 && set.list[index].jailed) {
        instruct(writer, NATIVE_PROPOSE_PARDON, &named);
    } else {
        return false;
    }
    return true;
}

void council_append(const struct council *council, struct state *state, struct sim_random *random,
                    struct buffer *body)
{
    struct address address;
    struct account account;
    struct governance governance;
    if (!random_chance(random, council->change_per_mille)) {
        return;
    }
    address_of_key(&address, &council->key);
    account_load(state, &address, &account);
    governance_load(state, &governance);
    struct writer writer = {council, body, account.nonce};
    uint64_t kind = random_below(random, 3);
    if (propose(&writer, state, kind, (uint32_t)random_below(random, council->keys.count))) {
        const struct proposal_vote_operand vote = {governance.proposal_count + 1, true};
        instruct(&writer, NATIVE_PROPOSAL_VOTE, &vote);
    }
}
