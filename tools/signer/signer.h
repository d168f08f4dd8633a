/* The signer itself: a key, its guard on disk, and the answer to a request. */
#ifndef TOOLS_SIGNER_SIGNER_H
#define TOOLS_SIGNER_SIGNER_H

#include "market/signing.h"
#include "tools/signer/state_file.h"

struct signer {
    struct secret_key key;
    struct public_key public_key;
    struct state_file file;
    uint64_t fees_max;   /* units that evidence may cost until the next start; 0: none is signed */
    uint64_t fees;       /* of what was signed */
    uint64_t signatures; /* given since the start */
    uint64_t refusals;
};

/* Fill in the answer to a decoded request. A vote that binds is durable in the guard before its
 * signature is in *answer. The chain of the first signature is the only one ever signed for. False, with
 * *answer unspecified, where the state cannot be stored: the signer must end then. */
NODISCARD bool signer_answer(struct signer *signer, const struct signer_request *request,
                             struct signer_answer *answer, struct fault *fault);

/* The same for what market/signing.h asks for. A heartbeat says what is true or not and binds nobody. Evidence
 * is signed where both its votes are signed by the key that it names and contradict each other, as long as
 * gas_limit * gas_price of all that was signed stays within fees_max: whoever controls the node can spend that
 * much of the validator's account, and for nothing else. */
NODISCARD bool signer_answer_heartbeat(struct signer *signer,
                                       const struct signing_heartbeat *wanted,
                                       struct signer_answer *answer, struct fault *fault);
NODISCARD bool signer_answer_evidence(struct signer *signer, const struct signing_evidence *wanted,
                                      struct signer_answer *answer, struct fault *fault);

#endif /* TOOLS_SIGNER_SIGNER_H */
