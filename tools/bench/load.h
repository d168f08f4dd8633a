/* An open-loop load of signed transfers, and when each was committed.
 *
 * Every transaction is signed before the run and has a time at which it is due. Workers, each with a
 * connection of its own, send what is due; the transactions of one account go through one worker, so
 * that they arrive in the order of their nonces. What is due when a worker comes to it leaves together, up
 * to a bound. A slow answer never delays what is due in the
 * schedule, only the moment at which it leaves: latency is counted from the schedule, so the wait is
 * in it. One more thread follows the chain: it waits for events of a new block, takes the time, and
 * reads the ids of the block's receipts. */
#ifndef TOOLS_BENCH_LOAD_H
#define TOOLS_BENCH_LOAD_H

#include "tools/bench/accounts.h"

#define LOAD_NODES_MAX   32
#define LOAD_WORKERS_MAX 256
#define LOAD_BATCH_MAX   10 /* a node takes no more calls in one request */

enum load_outcome { LOAD_UNSENT, LOAD_ACCEPTED, LOAD_REFUSED, LOAD_FAILED };

struct load_item {
    uint64_t due_us; /* from the begin of the run, as the other times */
    uint32_t account;
    struct hash id;
    char *envelope;            /* hexadecimal */
    enum load_outcome outcome; /* written by the worker, as the two times below */
    uint64_t sent_us;
    uint64_t answered_us;
    uint64_t committed_us; /* 0: not seen; written by the follower */
    bool ok;               /* by its receipt */
};

struct load {
    struct load_item *items;
    size_t count;
    const char *nodes[LOAD_NODES_MAX];
    size_t node_count;
    uint32_t workers;
    uint32_t batch;        /* transactions that are due at once and may share a request, from 1 */
    uint64_t drain_us;     /* how long to wait for what is not committed at the end */
    uint64_t first_height; /* the chain's before the run */
    uint64_t blocks;       /* with our transactions in them */
    struct fault first_fault; /* of the first that was refused or failed */
};

/* Sign `load->count` transfers, due at `due_us[i]`; accounts take turns. */
void load_sign(struct load *load, const struct bench_accounts *accounts,
               const struct chain_info *chain, const uint64_t *due_us);

/* Send them, and return after the last is committed or `drain_us` after the last was due. */
NODISCARD bool load_run(struct load *load, struct fault *fault);
void load_close(struct load *load);

#endif /* TOOLS_BENCH_LOAD_H */
