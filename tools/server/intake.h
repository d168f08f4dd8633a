/* What others send to a server: owners their ciphertexts, servers their sums.
 *
 * Each is checked against the chain before it is kept, and kept before it is acknowledged. */
#ifndef TOOLS_SERVER_INTAKE_H
#define TOOLS_SERVER_INTAKE_H

#include "tools/server/roster.h"

/* What the sender is told: an HTTP status and, unless 200, one line. */
struct intake_answer {
    uint16_t status;
    char line[256];
};

struct intake_delivery {
    const char *owner; /* a bech32m address, or "pad" */
    bool aux;          /* what goes with the proof, not the update */
    struct spool_file *body;
};

/* A delivery. Its file is read a piece at a time and moved to its place, and is to be closed by the caller
 * all the same.
 *   200 held     400 malformed, or not what was committed     404 no such round or seat
 *   403 this server is none of the model's above t            409 the chain does not show it yet
 *   410 the phase for deliveries is over                      503 the node or the disk failed */
void intake_share(struct aggregation_server *server, struct rpc *rpc,
                  const struct vault_round *round, const struct intake_delivery *delivery,
                  struct intake_answer *answer);

/* A sum of server j. 200, 400, 403 (not a server in Q), 404, 409 (not aggregating), 503. */
void intake_sum(struct aggregation_server *server, struct rpc *rpc, const struct vault_round *round,
                unsigned j, struct spool_file *body, struct intake_answer *answer);

#endif /* TOOLS_SERVER_INTAKE_H */
