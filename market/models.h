/* Models: what an owner of a model offers for its training, with the money in escrow. */
#ifndef MARKET_MODELS_H
#define MARKET_MODELS_H

#include "market/accounts.h"

/* A model with its terms. `record` owns the bytes that both borrow, so that writes to the state do not
 * touch them. End with model_close(). */
struct model_view {
    struct buffer record;
    struct model model;
    struct model_terms terms;
};

/* False, with nothing to close, where there is no such model. */
NODISCARD bool model_load(struct model_view *out, struct state *state, uint64_t id);
void model_store(struct state *state, const struct model_view *view);
void model_close(struct model_view *view);

/* Load for an instruction: refused with MODEL_UNKNOWN. */
NODISCARD bool model_open(struct model_view *out, struct native_call *call, uint64_t id);

/* End a model without an open round: escrow back, servers released. Stores it. */
void model_finish(struct model_view *view, struct state *state, struct event_log *events);

bool models_publish(struct native_call *call); /* MODEL_PUBLISH */
bool models_close(struct native_call *call);   /* MODEL_CLOSE */

#endif /* MARKET_MODELS_H */
