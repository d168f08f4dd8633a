/* The log: one line per event in logfmt on standard error.
 *
 *     time=2025-01-31T12:00:00.000Z level=info event=commit height=42 transactions=7
 *
 * A line leaves in one write, so lines of several threads never mix. */
#ifndef NODE_LOG_H
#define NODE_LOG_H

#include "base/bytes.h"

enum log_level {
    LOG_LEVEL_ERROR, /* the operator must act */
    LOG_LEVEL_WARN,  /* a peer or the environment misbehaves */
    LOG_LEVEL_INFO,  /* the state changed */
    LOG_LEVEL_DEBUG, /* a trace */
    LOG_LEVEL_COUNT,
};

const char *log_level_text(enum log_level level); /* "error", "warn", "info", "debug" */
NODISCARD bool log_level_parse(enum log_level *out, const char *text);

/* Lines above this level are dropped. Set it before threads begin. The first level is info. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* `event` is a word; `format` gives the fields, `key=value` parted by spaces, or is NULL. A value
 * that may hold spaces or comes from outside is passed through log_quote(). */
void log_write(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* `text` in double quotes, with quotes, backslashes and all that is no printable ASCII replaced;
 * cut to the size. Returns `out`. */
const char *log_quote(char *out, size_t size, const char *text);

#endif /* NODE_LOG_H */
