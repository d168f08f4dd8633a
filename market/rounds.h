/* The state machine of a round. Each phase's instruction and the end of the phase are in one file,
 * round_<phase>.c; docs/market.md draws the whole. */
#ifndef MARKET_ROUNDS_H
#define MARKET_ROUNDS_H

#include "market/work.h"

/* Gas for what an instruction, and the end of its phase, do for each owner of the round and for each
 * element of an aggregate, beside its base cost; measured in tests/bench/bench_market.c. */
#define ROUND_OWNER_GAS   200
#define ROUND_ELEMENT_GAS 4

/* ---- Instructions */
bool round_open(struct native_call *call);        /* ROUND_OPEN */
bool round_join(struct native_call *call);        /* ROUND_JOIN */
bool round_commit(struct native_call *call);      /* SHARE_COMMIT */
bool round_ack(struct native_call *call);         /* BATCH_ACK */
bool round_decide(struct native_call *call);      /* BATCH_DECIDE */
bool round_fallback(struct native_call *call);    /* BATCH_FALLBACK */
bool round_aggregate(struct native_call *call);   /* BATCH_AGGREGATE */
bool round_check(struct native_call *call);       /* BATCH_CHECK */
bool round_query_phase(struct native_call *call); /* QUERY_ROUND_PHASE */

/* ---- The block's own work; each leaves the round stored in its next phase */
void round_close_commit(struct round_work *work);
void round_close_ack(struct round_work *work);
void round_close_decide(struct round_work *work);
void round_close_fallback(struct round_work *work);
void round_close_aggregate(struct round_work *work);
void round_close_check(struct round_work *work);
void round_draw_beacon(struct round_work *work);

/* The two ends. */
void round_settle(struct round_work *work);
void round_abort(struct round_work *work, enum abort_reason reason);

/* Enter PHASE_AGGREGATE with the servers of Q as leaders in order. */
void round_enter_aggregate(struct round_work *work);

/* Height from which `server` (1 .. S, of Q) may post the aggregate, in PHASE_AGGREGATE: leaders take
 * turns in order of number, each for an equal share of the window, and keep the right after it. */
uint64_t round_turn_height(const struct round *round, const struct model_terms *terms,
                           unsigned server);

/* Release what is held beside money when a round ended: counters, the model's flag. */
void round_finish(struct round_work *work);

#endif /* MARKET_ROUNDS_H */
