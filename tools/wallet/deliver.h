/* Delivering ciphertexts to the servers of a round. */
#ifndef TOOLS_WALLET_DELIVER_H
#define TOOLS_WALLET_DELIVER_H

#include "tools/client/round_setting.h"
#include "tools/wallet/share_file.h"

/* Send every ciphertext to its server. Tells each outcome on stderr unless --json was given. Returns
 * the number of servers that hold theirs; the last failure is in `fault`. */
uint32_t deliver_shares(struct session *session, const struct round_setting *setting,
                        const struct share_file *file, struct fault *fault);

#endif /* TOOLS_WALLET_DELIVER_H */
