/* A validator must not lose its log: it would vote a second time where it has voted before.
 *
 * That there was a log is remembered outside of data/, in config/log_begun, which names the chain. A
 * validator that finds this mark, or stored blocks, but no log, does not start. An old copy of a log
 * cannot be told from the newest one; only its loss can. */
#ifndef NODE_LOG_GUARD_H
#define NODE_LOG_GUARD_H

#include "crypto/hash.h"

/* Before the log is opened: is it there, where there must be one? `height` is that of the last stored
 * block. False, with one line in `error`, where it is lost or cannot be looked for. */
NODISCARD bool log_guard_check(const char *home, const struct hash *chain_id, uint64_t height,
                               char *error, size_t error_size);

/* Leave the mark: call it once the log is there and before anything is voted for. Durable when it
 * returns. False, with one line in `error`, where it cannot be written. */
NODISCARD bool log_guard_mark(const char *home, const struct hash *chain_id, char *error,
                              size_t error_size);

#endif /* NODE_LOG_GUARD_H */
