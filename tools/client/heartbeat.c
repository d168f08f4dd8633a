#include "tools/client/heartbeat.h"

#include "tools/client/rpc.h"

static bool take_hex(const json_t *object, const char *name, uint8_t *out, size_t size,
                     struct fault *fault)
{
    const char *hex = NULL;
    return rpc_text(&hex, object, name, fault) &&
           (hex_decode(out, size, hex) ||
            fault_set(fault, "the node's %s is not %zu hexadecimal digits", name, 2 * size));
}

bool heartbeat_fetch(const char *url, struct heartbeat_operand *out, struct fault *fault)
{
    struct rpc *rpc = rpc_new(url);
    json_t *answer = rpc_call(rpc, "governance_heartbeat", NULL, fault);
    const json_t *heartbeat = json_object_get(answer, "heartbeat");
    *out = (struct heartbeat_operand){0};
    bool good =
        answer != NULL && rpc_u64(&out->height, heartbeat, "height", fault) &&
        take_hex(heartbeat, "key", out->key.bytes, sizeof(out->key.bytes), fault) &&
        take_hex(heartbeat, "node_key", out->node_key.bytes, sizeof(out->node_key.bytes), fault) &&
        take_hex(heartbeat, "digest", out->digest.bytes, sizeof(out->digest.bytes), fault) &&
        take_hex(heartbeat, "signature", out->signature.bytes, sizeof(out->signature.bytes), fault);
    json_decref(answer);
    rpc_free(rpc);
    return good;
}
