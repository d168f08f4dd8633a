#include "p2p/http_answer.h"

#include <inttypes.h>

static const char *reason_of(uint16_t status)
{
    static const struct {
        uint16_t status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(reasons); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}

void http_answer_head(struct buffer *out, uint16_t status, const char *content_type,
                      const char *headers, uint64_t body_size, bool keep_alive)
{
    buffer_format(out, "HTTP/1.1 %u %s\r\n", (unsigned)status, reason_of(status));
    if (status != 204) { /* RFC 9110, 8.6: a 204 has no Content-Length */
        buffer_format(out, "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\n", content_type,
                      body_size);
    }
    buffer_append_text(out, headers);
    buffer_append_text(out, keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

void http_answer_error(struct buffer *out, const char *text)
{
    buffer_append_text(out, "{\"error\": \"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            buffer_format(out, "\\%c", *c);
        } else if ((unsigned char)*c < ' ') {
            buffer_format(out, "\\u%04x", (unsigned)*c);
        } else {
            buffer_append(out, (struct bytes){(const uint8_t *)c, 1});
        }
    }
    buffer_append_text(out, "\"}\n");
}
