/* What a light client believes in: a chain's genesis, read from its file, or a later header of the chain with the
 * set of validators that decided it, and nothing else. */
#ifndef TOOLS_CLIENT_TRUST_H
#define TOOLS_CLIENT_TRUST_H

#include "base/buffer.h"
#include "consensus/block.h"
#include "market/genesis.h"
#include "tools/client/fault.h"

#define TRUST_FILE_MAX ((size_t)4 << 20) /* bytes of a genesis file */

struct trust {
    struct hash chain_id;         /* hash of the genesis */
    struct validators validators; /* who may sign for the chain; names borrow `bcs` */
    struct block_header header;   /* which they decided; height 0: they are those of the genesis */
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

/* A trust file: a header of the chain with its validators, as JSON. The reader checks that they agree with each
 * other and can run a chain; whom to believe is for who gives the file. trust_close() what is read, also after a
 * failure. trust_write() appends one of a header that `validators` decided, on the chain of `trust`. */
NODISCARD bool trust_load_header(struct trust *out, const char *path, struct fault *fault);
NODISCARD bool trust_parse_header(struct trust *out, struct bytes text, struct fault *fault);
void trust_write(struct buffer *out, const struct trust *trust, const struct block_header *header,
                 const struct validators *validators);

#endif /* TOOLS_CLIENT_TRUST_H */
