#include "node/refusals.h"

#include <inttypes.h>

#include "node/log.h"
#include "node/node_state.h"

#define HEX_SIZE (2 * sizeof(struct point) + 1)

void refusals_accepted(void *context, const char *address, const struct point *key,
                       enum network_reason reason)
{
    struct node *node = context;
    struct refusals *refusals = &node->refusals;
    char quoted[160];
    char hex[HEX_SIZE] = "-";
    uint64_t now_ms = node_now_ms();
    refusals_watch(node);
    if (!log_limit_take(key == NULL ? &refusals->strangers : &refusals->keys, now_ms)) {
        return;
    }
    if (key != NULL) {
        hex_encode(hex, BYTES_OF(*key));
    }
    log_write(LOG_LEVEL_WARN, "connection_refused", "address=%s node_key=%s reason=%s", address,
              hex, log_quote(quoted, sizeof(quoted), network_reason_text(reason)));
}

/* Not to be reached, or reached twice at once, is no refusal. */
static bool is_refusal(enum network_reason reason)
{
    return reason != NETWORK_RESOLVE_FAILED && reason != NETWORK_CONNECT_FAILED &&
           reason != NETWORK_REPLACED;
}

void refusals_dialled(void *context, uint32_t peer, enum network_reason reason)
{
    struct node *node = context;
    const struct network_peer *entry = &node->peers[peer];
    uint64_t *told_ms = &node->refusals.peer_told_ms[peer];
    uint64_t now_ms = node_now_ms();
    char quoted[160];
    char detail[160];
    char hex[HEX_SIZE];
    char address[CONFIG_ADDRESS_MAX];
    struct point own;
    if (!is_refusal(reason) || (*told_ms != 0 && now_ms - *told_ms < REFUSALS_AGAIN_MS)) {
        return;
    }
    *told_ms = now_ms;
    point_of(&own, &node->keys.node);
    hex_encode(hex, BYTES_OF(own));
    log_write(
        LOG_LEVEL_WARN, "peer_refuses", "peer=%s address=%s own_node_key=%s reason=%s text=%s",
        entry->label == NULL ? "-" : entry->label,
        config_address(address, sizeof(address), entry->host, entry->port), hex,
        log_quote(quoted, sizeof(quoted), network_reason_text(reason)),
        log_quote(detail, sizeof(detail), network_statistics(node->network, peer)->last_error));
}

void refusals_clients(struct node *node, const struct http_server_statistics *statistics)
{
    struct refusals *refusals = &node->refusals;
    uint64_t now_ms = node_now_ms();
    uint64_t displaced = statistics->displaced - refusals->displaced;
    uint64_t turned_away = statistics->turned_away - refusals->turned_away;
    bool soon =
        refusals->clients_told_ms != 0 && now_ms - refusals->clients_told_ms < REFUSALS_AGAIN_MS;
    if (displaced + turned_away == 0 || soon) {
        return;
    }
    refusals->displaced = statistics->displaced;
    refusals->turned_away = statistics->turned_away;
    refusals->clients_told_ms = now_ms;
    log_write(
        LOG_LEVEL_WARN, "rpc_full",
        "connections=%" PRIu32 " displaced=%" PRIu64 " turned_away=%" PRIu64
        " text=\"rpc.connections_max are open: those that rest longest are closed for new ones\"",
        statistics->connections_now, displaced, turned_away);
}

static void tell_withheld(struct log_limit *limit, uint64_t now_ms, const char *event)
{
    uint64_t withheld = log_limit_over(limit, now_ms);
    if (withheld > 0) {
        log_write(LOG_LEVEL_WARN, "lines_withheld", "of=%s count=%" PRIu64 " seconds=%d", event,
                  withheld, LOG_LIMIT_WINDOW_MS / 1000);
    }
}

void refusals_watch(struct node *node)
{
    uint64_t now_ms = node_now_ms();
    tell_withheld(&node->refusals.strangers, now_ms, "connection_refused");
    tell_withheld(&node->refusals.keys, now_ms, "connection_refused");
}
