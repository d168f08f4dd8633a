/* What this server posts to the chain: decided once, kept, and then sent.
 *
 * After a restart the same is sent again, so that a server never posts two different values, whatever
 * it would compute by then. */
#ifndef TOOLS_SERVER_POST_H
#define TOOLS_SERVER_POST_H

#include "tools/server/roster.h"

#define POST_NAME_MAX 60 /* characters with the terminator */

/* The name of a post of this phase, or of one about a seat in it. A phase that comes twice, AGGREGATE
 * and CHECK after a wrong aggregate, has other names. */
void post_name(char out[POST_NAME_MAX], const struct duty_round *duty, uint8_t native);
void post_name_seat(char out[POST_NAME_MAX], const struct duty_round *duty, uint8_t native,
                    uint16_t seat);

/* Was something decided under this name? Then post_send() needs no operand. */
bool post_kept(const struct aggregation_server *server, const struct duty_round *duty,
               const char *name);

struct post {
    uint8_t native;
    const void *operand;
    struct bytes sidecar;
};

/* Begin a file that is to become a post whose sidecar of `size` bytes, more than TRANSACTION_INLINE_MAX,
 * follows: the caller writes it, then keeps the file by vault_keep_post(). NULL where it cannot be
 * written. */
struct spool_file *post_begin(const struct aggregation_server *server, const struct post *post,
                              uint64_t size, struct fault *fault);

/* Keep what is to be posted. */
NODISCARD bool post_keep(const struct aggregation_server *server, const struct duty_round *duty,
                         const char *name, const struct post *post, struct fault *fault);

/* Sign and send what was kept, and wait until it is in a block. */
NODISCARD bool post_send(struct aggregation_server *server, struct rpc *rpc,
                         const struct duty_round *duty, const char *name, struct fault *fault);

/* Both of these. */
NODISCARD bool post_new(struct aggregation_server *server, struct rpc *rpc,
                        const struct duty_round *duty, const struct post *post,
                        struct fault *fault);

#endif /* TOOLS_SERVER_POST_H */
