/* The parts of a running node, shared by the files that connect them. Loop's thread only. */
#ifndef NODE_NODE_STATE_H
#define NODE_NODE_STATE_H

#include <uv.h>

#include "consensus/pbft.h"
#include "market/operands.h"
#include "node/block_store.h"
#include "node/config.h"
#include "node/executor.h"
#include "node/genesis_file.h"
#include "node/home_lock.h"
#include "node/keys.h"
#include "node/mempool.h"
#include "node/metrics.h"
#include "node/refusals.h"
#include "node/stall.h"
#include "node/state_store.h"
#include "node/verify.h"
#include "node/voter.h"
#include "node/wal.h"
#include "p2p/network.h"

struct glue;           /* consensus_glue.h */
struct sync_driver;    /* sync_driver.h */
struct gossip;         /* gossip.h */
struct evidence;       /* evidence.h */
struct simulator;      /* simulate.h */
struct rpc;            /* rpc.h */
struct signer;         /* signer.h */
struct snapshot_maker; /* snapshot_maker.h */
struct blob_driver;    /* blob_driver.h */
struct blob_uploads;   /* blob_upload.h */
struct statesync;      /* statesync.h */

struct node {
    const char *home;
    const struct config *config;
    struct genesis_file *genesis;
    struct keys keys;
    struct voter voter;
    struct heartbeat_operand heartbeat; /* the last that was signed (rpc_governance.c) */
    struct home_lock lock;
    struct validator_set *validators; /* of the height being decided */
    uint32_t self;                    /* index in it, or VALIDATORS_NONE */
    bool votes; /* where its key is in the set: there is one, and it may be used */

    uv_loop_t loop;
    uv_signal_t signal_term;
    uv_signal_t signal_int;
    uv_timer_t shutdown_timer;
    uv_timer_t lag_timer;
    uint64_t lag_expected_ms;
    struct stall stall;
    struct refusals refusals;
    uint64_t started_ms;

    struct state_store *store;
    struct block_store *blocks;
    struct blob_store *blobs;
    struct wal *wal;
    struct signer *signer;
    struct snapshot_maker *snapshots;
    struct statesync *statesync;
    struct executor *executor;
    struct network *network;

    struct mempool *pool;
    struct verified_set *verified;
    struct verifier *verifier;
    struct simulator *simulator;
    struct glue *glue;
    struct sync_driver *sync;
    struct gossip *gossip;
    struct evidence *evidence;
    struct blob_driver *blob_driver;
    struct blob_uploads *blob_uploads;
    struct rpc *rpc;
    struct metrics metrics;

    struct network_peer *peers; /* as given to the network */
    char **peer_labels;         /* owned */
    uint32_t peer_count;
    uint32_t *peer_validator; /* of each peer: index in `validators`, or VALIDATORS_NONE */
    uint32_t validator_peer[VALIDATORS_MAX]; /* of each of `validators`: index of the peer */
    bool *peer_up;

    struct state_head committed;     /* what clients see */
    uint64_t committed_at_ms;        /* node_now_ms() of the last commit */
    struct parameters parameters[4]; /* of recent heights and the next two, by height mod 4 */
    uint32_t permits_due;            /* commits after which peers_permit() is still to be asked */
    int exit_code;                   /* of the process, after a clean stop */
    bool closing;
    bool begin_anew;        /* after the stop: stores or the own part have changed */
    uint32_t closing_count; /* parts that are not closed yet */
    uint32_t closing_stage;
    uint64_t last_record; /* of the log, when it was closed */
};

/* The parameters that hold at `height`, at most two above the last executed one. */
const struct parameters *node_parameters(const struct node *node, uint64_t height);

uint64_t node_now_ms(void);   /* monotonic */
uint64_t node_clock_ms(void); /* Unix time */

/* Validators that are connected, with ourselves where we are one. */
uint32_t node_connected_validators(const struct node *node);

void node_stop(struct node *node); /* Begin the shutdown; more calls do nothing. */

#endif /* NODE_NODE_STATE_H */
