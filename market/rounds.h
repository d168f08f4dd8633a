/* The state machine of a round. Each phase's instruction and the end of the phase are in one file,
 * round_<phase>.c; docs/market.md draws the whole. */
#ifndef MARKET_ROUNDS_H
#define MARKET_ROUNDS_H

#include "market/work.h"

/* Gas for what an instruction, and the end of its phase, do for each owner of the round and for each
 * element of an aggregate, beside its base cost; measured in tests/bench/bench_market.c. */
#define ROUND_OWNER_GAS   200
#define ROUND_ELEMENT_GAS 4
#define ROUND_VALUE_GAS   60 /* a public value, decoded */

/* ---- Instructions */
bool round_open(struct native_call *call);        /* ROUND_OPEN */
bool round_join(struct native_call *call);        /* ROUND_JOIN */
bool round_commit(struct native_call *call);      /* SHARE_COMMIT */
bool round_prove(struct native_call *call);       /* SHARE_PROVE */
bool round_publish(struct native_call *call);     /* SHARE_PUBLISH */
bool round_claim(struct native_call *call);       /* SHARE_CLAIM */
bool round_justify(struct native_call *call);     /* DISPUTE_JUSTIFY */
bool round_values(struct native_call *call);      /* BATCH_VALUES */
bool round_deal(struct native_call *call);        /* BATCH_DEAL */
bool round_refute(struct native_call *call);      /* DEAL_REFUTE */
bool round_ack(struct native_call *call);         /* BATCH_ACK */
bool round_decide(struct native_call *call);      /* BATCH_DECIDE */
bool round_fallback(struct native_call *call);    /* BATCH_FALLBACK */
bool round_aggregate(struct native_call *call);   /* BATCH_AGGREGATE */
bool round_check(struct native_call *call);       /* BATCH_CHECK */
bool round_query_phase(struct native_call *call); /* QUERY_ROUND_PHASE */
bool round_query_score(struct native_call *call); /* QUERY_OWNER_SCORE */

/* ---- The block's own work; each leaves the round stored in its next phase */
void round_close_pad(struct round_work *work);
void round_close_deal(struct round_work *work);
void round_close_confirm(struct round_work *work);
void round_close_commit(struct round_work *work);
void round_close_prove(struct round_work *work);
void round_close_ack(struct round_work *work);
void round_close_publish(struct round_work *work);
void round_close_decide(struct round_work *work);
void round_close_fallback(struct round_work *work);
void round_close_claim(struct round_work *work);
void round_close_justify(struct round_work *work);
void round_close_values(struct round_work *work);
void round_close_aggregate(struct round_work *work);
void round_close_check(struct round_work *work);
void round_close_credits(struct round_work *work);
void round_draw_beacon(struct round_work *work);

/* The two ends. */
void round_settle(struct round_work *work);
void round_abort(struct round_work *work, enum abort_reason reason);
/* The pad is proven to be none: the model owner pays owners and servers for their work. */
void round_abort_pad(struct round_work *work);

/* ---- Steps that several files share */

/* An ephemeral key is used once on this chain: a copied or negated one would tie the shares of two
 * owners together. X-only keys make a key and its negation one. Refused with COMMIT_KEY_USED. */
NODISCARD bool round_take_ephemeral(struct native_call *call, const struct public_key *ephemeral);

/* The pad of MODE_PAD: in ROUND_OPEN; PHASE_PAD and its SHARE_PUBLISH. */
NODISCARD bool round_pad_open(struct round_work *work, struct native_call *call);
void round_pad_enter(struct round_work *work);
NODISCARD bool round_pad_publish(struct round_work *work, struct native_call *call);
void pad_load(const struct round_work *work, struct pad *out);
void pad_store(const struct round_work *work, const struct pad *pad);

/* The keys of MODE_PAIRS: the phases before COMMIT that the round needs. */
void round_begin(struct round_work *work);
void round_erase_deals(const struct round_work *work);

/* Are there servers enough for values of degree 2t? Once there are not, there never are again. */
bool round_pairs_possible(const struct round_work *work);

/* Has the round PHASE_VALUES? With MODE_PAIRS only where the keys were dealt. */
bool round_has_values(const struct round *round, const struct model_terms *terms);

void round_event_published(const struct round_work *work, struct native_call *call, uint16_t index,
                           unsigned server);

/* Fix I: whose ciphertexts are all there; then the beacon of DECIDE, or too few owners. */
void round_accept_owners(struct round_work *work);

/* From DECIDE or FALLBACK on: claims, then proofs, then what follows them. */
void round_enter_disputes(struct round_work *work);
void round_end_disputes(struct round_work *work);

/* Enter PHASE_AGGREGATE with the servers of Q as leaders in order. */
void round_enter_aggregate(struct round_work *work);

/* Height from which `server` (1 .. S, of Q) may post the aggregate, in PHASE_AGGREGATE: leaders take
 * turns in order of number, each for an equal share of the window, and keep the right after it. */
uint64_t round_turn_height(const struct round *round, const struct model_terms *terms,
                           unsigned server);

/* Release what is held beside money when a round ended: counters, the model's flag. */
void round_finish(struct round_work *work);

#endif /* MARKET_ROUNDS_H */
