/* Who signs this node's votes: the key in its home, a signer elsewhere (keys.signer), or nobody. */
#ifndef NODE_VOTER_H
#define NODE_VOTER_H

#include "consensus/vote.h"
#include "node/config.h"
#include "node/keys.h"

struct remote_signer; /* node/remote_signer.h */

struct voter {
    bool present;              /* false: an observer */
    struct vote_signer signer; /* where present */
    struct vote_key key;       /* where the key is in the home */
    struct remote_signer *remote;
};

/* False with one line in `error` where a signer is named and there is a key in the home as well: nothing would keep
 * two votes of one key apart. */
NODISCARD bool voter_keys_fit(const struct keys *keys, const struct config *config, char *error,
                              size_t error_size);

/* Take the key of `keys`, or connect to the signer that the configuration names. False with one line
 * in `error` where that does not answer, or where voter_keys_fit() is false. */
NODISCARD bool voter_open(struct voter *out, const struct keys *keys, const struct config *config,
                          const struct hash *chain_id, char *error, size_t error_size);
void voter_close(struct voter *voter);

#endif /* NODE_VOTER_H */
