/* A round at work: its records loaded together, and what every phase does with them.
 *
 * Instructions open a work on a round, change it and store it; the block's own work does the same at
 * the ends of phases. One phase's rules are in one file, round_<phase>.c. */
#ifndef MARKET_WORK_H
#define MARKET_WORK_H

#include "crypto/aggregate.h"
#include "market/events.h"
#include "market/models.h"

struct round_work {
    struct state *state;
    const struct block_context *block;
    struct event_log *events;
    uint64_t closed_height; /* last block of the phase that ends, where one does */
    struct model_view view;
    struct round round;
};

/* Open a work on an existing round. False, with nothing to close, where there is none. */
NODISCARD bool work_load(struct round_work *work, struct state *state, uint64_t model,
                         uint32_t round);
void work_close(struct round_work *work);
void work_store(const struct round_work *work); /* The round's record. */

/* For an instruction: refused with MODEL_UNKNOWN or ROUND_UNKNOWN. */
NODISCARD bool work_open(struct round_work *work, struct native_call *call, uint64_t model,
                         uint32_t round);

/* Which server of Q is the sender, 1 .. S, in `phase` and for the first time in it? Refused with
 * SENDER_NOT_SERVER, ROUND_PHASE_WRONG, SENDER_LEFT or SENDER_POSTED. */
NODISCARD bool work_sender(const struct round_work *work, struct native_call *call,
                           enum round_phase phase, unsigned *server);

/* Note that a server posted, end the phase with this block where it was the last, and store. */
void work_posted(struct round_work *work, unsigned server);

/* The phase ends with this block. */
void work_end_phase(struct round_work *work);

/* Enter a phase that takes messages for `window` heights after closed_height. */
void work_enter(struct round_work *work, enum round_phase phase, uint32_t window);

/* Enter a phase that waits for the hash of the block after closed_height. */
void work_enter_beacon(struct round_work *work, enum round_phase phase);

/* ---- Q and f */

unsigned work_active_count(const struct round_work *work); /* |Q| */
bool work_active(const struct round_work *work, unsigned server);

/* tau = 2 t + 1 - f; at most t servers were proven to lie (asserted). */
unsigned work_threshold(const struct round_work *work);

/* A server leaves Q: with a penalty (`times` the parameter); or proven to lie, once for a round, with
 * its whole stake, which also lowers the threshold. */
void work_penalise(struct round_work *work, unsigned server, enum penalty_reason reason,
                   unsigned times);
void work_convict(struct round_work *work, unsigned server, enum penalty_reason reason);

/* Everybody of Q who posted nothing in this phase leaves it, penalised `times`. */
void work_drop_silent(struct round_work *work, unsigned times);

/* At most t servers were proven to lie, and tau are left. */
bool work_servers_suffice(const struct round_work *work);

/* Aborts and returns false where more than t servers lied or fewer than tau are left. */
NODISCARD bool work_check_servers(struct round_work *work);

/* Is the aggregate of a round in this state read by a block to come? Who begins from a state, without the
 * block that brought it, needs it before that. */
bool work_aggregate_needed(const struct round *round);

/* The aggregate that was posted: a blob of this block's past. Borrowed until the next read of a blob. */
struct bytes work_aggregate(const struct round_work *work);

/* The values posted by Q in this phase. */
void work_values(const struct round_work *work, struct shamir_values *out);

#endif /* MARKET_WORK_H */
