/* The signer itself: a key, its guard on disk, and the answer to a request. */
#ifndef TOOLS_SIGNER_SIGNER_H
#define TOOLS_SIGNER_SIGNER_H

#include "consensus/signer.h"
#include "tools/signer/state_file.h"

struct signer {
    struct secret_key key;
    struct public_key public_key;
    struct state_file file;
    uint64_t signatures; /* given since the start */
    uint64_t refusals;
};

/* Fill in the answer to a decoded request. A vote that binds is durable in the guard before its
 * signature is in *answer. The first chain that asks is the only one ever signed for. False, with
 * *answer unspecified, where the state cannot be stored: the signer must end then. */
NODISCARD bool signer_answer(struct signer *signer, const struct signer_request *request,
                             struct signer_answer *answer, struct fault *fault);

#endif /* TOOLS_SIGNER_SIGNER_H */
