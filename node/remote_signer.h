/* A validator whose key is with souk-signer: every vote is asked for over a Unix socket.
 *
 * A call blocks the loop for as long as the signer takes: a few hundred microseconds, most of them
 * its fdatasync. A signer that hangs is given REMOTE_SIGNER_TIMEOUT_MS once, then nothing for a
 * while, so a node whose signer is gone follows the chain like an observer. */
#ifndef NODE_REMOTE_SIGNER_H
#define NODE_REMOTE_SIGNER_H

#include "market/signing.h"

#define REMOTE_SIGNER_TIMEOUT_MS 300
#define REMOTE_SIGNER_PAUSE_MS   1000 /* after a failure, before the next try */

struct remote_signer;

/* Connect to `path` and learn whose key it is. The caller owns *out: remote_signer_free(). False, with
 * one line in `error`, where nobody answers or the answer is none of ours. */
NODISCARD bool remote_signer_open(struct remote_signer **out, const char *path,
                                  const struct hash *chain_id, char *error, size_t error_size);
void remote_signer_free(struct remote_signer *signer); /* NULL is allowed. */

/* The key that signs. */
const struct public_key *remote_signer_key(const struct remote_signer *signer);

/* What struct vote_signer demands; a signature is checked against the key. Where it is not VOTE_SIGNED
 * one line in `error` says why. */
NODISCARD enum vote_signing remote_signer_sign(struct remote_signer *signer, struct vote *vote,
                                               uint32_t *free_round, char *error,
                                               size_t error_size);

/* The signature of a heartbeat or of an evidence's transaction: what market/signing.h asks for, of which version, call and
 * chain are filled in. False with one line in `error` where the signer is away or refuses. */
NODISCARD bool remote_signer_heartbeat(struct remote_signer *signer,
                                       struct signing_heartbeat *wanted, struct signature *out,
                                       char *error, size_t error_size);
NODISCARD bool remote_signer_evidence(struct remote_signer *signer, struct signing_evidence *wanted,
                                      struct signature *out, char *error, size_t error_size);

#endif /* NODE_REMOTE_SIGNER_H */
