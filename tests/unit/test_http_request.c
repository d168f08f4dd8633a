#include "p2p/http_request.h"

#include <string.h>

#include "tests/lib/check_run.h"

#define BODY_MAX 100

/* What became of one text, given in pieces of `piece` bytes. */
static enum http_parse parse(struct http_parser *parser, struct bytes text, size_t piece)
{
    enum http_parse result = HTTP_PARSE_MORE;
    while (text.size > 0 && (result == HTTP_PARSE_MORE || result == HTTP_PARSE_CONTINUE)) {
        struct bytes input = {text.data, text.size < piece ? text.size : piece};
        size_t given = input.size;
        result = http_parser_feed(parser, &input);
        text.data += given - input.size;
        text.size -= given - input.size;
    }
    return result;
}

static void expect_refusal(const char *text, size_t size, uint16_t status)
{
    static const size_t pieces[] = {1, 5, 100000};
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
        struct http_parser *parser = http_parser_new(BODY_MAX, NULL);
        struct bytes bytes = {(const uint8_t *)text, size};
        struct bytes none = {NULL, 0};
        ck_assert_msg(parse(parser, bytes, pieces[i]) == HTTP_PARSE_REFUSED, "accepted: %s", text);
        ck_assert_msg(http_parser_status(parser) == status, "%u, not %u (%s): %s",
                      (unsigned)http_parser_status(parser), (unsigned)status,
                      http_parser_error(parser), text);
        ck_assert_uint_gt(strlen(http_parser_error(parser)), 0);
        ck_assert(http_parser_feed(parser, &none) == HTTP_PARSE_REFUSED);
        http_parser_free(parser);
    }
}

static struct http_parser *expect_request(const char *text)
{
    struct http_parser *parser = http_parser_new(BODY_MAX, NULL);
    enum http_parse result = parse(parser, bytes_of_text(text), 100000);
    ck_assert_msg(result == HTTP_PARSE_REQUEST, "%s: %s", text,
                  result == HTTP_PARSE_REFUSED ? http_parser_error(parser) : "incomplete");
    return parser;
}

START_TEST(reads_a_request_for_any_split)
{
    static const char text[] = "POST /rpc/x?a=1&bc=22 HTTP/1.1\r\nHost: souk\r\nContent-Type:  "
                               "application/json \t \r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello";
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        struct http_parser *parser = http_parser_new(BODY_MAX, NULL);
        ck_assert(parse(parser, bytes_of_text(text), piece) == HTTP_PARSE_REQUEST);
        const struct http_request *request = http_parser_request(parser);
        ck_assert(request->method == HTTP_METHOD_POST && request->keep_alive);
        ck_assert_str_eq(request->path, "/rpc/x");
        ck_assert_str_eq(request->query, "a=1&bc=22");
        ck_assert_uint_eq(request->header_count, 4);
        ck_assert_str_eq(http_request_header(request, "content-type"), "application/json");
        ck_assert_str_eq(http_request_header(request, "x-empty"), "");
        ck_assert_ptr_null(http_request_header(request, "x-absent"));
        ck_assert(bytes_equal(request->body, bytes_of_text("hello")));
        ck_assert(http_parser_between(parser));
        http_parser_free(parser);
    }
}
END_TEST

START_TEST(reads_requests_that_follow_each_other)
{
    static const char text[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                               "PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
                               "HEAD /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                               "GET /4 HTTP/1.0\r\n\r\n";
    static const enum http_method methods[] = {HTTP_METHOD_GET, HTTP_METHOD_PUT, HTTP_METHOD_HEAD,
                                               HTTP_METHOD_GET};
    static const bool kept[] = {true, true, false, false};
    struct http_parser *parser = http_parser_new(BODY_MAX, NULL);
    struct bytes input = bytes_of_text(text);
    for (size_t i = 0; i < ARRAY_COUNT(methods); i++) {
        ck_assert(http_parser_feed(parser, &input) == HTTP_PARSE_REQUEST);
        const struct http_request *request = http_parser_request(parser);
        ck_assert(request->method == methods[i]);
        ck_assert_uint_eq(request->keep_alive, kept[i]);
        ck_assert(request->path[1] == "1234"[i]);
        ck_assert_uint_eq(request->body.size, i == 1 ? 2 : 0);
    }
    ck_assert_uint_eq(input.size, 0);
    http_parser_free(parser);
}
END_TEST

#define HEAD "POST / HTTP/1.1\r\nHost: a\r\n"
#define LONG "Content-Length: 2\r\n"

START_TEST(refuses_what_two_readers_could_read_differently)
{
    static const struct {
        const char *text;
        uint16_t status;
    } cases[] = {
        {HEAD LONG "Transfer-Encoding: chunked\r\n\r\nab", 411},
        {HEAD "Transfer-Encoding: chunked\r\n" LONG "\r\nab", 411},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
        {HEAD "Transfer-Encoding: xchunked\r\n\r\n", 411},
        {HEAD "transfer-encoding:\r\n" LONG "\r\n", 411},
        {HEAD "Transfer-Encoding: identity\r\n" LONG "\r\nab", 411},
        {HEAD "\r\n", 411},
        {HEAD LONG "Content-Length: 3\r\n\r\nabc", 400},
        {HEAD LONG LONG "\r\nab", 400},
        {HEAD "Content-Length: 2, 2\r\n\r\nab", 400},
        {HEAD "Content-Length: +2\r\n\r\nab", 400},
        {HEAD "Content-Length: -2\r\n\r\nab", 400},
        {HEAD "Content-Length: 0x2\r\n\r\nab", 400},
        {HEAD "Content-Length: 2 2\r\n\r\nab", 400},
        {HEAD "Content-Length: \r\n\r\n", 400},
        {HEAD "Content-Length: 1000000000000000\r\n\r\n", 400},
        {HEAD "Content-Length: 99999999999999999999999\r\n\r\n", 400},
        {HEAD "Content-Length: 101\r\n\r\n", 413},
        {HEAD "Content-Length : 2\r\n\r\nab", 400},
        {HEAD " X: a\r\n" LONG "\r\nab", 400},
        {HEAD "X: a\r\n b\r\n" LONG "\r\nab", 400},
        {HEAD "X: a\r\n\tb\r\n" LONG "\r\nab", 400},
        {"POST / HTTP/1.1\nHost: a\n"
         "Content-Length: 2\n\nab",
         400},
        {HEAD "X: a\n" LONG "\r\nab", 400},
        {HEAD "X: a\r\rY: b\r\n" LONG "\r\nab", 400},
        {HEAD "X:\rY: b\r\n" LONG "\r\nab", 400},
        {HEAD "X: a\x01\r\n" LONG "\r\nab", 400},
        {HEAD "X: a\x7f\r\n" LONG "\r\nab", 400},
        {HEAD "X y: a\r\n" LONG "\r\nab", 400},
        {HEAD "X(y): a\r\n" LONG "\r\nab", 400},
        {HEAD "Transfer-Encoding x: chunked\r\n" LONG "\r\nab", 411},
        {HEAD "X a\r\n" LONG "\r\nab", 400},
        {HEAD "X:\r\n: a\r\n" LONG "\r\nab", 400},
        {HEAD ": a\r\n" LONG "\r\nab", 400},
        {HEAD LONG "Host: b\r\n\r\nab", 400},
        {"POST / HTTP/1.1\r\n" LONG "\r\nab", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n" LONG "\r\nab", 400},
        {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        expect_refusal(cases[i].text, strlen(cases[i].text), cases[i].status);
    }
    static const char nul[] = HEAD "X: a\0b\r\n" LONG "\r\nab";
    expect_refusal(nul, sizeof(nul) - 1, 400);
}
END_TEST

START_TEST(refuses_request_lines_that_are_not_ours)
{
    static const struct {
        const char *text;
        uint16_t status;
    } cases[] = {
        {"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"NONSENSE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET /\r\n\r\n", 505},
        {"\x16\x03\x01 hello\r\n\r\n", 400},
        {HEAD LONG "Expect: miracles\r\n\r\nab", 417},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        expect_refusal(cases[i].text, strlen(cases[i].text), cases[i].status);
    }
}
END_TEST

START_TEST(bounds_the_head)
{
    struct buffer text = {0};
    buffer_append_text(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (uint32_t i = 0; i < HTTP_HEADER_MAX - 1; i++) {
        buffer_format(&text, "X-%u: b\r\n", i);
    }
    struct buffer more = {0};
    buffer_append(&more, buffer_bytes(&text));
    buffer_append_text(&text, "\r\n");
    struct http_parser *parser = expect_request(buffer_text(&text));
    ck_assert_uint_eq(http_parser_request(parser)->header_count, HTTP_HEADER_MAX);
    http_parser_free(parser);
    buffer_append_text(&more, "One: more\r\n\r\n");
    expect_refusal(buffer_text(&more), more.size, 431);
    buffer_clear(&more);
    buffer_append_text(&more, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    while (more.size < HTTP_HEAD_MAX - 4) {
        buffer_append_text(&more, "x");
    }
    buffer_append_text(&more, "\r\n\r\n");
    http_parser_free(expect_request(buffer_text(&more)));
    buffer_clear(&more);
    buffer_append_text(&more, "GET /");
    while (more.size <= HTTP_HEAD_MAX) {
        buffer_append_text(&more, "x");
    }
    expect_refusal(buffer_text(&more), more.size, 431);
    buffer_close(&more);
    buffer_close(&text);
}
END_TEST

START_TEST(says_when_a_body_may_come)
{
    struct http_parser *parser = http_parser_new(BODY_MAX, NULL);
    struct bytes input = bytes_of_text(HEAD "Content-Length: 2\r\nExpect: 100-Continue\r\n\r\nab");
    ck_assert(http_parser_between(parser) && !http_parser_in_head(parser));
    ck_assert(http_parser_feed(parser, &input) == HTTP_PARSE_CONTINUE);
    ck_assert_uint_eq(http_parser_body_size(parser), 2);
    ck_assert_uint_eq(input.size, 2);
    ck_assert(http_parser_feed(parser, &input) == HTTP_PARSE_REQUEST);
    ck_assert_uint_eq(http_parser_body_size(parser), 0);
    input = bytes_of_text("G");
    ck_assert(http_parser_feed(parser, &input) == HTTP_PARSE_MORE);
    ck_assert(http_parser_in_head(parser) && !http_parser_between(parser));
    http_parser_free(parser);
    http_parser_free(NULL);
}
END_TEST

START_TEST(an_upgrade_is_not_taken)
{
    struct http_parser *parser = expect_request(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    ck_assert_str_eq(http_request_header(http_parser_request(parser), "upgrade"), "websocket");
    http_parser_free(parser);
}
END_TEST

/* A sink that keeps what it gets, and can be told to fail. */
struct kept {
    struct buffer bytes;
    size_t announced;
    size_t room;
    unsigned closed;
};

static void *kept_open(void *context, size_t size)
{
    struct kept *kept = context;
    kept->announced = size;
    return kept->room > 0 ? kept : NULL;
}

static bool kept_write(void *body, struct bytes part)
{
    struct kept *kept = body;
    buffer_append(&kept->bytes, part);
    return kept->bytes.size <= kept->room;
}

static void kept_close(void *body)
{
    struct kept *kept = body;
    kept->closed++;
}

START_TEST(a_sink_gets_bodies_in_parts)
{
    struct kept kept = {.room = BODY_MAX};
    const struct http_sink sink = {&kept, kept_open, kept_write, kept_close};
    struct http_parser *parser = http_parser_new(BODY_MAX, &sink);
    struct bytes first = bytes_of_text(HEAD "Content-Length: 6\r\n\r\nabc");
    struct bytes second = bytes_of_text("defGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(http_parser_feed(parser, &first) == HTTP_PARSE_MORE);
    ck_assert_uint_eq(kept.announced, 6);
    ck_assert_uint_eq(http_parser_body_got(parser), 3);
    ck_assert(http_parser_feed(parser, &second) == HTTP_PARSE_REQUEST);
    ck_assert_ptr_eq(http_parser_request(parser)->stored, &kept);
    ck_assert_uint_eq(http_parser_request(parser)->body.size, 0);
    ck_assert_str_eq(buffer_text(&kept.bytes), "abcdef");
    ck_assert(http_parser_feed(parser, &second) == HTTP_PARSE_REQUEST);
    ck_assert_ptr_null(http_parser_request(parser)->stored);
    http_parser_free(parser);
    ck_assert_uint_eq(kept.closed, 0); /* it was the taker's */
    buffer_close(&kept.bytes);
}
END_TEST

START_TEST(a_body_that_is_not_whole_is_closed_by_the_parser)
{
    struct kept kept = {.room = BODY_MAX};
    const struct http_sink sink = {&kept, kept_open, kept_write, kept_close};
    struct http_parser *parser = http_parser_new(BODY_MAX, &sink);
    struct bytes input = bytes_of_text(HEAD "Content-Length: 6\r\n\r\nabc");
    ck_assert(http_parser_feed(parser, &input) == HTTP_PARSE_MORE);
    http_parser_free(parser);
    ck_assert_uint_eq(kept.closed, 1);
    buffer_close(&kept.bytes);
}
END_TEST

START_TEST(a_sink_that_is_full_is_no_fault_of_the_client)
{
    static const size_t rooms[] = {0, 4}; /* it opens none; it fails in the middle */
    for (size_t i = 0; i < ARRAY_COUNT(rooms); i++) {
        struct kept kept = {.room = rooms[i]};
        const struct http_sink sink = {&kept, kept_open, kept_write, kept_close};
        struct http_parser *parser = http_parser_new(BODY_MAX, &sink);
        struct bytes input = bytes_of_text(HEAD "Content-Length: 6\r\n\r\nabcdef");
        ck_assert(http_parser_feed(parser, &input) == HTTP_PARSE_REFUSED);
        ck_assert_uint_eq(http_parser_status(parser), 503);
        ck_assert_ptr_nonnull(strstr(http_parser_error(parser), "could not be stored"));
        http_parser_free(parser);
        ck_assert_uint_eq(kept.closed, i == 0 ? 0 : 1);
        buffer_close(&kept.bytes);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("http_request");
    tcase_add_test(tests, reads_a_request_for_any_split);
    tcase_add_test(tests, reads_requests_that_follow_each_other);
    tcase_add_test(tests, refuses_what_two_readers_could_read_differently);
    tcase_add_test(tests, refuses_request_lines_that_are_not_ours);
    tcase_add_test(tests, bounds_the_head);
    tcase_add_test(tests, says_when_a_body_may_come);
    tcase_add_test(tests, an_upgrade_is_not_taken);
    tcase_add_test(tests, a_sink_gets_bodies_in_parts);
    tcase_add_test(tests, a_body_that_is_not_whole_is_closed_by_the_parser);
    tcase_add_test(tests, a_sink_that_is_full_is_no_fault_of_the_client);
    return check_run("http_request", tests);
}
