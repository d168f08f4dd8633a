/* The mark of what this validator may sign (node/signer_mark.h), while the node runs: judged at the
 * start, written ahead by a worker, finished at a clean stop. Loop's thread only. */
#ifndef NODE_SIGNER_H
#define NODE_SIGNER_H

#include "base/bytes.h"

struct node;
struct signer;

#define SIGNER_WAL_TYPE 2 /* of the record that each start of a validator puts into the log */

/* After the log was opened. Where the log cannot be trusted, node->votes becomes false, and the node
 * observes until it is safe to vote. False with one line in `error`. */
NODISCARD bool signer_open(struct signer **out, struct node *node, char *error, size_t error_size);
void signer_free(struct signer *signer); /* After the loop is over. NULL is allowed. */

/* Votes up to this height may leave now. */
uint64_t signer_height(const struct signer *signer);

/* A height was decided: marks more ahead where that is due. glue_durable() is called when it is. */
void signer_decided(struct signer *signer, uint64_t height);

/* The chain has a vote of this key for `height` that the log does not know. No vote leaves any more, no log is
 * trusted, and the node begins anew as an observer. One that observes already does so for longer where its mark does
 * not know the vote either. */
void signer_forgot(struct signer *signer, uint64_t height);

/* Observing for want of trust: is it over? Then the node is begun anew as a validator. */
void signer_watch(struct signer *signer);
bool signer_observing(const struct signer *signer);

/* The log was closed after its last record: the mark says exactly what was signed. */
void signer_finish(struct signer *signer, uint64_t sequence);

#endif /* NODE_SIGNER_H */
