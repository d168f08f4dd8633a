#include "p2p/mesh.h"

#include <stdlib.h>
#include <string.h>

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
        free(network->peers[i].host);
        free(network->peers[i].label);
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

void mesh_handle_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void mesh_link_gone(struct link *link)
{
    release(link->settings->context);
}

/* Dialling */

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
    if (network->stopping || peer->self || peer->forbidden || peer->public.host == NULL) {
        return;
    }
    uint64_t delay_ms = jittered(network, peer->backoff_ms);
    uint64_t max_ms = network->config.backoff_max_ms;
    peer->backoff_ms = peer->backoff_ms * 2 < max_ms ? peer->backoff_ms * 2 : max_ms;
    (void)uv_timer_start(&peer->redial, mesh_redial, delay_ms, 0);
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

bool mesh_parse_address(struct sockaddr_storage *out, const char *host, uint16_t port)
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

void mesh_redial(uv_timer_t *timer)
{
    struct peer *peer = timer->data;
    struct sockaddr_storage address;
    if (peer->network->stopping || peer->link != NULL || peer->dial != NULL || peer->resolving) {
        return;
    }
    peer->statistics.attempts++;
    if (mesh_parse_address(&address, peer->public.host, peer->public.port)) {
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

void mesh_accept(uv_stream_t *listener, int status)
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

void mesh_link_open(struct link *link)
{
    struct network *network = link->settings->context;
    struct peer *peer = link->dialled ? link->user : find_peer(network, link_key(link));
    bool refused = peer == NULL || peer->forbidden;
    if (refused || network->stopping) {
        link_close(link, refused ? NETWORK_KEY_REFUSED : NETWORK_SHUTDOWN, "");
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

void mesh_link_close(struct link *link, enum network_reason reason)
{
    struct network *network = link->settings->context;
    struct peer *peer = link->user;
    if (peer != NULL && peer->link == link) {
        on_peer_lost(peer, link, reason);
    } else if (peer != NULL) {
        assert(peer->dial == link);
        peer->dial = NULL;
        dial_failed(peer, reason, link->detail);
        if (peer->link == NULL && !network->stopping && network->config.on_dial_failed != NULL) {
            network->config.on_dial_failed(network->config.context, peer_index(peer), reason);
        }
    } else {
        forget_pending(network, link);
        network->refused[reason]++;
        if (network->config.on_refused != NULL) {
            bool proven = channel_open(&link->channel);
            network->config.on_refused(network->config.context, link->address,
                                       proven ? link_key(link) : NULL, reason);
        }
    }
}

void mesh_link_frame(struct link *link, uint8_t type, struct bytes payload)
{
    struct network *network = link->settings->context;
    if (network->config.on_frame != NULL && link->doom == NETWORK_REASON_NONE) {
        network->config.on_frame(network->config.context, peer_index(link->user), type, payload);
    }
}
