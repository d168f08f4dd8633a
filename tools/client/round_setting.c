#include "tools/client/round_setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/field.h"
#include "market/context.h"
#include "market/terms.h"
#include "tools/client/blob.h"

static bool load_server(struct rpc *rpc, const struct address *address, struct point *key,
                        char endpoint[MARKET_TEXT_MAX + 1], struct fault *fault)
{
    struct server server;
    struct market_key record;
    struct buffer storage = {0};
    key_server(&record, address);
    bool good = chain_record_load(rpc, &record, &server_schema, &server, &storage, fault);
    if (good && storage.size == 0) {
        good = fault_set(fault, "a server of the model is not registered");
    }
    if (good) {
        *key = server.encryption_key;
        (void)snprintf(endpoint, MARKET_TEXT_MAX + 1, "%.*s", (int)server.endpoint.size,
                       (const char *)server.endpoint.data);
    }
    buffer_close(&storage);
    return good;
}

bool round_setting_layout(struct norm_layout *out, const struct model_terms *terms,
                          struct fault *fault)
{
    const struct norm_params params = terms_norm_params(terms);
    enum norm_status status = norm_layout_init(out, &params);
    return status == NORM_OK || fault_set(fault, "the model's terms: %s", norm_status_text(status));
}

/* With the round's number set, what follows from the model. */
static bool complete(struct rpc *rpc, const struct chain_info *chain, struct round_setting *out,
                     struct fault *fault)
{
    struct point keys[MARKET_SERVERS_MAX];
    bool good = round_setting_layout(&out->layout, &out->terms, fault);
    for (uint32_t i = 0; good && i < out->terms.server_count; i++) {
        good = load_server(rpc, &out->terms.servers[i], &keys[i], out->endpoints[i], fault);
    }
    if (!good) {
        round_setting_close(out);
        return false;
    }
    context_round(&out->share, &chain->chain_id, &out->round, &out->terms, keys);
    return true;
}

bool round_setting_load(struct rpc *rpc, const struct chain_info *chain, uint64_t model,
                        uint32_t round, struct round_setting *out, struct fault *fault)
{
    memset(out, 0, sizeof(*out));
    if (!chain_round_load(rpc, model, round, &out->round, fault) ||
        !chain_model_load(rpc, model, &out->model, &out->terms, &out->storage, fault)) {
        round_setting_close(out);
        return false;
    }
    return complete(rpc, chain, out, fault);
}

bool round_setting_next(struct rpc *rpc, const struct chain_info *chain, uint64_t model,
                        struct round_setting *out, struct fault *fault)
{
    memset(out, 0, sizeof(*out));
    if (!chain_model_load(rpc, model, &out->model, &out->terms, &out->storage, fault)) {
        round_setting_close(out);
        return false;
    }
    out->round.model = model;
    out->round.number = out->model.rounds_opened + 1;
    return complete(rpc, chain, out, fault);
}

bool round_setting_reference(struct rpc *rpc, const struct round_setting *setting, int64_t **out,
                             struct fault *fault)
{
    static const struct hash none = {0};
    uint64_t bad = 0;
    struct buffer blob = {0};
    *out = NULL;
    if (hash_equal(&setting->terms.reference, &none)) {
        return true;
    }
    size_t count = setting->terms.dimension;
    uint64_t *elements = memory_new(count * sizeof(*elements));
    bool good =
        blob_get(rpc, &blob, &setting->terms.reference, (uint32_t)(count * FIELD_SIZE), fault);
    if (good &&
        (blob.size != count * FIELD_SIZE || !field_read_all(elements, buffer_bytes(&blob), &bad))) {
        good = fault_set(fault, "the model's reference is no vector of its dimension");
    }
    for (size_t k = 0; good && k < count; k++) {
        elements[k] = (uint64_t)field_to_signed(elements[k]);
    }
    buffer_close(&blob);
    if (!good) {
        free(elements);
        return false;
    }
    *out = (int64_t *)elements;
    return true;
}

void round_setting_close(struct round_setting *setting)
{
    buffer_close(&setting->storage);
    memset(setting, 0, sizeof(*setting));
}
