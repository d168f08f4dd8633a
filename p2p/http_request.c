#include "p2p/http_request.h"

#include <llhttp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

#define MEMORY_KEPT        ((size_t)1 << 16) /* a longer body's memory is given back afterwards */
#define LENGTH_DIGITS_MAX  15
#define LINE_COUNT_MAX     (HTTP_HEADER_MAX + 1) /* the request line and the headers */
#define STATUS_BAD_REQUEST 400

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_DELIVERED, STAGE_REFUSED };

struct span {
    size_t offset; /* in the head */
    size_t size;
};

struct http_parser {
    llhttp_t llhttp;
    llhttp_settings_t settings;
    size_t body_max;
    enum stage stage;
    struct buffer head;
    uint8_t last;       /* byte of the head */
    size_t line_size;   /* of the line being read, without its end */
    size_t line_count;  /* complete lines */
    struct span target; /* of the request line */
    struct span names[HTTP_HEADER_MAX];
    struct span values[HTTP_HEADER_MAX];
    uint32_t header_count;
    bool name_complete; /* of the last header, so the next field begins another */
    size_t body_size;
    size_t body_got;
    struct buffer body; /* without a sink */
    const struct http_sink *sink;
    void *stored; /* in the sink; until the request is delivered */
    struct http_request request;
    uint16_t status;
    const char *error;
};

const char *http_request_header(const struct http_request *request, const char *name)
{
    for (uint32_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return NULL;
}

static enum http_parse refuse(struct http_parser *parser, uint16_t status, const char *error)
{
    parser->stage = STAGE_REFUSED;
    parser->status = status;
    parser->error = error;
    return HTTP_PARSE_REFUSED;
}

/* llhttp */

static bool span_add(struct http_parser *parser, struct span *span, const char *at, size_t size)
{
    size_t offset = (size_t)((const uint8_t *)at - parser->head.data);
    if (span->size == 0) {
        *span = (struct span){offset, size};
        return true;
    }
    bool follows = span->offset + span->size == offset;
    span->size += size;
    return follows;
}

static int on_url(llhttp_t *llhttp, const char *at, size_t size)
{
    struct http_parser *parser = llhttp->data;
    return span_add(parser, &parser->target, at, size) ? 0 : -1;
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t size)
{
    struct http_parser *parser = llhttp->data;
    if (parser->header_count == 0 || parser->name_complete) {
        if (parser->header_count == HTTP_HEADER_MAX) {
            return -1;
        }
        parser->names[parser->header_count] = (struct span){0, 0};
        parser->values[parser->header_count] = (struct span){0, 0};
        parser->header_count++;
        parser->name_complete = false;
    }
    return span_add(parser, &parser->names[parser->header_count - 1], at, size) ? 0 : -1;
}

/* An empty value may have no call of its own, so the end of the name is what counts. */
static int on_header_field_complete(llhttp_t *llhttp)
{
    struct http_parser *parser = llhttp->data;
    parser->name_complete = true;
    return 0;
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t size)
{
    struct http_parser *parser = llhttp->data;
    if (parser->header_count == 0) {
        return -1;
    }
    return span_add(parser, &parser->values[parser->header_count - 1], at, size) ? 0 : -1;
}

/* What follows the head is counted here, so llhttp never sees it. */
static int on_headers_complete(llhttp_t *llhttp)
{
    (void)llhttp;
    return HPE_PAUSED;
}

struct http_parser *http_parser_new(size_t body_max, const struct http_sink *sink)
{
    struct http_parser *parser = memory_new(sizeof(*parser));
    parser->body_max = body_max;
    parser->sink = sink;
    llhttp_settings_init(&parser->settings);
    parser->settings.on_url = on_url;
    parser->settings.on_header_field = on_header_field;
    parser->settings.on_header_field_complete = on_header_field_complete;
    parser->settings.on_header_value = on_header_value;
    parser->settings.on_headers_complete = on_headers_complete;
    llhttp_init(&parser->llhttp, HTTP_REQUEST, &parser->settings);
    parser->llhttp.data = parser;
    return parser;
}

void http_parser_free(struct http_parser *parser)
{
    if (parser != NULL) {
        if (parser->stored != NULL) {
            parser->sink->close(parser->stored);
        }
        buffer_close(&parser->head);
        buffer_close(&parser->body);
        free(parser);
    }
}

/* The head, byte by byte */

static const char *check_byte(const struct http_parser *parser, uint8_t byte)
{
    if (parser->last == '\r' && byte != '\n') {
        return "a CR is not followed by a LF";
    }
    if (byte == '\n') {
        return parser->last == '\r' ? NULL : "a line ends with a LF alone: CR LF was expected";
    }
    if ((byte < ' ' && byte != '\t' && byte != '\r') || byte == 0x7f) {
        return "the head holds a control character";
    }
    if (parser->line_size == 0 && (byte == ' ' || byte == '\t')) {
        return "a line of the head begins with a space";
    }
    if (parser->line_size == 0 && byte == ':') {
        return "a header has no name";
    }
    return NULL;
}

/* Take bytes until the empty line that ends the head. */
static enum http_parse read_head(struct http_parser *parser, struct bytes *input)
{
    size_t used = 0;
    bool complete = false;
    while (used < input->size && !complete) {
        uint8_t byte = input->data[used];
        const char *error = check_byte(parser, byte);
        if (error != NULL) {
            return refuse(parser, STATUS_BAD_REQUEST, error);
        }
        used++;
        parser->last = byte;
        if (byte != '\r' && byte != '\n') {
            parser->line_size++;
        } else if (byte == '\n') {
            complete = parser->line_size == 0;
            parser->line_count++;
            parser->line_size = 0;
        }
        if (parser->head.size + used > HTTP_HEAD_MAX) {
            return refuse(parser, 431, "the head has more than 16384 bytes");
        }
        if (parser->line_count > LINE_COUNT_MAX && !complete) {
            return refuse(parser, 431, "the head has more than 64 headers");
        }
    }
    buffer_append(&parser->head, (struct bytes){input->data, used});
    input->data += used;
    input->size -= used;
    if (complete && parser->line_count == 1) {
        return refuse(parser, STATUS_BAD_REQUEST, "the request line is empty");
    }
    return complete ? HTTP_PARSE_REQUEST : HTTP_PARSE_MORE;
}

/* The head as a request */

static char *text_at(struct http_parser *parser, struct span span)
{
    return (char *)parser->head.data + span.offset;
}

static bool name_is(struct http_parser *parser, uint32_t index, const char *name)
{
    struct span span = parser->names[index];
    return span.size == strlen(name) && strncasecmp(text_at(parser, span), name, span.size) == 0;
}

static uint32_t count_headers(struct http_parser *parser, const char *name)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < parser->header_count; i++) {
        count += name_is(parser, i, name) ? 1 : 0;
    }
    return count;
}

/* Texts end in place: behind every span stands a byte that nobody needs any more. */
static void make_headers(struct http_parser *parser)
{
    struct http_request *request = &parser->request;
    request->header_count = parser->header_count;
    for (uint32_t i = 0; i < parser->header_count; i++) {
        char *name = text_at(parser, parser->names[i]);
        for (size_t j = 0; j < parser->names[i].size; j++) {
            bool upper = name[j] >= 'A' && name[j] <= 'Z';
            name[j] = (char)(upper ? name[j] - 'A' + 'a' : name[j]);
        }
        name[parser->names[i].size] = '\0';
        struct span *span = &parser->values[i];
        char *value = text_at(parser, *span);
        while (span->size > 0 && (value[span->size - 1] == ' ' || value[span->size - 1] == '\t')) {
            span->size--;
        }
        request->headers[i].name = name;
        if (span->size == 0) {
            request->headers[i].value = "";
            continue;
        }
        value[span->size] = '\0';
        request->headers[i].value = value;
    }
}

static const char *make_target(struct http_parser *parser)
{
    char *target = text_at(parser, parser->target);
    for (size_t i = 0; i < parser->target.size; i++) {
        if (target[i] <= ' ' || target[i] > '~' || target[i] == '#') {
            return "the target holds a character that is not allowed in a path or query";
        }
    }
    if (parser->target.size == 0 || target[0] != '/') {
        return "the target is not a path that begins with '/'";
    }
    target[parser->target.size] = '\0';
    char *question = strchr(target, '?');
    parser->request.query = "";
    if (question != NULL) {
        *question = '\0';
        parser->request.query = question + 1;
    }
    parser->request.path = target;
    return NULL;
}

static bool make_method(struct http_parser *parser)
{
    enum http_method *method = &parser->request.method;
    int number = llhttp_get_method(&parser->llhttp);
    if (number == HTTP_GET) {
        *method = HTTP_METHOD_GET;
    } else if (number == HTTP_HEAD) {
        *method = HTTP_METHOD_HEAD;
    } else if (number == HTTP_POST) {
        *method = HTTP_METHOD_POST;
    } else if (number == HTTP_PUT) {
        *method = HTTP_METHOD_PUT;
    } else {
        return false;
    }
    return true;
}

static bool read_length(size_t *out, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    *out = 0;
    if (digits == 0 || digits > LENGTH_DIGITS_MAX || text[digits] != '\0') {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        *out = *out * 10 + (size_t)(text[i] - '0');
    }
    return true;
}

static enum http_parse check_length(struct http_parser *parser)
{
    const struct http_request *request = &parser->request;
    bool has_body = request->method == HTTP_METHOD_POST || request->method == HTTP_METHOD_PUT;
    const char *length = http_request_header(request, "content-length");
    parser->body_size = 0;
    if (length == NULL) {
        return has_body ? refuse(parser, 411, "a POST or PUT needs a Content-Length")
                        : HTTP_PARSE_REQUEST;
    }
    if (count_headers(parser, "content-length") > 1) {
        return refuse(parser, STATUS_BAD_REQUEST, "there is more than one Content-Length");
    }
    if (!read_length(&parser->body_size, length)) {
        return refuse(parser, STATUS_BAD_REQUEST, "the Content-Length is not 1 to 15 digits");
    }
    if (parser->body_size > 0 && !has_body) {
        return refuse(parser, STATUS_BAD_REQUEST, "a GET or HEAD must not have a body");
    }
    if (parser->body_size > parser->body_max) {
        return refuse(parser, 413, "the body is longer than allowed");
    }
    return HTTP_PARSE_REQUEST;
}

static enum http_parse check_expect(struct http_parser *parser)
{
    const char *expect = http_request_header(&parser->request, "expect");
    if (expect == NULL) {
        return HTTP_PARSE_REQUEST;
    }
    if (strcasecmp(expect, "100-continue") != 0) {
        return refuse(parser, 417, "nothing but 100-continue may be expected");
    }
    return parser->body_size > 0 ? HTTP_PARSE_CONTINUE : HTTP_PARSE_REQUEST;
}

static enum http_parse refuse_syntax(struct http_parser *parser, llhttp_errno_t error)
{
    if (count_headers(parser, "transfer-encoding") > 0) {
        return refuse(parser, 411, "a Transfer-Encoding is not accepted: send a Content-Length");
    }
    if (error == HPE_INVALID_METHOD) {
        return refuse(parser, 501, "the method is not GET, HEAD, POST or PUT");
    }
    if (error == HPE_INVALID_VERSION) {
        return refuse(parser, 505, "the version is not HTTP/1.0 or HTTP/1.1");
    }
    return refuse(parser, STATUS_BAD_REQUEST, "the head is not a well-formed HTTP request");
}

/* RFC 9110, 5.6.2. llhttp takes a space inside a name unless it was built in its strict mode. */
static bool names_are_tokens(struct http_parser *parser)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (uint32_t i = 0; i < parser->header_count; i++) {
        const char *name = text_at(parser, parser->names[i]);
        for (size_t j = 0; j < parser->names[i].size; j++) {
            bool letter = (name[j] >= 'a' && name[j] <= 'z') || (name[j] >= 'A' && name[j] <= 'Z');
            bool digit = name[j] >= '0' && name[j] <= '9';
            if (!letter && !digit && strchr(others, name[j]) == NULL) {
                return false;
            }
        }
    }
    return true;
}

static enum http_parse check_fields(struct http_parser *parser)
{
    uint8_t minor = llhttp_get_http_minor(&parser->llhttp);
    uint32_t hosts = count_headers(parser, "host");
    if (llhttp_get_http_major(&parser->llhttp) != 1 || minor > 1) {
        return refuse_syntax(parser, HPE_INVALID_VERSION);
    }
    if (count_headers(parser, "transfer-encoding") > 0) {
        return refuse_syntax(parser, HPE_OK);
    }
    if (!names_are_tokens(parser)) {
        return refuse(parser, STATUS_BAD_REQUEST, "the name of a header is not a token");
    }
    if (hosts > 1 || (hosts == 0 && minor == 1)) {
        return refuse(parser, STATUS_BAD_REQUEST, "there is not exactly one Host");
    }
    if (!make_method(parser)) {
        return refuse_syntax(parser, HPE_INVALID_METHOD);
    }
    return HTTP_PARSE_REQUEST;
}

/* The whole head is there: make the request of it, without its body. */
static enum http_parse make_request(struct http_parser *parser)
{
    parser->header_count = 0;
    parser->name_complete = false;
    parser->target = (struct span){0, 0};
    llhttp_reset(&parser->llhttp);
    llhttp_errno_t error =
        llhttp_execute(&parser->llhttp, (const char *)parser->head.data, parser->head.size);
    if (error != HPE_PAUSED) {
        return refuse_syntax(parser, error);
    }
    parser->request.keep_alive = llhttp_should_keep_alive(&parser->llhttp) != 0;
    enum http_parse result = check_fields(parser);
    if (result == HTTP_PARSE_REFUSED) {
        return result;
    }
    const char *wrong = make_target(parser);
    if (wrong != NULL) {
        return refuse(parser, STATUS_BAD_REQUEST, wrong);
    }
    make_headers(parser);
    result = check_length(parser);
    if (result == HTTP_PARSE_REFUSED) {
        return result;
    }
    return check_expect(parser);
}

static void begin_next(struct http_parser *parser)
{
    buffer_clear(&parser->head);
    if (parser->body.capacity > MEMORY_KEPT) {
        buffer_close(&parser->body);
    }
    buffer_clear(&parser->body);
    memset(&parser->request, 0, sizeof(parser->request));
    parser->stage = STAGE_HEAD;
    parser->last = 0;
    parser->line_size = 0;
    parser->line_count = 0;
    parser->body_size = 0;
    parser->body_got = 0;
}

static bool take_part(struct http_parser *parser, struct bytes part)
{
    const struct http_sink *sink = parser->sink;
    parser->body_got += part.size;
    if (sink == NULL) {
        buffer_append(&parser->body, part);
        return true;
    }
    if (parser->stored == NULL) {
        parser->stored = sink->open(sink->context, parser->body_size);
    }
    return parser->stored != NULL && sink->write(parser->stored, part);
}

static enum http_parse read_body(struct http_parser *parser, struct bytes *input)
{
    size_t missing = parser->body_size - parser->body_got;
    size_t taken = input->size < missing ? input->size : missing;
    if (taken > 0 && !take_part(parser, (struct bytes){input->data, taken})) {
        return refuse(parser, 503, "the body could not be stored: the disk is full or failed");
    }
    input->data += taken;
    input->size -= taken;
    if (taken < missing) {
        return HTTP_PARSE_MORE;
    }
    parser->request.body = buffer_bytes(&parser->body);
    parser->request.stored = parser->stored;
    parser->stored = NULL;
    parser->stage = STAGE_DELIVERED;
    return HTTP_PARSE_REQUEST;
}

enum http_parse http_parser_feed(struct http_parser *parser, struct bytes *input)
{
    if (parser->stage == STAGE_DELIVERED) {
        begin_next(parser);
    }
    if (parser->stage == STAGE_HEAD) {
        enum http_parse result = read_head(parser, input);
        if (result == HTTP_PARSE_REQUEST) {
            result = make_request(parser);
            parser->stage = result == HTTP_PARSE_REFUSED ? STAGE_REFUSED : STAGE_BODY;
        }
        if (result != HTTP_PARSE_REQUEST) {
            return result;
        }
    }
    return parser->stage == STAGE_REFUSED ? HTTP_PARSE_REFUSED : read_body(parser, input);
}

const struct http_request *http_parser_request(const struct http_parser *parser)
{
    assert(parser->stage == STAGE_DELIVERED);
    return &parser->request;
}

uint16_t http_parser_status(const struct http_parser *parser)
{
    return parser->status;
}

const char *http_parser_error(const struct http_parser *parser)
{
    return parser->error;
}

bool http_parser_between(const struct http_parser *parser)
{
    return parser->stage == STAGE_DELIVERED ||
           (parser->stage == STAGE_HEAD && parser->head.size == 0);
}

bool http_parser_in_head(const struct http_parser *parser)
{
    return parser->stage == STAGE_HEAD && parser->head.size > 0;
}

size_t http_parser_body_size(const struct http_parser *parser)
{
    return parser->stage == STAGE_BODY ? parser->body_size : 0;
}

size_t http_parser_body_got(const struct http_parser *parser)
{
    return parser->stage == STAGE_BODY ? parser->body_got : 0;
}
