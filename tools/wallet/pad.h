/* The model owner's pad: with it the public result of a round is the sum and the pad, and only who has
 * the pad's seed can read it (pv-snip 6a).
 *
 * The seed is kept in a file of the round before the round is opened, and needed until its result was
 * read. Who loses it loses the result; who gets it reads the result. */
#ifndef TOOLS_WALLET_PAD_H
#define TOOLS_WALLET_PAD_H

#include "crypto/pad.h"
#include "tools/wallet/contribution.h"
#include "tools/wallet/round.h"

#define PAD_PATH_MAX 4096

struct pad_secret {
    struct contribution kept; /* key, seed and commitment; no vector */
    struct share_auxiliary auxiliary;
    struct ciphertexts x;   /* of the pad */
    struct ciphertexts aux; /* of R0 */
    struct delivery x_delivery;
    struct delivery aux_delivery;
};

/* The file of a round's pad, of the account that opens it. */
NODISCARD bool pad_path(char out[PAD_PATH_MAX], const struct session *session,
                        const struct address *owner, const struct round_name *name,
                        struct fault *fault);

/* Take up the pad of a round that is about to be opened, or make and keep one. On false there is
 * nothing to close. */
NODISCARD bool pad_begin(struct pad_secret *out, const struct session *session,
                         const struct round_setting *setting, struct fault *fault);
void pad_close(struct pad_secret *pad);

/* Set the pad's members of ROUND_OPEN. */
void pad_fill(struct round_open_operand *operand, const struct pad_secret *pad);

/* Bring the ciphertexts to the servers, and publish those of servers that say they have none, until
 * owners may commit. False where the round is aborted for want of the pad, or the node fails. */
NODISCARD bool pad_see_through(struct pad_secret *pad, struct session *session,
                               const struct round_name *name, struct fault *fault);

/* Take the pad off a result: `count` elements, in place. */
NODISCARD bool pad_remove(uint64_t *elements, size_t count, const char *path,
                          const struct hash *context, struct fault *fault);

#endif /* TOOLS_WALLET_PAD_H */
