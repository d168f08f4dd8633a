/* What a server owes a round in each phase: acknowledge, post its values, lead, answer disputes.
 *
 * Everything a server posts is kept before it is sent, so that a restart at any point never makes it
 * post two different values. */
#ifndef TOOLS_SERVER_DUTIES_H
#define TOOLS_SERVER_DUTIES_H

#include "crypto/zero_deal.h"
#include "tools/client/courier.h"
#include "tools/server/compute.h"
#include "tools/server/post.h"

/* What is remembered of a round between passes; all zero at first. Losing it costs time only. */
struct duty_memory {
    struct vault_round name;
    struct computed computed;
    uint32_t leaders_told;                        /* leaders that took the sum, mask */
    struct courier *couriers[MARKET_SERVERS_MAX]; /* on their way to leaders, or NULL */
    uint8_t phase;                                /* that was last seen, for the log */
    uint64_t phase_height;                        /* its beginning */
};

void duty_memory_close(struct duty_memory *memory);

/* Do what is due in one round now. *ended is true where the round is over and was erased. False where
 * something failed and should be tried again; the line says what. */
NODISCARD bool duties_run(struct aggregation_server *server, struct rpc *rpc,
                          struct duty_memory *memory, bool *ended, struct fault *fault);

/* One pass over a duty: who does it, and with what. */
struct duty {
    struct aggregation_server *server;
    struct rpc *rpc;
    const struct duty_round *round;
    struct duty_memory *memory;
};

/* ---- Phases, each in its own file */

NODISCARD bool duty_pad(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_deal(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_confirm(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_acknowledge(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_decide(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_fallback(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_justify(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_functionals(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_credits(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_aggregate(const struct duty *duty, struct fault *fault);
NODISCARD bool duty_check(const struct duty *duty, struct fault *fault);

/* The keys that this server confirmed, without the sets that are left out. The caller overwrites them. */
NODISCARD bool duty_keys_load(const struct duty *duty, struct zero_sharing *out,
                              struct fault *fault);

/* Has this server posted in this phase, as the chain has it? */
bool duty_posted(const struct duty *duty);

/* True where there is nothing to compute: the chain has the post of this phase, or it was decided
 * before a restart and was sent again now; then *good says whether that went well. */
bool duty_settled_before(const struct duty *duty, uint8_t native, bool *good, struct fault *fault);

#endif /* TOOLS_SERVER_DUTIES_H */
