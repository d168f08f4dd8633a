/* Two votes of one validator that contradict each other, on their way to the chain.
 *
 * Every validator that sees them sends EVIDENCE from the account of its own voting key, which earns the
 * fees of blocks. The chain takes the first; the others pay for a refusal, which is cheaper than to agree
 * on who sends. What was seen is kept in memory: a node that is started again knows nothing of it. */
#ifndef NODE_EVIDENCE_H
#define NODE_EVIDENCE_H

#include "crypto/conflict.h"

#include <stdint.h>

struct node;

/* Send what the core reported of validator number `sender` of the conflict's height. Does nothing on an
 * observer, for a validator that is jailed already, and where an earlier report may still be executed. */
void evidence_send(struct node *node, uint32_t sender, const struct conflict *conflict);

/* A block is committed: report again who is still not jailed (accusations.h). */
void evidence_committed(struct node *node);

#endif /* NODE_EVIDENCE_H */
