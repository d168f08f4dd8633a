/* Counters and histograms of a node, printed in the text format of Prometheus. */
#ifndef NODE_METRICS_H
#define NODE_METRICS_H

#include "base/buffer.h"
#include "node/mempool.h"

#define METRICS_BUCKET_COUNT 14

/* Upper bounds of the buckets in microseconds; the last is UINT64_MAX. */
extern const uint64_t metrics_bucket_us[METRICS_BUCKET_COUNT];

struct histogram {
    uint64_t buckets[METRICS_BUCKET_COUNT]; /* not summed up */
    uint64_t sum_us;
    uint64_t count;
};

void histogram_add(struct histogram *histogram, uint64_t value_us);
void histogram_print(const struct histogram *histogram, struct buffer *out, const char *name,
                     const char *help);

/* One sample with its HELP and TYPE lines; `type` is "counter" or "gauge". */
void metrics_print_value(struct buffer *out, const char *name, const char *type, const char *help,
                         uint64_t value);

/* What a block passes through on one node, in this order; each begins where the one before ends. */
enum metrics_step {
    METRICS_STEP_PROPOSE, /* there is work: until this node's PREPARE */
    METRICS_STEP_PREPARE, /* until its COMMIT: a sync, and the PREPAREs of others */
    METRICS_STEP_COMMIT,  /* until it is decided: a sync, and the COMMITs of others */
    METRICS_STEP_EXECUTE, /* until its roots are known */
    METRICS_STEP_STORE,   /* until it is durable in the block store and the state, and visible */
    METRICS_STEP_COUNT,
};

struct metrics {
    struct histogram steps[METRICS_STEP_COUNT];
    struct histogram block_interval;   /* between two commits */
    struct histogram block_processing; /* execution of a block */
    struct histogram rpc_duration;
    struct histogram loop_lag;
    uint64_t transactions_committed;
    uint64_t transactions_failed[MEMPOOL_STATUS_COUNT]; /* refused by the pool */
    uint64_t transactions_invalid;                      /* refused before the pool */
    uint64_t blocks_committed;
    uint64_t view_changes;
    uint64_t evidence;
    uint64_t messages_refused; /* of consensus: malformed, wrong signature */
    uint64_t messages_ignored; /* of consensus: more than a validator may send at once */
    uint64_t rpc_requests;
    uint64_t rpc_errors;
    uint64_t blocks_synced;
    uint64_t blobs_fetched;
    uint64_t blobs_refused; /* answers with wrong bytes */
};

struct node;
void metrics_print(struct node *node, struct buffer *out); /* The whole page. */

#endif /* NODE_METRICS_H */
