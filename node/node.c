#include "node/node.h"

#include "base/memory.h"
#include "market/members.h"
#include "market/parameter_rules.h"
#include "node/blob_driver.h"
#include "node/blob_upload.h"
#include "node/consensus_glue.h"
#include "node/evidence.h"
#include "node/fault.h"
#include "node/frames.h"
#include "node/gossip.h"
#include "node/home.h"
#include "node/node_state.h"
#include "node/peers.h"
#include "node/prune.h"
#include "node/rpc.h"
#include "node/signer.h"
#include "node/simulate.h"
#include "node/snapshot_load.h"
#include "node/snapshot_maker.h"
#include "node/statesync.h"
#include "node/sync_driver.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ERROR_MAX        512
#define SHUTDOWN_MS_MAX  20000 /* after which a shutdown that hangs ends the process */
#define LAG_INTERVAL_MS  100
#define REPLAY_LOG_EVERY 1000 /* blocks */
#define PROLOGUE         "souk"

uint64_t node_now_ms(void)
{
    return uv_hrtime() / 1000000;
}

uint64_t node_clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint32_t node_connected_validators(const struct node *node)
{
    uint32_t count = node->self == VALIDATORS_NONE ? 0 : 1;
    for (uint32_t i = 0; i < node->validators->validators.count; i++) {
        count += i != node->self && node->peer_up[node->validator_peer[i]];
    }
    return count;
}

/* The network's callbacks. */

static void on_peer_up(void *context, uint32_t peer)
{
    struct node *node = context;
    node->peer_up[peer] = true;
    log_write(LOG_LEVEL_INFO, "peer_up", "peer=%s connected=%" PRIu32,
              node->peers[peer].label == NULL ? "-" : node->peers[peer].label,
              node_connected_validators(node));
    sync_driver_peer_up(node->sync, peer);
    blob_driver_peer_up(node->blob_driver, peer);
    gossip_peer_up(node->gossip, peer);
    glue_peers_changed(node->glue);
}

static void on_peer_down(void *context, uint32_t peer, enum network_reason reason)
{
    struct node *node = context;
    char quoted[160];
    node->peer_up[peer] = false;
    log_write(LOG_LEVEL_INFO, "peer_down", "peer=%s reason=%s",
              node->peers[peer].label == NULL ? "-" : node->peers[peer].label,
              log_quote(quoted, sizeof(quoted), network_reason_text(reason)));
    sync_driver_peer_down(node->sync, peer);
    blob_driver_peer_down(node->blob_driver, peer);
    statesync_peer_down(node->statesync, peer);
    glue_peers_changed(node->glue);
}

static void on_frame(void *context, uint32_t peer, uint8_t type, struct bytes payload)
{
    struct node *node = context;
    if (type == FRAME_CONSENSUS) {
        glue_receive(node->glue, peer, payload);
    } else if (type == FRAME_TXS) {
        gossip_receive(node->gossip, peer, payload);
    } else if (type == FRAME_GET_BLOB || type == FRAME_BLOB) {
        blob_driver_receive(node->blob_driver, peer, type, payload);
    } else if (type >= FRAME_SHORT) {
        glue_receive_short(node->glue, peer, type, payload);
    } else if (type >= FRAME_GET_SNAPSHOTS) {
        statesync_receive(node->statesync, peer, type, payload);
    } else {
        sync_driver_receive(node->sync, peer, type, payload);
    }
}

static void network_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    keys_random(out, size);
}

/* The executor's callbacks. */

const struct parameters *node_parameters(const struct node *node, uint64_t height)
{
    return &node->parameters[height % ARRAY_COUNT(node->parameters)];
}

/* What this program does not know must not be voted on: stop before, once the last block that it
 * knows is on disk. */
static void stop_at_end(struct node *node, const struct executor_report *report)
{
    if (report->end.height == 0) {
        return;
    }
    log_write(LOG_LEVEL_WARN, "unknown_feature",
              "feature=%s begins=%" PRIu64 " height=%" PRIu64
              " text=\"install a version that knows it\"",
              report->end.feature, report->end.height, report->head.height);
    if (report->head.height + 1 >= report->end.height) {
        node->exit_code = FAULT_EXIT_UPGRADE;
        glue_stop(node->glue);
        node_stop(node);
    }
}

static void on_executed(void *context, const struct executor_report *report)
{
    struct node *node = context;
    const uint64_t next = report->head.height + MEMBERS_DELAY;
    node->parameters[next % ARRAY_COUNT(node->parameters)] = report->parameters;
    histogram_add(&node->metrics.block_processing, report->execute_ns / 1000);
    glue_executed(node->glue, report);
    stop_at_end(node, report);
}

/* The state that a commit left behind, for the pool. */
struct lookup {
    struct state *state;
};

static uint64_t next_nonce(void *context, const struct address *sender)
{
    struct lookup *lookup = context;
    struct market_key key;
    struct account account;
    key_account(&key, sender);
    (void)record_load(lookup->state, &key, &account_schema, &account);
    return account.nonce;
}

static void update_pool(struct node *node, uint64_t height)
{
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct lookup lookup = {state_new(&source)};
    mempool_committed(node->pool, height, next_nonce, &lookup);
    state_free(lookup.state);
    state_snapshot_close(snapshot);
}

static void count_commit(struct node *node, const struct executor_report *report)
{
    uint64_t now_ms = node_now_ms();
    if (node->committed.height > 0) {
        histogram_add(&node->metrics.block_interval, (now_ms - node->committed_at_ms) * 1000);
    }
    node->committed = report->head;
    node->committed_at_ms = now_ms;
    node->metrics.blocks_committed++;
    node->metrics.transactions_committed += report->transaction_count;
    char root[65];
    hex_encode(root, BYTES_OF(report->head.state_root));
    log_write(LOG_LEVEL_INFO, "commit",
              "height=%" PRIu64 " transactions=%" PRIu32 " bytes=%" PRIu64 " gas=%" PRIu64
              " execute_us=%" PRIu64 " commit_us=%" PRIu64 " state_root=%.16s",
              report->head.height, report->transaction_count, report->body_size, report->gas_used,
              report->execute_ns / 1000, report->commit_ns / 1000, root);
}

static void count_latency(void *context, uint64_t arrived_us)
{
    struct node *node = context;
    histogram_add(&node->metrics.commit_latency, uv_hrtime() / 1000 - arrived_us);
}

/* Who may be connected follows the chain; who left the set votes until the new one does. */
static void keep_permits(struct node *node, const struct executor_report *report)
{
    if (report->validators_changed || report->nodes_changed) {
        node->permits_due = MEMBERS_DELAY + 1;
    }
    if (node->permits_due > 0) {
        node->permits_due--;
        peers_permit(node);
    }
}

static void on_committed(void *context, const struct executor_report *report)
{
    struct node *node = context;
    count_commit(node, report);
    mempool_take_arrivals(node->pool, report->head.height, count_latency, node);
    update_pool(node, report->head.height);
    if (!node->closing) {
        keep_permits(node, report);
        evidence_committed(node);
        rpc_committed(node->rpc, report);
        glue_committed(node->glue);
        snapshot_maker_committed(node->snapshots);
    }
}

static void on_kept(void *context, uint64_t height)
{
    struct node *node = context;
    if (node->wal != NULL) {
        wal_truncate_before(node->wal, height + 1);
    }
    if (!node->closing) {
        glue_kept(node->glue);
        snapshot_maker_kept(node->snapshots);
        sync_driver_committed(node->sync);
        signer_watch(node->signer);
    }
}

/* Opening. */

/* A validator that speaks over another node's connection would be refused by all. */
static bool check_node_key(const struct node *node, char *error, size_t error_size)
{
    struct point node_key;
    point_of(&node_key, &node->keys.node);
    if (node->self == VALIDATORS_NONE) {
        if (node->voter.present) {
            log_write(LOG_LEVEL_WARN, "observer",
                      "text=\"the validator key is not in the present set\"");
        }
        return true;
    }
    const struct validator *entry = &node->validators->validators.list[node->self];
    if (!bytes_equal(BYTES_OF(entry->node_key), BYTES_OF(node_key))) {
        (void)snprintf(error, error_size,
                       "config/node_key is not the node key that the chain has for validator %.*s",
                       (int)entry->name.size, (const char *)entry->name.data);
        return false;
    }
    return true;
}

static bool open_identity(struct node *node, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    /* The genesis first: where there is none, the home may be mistyped, and nothing is made in it. */
    if (!home_path(path, node->home, HOME_GENESIS, error, error_size) ||
        !genesis_file_load(&node->genesis, path, error, error_size) ||
        !home_create(node->home, error, error_size) ||
        !home_lock_take(&node->lock, node->home, error, error_size)) {
        return false;
    }
    home_sweep(node->home);
    return keys_load(&node->keys, node->home, node->config->password_file, error, error_size) &&
           voter_open(&node->voter, &node->keys, node->config, &node->genesis->chain_id, error,
                      error_size);
}

static void on_replay(void *context, uint64_t height, uint64_t last)
{
    (void)context;
    if (height % REPLAY_LOG_EVERY == 0 || height == last) {
        log_write(LOG_LEVEL_INFO, "replay", "height=%" PRIu64 " last=%" PRIu64, height, last);
    }
}

static bool names_blob(void *context, const struct hash *root)
{
    struct node *node = context;
    return mempool_names_blob(node->pool, root);
}

static bool open_blobs(struct node *node, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, node->home, HOME_BLOBS, error, error_size)) {
        return false;
    }
    const struct blob_store_options options = {.directory = path,
                                               .quota = node->config->blob_quota,
                                               .context = node,
                                               .wanted = names_blob};
    return blob_store_open(&node->blobs, &options, error, error_size);
}

static bool open_stores(struct node *node, char *error, size_t error_size)
{
    char state_path[HOME_PATH_MAX];
    char blocks_path[HOME_PATH_MAX];
    char base_path[HOME_PATH_MAX];
    bool restored;
    if (!restore_finish(node->home, &restored, error, error_size) ||
        !home_path(state_path, node->home, HOME_STATE, error, error_size) ||
        !home_path(base_path, node->home, HOME_BASE_STATE, error, error_size) ||
        !home_path(blocks_path, node->home, HOME_BLOCKS, error, error_size)) {
        return false;
    }
    const struct state_store_options state_options = {
        .directory = state_path, .genesis = &node->genesis->genesis, .base_state = base_path};
    const struct block_store_options block_options = {
        .directory = blocks_path, .segment_size = node->config->storage_segment_bytes};
    if (state_store_open(&node->store, &state_options, error, error_size) != STATE_STORE_OK ||
        block_store_open(&node->blocks, &block_options, error, error_size) != BLOCK_STORE_OK ||
        !open_blobs(node, error, error_size)) {
        return false;
    }
    const struct executor_options executor_options = {
        .state_store = node->store,
        .block_store = node->blocks,
        .blob_store = node->blobs,
        .chain_id = node->genesis->chain_id,
        .snapshot_interval = node->config->snapshot_interval,
        .keep_blocks = node->config->storage_keep_blocks,
        .window_max = node->genesis->genesis.parameters.window_max,
        .loop = &node->loop,
        .context = node,
        .on_executed = on_executed,
        .on_committed = on_committed,
        .on_kept = on_kept};
    node->executor = executor_new(&executor_options);
    bool replayed = executor_replay(node->executor, on_replay, error, error_size);
    char end[ERROR_MAX];
    if (executor_ended(node->executor, end, sizeof(end))) {
        fault_stop(FAULT_UPGRADE, "%s", end);
    }
    if (!replayed) {
        return false;
    }
    executor_head(node->executor, &node->committed);
    node->committed_at_ms = node_now_ms();
    return true;
}

static void open_peers(struct node *node)
{
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    uint64_t height = node->committed.height;
    struct validator_set *present = state_snapshot_validators(snapshot, height + 1);
    struct validator_set *next = state_snapshot_validators(snapshot, height + 2);
    peers_open(node, present, next);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    for (uint64_t i = 1; i <= MEMBERS_DELAY; i++) {
        parameters_at(state, height + i, &node->parameters[(height + i) % 4]);
    }
    state_free(state);
    state_snapshot_close(snapshot);
    validator_set_release(present);
    validator_set_release(next);
}

_Static_assert(PARAMETER_BLOCK_BYTES_MAX == BLOCK_BODY_SIZE_MAX,
               "consensus carries every body that the parameters allow");

static void make_pool(struct node *node)
{
    const struct parameters *parameters = node_parameters(node, node->committed.height + 1);
    const struct config *config = node->config;
    const struct mempool_limits limits = {.count_max = config->mempool_count_max,
                                          .bytes_max = config->mempool_bytes_max,
                                          .account_count_max = config->mempool_account_count_max,
                                          .expiry_max = config->mempool_expiry_max,
                                          .body_bytes_max = parameters->block_bytes_max,
                                          .body_count_max = parameters->block_transactions_max,
                                          .body_gas_max = parameters->gas_limit_max,
                                          .body_blobs_max = LEDGER_BLOB_BYTES_MAX};
    node->pool = mempool_new(&limits);
    node->verified = verified_set_new();
}

static bool open_network(struct node *node, char *error, size_t error_size)
{
    struct frame_table table;
    uint8_t prologue[sizeof(PROLOGUE) - 1 + sizeof(struct hash)];
    memcpy(prologue, PROLOGUE, sizeof(PROLOGUE) - 1);
    memcpy(prologue + sizeof(PROLOGUE) - 1, &node->genesis->chain_id, sizeof(struct hash));
    frames_table(&table);
    const struct network_config config = {.key = &node->keys.node,
                                          .prologue = BYTES_OF(prologue),
                                          .listen_host = node->config->p2p_listen.host,
                                          .listen_port = node->config->p2p_listen.port,
                                          .peers = node->peers,
                                          .peer_count = node->peer_count,
                                          .table = &table,
                                          .context = node,
                                          .on_peer_up = on_peer_up,
                                          .on_peer_down = on_peer_down,
                                          .on_frame = on_frame,
                                          .on_refused = refusals_accepted,
                                          .on_dial_failed = refusals_dialled,
                                          .random = network_random};
    enum network_status status = network_open(&node->network, &node->loop, &config);
    if (status != NETWORK_OK) {
        char address[CONFIG_ADDRESS_MAX];
        (void)snprintf(error, error_size, "p2p.listen: %s: %s",
                       config_address(address, sizeof(address), node->config->p2p_listen.host,
                                      node->config->p2p_listen.port),
                       network_status_text(status));
    }
    return status == NETWORK_OK;
}

static bool open_parts(struct node *node, char *error, size_t error_size)
{
    node->votes = node->voter.present;
    open_peers(node);
    if (!check_node_key(node, error, error_size)) {
        return false;
    }
    make_pool(node);
    node->sync = sync_driver_open(node);
    sync_driver_decided(node->sync, node->committed.height);
    node->blob_driver = blob_driver_open(node);
    node->blob_uploads = blob_uploads_new(node);
    node->evidence = evidence_open(node);
    if (!glue_open(&node->glue, node, error, error_size)) {
        return false;
    }
    node->gossip = gossip_open(node);
    const struct simulator_options simulator_options = {&node->loop, node->store, node->blocks,
                                                        node->blobs, node->genesis};
    node->simulator = simulator_new(&simulator_options);
    node->statesync = statesync_open(node);
    executor_start(node->executor);
    return snapshot_maker_open(&node->snapshots, node, error, error_size) &&
           rpc_open(&node->rpc, node, error, error_size) && open_network(node, error, error_size);
}

/* Closing, in three stages: what talks to others; the executor; the log. */

static void close_next(struct node *node);

static void on_part_closed(void *context)
{
    struct node *node = context;
    node->closing_count--;
    if (node->closing_count == 0) {
        close_next(node);
    }
}

static void on_network_closed(void *context)
{
    struct node *node = context;
    node->network = NULL;
    on_part_closed(context);
}

static void close_outside(struct node *node)
{
    node->closing_count = 4;
    gossip_stop(node->gossip);
    sync_driver_stop(node->sync);
    blob_driver_stop(node->blob_driver);
    blob_uploads_stop(node->blob_uploads);
    glue_stop(node->glue);
    snapshot_maker_stop(node->snapshots);
    statesync_stop(node->statesync);
    verifier_close(node->verifier, on_part_closed, node);
    simulator_close(node->simulator, on_part_closed, node);
    rpc_close(node->rpc, on_part_closed, node);
    network_close(node->network, on_network_closed, node);
}

static void close_handles(struct node *node)
{
    uv_close((uv_handle_t *)&node->signal_term, NULL);
    uv_close((uv_handle_t *)&node->signal_int, NULL);
    uv_close((uv_handle_t *)&node->shutdown_timer, NULL);
    uv_close((uv_handle_t *)&node->lag_timer, NULL);
}

static void close_next(struct node *node)
{
    node->closing_stage++;
    if (node->closing_stage == 1) {
        node->closing_count = 1;
        executor_close(node->executor, on_part_closed, node);
    } else if (node->closing_stage == 2) {
        node->closing_count = 1;
        node->last_record = wal_appended(node->wal);
        wal_close(node->wal, on_part_closed, node);
    } else {
        signer_finish(node->signer, node->last_record);
        close_handles(node);
    }
}

static void on_shutdown_timer(uv_timer_t *timer)
{
    (void)timer;
    fault_stop(FAULT_DISK, "the shutdown took longer than %d ms", SHUTDOWN_MS_MAX);
}

static void on_lag_timer(uv_timer_t *timer)
{
    struct node *node = timer->data;
    uint64_t now_ms = node_now_ms();
    uint64_t lag_ms = now_ms > node->lag_expected_ms ? now_ms - node->lag_expected_ms : 0;
    histogram_add(&node->metrics.loop_lag, lag_ms * 1000);
    node->lag_expected_ms = now_ms + LAG_INTERVAL_MS;
    stall_watch(node);
    refusals_watch(node);
    signer_watch(node->signer);
    evidence_watch(node);
}

/* The parts are closed in the timer's turn, not in the caller's: it may be one of them. */
static void on_stop_turn(uv_timer_t *timer)
{
    struct node *node = timer->data;
    (void)uv_timer_start(&node->shutdown_timer, on_shutdown_timer, SHUTDOWN_MS_MAX, 0);
    close_outside(node);
}

void node_stop(struct node *node)
{
    if (!node->closing) {
        log_write(LOG_LEVEL_INFO, "stop", "height=%" PRIu64, node->committed.height);
        node->closing = true;
        (void)uv_timer_start(&node->shutdown_timer, on_stop_turn, 1, 0);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct node *node = handle->data;
    (void)number;
    node->begin_anew = false;
    node_stop(node);
}

static void open_handles(struct node *node)
{
    (void)uv_signal_init(&node->loop, &node->signal_term);
    (void)uv_signal_init(&node->loop, &node->signal_int);
    (void)uv_timer_init(&node->loop, &node->shutdown_timer);
    (void)uv_timer_init(&node->loop, &node->lag_timer);
    node->signal_term.data = node;
    node->signal_int.data = node;
    node->shutdown_timer.data = node;
    node->lag_timer.data = node;
    (void)uv_signal_start(&node->signal_term, on_signal, SIGTERM);
    (void)uv_signal_start(&node->signal_int, on_signal, SIGINT);
    node->lag_expected_ms = node_now_ms() + LAG_INTERVAL_MS;
    (void)uv_timer_start(&node->lag_timer, on_lag_timer, LAG_INTERVAL_MS, LAG_INTERVAL_MS);
}

static void release(struct node *node)
{
    gossip_free(node->gossip);
    evidence_free(node->evidence);
    sync_driver_free(node->sync);
    blob_driver_free(node->blob_driver);
    blob_uploads_free(node->blob_uploads);
    glue_free(node->glue);
    signer_free(node->signer);
    snapshot_maker_free(node->snapshots);
    statesync_free(node->statesync);
    mempool_free(node->pool);
    verified_set_free(node->verified);
    blob_store_close(node->blobs);
    block_store_close(node->blocks);
    state_store_close(node->store);
    peers_close(node);
    voter_close(&node->voter);
    keys_close(&node->keys);
    genesis_file_free(node->genesis);
    home_lock_release(&node->lock);
}

static void on_fault(void *context, enum fault_kind kind, const char *line)
{
    char quoted[FAULT_LINE_MAX + 2];
    (void)context;
    log_write(LOG_LEVEL_ERROR, "fault", "kind=%s text=%s", fault_kind_text(kind),
              log_quote(quoted, sizeof(quoted), line));
}

/* More blocks are kept than the setting says: rounds that are not over may be checked by them. */
static void log_kept(const struct node *node)
{
    const struct prune_extent extent = {node->config->storage_keep_blocks,
                                        node->genesis->genesis.parameters.window_max};
    uint64_t windows;
    if (extent.keep > 0) {
        uint64_t kept = prune_kept(node->store, &extent, &windows);
        log_write(LOG_LEVEL_INFO, "keep_blocks",
                  "kept=%" PRIu64 " setting=%" PRIu64 " two_windows=%" PRIu64, kept, extent.keep,
                  windows);
    }
}

static void log_start(const struct node *node)
{
    char chain[65];
    char p2p[CONFIG_ADDRESS_MAX];
    char rpc[CONFIG_ADDRESS_MAX];
    hex_encode(chain, BYTES_OF(node->genesis->chain_id));
    log_write(LOG_LEVEL_INFO, "start",
              "version=%s chain_id=%s height=%" PRIu64 " validator=%d p2p=%s rpc=%s", SOUK_VERSION,
              chain, node->committed.height, node->self == VALIDATORS_NONE ? -1 : (int)node->self,
              config_address(p2p, sizeof(p2p), node->config->p2p_listen.host,
                             network_port(node->network)),
              config_address(rpc, sizeof(rpc), node->config->rpc_listen.host, rpc_port(node->rpc)));
    log_kept(node);
}

/* True where the node is to be begun anew; else *code is the exit code. */
static bool run_once(const char *home, const struct config *config, int *code)
{
    char error[ERROR_MAX] = "";
    struct node *node = memory_new(sizeof(*node));
    node->home = home;
    node->config = config;
    node->lock.descriptor = -1;
    node->started_ms = node_now_ms();
    (void)uv_loop_init(&node->loop);
    open_handles(node);
    if (!open_identity(node, error, sizeof(error)) || !open_stores(node, error, sizeof(error)) ||
        !open_parts(node, error, sizeof(error))) {
        char quoted[ERROR_MAX + 2];
        log_write(LOG_LEVEL_ERROR, "cannot_start", "text=%s",
                  log_quote(quoted, sizeof(quoted), error));
        /* Threads may be running and hold what is open; the kernel takes back all of it. */
        _exit(1);
    }
    peers_permit(node);
    log_start(node);
    glue_peers_changed(node->glue);
    (void)uv_run(&node->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&node->loop);
    bool again = node->begin_anew;
    *code = node->exit_code;
    release(node);
    free(node);
    return again;
}

int node_run(const char *home, const struct config *config)
{
    log_set_level((enum log_level)config->log_level);
    fault_set_hook(on_fault, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* EFBIG instead, which is told as every fault of the disk */
    int code = 0;
    while (run_once(home, config, &code)) {
        log_write(LOG_LEVEL_INFO, "begin_anew", NULL);
    }
    log_write(LOG_LEVEL_INFO, "stopped", NULL);
    return code;
}
