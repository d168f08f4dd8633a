/* Delivering ciphertexts to the servers of a round. */
#ifndef TOOLS_WALLET_DELIVER_H
#define TOOLS_WALLET_DELIVER_H

#include "tools/wallet/share_file.h"

/* What an owner needs to know of a round. */
struct round_setting {
    struct round round;
    struct model_terms terms;
    struct share_round share;
    char endpoints[MARKET_SERVERS_MAX][MARKET_TEXT_MAX + 1]; /* of server j at [j - 1] */
    struct buffer storage;                                   /* what terms borrow */
};

NODISCARD bool round_setting_load(struct session *session, const struct round_name *name,
                                  struct round_setting *out, struct fault *fault);
void round_setting_close(struct round_setting *setting);

/* Send every ciphertext to its server. Tells each outcome on stderr unless --json was given. Returns
 * the number of servers that hold theirs; the last failure is in `fault`. */
uint32_t deliver_shares(struct session *session, const struct round_setting *setting,
                        const struct share_file *file, struct fault *fault);

#endif /* TOOLS_WALLET_DELIVER_H */
