#include "tools/server/follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/log.h"
#include "tools/server/duties.h"
#include "tools/server/sweep.h"

#define SWEEP_PASSES  600
#define EVENT_WAIT_MS 1000 /* also the longest that a stop waits for the events' thread */

/* One model of the chain that names this server. */
struct served_model {
    uint64_t id;
    struct duty_memory round; /* of the open round; name.round 0: none */
    uint32_t rounds_ended;
};

struct follower {
    struct aggregation_server *server;
    pthread_t events;
    pthread_t duties;
    struct served_model *models;
    size_t model_count;
    uint64_t models_seen; /* ids up to here were looked at */
    unsigned passes;      /* of the duties; the first of SWEEP_PASSES sweeps */
};

/* ---- Events */

static void *run_events(void *context)
{
    struct follower *follower = context;
    struct rpc *rpc = rpc_new(follower->server->node_url);
    char cursor[RPC_CURSOR_MAX] = "latest";
    uint64_t seen = 0;
    bool failing = false;
    while (!server_stopping(follower->server)) {
        struct fault fault;
        if (rpc_await_event(rpc, cursor, EVENT_WAIT_MS, &fault)) {
            failing = false;
            server_wake(follower->server);
            continue;
        }
        if (!failing) {
            log_warn("node", "reason=\"%s\"", fault.text);
            failing = true;
        }
        (void)server_await(follower->server, &seen); /* a second before the next try */
    }
    rpc_free(rpc);
    return NULL;
}

/* ---- Duties */

static bool names_us(const struct aggregation_server *server, const struct model_terms *terms)
{
    for (uint32_t i = 0; i < terms->server_count; i++) {
        if (address_equal(&terms->servers[i], &server->address)) {
            return true;
        }
    }
    return false;
}

static void add_model(struct follower *follower, uint64_t id)
{
    follower->models =
        memory_resize(follower->models, (follower->model_count + 1) * sizeof(*follower->models));
    follower->models[follower->model_count++] = (struct served_model){.id = id};
    log_info("serving", "model=%" PRIu64, id);
}

/* Look at models published since the last pass. */
static bool discover(struct follower *follower, struct rpc *rpc, struct fault *fault)
{
    struct chain_record chain;
    struct market_key key;
    struct buffer storage = {0};
    key_chain(&key);
    bool good = chain_record_load(rpc, &key, &chain_record_schema, &chain, &storage, fault);
    while (good && follower->models_seen < chain.model_count) {
        struct model model;
        struct model_terms terms;
        uint64_t id = follower->models_seen + 1;
        good = chain_model_load(rpc, id, &model, &terms, &storage, fault);
        if (good && model.status == MODEL_OPEN && names_us(follower->server, &terms)) {
            add_model(follower, id);
        }
        follower->models_seen += good ? 1 : 0;
    }
    buffer_close(&storage);
    return good;
}

/* One pass over a model. False in *serving where it was closed. */
static bool attend(struct follower *follower, struct rpc *rpc, struct served_model *served,
                   bool *serving, struct fault *fault)
{
    struct model model;
    struct model_terms terms;
    struct buffer storage = {0};
    bool ended = false;
    bool good = chain_model_load(rpc, served->id, &model, &terms, &storage, fault);
    buffer_close(&storage);
    *serving = !good || model.status == MODEL_OPEN || served->round.name.round != 0;
    if (!good) {
        return false;
    }
    if (served->round.name.round == 0 && model.rounds_opened > served->rounds_ended) {
        served->round.name = (struct vault_round){served->id, model.rounds_opened};
    }
    if (served->round.name.round == 0) {
        return true;
    }
    good = duties_run(follower->server, rpc, &served->round, &ended, fault);
    if (ended) {
        served->rounds_ended = served->round.name.round;
        duty_memory_close(&served->round);
    }
    return good;
}

static void attend_all(struct follower *follower, struct rpc *rpc)
{
    struct fault fault;
    if (!discover(follower, rpc, &fault)) {
        log_warn("node", "reason=\"%s\"", fault.text);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < follower->model_count; i++) {
        bool serving = true;
        if (!attend(follower, rpc, &follower->models[i], &serving, &fault)) {
            log_warn("duty", "model=%" PRIu64 " reason=\"%s\"", follower->models[i].id, fault.text);
        }
        if (serving) {
            follower->models[kept++] = follower->models[i];
        }
    }
    follower->model_count = kept;
    if (follower->passes++ % SWEEP_PASSES == 0 && !sweep(follower->server, rpc, &fault)) {
        log_warn("sweep", "reason=\"%s\"", fault.text);
        follower->passes = 0;
    }
}

static void *run_duties(void *context)
{
    struct follower *follower = context;
    struct rpc *rpc = rpc_new(follower->server->node_url);
    uint64_t seen = 0;
    do {
        attend_all(follower, rpc);
    } while (server_await(follower->server, &seen));
    rpc_free(rpc);
    return NULL;
}

struct follower *follow_start(struct aggregation_server *server)
{
    struct follower *follower = memory_new(sizeof(*follower));
    follower->server = server;
    int code = pthread_create(&follower->events, NULL, run_events, follower);
    assert(code == 0 && "out of threads");
    code = pthread_create(&follower->duties, NULL, run_duties, follower);
    assert(code == 0 && "out of threads");
    return follower;
}

void follow_join(struct follower *follower)
{
    (void)pthread_join(follower->events, NULL);
    (void)pthread_join(follower->duties, NULL);
    for (size_t i = 0; i < follower->model_count; i++) {
        duty_memory_close(&follower->models[i].round);
    }
    free(follower->models);
    free(follower);
}
