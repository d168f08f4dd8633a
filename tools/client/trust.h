/* What a light client believes in: a chain's genesis, read from its file, and nothing else. */
#ifndef TOOLS_CLIENT_TRUST_H
#define TOOLS_CLIENT_TRUST_H

#include "base/buffer.h"
#include "consensus/validators.h"
#include "market/genesis.h"
#include "tools/client/fault.h"

#define TRUST_FILE_MAX ((size_t)4 << 20) /* bytes of a genesis file */

struct trust {
    struct hash chain_id;         /* hash of the genesis */
    struct validators validators; /* who may sign for the chain; names borrow `bcs` */
    char network[GENESIS_NAME_MAX + 1];
    char prefix[ADDRESS_PREFIX_MAX + 1]; /* of addresses */
    struct buffer bcs;
};

/* Read genesis.json and check it as a node does. trust_close() it, also after a failure. */
NODISCARD bool trust_load(struct trust *out, const char *path, struct fault *fault);
NODISCARD bool trust_parse(struct trust *out, struct bytes text, struct fault *fault);
void trust_close(struct trust *trust);

/* The same from a genesis that passed genesis_check(). */
void trust_of(struct trust *out, const struct genesis *genesis);

#endif /* TOOLS_CLIENT_TRUST_H */
