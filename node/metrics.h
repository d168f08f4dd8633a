/* Counters and histograms of a node, printed in the text format of Prometheus. */
#ifndef NODE_METRICS_H
#define NODE_METRICS_H

#include "base/buffer.h"
#include "consensus/vote.h"
#include "node/mempool.h"
#include "node/stall.h"

#define METRICS_BUCKET_COUNT 14
#define METRICS_CALLS_MAX    1024 /* methods of the RPC times codes, with room */

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

/* The HELP and TYPE lines of a metric, before its samples. */
void metrics_print_head(struct buffer *out, const char *name, const char *type, const char *help);
/* A label's value: between its quotes, backslashes and quotes are escaped. */
void metrics_print_label(struct buffer *out, struct bytes value);
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

/* Calls of one method that ended alike. */
struct metrics_calls {
    const char *method; /* static text */
    int code;           /* of JSON-RPC; 0: a result */
    uint64_t count;
};

struct metrics {
    struct histogram steps[METRICS_STEP_COUNT];
    struct histogram round_duration;   /* from work to a decision, however many rounds */
    struct histogram block_interval;   /* between two commits */
    struct histogram block_processing; /* execution of a block */
    struct histogram commit_latency;   /* of a transaction: from the pool to its receipt */
    struct histogram rpc_duration;
    struct histogram loop_lag;
    uint64_t transactions_committed;
    uint64_t transactions_failed[MEMPOOL_STATUS_COUNT]; /* refused by the pool */
    uint64_t transactions_invalid;                      /* refused before the pool */
    uint64_t blocks_committed;
    uint64_t view_changes[STALL_STEP_COUNT]; /* by what the round that was given up waited for */
    uint64_t missed[VALIDATORS_MAX];         /* certificates without the validator's signature */
    uint64_t last_signed[VALIDATORS_MAX];    /* height of the last one with it; 0: none known */
    uint64_t late_votes[VOTE_TYPE_COUNT];    /* of heights that were decided already */
    uint64_t prepare_quorum_us;              /* of the last block: from our PREPARE to a quorum */
    uint64_t evidence;                       /* times that somebody signed two values */
    bool byzantine[VALIDATORS_MAX];          /* who did, of the present validators */
    uint64_t shorts_sent;                    /* own proposals that left in short form */
    uint64_t shorts_pool;                    /* put together out of the pool alone */
    uint64_t shorts_fetched;                 /* with some transactions of a peer */
    uint64_t shorts_whole;                   /* times that the whole was asked for */
    uint64_t short_items_fetched;            /* transactions that came one by one */
    uint64_t messages_refused;               /* of consensus: malformed, wrong signature */
    uint64_t messages_ignored; /* of consensus: more than a validator may send at once */
    struct metrics_calls rpc_calls[METRICS_CALLS_MAX]; /* by method and code, as they came up */
    uint32_t rpc_call_kinds;
    uint64_t rpc_errors;
    uint64_t blocks_synced;
    uint64_t blobs_fetched;
    uint64_t blobs_refused; /* answers with wrong bytes */
};

/* Count a call's end; `method` is static text. */
void metrics_count_call(struct metrics *metrics, const char *method, int code);

struct validators;
struct certificate;
/* Note who signed the certificate of the block of `height`, whose set this is. */
void metrics_note_signers(struct metrics *metrics, const struct validators *set,
                          const struct certificate *certificate, uint64_t height);
/* The same, and count who did not. */
void metrics_count_signers(struct metrics *metrics, const struct validators *set,
                           const struct certificate *certificate, uint64_t height);
/* The validator with this key was seen signing two values. */
void metrics_count_evidence(struct metrics *metrics, const struct validators *set,
                            const struct public_key *key);
/* The set changed: what was counted of a validator stays with its key. */
void metrics_move_validators(struct metrics *metrics, const struct validators *from,
                             const struct validators *to);

struct node;
void metrics_print(struct node *node, struct buffer *out);           /* The whole page. */
void metrics_print_consensus(struct node *node, struct buffer *out); /* Its part. */

#endif /* NODE_METRICS_H */
