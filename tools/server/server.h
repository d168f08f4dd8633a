/* One aggregation server: who it is, where it keeps what it was given, and what it counts. */
#ifndef TOOLS_SERVER_SERVER_H
#define TOOLS_SERVER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "tools/client/chain.h"
#include "tools/client/wallet.h"

#define SERVER_WORKERS_MAX 64

struct server_counters {
    atomic_ulong deliveries_held;
    atomic_ulong deliveries_refused;
    atomic_ulong sums_held;
    atomic_ulong sums_refused;
    atomic_ulong disputes_answered;
    atomic_ulong transactions_done;
    atomic_ulong transactions_failed;
    atomic_ulong rounds_settled;
    atomic_ulong rounds_aborted;
};

struct aggregation_server {
    const char *home;
    const char *node_url;
    unsigned workers;      /* threads that compute, 1 .. SERVER_WORKERS_MAX */
    uint64_t memory_max;   /* bytes of what is computed with */
    uint64_t incoming_max; /* bytes on disk of deliveries that are not kept yet */
    struct chain_info chain;
    struct secret_key identity;   /* signs transactions and sums */
    struct secret_key encryption; /* sk_j: opens shares */
    struct public_key public_key;
    struct address address;
    struct server_counters counters;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    uint64_t changes; /* counts what may have given the server something to do */
    bool stopping;
};

/* Something came from the chain, an owner or another server: let the duties run. */
void server_wake(struct aggregation_server *server);

/* Wait until something changed since `seen`, at most a second. False when the server stops. */
bool server_await(struct aggregation_server *server, uint64_t *seen);

uint64_t server_now_ms(void); /* Of a clock that never goes back. */

void server_stop(struct aggregation_server *server);
bool server_stopping(struct aggregation_server *server);

#endif /* TOOLS_SERVER_SERVER_H */
