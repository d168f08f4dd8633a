/* What a server computes from the shares it holds: its value of each owner, and the sum.
 *
 * Stretch by stretch of HELD_SHARE_PIECE coordinates, with as many workers: q of a stretch is made once,
 * every owner's piece of it is read, decrypted, added and multiplied, and the sum of the stretch goes to
 * a file without a name. So memory is that of a stretch for each worker and of the coefficients of the
 * owners that are worked on together, which --memory bounds; it depends on neither d nor n. */
#ifndef TOOLS_SERVER_COMPUTE_H
#define TOOLS_SERVER_COMPUTE_H

#include "tools/server/roster.h"

/* Results for one set of owners; all zero at first. Losing them costs time only. */
struct computed {
    struct hash set;          /* of the owners, roster_set_hash() */
    struct field_ext *values; /* e_ij in order of owner key; NULL: not computed */
    struct field_ext pad;     /* f_0j, with a pad */
    bool has_sum;
    int sum;      /* descriptor of A_j, with the pad, 8 bytes for each element */
    size_t count; /* elements of the sum */
};

void computed_close(struct computed *computed);

/* Bring *out to the accepted owners of `duty`: the sum and, where `values` is set, the values. Nothing
 * is done where it has them already. */
NODISCARD bool compute(const struct aggregation_server *server, struct rpc *rpc,
                       const struct duty_round *duty, bool values, struct computed *out,
                       struct fault *fault);

/* The sum's bytes. */
struct source computed_sum(const struct computed *computed);

/* <form, sum>. */
NODISCARD bool computed_evaluate(struct field_ext *out, const struct source *sum,
                                 const struct multilinear *form, struct fault *fault);

#endif /* TOOLS_SERVER_COMPUTE_H */
