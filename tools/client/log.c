#include "tools/client/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static void log_line(const char *level, const char *event, const char *format, va_list arguments)
    PRINTF_LIKE(3, 0);

static void log_line(const char *level, const char *event, const char *format, va_list arguments)
{
    char rest[1024];
    char when[32];
    struct timespec now;
    struct tm utc;
    (void)vsnprintf(rest, sizeof(rest), format, arguments);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
    /* One call, so that lines of several threads do not mix. */
    (void)fprintf(stderr, "time=%s.%03ldZ level=%s event=%s %s\n", when, now.tv_nsec / 1000000,
                  level, event, rest);
}

#define LOG_FUNCTION(level)                                                                        \
    void log_##level(const char *event, const char *format, ...)                                   \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        log_line(#level, event, format, arguments);                                                \
        va_end(arguments);                                                                         \
    }

LOG_FUNCTION(info)
LOG_FUNCTION(warn)
