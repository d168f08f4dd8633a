/* The full mesh of known peers: encrypted connections over TCP on a libuv loop.
 *
 * Peers are a list of static keys that only grows. Every side dials; one connection for each pair stays, the
 * one that the smaller key dialled. Keys outside the list are refused in the handshake. Lost
 * connections come back by themselves with a growing, jittered delay. What the frames mean is the
 * owner's business; the types NETWORK_PING and NETWORK_PONG are the network's own.
 *
 * One thread: that of the loop. Callbacks run on it, never from inside a call of this header, and may
 * call every function here. */
#ifndef P2P_NETWORK_H
#define P2P_NETWORK_H

#include <uv.h>

#include "crypto/key.h"
#include "p2p/frame.h"

#define NETWORK_PEER_MAX     1024
#define NETWORK_PROLOGUE_MAX 64
#define NETWORK_PING         254 /* frame types the owner's table must leave free */
#define NETWORK_PONG         255

#define NETWORK_STATUS_LIST(X)                                                                     \
    X(NETWORK_OK, "ok")                                                                            \
    X(NETWORK_ADDRESS, "the listen address is no IPv4 or IPv6 address")                            \
    X(NETWORK_LISTEN, "the listen address is in use or may not be used")                           \
    X(NETWORK_PEER_KEY, "a peer's key is not on the curve")                                        \
    X(NETWORK_PEER_TWICE, "two peers have the same key")                                           \
    X(NETWORK_NOT_CONNECTED, "there is no connection to the peer")                                 \
    X(NETWORK_QUEUE_FULL, "the peer takes its messages too slowly")

#define NETWORK_STATUS_ENUM(name, text) name,
enum network_status { NETWORK_STATUS_LIST(NETWORK_STATUS_ENUM) };
#undef NETWORK_STATUS_ENUM

const char *network_status_text(enum network_status status); /* Static string; never NULL. */

/* Why a connection ended, or never came up. */
#define NETWORK_REASON_LIST(X)                                                                     \
    X(NETWORK_REASON_NONE, "none")                                                                 \
    X(NETWORK_RESOLVE_FAILED, "the host name has no address")                                      \
    X(NETWORK_CONNECT_FAILED, "the connection was refused or not answered")                        \
    X(NETWORK_HANDSHAKE_FAILED, "the handshake failed")                                            \
    X(NETWORK_HANDSHAKE_SLOW, "the handshake took too long")                                       \
    X(NETWORK_KEY_REFUSED, "the key is not in the list of peers")                                  \
    X(NETWORK_REPLACED, "another connection to the same peer took its place")                      \
    X(NETWORK_BROKEN, "the connection broke")                                                      \
    X(NETWORK_CLOSED_BY_PEER, "the peer closed the connection")                                    \
    X(NETWORK_TAMPERED, "a message was changed on its way")                                        \
    X(NETWORK_FRAME_UNKNOWN, "a frame has a type that is not in the table")                        \
    X(NETWORK_FRAME_TOO_LONG, "a frame is longer than its type allows")                            \
    X(NETWORK_QUEUE_EXCEEDED, "the queue of outgoing bytes is full")                               \
    X(NETWORK_IDLE, "nothing came for too long")                                                   \
    X(NETWORK_DROPPED, "the node dropped the connection")                                          \
    X(NETWORK_SHUTDOWN, "the node is shutting down")

#define NETWORK_REASON_ENUM(name, text) name,
enum network_reason { NETWORK_REASON_LIST(NETWORK_REASON_ENUM) };
#undef NETWORK_REASON_ENUM
#define NETWORK_REASON_ONE(name, text) +1
#define NETWORK_REASON_COUNT           (0 NETWORK_REASON_LIST(NETWORK_REASON_ONE))

const char *network_reason_text(enum network_reason reason); /* Static string; never NULL. */

struct network_peer {
    struct point key;
    const char *host; /* name or address to dial; NULL: the peer dials us and is never dialled */
    uint16_t port;
    const char *label; /* for people; may be NULL */
};

/* Zero in a limit or time-out means its default. */
struct network_config {
    const struct secret_key *key;
    struct bytes prologue;            /* "souk" || chain id; at most NETWORK_PROLOGUE_MAX bytes */
    const char *listen_host;          /* an address; NULL: do not listen */
    uint16_t listen_port;             /* 0: any free port, see network_port() */
    const struct network_peer *peers; /* a peer with our own key is kept as NETWORK_PEER_SELF */
    uint32_t peer_count;              /* at most NETWORK_PEER_MAX */
    const struct frame_table *table;  /* copied */

    uint64_t handshake_timeout_ms; /* from connect() or accept() to the connection's use; 5000 */
    uint64_t ping_interval_ms;     /* 2000 */
    uint64_t idle_timeout_ms;      /* nothing received; 10000 */
    uint64_t backoff_first_ms;     /* 100; doubles up to */
    uint64_t backoff_max_ms;       /* 5000; a random half of it is jitter */
    size_t queue_max;              /* unsent bytes for one peer; 64 MiB */
    uint64_t in_bytes_max;         /* bytes per second from one peer; 64 MiB */
    uint64_t in_frames_max;        /* frames per second from one peer; 50000 */
    uint32_t handshakes_max;       /* accepted connections that are not through; 2 * peers + 8 */

    /* `peer` is the index in `peers`. Every callback may be NULL but `random`. */
    void *context;
    void (*on_peer_up)(void *context, uint32_t peer);
    void (*on_peer_down)(void *context, uint32_t peer, enum network_reason reason);
    /* `payload` is borrowed until the callback returns. */
    void (*on_frame)(void *context, uint32_t peer, uint8_t type, struct bytes payload);
    /* An accepted connection ended before it was a peer's: for the log. `address` is its address, `key` the one
     * that it has proven, or NULL. Anybody can cause this as often as he likes. */
    void (*on_refused)(void *context, const char *address, const struct point *key,
                       enum network_reason reason);
    /* A connection that we dialled ended before it was up, and there is no other: for the log. More of it is in
     * the peer's statistics. It is called once for each attempt. */
    void (*on_dial_failed)(void *context, uint32_t peer, enum network_reason reason);
    void (*random)(void *context, uint8_t *out, size_t size); /* secure random bytes */
};

enum network_peer_state {
    NETWORK_PEER_SELF,    /* our own entry */
    NETWORK_PEER_DOWN,    /* waiting for the next attempt, or for the peer to dial */
    NETWORK_PEER_DIALING, /* a connection or handshake of ours is under way */
    NETWORK_PEER_UP
};

const char *network_peer_state_text(enum network_peer_state state); /* Static string; never NULL. */

struct network_statistics {
    enum network_peer_state state;
    bool dialled_by_us;     /* the current connection */
    uint64_t up_since_ms;   /* uv_now() of the loop; 0 where it is not up */
    uint64_t round_trip_us; /* of the last ping; 0 before the first */
    uint64_t bytes_in;      /* on the wire, of all connections so far */
    uint64_t bytes_out;
    uint64_t frames_in[FRAME_TYPE_COUNT];
    uint64_t frames_out[FRAME_TYPE_COUNT];
    uint64_t payload_in[FRAME_TYPE_COUNT]; /* bytes of frames of this type, without their headers */
    uint64_t payload_out[FRAME_TYPE_COUNT];
    uint64_t connections; /* times it came up */
    uint64_t attempts;    /* times it was dialled */
    uint64_t pauses;      /* times it was over its budget, and reading stopped for a while */
    size_t queue_size;    /* unsent bytes now */
    enum network_reason last_reason; /* of the last end or failed attempt */
    const char *last_error;          /* static text with more detail; "" where there is none */
};

struct network;

/* Listen and begin to dial. Copies the configuration, borrows `loop`.
 * On NETWORK_OK the caller owns *out and releases it by network_close(). On error *out is NULL, and
 * the loop has to run once more to let go of what was begun:
 *   NETWORK_ADDRESS, NETWORK_LISTEN, NETWORK_PEER_KEY, NETWORK_PEER_TWICE  as their texts say */
NODISCARD enum network_status network_open(struct network **out, uv_loop_t *loop,
                                           const struct network_config *config);

/* End every connection (on_peer_down with NETWORK_SHUTDOWN for those that are up), then call
 * `closed`, after which the network is gone. Frames queued before are written as far as the socket
 * takes them at once. Call it once; `closed` may be NULL. */
void network_close(struct network *network, void (*closed)(void *context), void *context);

uint16_t network_port(const struct network *network); /* The port in use; 0 where not listening. */

/* One more peer, with the next index; `peer` is copied. Its key is on the curve and not in the list,
 * which has room (asserted). */
void network_add_peer(struct network *network, const struct network_peer *peer);

/* May this peer be connected? A peer is permitted when it is added. One that is not any more is
 * dropped in this loop turn (on_peer_down with NETWORK_KEY_REFUSED), and neither dialled nor let in until
 * it is permitted again. */
void network_permit(struct network *network, uint32_t peer, bool permitted);

/* Queue a frame; those of one loop turn leave in one write. The payload is copied.
 *   NETWORK_NOT_CONNECTED  the peer is not up (or is ourselves): nothing was queued
 *   NETWORK_QUEUE_FULL     the connection is dropped in this loop turn, on_peer_down follows */
NODISCARD enum network_status network_send(struct network *network, uint32_t peer, uint8_t type,
                                           struct bytes payload);

/* Queue a frame for every peer that is up. Returns how many took it. */
uint32_t network_broadcast(struct network *network, uint8_t type, struct bytes payload);

/* End the connection to a peer that misbehaves; on_peer_down(NETWORK_DROPPED) follows in this loop
 * turn. It may come back after the back-off. Nothing happens where it is not up. */
void network_drop(struct network *network, uint32_t peer);

/* Borrowed; `queue_size` and `state` are current. Valid until the network is closed. */
const struct network_statistics *network_statistics(struct network *network, uint32_t peer);
const struct network_peer *network_peer(const struct network *network, uint32_t peer);

/* Connections that ended before they were a peer's, by reason. */
uint64_t network_refused_count(const struct network *network, enum network_reason reason);

#endif /* P2P_NETWORK_H */
