#include "node/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024 /* characters; what is longer is cut */

static const char *const level_texts[LOG_LEVEL_COUNT] = {"error", "warn", "info", "debug"};
static atomic_int level_max = LOG_LEVEL_INFO;

const char *log_level_text(enum log_level level)
{
    assert((size_t)level < LOG_LEVEL_COUNT);
    return level_texts[level];
}

bool log_level_parse(enum log_level *out, const char *text)
{
    for (size_t i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (strcmp(text, level_texts[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_level(enum log_level level)
{
    atomic_store(&level_max, (int)level);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&level_max, memory_order_relaxed);
}

static size_t write_head(char *line, size_t size, enum log_level level, const char *event)
{
    struct timespec now;
    struct tm parts;
    char stamp[32];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &parts);
    int used = snprintf(line, size, "time=%s.%03ldZ level=%s event=%s", stamp,
                        now.tv_nsec / 1000000, level_texts[level], event);
    return used < 0 ? 0 : (size_t)used;
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    if (!log_enabled(level)) {
        return;
    }
    char line[LOG_LINE_MAX];
    size_t used = write_head(line, sizeof(line) - 2, level, event);
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        line[used] = ' ';
        int more = vsnprintf(line + used + 1, sizeof(line) - used - 2, format, arguments);
        va_end(arguments);
        used += more < 0 ? 0 : (size_t)more + 1;
    }
    used = used > sizeof(line) - 2 ? sizeof(line) - 2 : used;
    line[used] = '\n';
    /* There is nobody to tell that the log cannot be written. */
    ssize_t written = write(STDERR_FILENO, line, used + 1);
    (void)written;
}

const char *log_quote(char *out, size_t size, const char *text)
{
    assert(size >= 3);
    size_t used = 0;
    out[used++] = '"';
    for (const char *c = text; *c != '\0' && used + 2 < size; c++) {
        bool plain = *c >= ' ' && *c <= '~' && *c != '"' && *c != '\\';
        out[used] = '?';
        if (plain) {
            out[used] = *c;
        } else if (*c == '"') {
            out[used] = '\'';
        }
        used++;
    }
    out[used++] = '"';
    out[used] = '\0';
    return out;
}
