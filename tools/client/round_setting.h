/* Everything about a round that owners and servers compute with. */
#ifndef TOOLS_CLIENT_ROUND_SETTING_H
#define TOOLS_CLIENT_ROUND_SETTING_H

#include "crypto/share.h"
#include "tools/client/chain.h"

struct round_setting {
    struct round round;
    struct model_terms terms;
    struct share_round share;
    char endpoints[MARKET_SERVERS_MAX][MARKET_TEXT_MAX + 1]; /* of server j at [j - 1] */
    struct buffer storage;                                   /* what terms borrow */
};

/* Load the round, its model's terms and its servers' keys and endpoints. On false nothing is to be
 * closed. */
NODISCARD bool round_setting_load(struct rpc *rpc, const struct chain_info *chain, uint64_t model,
                                  uint32_t round, struct round_setting *out, struct fault *fault);
void round_setting_close(struct round_setting *setting);

#endif /* TOOLS_CLIENT_ROUND_SETTING_H */
