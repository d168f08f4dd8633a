/* Everything about a round that owners and servers compute with. */
#ifndef TOOLS_CLIENT_ROUND_SETTING_H
#define TOOLS_CLIENT_ROUND_SETTING_H

#include "crypto/norm_layout.h"
#include "crypto/share.h"
#include "tools/client/chain.h"

struct round_setting {
    struct round round;
    struct model model; /* its terms are decoded below */
    struct model_terms terms;
    struct share_round share;
    struct norm_layout layout;
    char endpoints[MARKET_SERVERS_MAX][MARKET_TEXT_MAX + 1]; /* of server j at [j - 1] */
    struct buffer storage;                                   /* what terms borrow */
};

/* The norm proof's parameters of a model. False with one line where the specification refuses them. */
NODISCARD bool round_setting_layout(struct norm_layout *out, const struct model_terms *terms,
                                    struct fault *fault);

/* What all of a round share, before it is opened: for the pad's commitment. */
NODISCARD bool round_setting_next(struct rpc *rpc, const struct chain_info *chain, uint64_t model,
                                  struct round_setting *out, struct fault *fault);

/* g0 of the model's reference test and values: d integers, to be freed; NULL where there is none.
 * False where it cannot be had. */
NODISCARD bool round_setting_reference(struct rpc *rpc, const struct round_setting *setting,
                                       int64_t **out, struct fault *fault);

/* Load the round, its model's terms and its servers' keys and endpoints. On false nothing is to be
 * closed. */
NODISCARD bool round_setting_load(struct rpc *rpc, const struct chain_info *chain, uint64_t model,
                                  uint32_t round, struct round_setting *out, struct fault *fault);
void round_setting_close(struct round_setting *setting);

#endif /* TOOLS_CLIENT_ROUND_SETTING_H */
