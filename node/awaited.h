/* A transaction that a client waits for, and the rule that says when the wait is in vain.
 *
 * A transaction may leave the pool while a block that is decided and not yet executed holds it, so the
 * pool does not tell. The state does: once its nonce is passed or its last height is reached there, and
 * no executed block holds it, no later block can execute it. */
#ifndef NODE_AWAITED_H
#define NODE_AWAITED_H

#include "crypto/address.h"
#include "vm/refusal.h"

struct awaited {
    struct hash id;
    struct address sender;
    uint64_t nonce;
    uint64_t expires_at; /* the last height whose block may hold it */
};

/* No block up to `height` holds it, and the sender's next nonce after that block is `next_nonce`: can no
 * later block execute it? Then *why is what each of them would refuse it for. Pure. */
NODISCARD bool awaited_in_vain(const struct awaited *awaited, uint64_t height, uint64_t next_nonce,
                               struct refusal *why);

#endif /* NODE_AWAITED_H */
