#include "tools/client/round_setting.h"

#include <stdio.h>
#include <string.h>

#include "market/context.h"

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

bool round_setting_load(struct rpc *rpc, const struct chain_info *chain, uint64_t model,
                        uint32_t round, struct round_setting *out, struct fault *fault)
{
    struct model record;
    struct point keys[MARKET_SERVERS_MAX];
    memset(out, 0, sizeof(*out));
    bool good = chain_round_load(rpc, model, round, &out->round, fault) &&
                chain_model_load(rpc, model, &record, &out->terms, &out->storage, fault);
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

void round_setting_close(struct round_setting *setting)
{
    buffer_close(&setting->storage);
    memset(setting, 0, sizeof(*setting));
}
