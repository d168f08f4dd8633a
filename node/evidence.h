/* Two votes of one validator that contradict each other, on their way to the chain.
 *
 * Every validator that sees them sends EVIDENCE from the account of its own voting key, which earns the
 * fees of blocks. The chain takes the first; the others pay for a refusal, which is cheaper than to agree
 * on who sends. What was seen is also in a file (accusation_file.h) until the validator is jailed, so that a
 * node that is started again goes on to report. Loop's thread only. */
#ifndef NODE_EVIDENCE_H
#define NODE_EVIDENCE_H

#include "crypto/conflict.h"

#include <stdint.h>

struct evidence;
struct node;

/* Take what the home holds; a file that cannot be read is logged, and no reason not to start. The state is
 * open. */
struct evidence *evidence_open(struct node *node);
void evidence_free(struct evidence *evidence); /* After the loop is over. NULL is allowed. */

/* Hold two votes that the core reported, signed by `validator`, which was in the set of their height, and
 * send them. That height may be above those that the committed state knows of: then they are held until a
 * block may hold them. Nothing is held without an own key and of a validator that is jailed already;
 * nothing is sent while this node is none of the validators, and where an earlier report may still be executed. */
void evidence_send(struct node *node, const struct public_key *validator,
                   const struct conflict *conflict);

/* A block is committed: report again who is still not jailed (accusations.h). */
void evidence_committed(struct node *node);

/* From time to time: what is held since before the start is reported once this node knows that it is not behind,
 * for perhaps nobody else has anything that makes a block. */
void evidence_watch(struct node *node);

#endif /* NODE_EVIDENCE_H */
