/* What became of the transfers of a load. */
#ifndef TOOLS_BENCH_TALLY_H
#define TOOLS_BENCH_TALLY_H

#include "tools/bench/load.h"

struct tally {
    size_t committed; /* in a block */
    size_t failed;    /* of them: refused there */
    size_t refused;   /* by a node, or not answered */
    size_t behind;    /* an earlier one of the account was refused: its nonce holds this one up */
    size_t lost;      /* promised by a node, and in no block */
};

/* Each item is committed, refused, behind or lost. */
void tally_load(struct tally *out, const struct load *load);

#endif /* TOOLS_BENCH_TALLY_H */
