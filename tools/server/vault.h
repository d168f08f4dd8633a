/* What a server keeps of a round, durable before it is acknowledged or posted: owners' deliveries, the
 * sums of the other servers, and what it posted itself. Files under <home>/rounds/<model>-<round>/. */
#ifndef TOOLS_SERVER_VAULT_H
#define TOOLS_SERVER_VAULT_H

#include "tools/server/server.h"
#include "tools/server/spool.h"

struct vault_round {
    uint64_t model;
    uint32_t round;
};

/* The vectors that are shared: an owner's update and its proof's, and the model owner's pad. */
enum vault_kind { VAULT_X, VAULT_AUX, VAULT_PAD_X, VAULT_PAD_AUX };

/* Keep a checked delivery whole: the list of roots, then the ciphertext. The same again is harmless. The
 * file is to be closed all the same. */
NODISCARD bool vault_keep_delivery(const struct aggregation_server *server,
                                   const struct vault_round *round, enum vault_kind kind,
                                   const struct address *owner, struct spool_file *delivery,
                                   struct fault *fault);
bool vault_has_delivery(const struct aggregation_server *server, const struct vault_round *round,
                        enum vault_kind kind, const struct address *owner);

/* A kept file, read where it is wanted: so that memory does not depend on its size. */
struct vault_reader {
    int descriptor;
    uint64_t size;                    /* bytes of the file */
    char path[WALLET_PATH_MAX + 128]; /* for messages */
};

NODISCARD bool vault_reader_open(struct vault_reader *out, const struct aggregation_server *server,
                                 const struct vault_round *round, enum vault_kind kind,
                                 const struct address *owner, struct fault *fault);
/* `size` bytes from `offset` on; any number of threads. False where there are not as many. */
NODISCARD bool vault_reader_at(const struct vault_reader *reader, uint64_t offset, void *out,
                               size_t size, struct fault *fault);
void vault_reader_close(struct vault_reader *reader);

/* Keep the message with the sum of server j, and read it. */
NODISCARD bool vault_keep_sum(const struct aggregation_server *server,
                              const struct vault_round *round, unsigned j,
                              struct spool_file *message, struct fault *fault);
bool vault_has_sum(const struct aggregation_server *server, const struct vault_round *round,
                   unsigned j);
NODISCARD bool vault_reader_open_sum(struct vault_reader *out,
                                     const struct aggregation_server *server,
                                     const struct vault_round *round, unsigned j,
                                     struct fault *fault);

/* Keep and get what this server posts under a name of its own choice: the same is posted again after
 * a restart. */
NODISCARD bool vault_put_post(const struct aggregation_server *server,
                              const struct vault_round *round, const char *post,
                              struct bytes content, struct fault *fault);
bool vault_has_post(const struct aggregation_server *server, const struct vault_round *round,
                    const char *post);
NODISCARD bool vault_get_post(const struct aggregation_server *server,
                              const struct vault_round *round, const char *post, struct buffer *out,
                              struct fault *fault);

/* The same for what is too large for memory: `content` becomes the post, and is to be closed all the same. */
NODISCARD bool vault_keep_post(const struct aggregation_server *server,
                               const struct vault_round *round, const char *post,
                               struct spool_file *content, struct fault *fault);
NODISCARD bool vault_reader_open_post(struct vault_reader *out,
                                      const struct aggregation_server *server,
                                      const struct vault_round *round, const char *post,
                                      struct fault *fault);

/* The rounds of which something is kept, in *out, to be freed; returns their number. */
size_t vault_rounds(const struct aggregation_server *server, struct vault_round **out);

/* Remove everything of a round that has ended: later theft of keys must not open it. */
void vault_erase(const struct aggregation_server *server, const struct vault_round *round);

#endif /* TOOLS_SERVER_VAULT_H */
