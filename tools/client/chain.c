#include "tools/client/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/client/wallet.h"

bool chain_info_load(struct rpc *rpc, struct chain_info *out, struct fault *fault)
{
    json_t *status = rpc_call(rpc, "chain_status", NULL, fault);
    if (status == NULL) {
        return false;
    }
    const char *id = NULL;
    const char *prefix = NULL;
    bool good = rpc_text(&id, status, "chain_id", fault) &&
                rpc_text(&prefix, status, "address_prefix", fault) &&
                rpc_u64(&out->height, status, "height", fault);
    if (good && (!hex_decode(out->chain_id.bytes, sizeof(out->chain_id.bytes), id) ||
                 !wallet_prefix_check(prefix, "address_prefix", fault))) {
        good = fault_set(fault, "%s: chain_status is not understood", rpc_url(rpc));
    }
    if (good) {
        (void)snprintf(out->prefix, sizeof(out->prefix), "%s", prefix);
    }
    json_decref(status);
    return good;
}

/* Turn the hexadecimal value of an answer into bytes. */
static bool take_value(const json_t *answer, struct buffer *storage, struct fault *fault)
{
    buffer_clear(storage);
    if (!json_is_true(json_object_get(answer, "found"))) {
        return true;
    }
    const char *hex = json_string_value(json_object_get(answer, "value"));
    size_t length = hex == NULL ? 1 : strlen(hex);
    buffer_reserve(storage, length / 2 + 1);
    if (length == 0 || length % 2 != 0 || !hex_decode(storage->data, length / 2, hex)) {
        return fault_set(fault, "state_get: the node's answer is no hexadecimal value");
    }
    storage->size = length / 2;
    return true;
}

bool chain_bytes_load(struct rpc *rpc, const struct market_key *key, struct buffer *out,
                      struct fault *fault)
{
    char hex[2 * STATE_KEY_MAX + 1];
    hex_encode(hex, (struct bytes){key->data, key->size});
    json_t *answer = rpc_call(rpc, "state_get", json_pack("{s:s}", "key", hex), fault);
    bool good = answer != NULL && take_value(answer, out, fault);
    json_decref(answer);
    return good;
}

bool chain_record_load(struct rpc *rpc, const struct market_key *key, const struct schema *schema,
                       void *record, struct buffer *storage, struct fault *fault)
{
    memset(record, 0, schema->size);
    if (!chain_bytes_load(rpc, key, storage, fault)) {
        return false;
    }
    return storage->size == 0 ||
           schema_decode(schema, record, buffer_bytes(storage), fault->text, sizeof(fault->text));
}

bool chain_model_load(struct rpc *rpc, uint64_t id, struct model *model, struct model_terms *terms,
                      struct buffer *storage, struct fault *fault)
{
    struct market_key key;
    key_model(&key, id);
    if (!chain_record_load(rpc, &key, &model_schema, model, storage, fault)) {
        return false;
    }
    if (storage->size == 0) {
        return fault_set(fault, "there is no model %" PRIu64 " ('souk model list' shows them)", id);
    }
    return schema_decode(&model_terms_schema, terms, model->terms, fault->text,
                         sizeof(fault->text));
}

/* A record without byte strings, so that nothing is borrowed. */
static bool load_plain(struct rpc *rpc, const struct market_key *key, const struct schema *schema,
                       void *record, bool *found, struct fault *fault)
{
    struct buffer storage = {0};
    bool good = chain_record_load(rpc, key, schema, record, &storage, fault);
    *found = storage.size > 0;
    buffer_close(&storage);
    return good;
}

bool chain_parameters_load(struct rpc *rpc, struct parameters *out, struct fault *fault)
{
    struct market_key key;
    bool found = false;
    key_parameters(&key);
    return load_plain(rpc, &key, &parameters_schema, out, &found, fault) &&
           (found || fault_set(fault, "%s: the chain has no parameters", rpc_url(rpc)));
}

bool chain_round_load(struct rpc *rpc, uint64_t model, uint32_t number, struct round *out,
                      struct fault *fault)
{
    struct market_key key;
    bool found = false;
    key_round(&key, model, number);
    return load_plain(rpc, &key, &round_schema, out, &found, fault) &&
           (found || fault_set(fault, "model %" PRIu64 " has no round %" PRIu32, model, number));
}

bool chain_participant_load(struct rpc *rpc, const struct round *round, uint16_t index,
                            struct participant *out, struct fault *fault)
{
    struct market_key key;
    bool found = false;
    key_participant(&key, round->model, round->number, index);
    return load_plain(rpc, &key, &participant_schema, out, &found, fault) &&
           (found || fault_set(fault, "participant %u of the round is not in the state", index));
}

/* A seat's value is its index alone. */
struct seat {
    uint16_t index;
};
static const struct field seat_fields[] = {SCHEMA_U16(struct seat, index)};
static const struct schema seat_schema = SCHEMA("seat", struct seat, seat_fields);

bool chain_seat_load(struct rpc *rpc, const struct round *round, const struct address *owner,
                     struct chain_seat *out, struct fault *fault)
{
    struct market_key key;
    struct seat seat;
    memset(out, 0, sizeof(*out));
    key_seat(&key, round->model, round->number, owner);
    bool good = load_plain(rpc, &key, &seat_schema, &seat, &out->seated, fault);
    out->index = good ? seat.index : 0;
    return good && (!out->seated ||
                    chain_participant_load(rpc, round, seat.index, &out->participant, fault));
}
