/* HTTP requests out of any bytes: the same for every split, and nothing ambiguous among them. */
#include <string.h>

#include "node/rpc_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct http_request *request)
{
    assert(request->path[0] == '/');
    assert(http_request_header(request, "transfer-encoding") == NULL);
    assert(request->header_count <= HTTP_HEADER_MAX);
    struct config config;
    char error[RPC_GUARD_ERROR_MAX] = "";
    config_init(&config);
    assert((rpc_guard_check(&config, request, error) == 0) == (error[0] == '\0'));
    for (uint32_t i = 0; i < request->header_count; i++) {
        assert(strlen(request->headers[i].name) > 0);
        assert(strpbrk(request->headers[i].name, " \t\r\n:") == NULL);
        assert(strpbrk(request->headers[i].value, "\r\n") == NULL);
    }
}

/* Write down all that the parser says about `input`, given in pieces. */
static void transcribe(struct bytes input, size_t piece, struct buffer *out)
{
    struct http_parser *parser = http_parser_new(1000, NULL);
    enum http_parse result = HTTP_PARSE_MORE;
    while (input.size > 0 && result != HTTP_PARSE_REFUSED) {
        struct bytes part = {input.data, input.size < piece ? input.size : piece};
        size_t given = part.size;
        result = http_parser_feed(parser, &part);
        input.data += given - part.size;
        input.size -= given - part.size;
        if (result == HTTP_PARSE_REFUSED) {
            buffer_format(out, "refused %u %s\n", (unsigned)http_parser_status(parser),
                          http_parser_error(parser));
        } else if (result == HTTP_PARSE_CONTINUE) {
            buffer_append_text(out, "continue\n");
        } else if (result == HTTP_PARSE_REQUEST) {
            const struct http_request *request = http_parser_request(parser);
            check_request(request);
            buffer_format(out, "%d %s %s\n", (int)request->method, request->path, request->query);
            buffer_append(out, request->body);
        }
    }
    http_parser_free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer whole = {0};
    struct buffer pieces = {0};
    if (size == 0) {
        return 0;
    }
    struct bytes input = {data + 1, size - 1};
    transcribe(input, SIZE_MAX, &whole);
    transcribe(input, 1 + (size_t)(data[0] % 16), &pieces);
    assert(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)));
    buffer_close(&whole);
    buffer_close(&pieces);
    return 0;
}
