#include "p2p/network.h"

#include <string.h>

#include "base/memory.h"
#include "p2p/mesh.h"

#define LISTEN_BACKLOG 128

const char *network_status_text(enum network_status status)
{
#define NETWORK_STATUS_TEXT(name, text) [name] = (text),
    static const char *const texts[] = {NETWORK_STATUS_LIST(NETWORK_STATUS_TEXT)};
#undef NETWORK_STATUS_TEXT
    return (size_t)status < ARRAY_COUNT(texts) ? texts[status] : "unknown status";
}

const char *network_reason_text(enum network_reason reason)
{
#define NETWORK_REASON_TEXT(name, text) [name] = (text),
    static const char *const texts[] = {NETWORK_REASON_LIST(NETWORK_REASON_TEXT)};
#undef NETWORK_REASON_TEXT
    return (size_t)reason < ARRAY_COUNT(texts) ? texts[reason] : "unknown reason";
}

const char *network_peer_state_text(enum network_peer_state state)
{
    switch (state) {
    case NETWORK_PEER_SELF:
        return "self";
    case NETWORK_PEER_DOWN:
        return "down";
    case NETWORK_PEER_DIALING:
        return "dialing";
    case NETWORK_PEER_UP:
        return "up";
    }
    return "unknown";
}

static void link_end(struct link *link, enum network_reason reason)
{
    if (link != NULL) {
        link_close(link, reason, "");
    }
}

static void stop(struct network *network)
{
    network->stopped = true;
    while (network->pending_count > 0) {
        link_end(network->pending[0], NETWORK_SHUTDOWN);
    }
    for (uint32_t i = 0; i < network->peer_count; i++) {
        struct peer *peer = &network->peers[i];
        if (peer->link != NULL) {
            link_flush(peer->link);
        }
        link_end(peer->link, NETWORK_SHUTDOWN);
        link_end(peer->dial, NETWORK_SHUTDOWN);
        if (peer->resolving) {
            (void)uv_cancel((uv_req_t *)&peer->resolve);
        }
        peer->redial.data = network;
        uv_close((uv_handle_t *)&peer->redial, mesh_handle_closed);
    }
    uv_close((uv_handle_t *)&network->listener, mesh_handle_closed);
    uv_close((uv_handle_t *)&network->turn, mesh_handle_closed);
}

/* Once in a loop turn, before the loop waits: what was queued leaves, what is doomed ends. */
static void on_turn(uv_prepare_t *prepare)
{
    struct network *network = prepare->data;
    while (network->dirty) {
        network->dirty = false;
        for (uint32_t i = 0; i < network->peer_count; i++) {
            struct link *link = network->peers[i].link;
            if (link != NULL && link->doom != NETWORK_REASON_NONE) {
                link_close(link, link->doom, "");
            } else if (link != NULL) {
                link_flush(link);
            }
        }
    }
    if (network->stopping) {
        stop(network);
    }
}

void network_close(struct network *network, void (*closed)(void *context), void *context)
{
    assert(!network->stopping);
    network->stopping = true;
    network->closed = closed;
    network->closed_context = context;
}

/* Beginning */

static void set_default(uint64_t *value, uint64_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

static void set_defaults(struct network_config *config)
{
    set_default(&config->handshake_timeout_ms, 5000);
    set_default(&config->ping_interval_ms, 2000);
    set_default(&config->idle_timeout_ms, 10000);
    set_default(&config->backoff_first_ms, 100);
    set_default(&config->backoff_max_ms, 5000);
    set_default(&config->in_bytes_max, (uint64_t)64 << 20);
    set_default(&config->in_frames_max, 50000);
    if (config->queue_max == 0) {
        config->queue_max = (size_t)64 << 20;
    }
    if (config->handshakes_max == 0) {
        config->handshakes_max = 2 * config->peer_count + 8;
    }
    assert(config->in_bytes_max < (uint64_t)1 << 50 && config->in_frames_max < (uint64_t)1 << 50);
}

static enum network_status check_peers(const struct network_config *config)
{
    assert(config->peer_count <= NETWORK_PEER_MAX);
    for (uint32_t i = 0; i < config->peer_count; i++) {
        if (!point_valid(&config->peers[i].key)) {
            return NETWORK_PEER_KEY;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (memcmp(&config->peers[i].key, &config->peers[j].key, sizeof(struct point)) == 0) {
                return NETWORK_PEER_TWICE;
            }
        }
    }
    return NETWORK_OK;
}

static void init_settings(struct network *network, const struct network_config *config)
{
    struct link_settings *settings = &network->settings;
    assert(config->prologue.size <= NETWORK_PROLOGUE_MAX && config->random != NULL);
    assert(!config->table->types[NETWORK_PING].allowed);
    assert(!config->table->types[NETWORK_PONG].allowed);
    if (config->prologue.size > 0) {
        memcpy(network->prologue, config->prologue.data, config->prologue.size);
    }
    settings->loop = network->loop;
    settings->key = *config->key;
    settings->prologue = (struct bytes){network->prologue, config->prologue.size};
    settings->table = *config->table;
    settings->table.types[NETWORK_PING].allowed = true;
    settings->table.types[NETWORK_PING].size_max = 8;
    settings->table.types[NETWORK_PONG] = settings->table.types[NETWORK_PING];
    settings->handshake_timeout_ms = network->config.handshake_timeout_ms;
    settings->ping_interval_ms = network->config.ping_interval_ms;
    settings->idle_timeout_ms = network->config.idle_timeout_ms;
    settings->queue_max = network->config.queue_max;
    settings->in_bytes_max = network->config.in_bytes_max;
    settings->in_frames_max = network->config.in_frames_max;
    settings->context = network;
    settings->random = NULL;
    settings->on_open = mesh_link_open;
    settings->on_frame = mesh_link_frame;
    settings->on_close = mesh_link_close;
    settings->on_gone = mesh_link_gone;
}

static void on_random(void *context, uint8_t *out, size_t size)
{
    const struct network *network = context;
    network->config.random(network->config.context, out, size);
}

static char *copy_text(const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t size = strlen(text) + 1;
    char *copy = memory_new(size);
    memcpy(copy, text, size);
    return copy;
}

static void init_peer(struct network *network, struct peer *peer, const struct network_peer *from)
{
    peer->network = network;
    peer->public = *from;
    peer->host = copy_text(from->host);
    peer->label = copy_text(from->label);
    peer->public.host = peer->host;
    peer->public.label = peer->label;
    peer->statistics.last_error = "";
    peer->backoff_ms = network->config.backoff_first_ms;
    int order = memcmp(&network->key, &from->key, sizeof(network->key));
    peer->self = order == 0;
    peer->we_are_smaller = order < 0;
    (void)uv_timer_init(network->loop, &peer->redial);
    peer->redial.data = peer;
    peer->resolve.data = peer;
    network->outstanding++;
    if (!peer->self && from->host != NULL) {
        /* The side whose connection stays begins, so that two seldom cross each other. */
        uint64_t delay_ms = peer->we_are_smaller ? 0 : network->config.backoff_first_ms;
        (void)uv_timer_start(&peer->redial, mesh_redial, delay_ms, 0);
    }
}

static enum network_status listen_on(struct network *network, const struct network_config *config)
{
    struct sockaddr_storage address;
    int size = sizeof(address);
    if (config->listen_host == NULL) {
        return NETWORK_OK;
    }
    memset(&address, 0, sizeof(address));
    if (!mesh_parse_address(&address, config->listen_host, config->listen_port)) {
        return NETWORK_ADDRESS;
    }
    if (uv_tcp_bind(&network->listener, (struct sockaddr *)&address, 0) < 0 ||
        uv_listen((uv_stream_t *)&network->listener, LISTEN_BACKLOG, mesh_accept) < 0 ||
        uv_tcp_getsockname(&network->listener, (struct sockaddr *)&address, &size) < 0) {
        return NETWORK_LISTEN;
    }
    /* The port is at the same place for both families. */
    network->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    return NETWORK_OK;
}

enum network_status network_open(struct network **out, uv_loop_t *loop,
                                 const struct network_config *config)
{
    *out = NULL;
    enum network_status status = check_peers(config);
    if (status != NETWORK_OK) {
        return status;
    }
    struct network *network = memory_new(sizeof(*network));
    network->loop = loop;
    network->config = *config;
    set_defaults(&network->config);
    init_settings(network, config);
    network->settings.random = on_random;
    point_of(&network->key, config->key);
    network->pending = memory_new(network->config.handshakes_max * sizeof(struct link *));
    /* Links and handles point to their peer, so the list never moves. */
    network->peers = memory_new(NETWORK_PEER_MAX * sizeof(*network->peers));
    (void)uv_tcp_init(loop, &network->listener);
    (void)uv_prepare_init(loop, &network->turn);
    (void)uv_prepare_start(&network->turn, on_turn);
    network->listener.data = network;
    network->turn.data = network;
    network->outstanding = 2;
    status = listen_on(network, config);
    if (status != NETWORK_OK) {
        network_close(network, NULL, NULL);
        stop(network);
        return status;
    }
    for (uint32_t i = 0; i < config->peer_count; i++) {
        network_add_peer(network, &config->peers[i]);
    }
    *out = network;
    return NETWORK_OK;
}

/* Use */

uint16_t network_port(const struct network *network)
{
    return network->port;
}

void network_add_peer(struct network *network, const struct network_peer *peer)
{
    assert(network->peer_count < NETWORK_PEER_MAX && point_valid(&peer->key));
    for (uint32_t i = 0; i < network->peer_count; i++) {
        assert(memcmp(&network->peers[i].public.key, &peer->key, sizeof(peer->key)) != 0);
    }
    if (!network->stopped) {
        init_peer(network, &network->peers[network->peer_count++], peer);
    }
}

enum network_status network_send(struct network *network, uint32_t peer, uint8_t type,
                                 struct bytes payload)
{
    assert(peer < network->peer_count && type != NETWORK_PING && type != NETWORK_PONG);
    struct link *link = network->peers[peer].link;
    if (link == NULL || link->closing || link->doom != NETWORK_REASON_NONE || network->stopped) {
        return NETWORK_NOT_CONNECTED;
    }
    network->dirty = true;
    if (!link_send(link, type, payload)) {
        link->doom = NETWORK_QUEUE_EXCEEDED;
        return NETWORK_QUEUE_FULL;
    }
    return NETWORK_OK;
}

uint32_t network_broadcast(struct network *network, uint8_t type, struct bytes payload)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < network->peer_count; i++) {
        if (network_send(network, i, type, payload) == NETWORK_OK) {
            taken++;
        }
    }
    return taken;
}

void network_permit(struct network *network, uint32_t peer, bool permitted)
{
    assert(peer < network->peer_count);
    struct peer *entry = &network->peers[peer];
    if (entry->forbidden != permitted || network->stopping) {
        return;
    }
    entry->forbidden = !permitted;
    if (permitted && !entry->self && entry->public.host != NULL) {
        (void)uv_timer_start(&entry->redial, mesh_redial, 0, 0);
    } else if (!permitted && entry->link != NULL && entry->link->doom == NETWORK_REASON_NONE) {
        (void)uv_timer_stop(&entry->redial);
        entry->link->doom = NETWORK_KEY_REFUSED;
        network->dirty = true;
    } else if (!permitted) {
        (void)uv_timer_stop(&entry->redial);
    }
}

void network_drop(struct network *network, uint32_t peer)
{
    assert(peer < network->peer_count);
    struct link *link = network->peers[peer].link;
    if (link != NULL && link->doom == NETWORK_REASON_NONE) {
        link->doom = NETWORK_DROPPED;
        network->dirty = true;
    }
}

const struct network_statistics *network_statistics(struct network *network, uint32_t peer)
{
    assert(peer < network->peer_count);
    struct peer *entry = &network->peers[peer];
    struct network_statistics *statistics = &entry->statistics;
    statistics->queue_size = entry->link == NULL ? 0 : link_queue_size(entry->link);
    statistics->up_since_ms = entry->link == NULL ? 0 : entry->link->up_since_ms;
    if (entry->self) {
        statistics->state = NETWORK_PEER_SELF;
    } else if (entry->link != NULL) {
        statistics->state = NETWORK_PEER_UP;
    } else if (entry->dial != NULL || entry->resolving) {
        statistics->state = NETWORK_PEER_DIALING;
    } else {
        statistics->state = NETWORK_PEER_DOWN;
    }
    return statistics;
}

const struct network_peer *network_peer(const struct network *network, uint32_t peer)
{
    assert(peer < network->peer_count);
    return &network->peers[peer].public;
}

uint64_t network_refused_count(const struct network *network, enum network_reason reason)
{
    return (size_t)reason < NETWORK_REASON_COUNT ? network->refused[reason] : 0;
}
