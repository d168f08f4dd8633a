/* Lines that strangers can cause as often as they like: a few of each kind in a minute, then their count. */
#ifndef NODE_LOG_LIMIT_H
#define NODE_LOG_LIMIT_H

#include "base/bytes.h"

enum {
    LOG_LIMIT_LINES = 5,         /* written in a window; the first one begins it */
    LOG_LIMIT_WINDOW_MS = 60000, /* its length */
};

/* All zero is one that nothing was written under. */
struct log_limit {
    uint64_t begun_ms; /* of the window; 0: none is open */
    uint32_t lines;    /* written in it */
    uint64_t withheld; /* and not written */
};

/* May a line be written now? Where not, it is counted. `now_ms` is above 0 and does not go back. */
NODISCARD bool log_limit_take(struct log_limit *limit, uint64_t now_ms);

/* How many lines were withheld in a window that is over: for one line that says so. 0 while it lasts, and the next
 * time. Call it now and then, and before log_limit_take(), which begins a new window. */
NODISCARD uint64_t log_limit_over(struct log_limit *limit, uint64_t now_ms);

#endif /* NODE_LOG_LIMIT_H */
