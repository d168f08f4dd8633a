/* What a proof shows, for people and programs. */
#ifndef TOOLS_CLIENT_PROOF_SHOW_H
#define TOOLS_CLIENT_PROOF_SHOW_H

#include <jansson.h>

#include "tools/client/proof.h"

/* All that `proof`, which holds, shows: the record decoded by its schema, heights, time, signers. */
json_t *proof_show_json(const struct proof *proof, const struct trust *trust);

/* The same in a sentence: what is proved, when, and who signed. */
void proof_show_sentence(struct buffer *out, const struct proof *proof, const struct trust *trust);

/* "account tsouk1...", "round 2 of model 1"; "key <hex>" for what has no words. */
void proof_show_key(struct buffer *out, struct bytes key, const char *prefix);

#endif /* TOOLS_CLIENT_PROOF_SHOW_H */
