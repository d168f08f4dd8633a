#include "node/metrics.h"

#include "node/blob_driver.h"
#include "node/frames.h"
#include "node/node_state.h"
#include "node/rpc.h"

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

void metrics_print_head(struct buffer *out, const char *name, const char *type, const char *help)
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
    metrics_print_head(out, name, "histogram", help);
    print_buckets(out, name, metrics_bucket_us, histogram->buckets, METRICS_BUCKET_COUNT);
    print_sum(out, name, histogram->sum_us, histogram->count);
}

void metrics_print_label(struct buffer *out, struct bytes value)
{
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\') {
            buffer_append_text(out, "\\");
        }
        buffer_append(out, (struct bytes){value.data + i, 1});
    }
}

void metrics_print_value(struct buffer *out, const char *name, const char *type, const char *help,
                         uint64_t value)
{
    metrics_print_head(out, name, type, help);
    buffer_format(out, "%s %" PRIu64 "\n", name, value);
}

static void print_mempool(struct node *node, struct buffer *out)
{
    struct mempool_usage usage;
    const struct metrics *m = &node->metrics;
    mempool_read_usage(node->pool, &usage);
    metrics_print_value(out, "mempool_size", "gauge", "Transactions in the pool.", usage.count);
    metrics_print_value(out, "mempool_bytes", "gauge", "Bytes of envelopes in the pool.",
                        usage.bytes);
    metrics_print_value(out, "mempool_gapped", "gauge",
                        "Transactions in the pool that wait for one with a lower nonce.",
                        usage.gapped);
    metrics_print_value(out, "mempool_evicted_txs_total", "counter",
                        "Such transactions that made room for others.", usage.evicted);
    metrics_print_value(out, "mempool_verifying", "gauge",
                        "Transactions that wait for verification.",
                        verifier_waiting(node->verifier));
    metrics_print_value(out, "transactions_committed_total", "counter", "Transactions in blocks.",
                        m->transactions_committed);
    histogram_print(&m->commit_latency, out, "tx_commit_latency_seconds",
                    "From this node's pool to the receipt of a transaction.");
    metrics_print_head(out, "mempool_failed_txs_total", "counter",
                       "Transactions refused, by reason.");
    buffer_format(out, "mempool_failed_txs_total{reason=\"invalid\"} %" PRIu64 "\n",
                  m->transactions_invalid);
    for (int i = 1; i < MEMPOOL_STATUS_COUNT; i++) {
        if (i == MEMPOOL_KNOWN) {
            continue; /* many peers bring the same one: no failure */
        }
        buffer_format(out, "mempool_failed_txs_total{reason=\"%s\"} %" PRIu64 "\n",
                      mempool_status_name((enum mempool_status)i), m->transactions_failed[i]);
    }
    metrics_print_value(out, "mempool_already_received_txs_total", "counter",
                        "Transactions that came while they were in the pool.",
                        m->transactions_failed[MEMPOOL_KNOWN]);
}

/* One sample for each type of frame, by its name. */
static void print_types(struct buffer *out, const char *name, const char *help,
                        const uint64_t bytes[FRAME_TYPE_COUNT])
{
    metrics_print_head(out, name, "counter", help);
    for (unsigned type = 0; type < FRAME_TYPE_COUNT; type++) {
        const char *text = frames_type_text((uint8_t)type);
        if (text != NULL) {
            buffer_format(out, "%s{type=\"%s\"} %" PRIu64 "\n", name, text, bytes[type]);
        }
    }
}

static void print_messages(struct node *node, struct buffer *out)
{
    uint64_t in[FRAME_TYPE_COUNT] = {0};
    uint64_t sent[FRAME_TYPE_COUNT] = {0};
    for (uint32_t i = 0; node->network != NULL && i < node->peer_count; i++) {
        const struct network_statistics *statistics = network_statistics(node->network, i);
        for (unsigned type = 0; type < FRAME_TYPE_COUNT; type++) {
            in[type] += statistics->payload_in[type];
            sent[type] += statistics->payload_out[type];
        }
    }
    print_types(out, "p2p_message_receive_bytes_total", "Bytes of messages from peers.", in);
    print_types(out, "p2p_message_send_bytes_total", "Bytes of messages to peers.", sent);
}

static void print_pending(struct node *node, struct buffer *out)
{
    static const char name[] = "p2p_peer_pending_send_bytes";
    metrics_print_head(out, name, "gauge", "Bytes queued for a peer.");
    for (uint32_t i = 0; node->network != NULL && i < node->peer_count; i++) {
        const struct network_statistics *statistics = network_statistics(node->network, i);
        if (statistics->state != NETWORK_PEER_SELF) {
            buffer_format(out, "%s{peer=\"", name);
            metrics_print_label(out, bytes_of_text(node->peers[i].label));
            buffer_format(out, "\"} %zu\n", statistics->queue_size);
        }
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
    print_pending(node, out);
    print_messages(node, out);
}

static void print_storage(struct node *node, struct buffer *out)
{
    struct wal_statistics wal;
    struct state_store_usage usage;
    wal_read_statistics(node->wal, &wal);
    state_store_read_usage(node->store, &usage);
    metrics_print_head(out, "wal_fsync_seconds", "histogram", "fdatasync of the write-ahead log.");
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

void metrics_count_call(struct metrics *metrics, const char *method, int code)
{
    uint32_t i = 0;
    while (i < metrics->rpc_call_kinds && (metrics->rpc_calls[i].code != code ||
                                           strcmp(metrics->rpc_calls[i].method, method) != 0)) {
        i++;
    }
    if (i == metrics->rpc_call_kinds) {
        assert(i < METRICS_CALLS_MAX && "methods and codes are few");
        metrics->rpc_calls[metrics->rpc_call_kinds++] = (struct metrics_calls){method, code, 0};
    }
    metrics->rpc_calls[i].count++;
}

static void print_calls(const struct metrics *metrics, struct buffer *out)
{
    static const char name[] = "rpc_requests_total";
    metrics_print_head(out, name, "counter", "Calls, by method and code; 0: a result.");
    for (uint32_t i = 0; i < metrics->rpc_call_kinds; i++) {
        const struct metrics_calls *calls = &metrics->rpc_calls[i];
        buffer_format(out, "%s{method=\"%s\",code=\"%d\"} %" PRIu64 "\n", name, calls->method,
                      calls->code, calls->count);
    }
}

static void print_clients(const struct node *node, struct buffer *out)
{
    const struct http_server_statistics *statistics = rpc_statistics(node->rpc);
    metrics_print_value(out, "rpc_connections", "gauge", "Open connections of clients.",
                        statistics->connections_now);
    metrics_print_value(out, "rpc_connections_displaced_total", "counter",
                        "Connections that rested and were closed for new ones.",
                        statistics->displaced);
    metrics_print_value(out, "rpc_connections_turned_away_total", "counter",
                        "Connections that were closed at once, because all others were in use.",
                        statistics->turned_away);
}

void metrics_print(struct node *node, struct buffer *out)
{
    metrics_print_head(out, "build_info", "gauge", "The running version.");
    buffer_format(out, "build_info{version=\"%s\"} 1\n", SOUK_VERSION);
    metrics_print_value(out, "process_uptime_seconds", "gauge", "Since the start.",
                        (node_now_ms() - node->started_ms) / 1000);
    metrics_print_consensus(node, out);
    print_mempool(node, out);
    print_network(node, out);
    print_storage(node, out);
    print_blobs(node, out);
    print_calls(&node->metrics, out);
    print_clients(node, out);
    metrics_print_value(out, "rpc_errors_total", "counter", "Calls answered with an error.",
                        node->metrics.rpc_errors);
    histogram_print(&node->metrics.rpc_duration, out, "rpc_duration_seconds",
                    "From request to answer, waiting included.");
    histogram_print(&node->metrics.loop_lag, out, "eventloop_lag_seconds",
                    "How late the loop's timer came.");
}
