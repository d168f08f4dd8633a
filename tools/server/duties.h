/* What a server owes a round in each phase: acknowledge, post its values, lead.
 *
 * Everything a server posts is a function of its keys, what it holds and the chain, so that a restart
 * at any point never makes it post two different values. */
#ifndef TOOLS_SERVER_DUTIES_H
#define TOOLS_SERVER_DUTIES_H

#include "tools/server/courier.h"
#include "tools/server/roster.h"

/* What is remembered of a round between passes; all zero at first. Losing it costs time only. */
struct duty_memory {
    struct vault_round name;
    uint64_t *sum;                                /* A_j, dimension elements, once computed */
    uint32_t leaders_told;                        /* leaders that took the sum, mask */
    struct courier *couriers[MARKET_SERVERS_MAX]; /* on their way to leaders, or NULL */
    uint8_t phase;                                /* that was last seen, for the log */
};

void duty_memory_close(struct duty_memory *memory);

/* Do what is due in one round now. *ended is true where the round is over and was erased. False where
 * something failed and should be tried again; the line says what. */
NODISCARD bool duties_run(struct aggregation_server *server, struct rpc *rpc,
                          struct duty_memory *memory, bool *ended, struct fault *fault);

/* ---- Phases, each in its own file */

NODISCARD bool duty_acknowledge(struct aggregation_server *server, struct rpc *rpc,
                                const struct duty_round *duty, struct fault *fault);
NODISCARD bool duty_decide(struct aggregation_server *server, struct rpc *rpc,
                           const struct duty_round *duty, struct fault *fault);
NODISCARD bool duty_fallback(struct aggregation_server *server, struct rpc *rpc,
                             const struct duty_round *duty, struct fault *fault);
NODISCARD bool duty_aggregate(struct aggregation_server *server, struct rpc *rpc,
                              const struct duty_round *duty, struct duty_memory *memory,
                              struct fault *fault);
NODISCARD bool duty_check(struct aggregation_server *server, struct rpc *rpc,
                          const struct duty_round *duty, struct duty_memory *memory,
                          struct fault *fault);

/* Compute A_j into memory->sum, unless it is there. */
NODISCARD bool duty_sum(const struct aggregation_server *server, const struct duty_round *duty,
                        struct duty_memory *memory, struct fault *fault);

/* Sign and send one native instruction, and wait. */
NODISCARD bool duty_post(struct aggregation_server *server, struct rpc *rpc, uint8_t native,
                         const void *operand, struct bytes sidecar, struct fault *fault);

#endif /* TOOLS_SERVER_DUTIES_H */
