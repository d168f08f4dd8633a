/* Who is connected to whom: dialling, accepting, choosing, and what follows when a link ends.
 *
 * The inner half of p2p/network.h, above p2p/link.h; only network.c includes it. */
#ifndef P2P_MESH_H
#define P2P_MESH_H

#include "p2p/link.h"

struct peer {
    struct network *network;
    struct network_peer public; /* its texts are the two below */
    char *host;                 /* may be NULL */
    char *label;                /* may be NULL */
    struct network_statistics statistics;
    struct link *link; /* up */
    struct link *dial; /* ours, not up yet */
    uv_timer_t redial;
    uv_getaddrinfo_t resolve;
    bool resolving;
    bool announced; /* on_peer_up was called for `link` */
    bool self;
    bool forbidden;      /* not dialled, and refused in the handshake */
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

/* Callbacks of the links; link->settings->context is the network, link->user the peer. */
void mesh_link_open(struct link *link);
void mesh_link_frame(struct link *link, uint8_t type, struct bytes payload);
void mesh_link_close(struct link *link, enum network_reason reason);
void mesh_link_gone(struct link *link);

void mesh_accept(uv_stream_t *listener, int status); /* Callback; listener->data is the network. */
void mesh_redial(uv_timer_t *timer);                 /* Callback; timer->data is the peer. */

/* Of a handle whose data is the network: one less that libuv knows. The last one frees the network
 * and calls `closed`. */
void mesh_handle_closed(uv_handle_t *handle);

NODISCARD bool mesh_parse_address(struct sockaddr_storage *out, const char *host, uint16_t port);

#endif /* P2P_MESH_H */
