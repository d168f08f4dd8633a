#include "market/records.h"

#include <string.h>

static const char *const phase_names[] = {
    "pad",       "deal",          "confirm", "commit",   "prove beacon", "prove",   "ack",
    "publish",   "decide beacon", "decide",  "fallback", "claim",        "justify", "values",
    "aggregate", "check beacon",  "check",   "credits",  "settled",      "aborted",
};
_Static_assert(ARRAY_COUNT(phase_names) == PHASE_ABORTED + 1, "a name for each phase");
static const char *const abort_names[] = {
    "none", "too few owners", "too few servers", "no aggregate", "inconsistent", "too many liars",
    "pad",  "publish cap",    "values",          "fork",
};
_Static_assert(ARRAY_COUNT(abort_names) == ABORT_FORK + 1, "a name for each reason");
static const char *const participant_names[] = {
    "joined",    "committed", "proved", "accepted", "dropped",
    "forfeited", "slashed",   "paid",   "refunded",
};
_Static_assert(ARRAY_COUNT(participant_names) == PARTICIPANT_REFUNDED + 1, "a name for each");
static const char *const model_status_names[] = {"open", "closed"};
static const char *const reward_names[] = {"equal", "policy", "credit"};
static const char *const reference_names[] = {"none", "inner", "cosine"};
static const char *const select_names[] = {"all", "krum", "sigma"};

static const struct field parameters_fields[] = {
    SCHEMA_ARRAY(struct parameters, treasury, FORM_ADDRESS),
    SCHEMA_U64(struct parameters, gas_price_min),
    SCHEMA_U64(struct parameters, gas_per_transaction),
    SCHEMA_U64(struct parameters, gas_per_byte),
    SCHEMA_U64(struct parameters, gas_limit_max),
    SCHEMA_U64(struct parameters, server_stake_min),
    SCHEMA_U64(struct parameters, server_penalty),
    SCHEMA_U32(struct parameters, window_min),
    SCHEMA_U32(struct parameters, window_max),
    SCHEMA_U64(struct parameters, block_bytes_max),
    SCHEMA_U32(struct parameters, block_transactions_max),
    SCHEMA_U32(struct parameters, empty_block_interval_ms),
};
const struct schema parameters_schema = SCHEMA("parameters", struct parameters, parameters_fields);

static const struct field chain_fields[] = {
    SCHEMA_U64(struct chain_record, supply),       SCHEMA_U64(struct chain_record, model_count),
    SCHEMA_U32(struct chain_record, server_count), SCHEMA_U32(struct chain_record, admin_count),
    SCHEMA_U64(struct chain_record, rounds_open),
};
const struct schema chain_record_schema = SCHEMA("chain", struct chain_record, chain_fields);

static const struct field account_fields[] = {
    SCHEMA_U64(struct account, balance),
    SCHEMA_U64(struct account, nonce),
    SCHEMA_U8(struct account, roles),
};
const struct schema account_schema = SCHEMA("account", struct account, account_fields);

static const struct field server_fields[] = {
    SCHEMA_U32(struct server, index),         SCHEMA_ARRAY(struct server, encryption_key, FORM_HEX),
    SCHEMA_U64(struct server, stake),         SCHEMA_U64(struct server, fee_min),
    SCHEMA_U32(struct server, models_active), SCHEMA_U32(struct server, penalties),
    SCHEMA_BOOL(struct server, registered),   SCHEMA_TEXT(struct server, endpoint, MARKET_TEXT_MAX),
};
const struct schema server_schema = SCHEMA("server", struct server, server_fields);

static const struct field terms_fields[] = {
    SCHEMA_TEXT(struct model_terms, name, MARKET_TEXT_MAX),
    SCHEMA_U32(struct model_terms, dimension),
    SCHEMA_U8(struct model_terms, scale_bits),
    SCHEMA_U32(struct model_terms, norm_bound),
    SCHEMA_U16(struct model_terms, rows),
    SCHEMA_U16(struct model_terms, sketch_rows),
    SCHEMA_U32(struct model_terms, modes),
    SCHEMA_U8(struct model_terms, threshold),
    SCHEMA_U16(struct model_terms, owners_min),
    SCHEMA_U16(struct model_terms, owners_max),
    SCHEMA_U32(struct model_terms, rounds),
    SCHEMA_U64(struct model_terms, reward),
    SCHEMA_U64(struct model_terms, server_fee),
    SCHEMA_U64(struct model_terms, owner_stake),
    SCHEMA_U64(struct model_terms, publish_cap),
    SCHEMA_U32(struct model_terms, pad_window),
    SCHEMA_U32(struct model_terms, commit_window),
    SCHEMA_U32(struct model_terms, prove_window),
    SCHEMA_U32(struct model_terms, ack_window),
    SCHEMA_U32(struct model_terms, publish_window),
    SCHEMA_U32(struct model_terms, decide_window),
    SCHEMA_U32(struct model_terms, fallback_window),
    SCHEMA_U32(struct model_terms, claim_window),
    SCHEMA_U32(struct model_terms, justify_window),
    SCHEMA_U32(struct model_terms, values_window),
    SCHEMA_U32(struct model_terms, aggregate_window),
    SCHEMA_U32(struct model_terms, check_window),
    SCHEMA_U32(struct model_terms, credit_window),
    SCHEMA_ARRAY(struct model_terms, reference, FORM_HEX),
    SCHEMA_ENUM(struct model_terms, reference_test, reference_names),
    SCHEMA_U8(struct model_terms, reference_bits),
    SCHEMA_U8(struct model_terms, reference_drop),
    SCHEMA_U8(struct model_terms, reference_rest),
    SCHEMA_U64(struct model_terms, kappa),
    SCHEMA_U64(struct model_terms, reference_score),
    SCHEMA_ENUM(struct model_terms, select_rule, select_names),
    SCHEMA_U16(struct model_terms, krum_faults),
    SCHEMA_U16(struct model_terms, krum_count),
    SCHEMA_U16(struct model_terms, sigma_lambda),
    SCHEMA_ENUM(struct model_terms, reward_rule, reward_names),
    SCHEMA_BYTES(struct model_terms, policy, MARKET_POLICY_MAX),
    SCHEMA_LIST(struct model_terms, servers, server_count, NULL, FORM_ADDRESS),
};
const struct schema model_terms_schema = SCHEMA("model_terms", struct model_terms, terms_fields);

static const struct field model_fields[] = {
    SCHEMA_U64(struct model, id),
    SCHEMA_ARRAY(struct model, owner, FORM_ADDRESS),
    SCHEMA_ENUM(struct model, status, model_status_names),
    SCHEMA_U64(struct model, escrow),
    SCHEMA_U32(struct model, rounds_opened),
    SCHEMA_U32(struct model, rounds_settled),
    SCHEMA_BOOL(struct model, round_open),
    SCHEMA_BYTES(struct model, terms, MARKET_TERMS_MAX),
};
const struct schema model_schema = SCHEMA("model", struct model, model_fields);

static const struct field round_fields[] = {
    SCHEMA_U64(struct round, model),
    SCHEMA_U32(struct round, number),
    SCHEMA_ENUM(struct round, phase, phase_names),
    SCHEMA_ENUM(struct round, abort_reason, abort_names),
    SCHEMA_U64(struct round, opened_height),
    SCHEMA_U64(struct round, phase_height),
    SCHEMA_U64(struct round, deadline_height),
    SCHEMA_U64(struct round, beacon_height),
    SCHEMA_ARRAY(struct round, context, FORM_HEX),
    SCHEMA_ARRAY(struct round, model_root, FORM_HEX),
    SCHEMA_U32(struct round, model_size),
    SCHEMA_U16(struct round, joined),
    SCHEMA_U16(struct round, committed),
    SCHEMA_U16(struct round, proved),
    SCHEMA_U16(struct round, accepted),
    SCHEMA_U16(struct round, active),
    SCHEMA_U16(struct round, posted),
    SCHEMA_U16(struct round, convicted),
    SCHEMA_U16(struct round, dealt),
    SCHEMA_U16(struct round, misdealt),
    SCHEMA_U8(struct round, liars),
    SCHEMA_U8(struct round, leader),
    SCHEMA_U64(struct round, published),
    SCHEMA_U32(struct round, missing),
    SCHEMA_BOOL(struct round, pad_guilty),
    SCHEMA_U16(struct round, disputes),
    SCHEMA_ARRAY(struct round, prove_beacon, FORM_HEX),
    SCHEMA_ARRAY(struct round, decide_beacon, FORM_HEX),
    SCHEMA_ARRAY(struct round, check_beacon, FORM_HEX),
    SCHEMA_ARRAY(struct round, aggregate_root, FORM_HEX),
    SCHEMA_U32(struct round, aggregate_size),
    SCHEMA_U64(struct round, escrow),
    SCHEMA_U64(struct round, stakes),
    SCHEMA_ARRAY(struct round, refuted, FORM_HEX),
    SCHEMA_LIST(struct round, values, value_count, NULL, FORM_HEX),
};
const struct schema round_schema = SCHEMA("round", struct round, round_fields);

static const struct field participant_fields[] = {
    SCHEMA_ARRAY(struct participant, owner, FORM_ADDRESS),
    SCHEMA_ARRAY(struct participant, owner_key, FORM_HEX),
    SCHEMA_ENUM(struct participant, status, participant_names),
    SCHEMA_U64(struct participant, stake),
    SCHEMA_U64(struct participant, committed_height),
    SCHEMA_ARRAY(struct participant, ephemeral, FORM_HEX),
    SCHEMA_ARRAY(struct participant, root, FORM_HEX),
    SCHEMA_U64(struct participant, paid),
};
const struct schema participant_schema =
    SCHEMA("participant", struct participant, participant_fields);

static const struct field proof_record_fields[] = {
    SCHEMA_ARRAY(struct proof_record, claim, FORM_HEX),
    SCHEMA_BYTES(struct proof_record, proof, MARKET_PROOF_MAX),
};
const struct schema proof_record_schema = SCHEMA("proof", struct proof_record, proof_record_fields);

static const struct field pad_fields[] = {
    SCHEMA_ARRAY(struct pad, owner_key, FORM_HEX),
    SCHEMA_ARRAY(struct pad, ephemeral, FORM_HEX),
    SCHEMA_ARRAY(struct pad, root, FORM_HEX),
    SCHEMA_ARRAY(struct pad, root2, FORM_HEX),
    SCHEMA_ARRAY(struct pad, nonce, FORM_HEX),
    SCHEMA_LIST(struct pad, values, value_count, NULL, FORM_HEX),
};
const struct schema pad_schema = SCHEMA("pad", struct pad, pad_fields);

static const struct field deal_fields[] = {
    SCHEMA_ARRAY(struct deal, dealer_key, FORM_HEX),
    SCHEMA_ARRAY(struct deal, ephemeral, FORM_HEX),
    SCHEMA_BYTES(struct deal, keys, MARKET_DEAL_MAX),
};
const struct schema deal_schema = SCHEMA("deal", struct deal, deal_fields);

static const struct field dispute_fields[] = {
    SCHEMA_U16(struct dispute, posted),
    SCHEMA_U16(struct dispute, blamed),
    SCHEMA_BOOL(struct dispute, named),
    SCHEMA_BOOL(struct dispute, claimed),
    SCHEMA_BOOL(struct dispute, resolved),
    SCHEMA_LIST(struct dispute, values, value_count, NULL, FORM_HEX),
};
const struct schema dispute_schema = SCHEMA("dispute", struct dispute, dispute_fields);

static const struct field published_fields[] = {
    SCHEMA_U16(struct published, servers),
};
const struct schema published_schema = SCHEMA("published", struct published, published_fields);

#define PUBLIC_VALUES_MAX ((size_t)MARKET_OWNERS_MAX * 8)
static const struct field public_values_fields[] = {
    SCHEMA_BYTES(struct public_values, owners, (size_t)MARKET_OWNERS_MAX * 2),
    SCHEMA_BYTES(struct public_values, scores, PUBLIC_VALUES_MAX),
    SCHEMA_BYTES(struct public_values, distances, PUBLIC_VALUES_MAX),
    SCHEMA_BYTES(struct public_values, credits, PUBLIC_VALUES_MAX),
};
const struct schema public_values_schema =
    SCHEMA("public_values", struct public_values, public_values_fields);

static const struct field deadline_fields[] = {
    SCHEMA_U64(struct deadline, model),
    SCHEMA_U32(struct deadline, round),
};
const struct schema deadline_schema = SCHEMA("deadline", struct deadline, deadline_fields);

const char *round_phase_name(uint8_t phase)
{
    return phase < ARRAY_COUNT(phase_names) ? phase_names[phase] : NULL;
}

const char *abort_reason_name(uint8_t reason)
{
    return reason < ARRAY_COUNT(abort_names) ? abort_names[reason] : NULL;
}

const char *participant_status_name(uint8_t status)
{
    return status < ARRAY_COUNT(participant_names) ? participant_names[status] : NULL;
}

/* ---- Keys: big-endian numbers, so that their order is that of the bytes. */

void key_begin(struct market_key *out, uint8_t kind)
{
    memset(out, 0, sizeof(*out));
    out->data[0] = kind;
    out->size = 1;
}

void key_add(struct market_key *out, uint64_t value, size_t size)
{
    assert(out->size + size <= sizeof(out->data));
    for (size_t i = 0; i < size; i++) {
        out->data[out->size++] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

void key_add_bytes(struct market_key *out, const uint8_t *data, size_t size)
{
    assert(out->size + size <= sizeof(out->data));
    memcpy(out->data + out->size, data, size);
    out->size += size;
}

static void key_of_round(struct market_key *out, enum market_key_kind kind, uint64_t model,
                         uint32_t round)
{
    key_begin(out, (uint8_t)kind);
    key_add(out, model, 8);
    key_add(out, round, 4);
}

void key_chain(struct market_key *out)
{
    key_begin(out, KEY_CHAIN);
}

void key_parameters(struct market_key *out)
{
    key_begin(out, KEY_PARAMETERS);
}

void key_account(struct market_key *out, const struct address *address)
{
    key_begin(out, KEY_ACCOUNT);
    key_add_bytes(out, address->bytes, sizeof(address->bytes));
}

void key_server(struct market_key *out, const struct address *address)
{
    key_begin(out, KEY_SERVER);
    key_add_bytes(out, address->bytes, sizeof(address->bytes));
}

void key_server_index(struct market_key *out, uint32_t index)
{
    key_begin(out, KEY_SERVER_INDEX);
    key_add(out, index, 4);
}

void key_model(struct market_key *out, uint64_t model)
{
    key_begin(out, KEY_MODEL);
    key_add(out, model, 8);
}

void key_round(struct market_key *out, uint64_t model, uint32_t round)
{
    key_of_round(out, KEY_ROUND, model, round);
}

void key_participant(struct market_key *out, uint64_t model, uint32_t round, uint16_t index)
{
    key_of_round(out, KEY_PARTICIPANT, model, round);
    key_add(out, index, 2);
}

void key_seat(struct market_key *out, uint64_t model, uint32_t round, const struct address *owner)
{
    key_of_round(out, KEY_SEAT, model, round);
    key_add_bytes(out, owner->bytes, sizeof(owner->bytes));
}

void key_ephemeral(struct market_key *out, const struct public_key *ephemeral)
{
    key_begin(out, KEY_EPHEMERAL);
    key_add_bytes(out, ephemeral->bytes, sizeof(ephemeral->bytes));
}

void key_deadline_count(struct market_key *out, uint64_t height)
{
    key_begin(out, KEY_DEADLINE);
    key_add(out, height, 8);
}

void key_deadline(struct market_key *out, uint64_t height, uint32_t sequence)
{
    key_deadline_count(out, height);
    key_add(out, sequence, 4);
}

void key_ack(struct market_key *out, uint64_t model, uint32_t round, uint8_t server)
{
    key_of_round(out, KEY_ACK, model, round);
    key_add(out, server, 1);
}

void key_values(struct market_key *out, uint64_t model, uint32_t round, uint8_t server)
{
    key_of_round(out, KEY_VALUES, model, round);
    key_add(out, server, 1);
}

void key_publisher(struct market_key *out, const struct address *publisher)
{
    key_begin(out, KEY_PUBLISHER);
    key_add_bytes(out, publisher->bytes, sizeof(publisher->bytes));
}

static void key_of_seat(struct market_key *out, enum market_key_kind kind, uint64_t model,
                        uint32_t round, uint16_t index)
{
    key_of_round(out, kind, model, round);
    key_add(out, index, 2);
}

void key_proof(struct market_key *out, uint64_t model, uint32_t round, uint16_t index)
{
    key_of_seat(out, KEY_PROOF, model, round, index);
}

void key_pad(struct market_key *out, uint64_t model, uint32_t round)
{
    key_of_round(out, KEY_PAD, model, round);
}

void key_deal(struct market_key *out, uint64_t model, uint32_t round, uint8_t server)
{
    key_of_round(out, KEY_DEAL, model, round);
    key_add(out, server, 1);
}

void key_dispute(struct market_key *out, uint64_t model, uint32_t round, uint16_t index)
{
    key_of_seat(out, KEY_DISPUTE, model, round, index);
}

void key_published(struct market_key *out, uint64_t model, uint32_t round, uint16_t index)
{
    key_of_seat(out, KEY_PUBLISHED, model, round, index);
}

void key_public(struct market_key *out, uint64_t model, uint32_t round)
{
    key_of_round(out, KEY_PUBLIC, model, round);
}

struct bytes key_bytes(const struct market_key *key)
{
    return (struct bytes){key->data, key->size};
}

/* ---- Whole records */

bool record_load(struct state *state, const struct market_key *key, const struct schema *schema,
                 void *out)
{
    struct bytes value;
    if (!state_get(state, key_bytes(key), &value)) {
        memset(out, 0, schema->size);
        return false;
    }
    bool decoded = schema_decode(schema, out, value, NULL, 0);
    assert(decoded && "the state is corrupt");
    return decoded;
}

void record_store(struct state *state, const struct market_key *key, const struct schema *schema,
                  const void *record)
{
    struct buffer value = {0};
    schema_write(&value, schema, record);
    state_put(state, key_bytes(key), buffer_bytes(&value));
    buffer_close(&value);
}

void record_erase(struct state *state, const struct market_key *key)
{
    state_erase(state, key_bytes(key));
}

uint32_t record_load_count(struct state *state, const struct market_key *key)
{
    struct bytes value;
    if (!state_get(state, key_bytes(key), &value)) {
        return 0;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    uint32_t count = bcs_read_u32(&reader);
    bool whole = bcs_reader_done(&reader);
    assert(whole && "the state is corrupt");
    (void)whole;
    return count;
}

void record_store_count(struct state *state, const struct market_key *key, uint32_t count)
{
    struct buffer value = {0};
    bcs_write_u32(&value, count);
    state_put(state, key_bytes(key), buffer_bytes(&value));
    buffer_close(&value);
}
