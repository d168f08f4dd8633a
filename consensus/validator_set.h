/* A validator set that does not change any more, shared by reference.
 *
 * Sets outlive the height they are of: in messages that are being verified, in proofs, in what is kept
 * for the next start. So each holder has a reference, and the last one frees. Counting is atomic: a
 * reference may go to another thread. */
#ifndef CONSENSUS_VALIDATOR_SET_H
#define CONSENSUS_VALIDATOR_SET_H

#include <stdatomic.h>

#include "consensus/validators.h"

struct validator_set {
    struct validators validators; /* names borrow `names` */
    struct hash hash;             /* validators_hash() */
    atomic_uint references;
    char names[VALIDATORS_MAX][VALIDATOR_NAME_SIZE_MAX];
};

/* A copy of `validators`, which passed validators_check() (asserted), with one reference. */
struct validator_set *validator_set_new(const struct validators *validators);

/* One more reference to the same set. */
struct validator_set *validator_set_share(struct validator_set *set);
void validator_set_release(struct validator_set *set); /* NULL is allowed. */

/* The same members in the same order. */
NODISCARD bool validator_set_equal(const struct validator_set *a, const struct validator_set *b);

#endif /* CONSENSUS_VALIDATOR_SET_H */
