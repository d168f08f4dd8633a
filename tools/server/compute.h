/* What a server computes from the shares it holds: its value of each owner, and the sum.
 *
 * Shares are read, decrypted and used in pieces, owners in parallel, so memory is that of the vectors
 * of the round (the sum, 8 d bytes; q, 16 d, where the bound allows it) and of one piece for each
 * worker, however many owners there are. */
#ifndef TOOLS_SERVER_COMPUTE_H
#define TOOLS_SERVER_COMPUTE_H

#include "tools/server/roster.h"

/* Results for one set of owners; all zero at first. Losing them costs time only. */
struct computed {
    struct hash set;          /* of the owners, roster_set_hash() */
    struct field_ext *values; /* e_ij in order of owner key; NULL: not computed */
    struct field_ext pad;     /* f_0j, with a pad */
    uint64_t *sum;            /* A_j, with the pad; NULL: not computed */
    size_t count;             /* elements of the sum */
};

void computed_close(struct computed *computed);

/* Bring *out to the accepted owners of `duty`: the sum and, where `values` is set, the values. Nothing
 * is done where it has them already. */
NODISCARD bool compute(const struct aggregation_server *server, struct rpc *rpc,
                       const struct duty_round *duty, bool values, struct computed *out,
                       struct fault *fault);

#endif /* TOOLS_SERVER_COMPUTE_H */
