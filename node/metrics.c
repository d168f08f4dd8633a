#include "node/metrics.h"

#include "node/blob_driver.h"
#include "node/consensus_glue.h"
#include "node/node_state.h"
#include "node/statesync.h"
#include "node/sync_driver.h"

#include <inttypes.h>
#include <string.h>

const uint64_t metrics_bucket_us[METRICS_BUCKET_COUNT] = {
    100,   250,   500,    1000,   2500,    5000,    10000,
    25000, 50000, 100000, 250000, 1000000, 5000000, UINT64_MAX};

void histogram_add(struct histogram *histogram, uint64_t value_us)
{
    size_t i = 0;
    while (value_us > metrics_bucket_us[i]) {
        i++;
    }
    histogram->buckets[i]++;
    histogram->sum_us += value_us;
    histogram->count++;
}

static void print_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Microseconds as decimal seconds, without floating point. */
static void print_seconds(struct buffer *out, uint64_t value_us)
{
    buffer_format(out, "%" PRIu64 ".%06" PRIu64, value_us / 1000000, value_us % 1000000);
}

static void print_buckets(struct buffer *out, const char *name, const uint64_t *bounds_us,
                          const uint64_t *buckets, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += buckets[i];
        buffer_format(out, "%s_bucket{le=\"", name);
        if (bounds_us[i] == UINT64_MAX) {
            buffer_append_text(out, "+Inf");
        } else {
            print_seconds(out, bounds_us[i]);
        }
        buffer_format(out, "\"} %" PRIu64 "\n", total);
    }
}

static void print_sum(struct buffer *out, const char *name, uint64_t sum_us, uint64_t count)
{
    buffer_format(out, "%s_sum ", name);
    print_seconds(out, sum_us);
    buffer_format(out, "\n%s_count %" PRIu64 "\n", name, count);
}

void histogram_print(const struct histogram *histogram, struct buffer *out, const char *name,
                     const char *help)
{
    print_head(out, name, "histogram", help);
    print_buckets(out, name, metrics_bucket_us, histogram->buckets, METRICS_BUCKET_COUNT);
    print_sum(out, name, histogram->sum_us, histogram->count);
}

/* A summary for each step: its sum and count give the mean, and the rest would be many lines. */
static void print_steps(struct buffer *out, const struct histogram *steps)
{
    static const char *const names[METRICS_STEP_COUNT] = {"propose", "prepare", "commit", "execute",
                                                          "store"};
    static const char metric[] = "consensus_step_duration_seconds";
    print_head(out, metric, "summary", "What a block passes through on this node.");
    for (size_t i = 0; i < METRICS_STEP_COUNT; i++) {
        buffer_format(out, "%s_sum{step=\"%s\"} ", metric, names[i]);
        print_seconds(out, steps[i].sum_us);
        buffer_format(out, "\n%s_count{step=\"%s\"} %" PRIu64 "\n", metric, names[i],
                      steps[i].count);
    }
}

void metrics_print_value(struct buffer *out, const char *name, const char *type, const char *help,
                         uint64_t value)
{
    print_head(out, name, type, help);
    buffer_format(out, "%s %" PRIu64 "\n", name, value);
}

static void print_consensus(struct node *node, struct buffer *out)
{
    struct pbft_summary summary;
    uint32_t count = node->validators->validators.count;
    uint32_t jailed = 0;
    for (uint32_t i = 0; i < count; i++) {
        jailed += node->validators->validators.list[i].jailed ? 1 : 0;
    }
    const struct metrics *m = &node->metrics;
    glue_summarize(node->glue, &summary);
    metrics_print_value(out, "consensus_height", "gauge", "Last committed height.",
                        node->committed.height);
    metrics_print_value(out, "consensus_rounds", "gauge", "Round of the present height.",
                        summary.round);
    metrics_print_value(out, "consensus_validators", "gauge", "Validators of the chain.", count);
    metrics_print_value(out, "consensus_jailed_validators", "gauge",
                        "Validators that keep their vote and never lead.", jailed);
    metrics_print_value(out, "consensus_missing_validators", "gauge",
                        "Validators that are not connected.",
                        count - node_connected_validators(node));
    metrics_print_value(out, "consensus_view_changes_total", "counter",
                        "Blocks that needed more than one round.", m->view_changes);
    metrics_print_value(out, "consensus_byzantine_validators", "counter",
                        "Times a validator signed two values.", m->evidence);
    metrics_print_value(out, "consensus_messages_refused_total", "counter",
                        "Messages of consensus that do not verify.", m->messages_refused);
    metrics_print_value(out, "consensus_messages_ignored_total", "counter",
                        "Messages of consensus beyond what one validator may send at once.",
                        m->messages_ignored);
    metrics_print_value(out, "consensus_blocks_total", "counter", "Blocks committed here.",
                        m->blocks_committed);
    metrics_print_value(out, "statesync_syncing", "gauge", "1 while a snapshot is fetched.",
                        statesync_active(node->statesync) ? 1 : 0);
    metrics_print_value(out, "blocksync_syncing", "gauge", "1 while catching up.",
                        sync_driver_active(node->sync) ? 1 : 0);
    metrics_print_value(out, "blocksync_blocks_total", "counter", "Blocks obtained by catching up.",
                        m->blocks_synced);
    histogram_print(&m->block_interval, out, "consensus_block_interval_seconds",
                    "Time between two commits.");
    print_steps(out, m->steps);
    histogram_print(&m->block_processing, out, "state_block_processing_seconds",
                    "Execution of a block, ledger and trie.");
    print_head(out, "consensus_validator_last_signed_height", "gauge",
               "Height that a validator says it has decided.");
    for (uint32_t i = 0; i < count; i++) {
        struct bytes name = node->validators->validators.list[i].name;
        buffer_format(out,
                      "consensus_validator_last_signed_height{validator=\"%.*s\"} %" PRIu64 "\n",
                      (int)name.size, (const char *)name.data,
                      i == node->self ? summary.decided : summary.seen_height[i]);
    }
}

static void print_mempool(struct node *node, struct buffer *out)
{
    struct mempool_usage usage;
    const struct metrics *m = &node->metrics;
    mempool_read_usage(node->pool, &usage);
    metrics_print_value(out, "mempool_size", "gauge", "Transactions in the pool.", usage.count);
    metrics_print_value(out, "mempool_bytes", "gauge", "Bytes of envelopes in the pool.",
                        usage.bytes);
    metrics_print_value(out, "mempool_verifying", "gauge",
                        "Transactions that wait for verification.",
                        verifier_waiting(node->verifier));
    metrics_print_value(out, "transactions_committed_total", "counter", "Transactions in blocks.",
                        m->transactions_committed);
    print_head(out, "mempool_failed_txs_total", "counter", "Transactions refused, by reason.");
    buffer_format(out, "mempool_failed_txs_total{reason=\"invalid\"} %" PRIu64 "\n",
                  m->transactions_invalid);
    for (int i = 1; i < MEMPOOL_STATUS_COUNT; i++) {
        buffer_format(out, "mempool_failed_txs_total{reason=\"%s\"} %" PRIu64 "\n",
                      mempool_status_name((enum mempool_status)i), m->transactions_failed[i]);
    }
}

static void print_network(struct node *node, struct buffer *out)
{
    uint64_t up = 0;
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    uint64_t pending = 0;
    for (uint32_t i = 0; node->network != NULL && i < node->peer_count; i++) {
        const struct network_statistics *statistics = network_statistics(node->network, i);
        up += node->peer_up[i];
        bytes_in += statistics->bytes_in;
        bytes_out += statistics->bytes_out;
        pending += statistics->queue_size;
    }
    metrics_print_value(out, "p2p_peers", "gauge", "Connected peers.", up);
    metrics_print_value(out, "p2p_receive_bytes_total", "counter", "Bytes from peers.", bytes_in);
    metrics_print_value(out, "p2p_send_bytes_total", "counter", "Bytes to peers.", bytes_out);
    metrics_print_value(out, "p2p_pending_send_bytes", "gauge", "Bytes queued for peers.", pending);
}

static void print_storage(struct node *node, struct buffer *out)
{
    struct wal_statistics wal;
    struct state_store_usage usage;
    wal_read_statistics(node->wal, &wal);
    state_store_read_usage(node->store, &usage);
    print_head(out, "wal_fsync_seconds", "histogram", "fdatasync of the write-ahead log.");
    print_buckets(out, "wal_fsync_seconds", wal_bucket_us, wal.buckets, WAL_BUCKET_COUNT);
    print_sum(out, "wal_fsync_seconds", wal.sync_ns / 1000, wal.sync_count);
    metrics_print_value(out, "wal_written_bytes_total", "counter", "Bytes written to the log.",
                        wal.written_bytes);
    metrics_print_value(out, "lmdb_map_used_bytes", "gauge", "Used bytes of the state database.",
                        usage.used_bytes);
    metrics_print_value(out, "lmdb_map_bytes", "gauge", "Size of its map.", usage.map_size);
    metrics_print_value(out, "block_store_bytes", "gauge", "Bytes of the stored blocks.",
                        block_store_size(node->blocks));
}

static void print_blobs(struct node *node, struct buffer *out)
{
    struct blob_usage usage;
    blob_store_read_usage(node->blobs, &usage);
    metrics_print_value(out, "blob_store_blobs", "gauge", "Blobs held.", usage.count);
    metrics_print_value(out, "blob_store_bytes", "gauge", "Bytes of blobs held.", usage.bytes);
    metrics_print_value(out, "blob_store_unused_bytes", "gauge",
                        "Bytes of those that no block names.", usage.unused_bytes);
    metrics_print_value(out, "blob_store_open_bytes", "gauge", "Bytes of those being written.",
                        usage.open_bytes);
    metrics_print_value(out, "blob_fetching", "gauge", "Blobs wanted from other nodes.",
                        blob_driver_fetching(node->blob_driver));
    metrics_print_value(out, "blob_fetched_total", "counter", "Blobs fetched from other nodes.",
                        node->metrics.blobs_fetched);
    metrics_print_value(out, "blob_refused_total", "counter",
                        "Answers of other nodes with bytes of another blob.",
                        node->metrics.blobs_refused);
}

void metrics_print(struct node *node, struct buffer *out)
{
    print_head(out, "build_info", "gauge", "The running version.");
    buffer_format(out, "build_info{version=\"%s\"} 1\n", SOUK_VERSION);
    metrics_print_value(out, "process_uptime_seconds", "gauge", "Since the start.",
                        (node_now_ms() - node->started_ms) / 1000);
    print_consensus(node, out);
    print_mempool(node, out);
    print_network(node, out);
    print_storage(node, out);
    print_blobs(node, out);
    metrics_print_value(out, "rpc_requests_total", "counter", "Calls.", node->metrics.rpc_requests);
    metrics_print_value(out, "rpc_errors_total", "counter", "Calls answered with an error.",
                        node->metrics.rpc_errors);
    histogram_print(&node->metrics.rpc_duration, out, "rpc_duration_seconds",
                    "From request to answer, waiting included.");
    histogram_print(&node->metrics.loop_lag, out, "eventloop_lag_seconds",
                    "How late the loop's timer came.");
}
