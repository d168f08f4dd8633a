/* Logfmt lines on stderr: one event a line, UTC time first. Safe from any thread. */
#ifndef TOOLS_CLIENT_LOG_H
#define TOOLS_CLIENT_LOG_H

#include "base/bytes.h"

/* `format` makes the rest of the line: "model=%u round=%u". */
void log_info(const char *event, const char *format, ...) PRINTF_LIKE(2, 3);
void log_warn(const char *event, const char *format, ...) PRINTF_LIKE(2, 3);

#endif /* TOOLS_CLIENT_LOG_H */
