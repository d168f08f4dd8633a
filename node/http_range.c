#include "node/http_range.h"

#include <string.h>

#define DIGITS_MAX 15 /* so that no number overflows */

/* Take digits from the front of *text. */
static bool take_number(const char **text, uint64_t *out)
{
    size_t digits = strspn(*text, "0123456789");
    *out = 0;
    for (size_t i = 0; i < digits && digits <= DIGITS_MAX; i++) {
        *out = *out * 10 + (uint64_t)((*text)[i] - '0');
    }
    *text += digits;
    return digits > 0 && digits <= DIGITS_MAX;
}

static bool take(const char **text, const char *expected)
{
    size_t size = strlen(expected);
    bool good = strncmp(*text, expected, size) == 0;
    *text += good ? size : 0;
    return good;
}

bool http_range_read(struct http_range *out, const char *text, uint64_t total)
{
    uint64_t suffix;
    *out = (struct http_range){.total = total};
    if (total == 0 || !take(&text, "bytes=")) {
        return false;
    }
    if (take(&text, "-")) {
        bool good = take_number(&text, &suffix) && *text == '\0' && suffix > 0;
        out->first = suffix < total ? total - suffix : 0;
        out->last = total - 1;
        return good;
    }
    if (!take_number(&text, &out->first) || !take(&text, "-")) {
        return false;
    }
    out->last = total - 1;
    uint64_t last;
    if (*text != '\0') {
        if (!take_number(&text, &last) || *text != '\0' || last < out->first) {
            return false;
        }
        out->last = last < out->last ? last : out->last;
    }
    return out->first < total;
}

bool http_range_read_content(struct http_range *out, const char *text, bool *asks)
{
    *out = (struct http_range){0};
    if (!take(&text, "bytes ")) {
        return false;
    }
    *asks = take(&text, "*");
    if (!*asks && (!take_number(&text, &out->first) || !take(&text, "-") ||
                   !take_number(&text, &out->last) || out->last < out->first)) {
        return false;
    }
    return take(&text, "/") && take_number(&text, &out->total) && *text == '\0' &&
           (*asks || out->last < out->total);
}
