/* Reading the market's state through a node, as the records that validators keep. */
#ifndef TOOLS_CLIENT_CHAIN_H
#define TOOLS_CLIENT_CHAIN_H

#include "market/records.h"
#include "tools/client/rpc.h"

/* What a client must know of a chain before it signs or prints anything. */
struct chain_info {
    struct hash chain_id;
    char prefix[ADDRESS_PREFIX_MAX + 1]; /* of addresses */
    uint64_t height;                     /* executed and committed */
};

NODISCARD bool chain_info_load(struct rpc *rpc, struct chain_info *out, struct fault *fault);

/* Replace `out` with the value of a key; empty where it is absent. */
NODISCARD bool chain_bytes_load(struct rpc *rpc, const struct market_key *key, struct buffer *out,
                                struct fault *fault);

/* Load one record. Its byte strings are borrowed from `storage`, which is replaced. Where the key is
 * absent the record is zero and `storage` empty. False where the node fails or its answer does not
 * decode. */
NODISCARD bool chain_record_load(struct rpc *rpc, const struct market_key *key,
                                 const struct schema *schema, void *record, struct buffer *storage,
                                 struct fault *fault);

/* The rules of the chain. */
NODISCARD bool chain_parameters_load(struct rpc *rpc, struct parameters *out, struct fault *fault);

/* A model with its terms decoded; `storage` as above, for both. Absent is an error here. */
NODISCARD bool chain_model_load(struct rpc *rpc, uint64_t id, struct model *model,
                                struct model_terms *terms, struct buffer *storage,
                                struct fault *fault);

/* A round; absent is an error. */
NODISCARD bool chain_round_load(struct rpc *rpc, uint64_t model, uint32_t number, struct round *out,
                                struct fault *fault);

/* Participant `index` of a round; absent is an error. */
NODISCARD bool chain_participant_load(struct rpc *rpc, const struct round *round, uint16_t index,
                                      struct participant *out, struct fault *fault);

/* What a round has of `owner`, and its seat. *seated is false, and the others zero, where it has none. */
struct chain_seat {
    bool seated;
    uint16_t index;
    struct participant participant;
};
NODISCARD bool chain_seat_load(struct rpc *rpc, const struct round *round,
                               const struct address *owner, struct chain_seat *out,
                               struct fault *fault);

#endif /* TOOLS_CLIENT_CHAIN_H */
