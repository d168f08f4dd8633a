/* Feature flags: changes of the rules that begin at a height, for all at once.
 *
 * A flag's name is known to programs that have the rule. A node that does not know a flag must not
 * execute the block of its height: it would compute another state. Execution itself never asks what
 * this program knows; nodes do, before a block. */
#ifndef MARKET_FEATURES_H
#define MARKET_FEATURES_H

#include "market/governance_records.h"

#define FEATURE_DELAY 2 /* blocks from the decision to the earliest activation */

/* Changes nothing. To rehearse an upgrade: all see the flag, all go on. */
#define FEATURE_REHEARSAL "rehearsal"

void features_load(struct state *state, struct features *out); /* Names: until the next write. */

/* Is the flag on in block `height`? */
bool feature_active(struct state *state, struct bytes name, uint64_t height);

bool feature_known(struct bytes name); /* to this program */

/* The first height at which a flag begins that this program does not know; 0: there is none. *name
 * (may be NULL) is its name, borrowed from the features. */
uint64_t features_end(const struct features *features, struct bytes *name);

#endif /* MARKET_FEATURES_H */
