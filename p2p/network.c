#include "p2p/network.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "p2p/link.h"

#define LISTEN_BACKLOG 128

struct peer {
    struct network *network;
    struct network_peer public; /* with own copies of the texts */
    struct network_statistics statistics;
    struct link *link; /* up */
    struct link *dial; /* ours, not up yet */
    uv_timer_t redial;
    uv_getaddrinfo_t resolve;
    bool resolving;
    bool announced; /* on_peer_up was called for `link` */
    bool self;
    bool we_are_smaller; /* the connection that we dial is the one that stays */
    uint64_t backoff_ms;
};

struct network {
    uv_loop_t *loop;
    struct link_settings settings;
    uint8_t prologue[NETWORK_PROLOGUE_MAX];
    struct network_config config; /* its pointers are not used after network_open() */
    struct point key;
    struct peer *peers;
    uint32_t peer_count;
    uv_tcp_t listener;
    uv_prepare_t turn;
    uint16_t port;
    bool dirty; /* something is queued or doomed */
    bool stopping;
    bool stopped;
    struct link **pending; /* accepted, not through the handshake, oldest first */
    uint32_t pending_count;
    uint64_t refused[NETWORK_REASON_COUNT];
    uint64_t outstanding; /* handles, links and look-ups that libuv still knows */
    void (*closed)(void *context);
    void *closed_context;
};

const char *network_status_text(enum network_status status)
{
#define NETWORK_STATUS_TEXT(name, text) [name] = text,
    static const char *const texts[] = {NETWORK_STATUS_LIST(NETWORK_STATUS_TEXT)};
#undef NETWORK_STATUS_TEXT
    return (size_t)status < ARRAY_COUNT(texts) ? texts[status] : "unknown status";
}

const char *network_reason_text(enum network_reason reason)
{
#define NETWORK_REASON_TEXT(name, text) [name] = text,
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

static uint32_t peer_index(const struct peer *peer)
{
    return (uint32_t)(peer - peer->network->peers);
}

/* The end: the last handle, link or look-up that closes frees the network. */

static void release(struct network *network)
{
    assert(network->outstanding > 0);
    network->outstanding--;
    if (network->outstanding > 0) {
        return;
    }
    assert(network->stopped);
    for (uint32_t i = 0; i < network->peer_count; i++) {
        free((void *)(uintptr_t)network->peers[i].public.host);
        free((void *)(uintptr_t)network->peers[i].public.label);
    }
    secret_key_close(&network->settings.key);
    void (*closed)(void *context) = network->closed;
    void *context = network->closed_context;
    free(network->peers);
    free(network->pending);
    free(network);
    if (closed != NULL) {
        closed(context);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_link_gone(struct link *link)
{
    release(link->settings->context);
}

/* Dialling */

static void on_redial(uv_timer_t *timer);

static uint64_t jittered(struct network *network, uint64_t delay_ms)
{
    uint32_t random;
    network->settings.random(network->settings.context, (uint8_t *)&random, sizeof(random));
    uint64_t half_ms = delay_ms / 2;
    return delay_ms - half_ms + (half_ms * random >> 32);
}

static void dial_later(struct peer *peer)
{
    struct network *network = peer->network;
    if (network->stopping || peer->self || peer->public.host == NULL) {
        return;
    }
    uint64_t delay_ms = jittered(network, peer->backoff_ms);
    uint64_t max_ms = network->config.backoff_max_ms;
    peer->backoff_ms = peer->backoff_ms * 2 < max_ms ? peer->backoff_ms * 2 : max_ms;
    (void)uv_timer_start(&peer->redial, on_redial, delay_ms, 0);
}

static void dial_failed(struct peer *peer, enum network_reason reason, const char *detail)
{
    peer->statistics.last_reason = reason;
    peer->statistics.last_error = detail;
    if (peer->link == NULL) {
        dial_later(peer);
    }
}

static void dial_address(struct peer *peer, const struct sockaddr *address)
{
    peer->dial = link_dial(&peer->network->settings, address, &peer->public.key);
    peer->dial->user = peer;
    peer->network->outstanding++;
}

/* One of the addresses, another at each attempt. */
static const struct addrinfo *pick_address(const struct addrinfo *list, uint64_t attempt)
{
    uint64_t count = 0;
    for (const struct addrinfo *i = list; i != NULL; i = i->ai_next) {
        count++;
    }
    const struct addrinfo *picked = list;
    for (uint64_t skip = count == 0 ? 0 : (attempt - 1) % count; skip > 0; skip--) {
        picked = picked->ai_next;
    }
    return picked;
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct peer *peer = request->data;
    struct network *network = peer->network;
    peer->resolving = false;
    if (!network->stopping && peer->link == NULL) {
        const struct addrinfo *picked = pick_address(list, peer->statistics.attempts);
        if (status == 0 && picked != NULL) {
            dial_address(peer, picked->ai_addr);
        } else {
            dial_failed(peer, NETWORK_RESOLVE_FAILED, status == 0 ? "" : uv_strerror(status));
        }
    }
    uv_freeaddrinfo(list);
    release(network);
}

static bool parse_address(struct sockaddr_storage *out, const char *host, uint16_t port)
{
    return uv_ip4_addr(host, port, (struct sockaddr_in *)out) == 0 ||
           uv_ip6_addr(host, port, (struct sockaddr_in6 *)out) == 0;
}

static void resolve(struct peer *peer)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct buffer port = {0};
    buffer_format(&port, "%u", (unsigned)peer->public.port);
    int status = uv_getaddrinfo(peer->network->loop, &peer->resolve, on_resolved, peer->public.host,
                                buffer_text(&port), &hints);
    buffer_close(&port);
    if (status < 0) {
        dial_failed(peer, NETWORK_RESOLVE_FAILED, uv_strerror(status));
        return;
    }
    peer->resolving = true;
    peer->network->outstanding++;
}

static void on_redial(uv_timer_t *timer)
{
    struct peer *peer = timer->data;
    struct sockaddr_storage address;
    if (peer->network->stopping || peer->link != NULL || peer->dial != NULL || peer->resolving) {
        return;
    }
    peer->statistics.attempts++;
    if (parse_address(&address, peer->public.host, peer->public.port)) {
        dial_address(peer, (struct sockaddr *)&address);
    } else {
        resolve(peer);
    }
}

/* Accepting */

static void forget_pending(struct network *network, const struct link *link)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < network->pending_count; i++) {
        if (network->pending[i] != link) {
            network->pending[kept++] = network->pending[i];
        }
    }
    network->pending_count = kept;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct network *network = listener->data;
    if (status < 0 || network->stopping) {
        return;
    }
    /* Whoever opens sockets and stays silent must not keep the others out. */
    if (network->pending_count == network->config.handshakes_max) {
        link_close(network->pending[0], NETWORK_HANDSHAKE_SLOW, "pushed out by newer ones");
    }
    network->outstanding++;
    struct link *link = link_take(&network->settings, listener);
    if (link != NULL && !link->closing) {
        network->pending[network->pending_count++] = link;
    }
}

static struct peer *find_peer(struct network *network, const struct point *key)
{
    for (uint32_t i = 0; i < network->peer_count; i++) {
        struct peer *peer = &network->peers[i];
        if (!peer->self && memcmp(&peer->public.key, key, sizeof(*key)) == 0) {
            return peer;
        }
    }
    return NULL;
}

/* One connection for each pair: the smaller key's stays; of two by the same side, the newer. */
static bool is_preferred(const struct peer *peer, const struct link *link)
{
    bool current = peer->link->dialled == peer->we_are_smaller;
    bool offered = link->dialled == peer->we_are_smaller;
    return offered || !current;
}

static void take_up(struct peer *peer, struct link *link)
{
    struct network *network = peer->network;
    peer->link = link;
    if (peer->dial == link) {
        peer->dial = NULL;
    }
    (void)uv_timer_stop(&peer->redial);
    link->user = peer;
    peer->statistics.connections++;
    peer->statistics.round_trip_us = 0;
    peer->statistics.dialled_by_us = link->dialled;
    link_accept_peer(link, &peer->statistics);
    if (link->closing) {
        return;
    }
    peer->announced = true;
    if (network->config.on_peer_up != NULL) {
        network->config.on_peer_up(network->config.context, peer_index(peer));
    }
}

static void on_link_open(struct link *link)
{
    struct network *network = link->settings->context;
    struct peer *peer = link->dialled ? link->user : find_peer(network, link_key(link));
    if (peer == NULL || network->stopping) {
        link_close(link, peer == NULL ? NETWORK_KEY_REFUSED : NETWORK_SHUTDOWN, "");
        return;
    }
    if (peer->link != NULL && !is_preferred(peer, link)) {
        /* The peer may dial because it lost the other connection and we do not know yet: ask. */
        struct link *current = peer->link;
        link_close(link, NETWORK_REPLACED, "");
        link_ping(current);
        return;
    }
    if (peer->link != NULL) {
        link_close(peer->link, NETWORK_REPLACED, "");
    }
    if (link->closing || peer->link != NULL) { /* by what on_peer_down did */
        link_close(link, NETWORK_REPLACED, "");
        return;
    }
    if (!link->dialled) {
        forget_pending(network, link);
    }
    take_up(peer, link);
}

/* Ending */

static void on_peer_lost(struct peer *peer, const struct link *link, enum network_reason reason)
{
    struct network *network = peer->network;
    bool announced = peer->announced;
    peer->announced = false;
    peer->link = NULL;
    peer->statistics.last_reason = reason;
    peer->statistics.last_error = link->detail;
    /* A connection that was of no use must not be rebuilt in a tight circle. */
    if (uv_now(network->loop) - link->up_since_ms >= network->config.backoff_max_ms) {
        peer->backoff_ms = network->config.backoff_first_ms;
    }
    if (reason != NETWORK_REPLACED && peer->dial == NULL && !peer->resolving) {
        dial_later(peer);
    }
    if (announced && network->config.on_peer_down != NULL) {
        network->config.on_peer_down(network->config.context, peer_index(peer), reason);
    }
}

static void on_link_close(struct link *link, enum network_reason reason)
{
    struct network *network = link->settings->context;
    struct peer *peer = link->user;
    if (peer != NULL && peer->link == link) {
        on_peer_lost(peer, link, reason);
    } else if (peer != NULL) {
        assert(peer->dial == link);
        peer->dial = NULL;
        dial_failed(peer, reason, link->detail);
    } else {
        forget_pending(network, link);
        network->refused[reason]++;
        if (network->config.on_refused != NULL) {
            network->config.on_refused(network->config.context, link->address, reason);
        }
    }
}

static void on_link_frame(struct link *link, uint8_t type, struct bytes payload)
{
    struct network *network = link->settings->context;
    if (network->config.on_frame != NULL && link->doom == NETWORK_REASON_NONE) {
        network->config.on_frame(network->config.context, peer_index(link->user), type, payload);
    }
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
        uv_close((uv_handle_t *)&peer->redial, on_handle_closed);
    }
    uv_close((uv_handle_t *)&network->listener, on_handle_closed);
    uv_close((uv_handle_t *)&network->turn, on_handle_closed);
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
    settings->on_open = on_link_open;
    settings->on_frame = on_link_frame;
    settings->on_close = on_link_close;
    settings->on_gone = on_link_gone;
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
    peer->public.host = copy_text(from->host);
    peer->public.label = copy_text(from->label);
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
        (void)uv_timer_start(&peer->redial, on_redial, delay_ms, 0);
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
    if (!parse_address(&address, config->listen_host, config->listen_port)) {
        return NETWORK_ADDRESS;
    }
    if (uv_tcp_bind(&network->listener, (struct sockaddr *)&address, 0) < 0 ||
        uv_listen((uv_stream_t *)&network->listener, LISTEN_BACKLOG, on_connection) < 0 ||
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
    network->pending = memory_new(network->config.handshakes_max * sizeof(*network->pending));
    network->peers = memory_new(config->peer_count * sizeof(*network->peers));
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
    network->peer_count = config->peer_count;
    for (uint32_t i = 0; i < config->peer_count; i++) {
        init_peer(network, &network->peers[i], &config->peers[i]);
    }
    *out = network;
    return NETWORK_OK;
}

/* Use */

uint16_t network_port(const struct network *network)
{
    return network->port;
}

uint32_t network_peer_count(const struct network *network)
{
    return network->peer_count;
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
