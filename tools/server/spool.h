/* Deliveries on their way in: each a file under <home>/rounds/incoming/ while its bytes come and while it is
 * checked. One that is kept is renamed to its place; nobody's are removed, at the next start at the
 * latest. So a server needs no memory for what others send. */
#ifndef TOOLS_SERVER_SPOOL_H
#define TOOLS_SERVER_SPOOL_H

#include "p2p/http_request.h"
#include "tools/client/wallet.h"

struct spool_file {
    int descriptor;
    uint64_t size; /* bytes written so far */
    char path[WALLET_PATH_MAX + 64];
};

/* Make the folder, and empty it. */
NODISCARD bool spool_open(const char *home, struct fault *fault);

/* A new file. NULL, with errno, where it cannot be made. */
struct spool_file *spool_new(const char *home);
NODISCARD bool spool_write(struct spool_file *file, struct bytes part); /* Else with errno. */
/* `size` bytes from `offset` on. False where they are not there or cannot be read. */
NODISCARD bool spool_read(const struct spool_file *file, uint64_t offset, void *out, size_t size);

/* Sync it, move it to `path`, which is durable then. The file is to be closed all the same. */
NODISCARD bool spool_keep(struct spool_file *file, const char *path, struct fault *fault);
void spool_close(struct spool_file *file); /* Removes one that was not kept. NULL is allowed. */

/* For the HTTP server: bodies become files. Context is the home. */
struct http_sink spool_sink(const char *home);

#endif /* TOOLS_SERVER_SPOOL_H */
