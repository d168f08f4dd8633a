#include "node/rpc_guard.h"

#include <string.h>

#include "tests/lib/check_run.h"

static struct config config;
static char error[RPC_GUARD_ERROR_MAX];

static void set_up(void)
{
    config_init(&config);
}

static void set(const char *flag, const char *value)
{
    ck_assert_msg(config_set_flag(&config, flag, value, error, sizeof(error)), "%s", error);
}

/* What a request with these headers gets; NULL: it has no such header. */
static uint16_t ask(enum http_method method, const char *host, const char *origin, const char *type)
{
    struct http_request request = {.method = method, .path = "/", .query = ""};
    const struct http_header headers[] = {
        {"host", host}, {"origin", origin}, {"content-type", type}};
    for (size_t i = 0; i < ARRAY_COUNT(headers); i++) {
        if (headers[i].value != NULL) {
            request.headers[request.header_count++] = headers[i];
        }
    }
    error[0] = '\0';
    return rpc_guard_check(&config, &request, error);
}

static uint16_t get(const char *host)
{
    return ask(HTTP_METHOD_GET, host, NULL, NULL);
}

static uint16_t post(const char *type)
{
    return ask(HTTP_METHOD_POST, "localhost", NULL, type);
}

START_TEST(answers_addresses_and_localhost)
{
    static const char *const good[] = {"localhost", "LocalHost:26657", "127.0.0.1", "10.0.0.7:80",
                                       "[::1]",     "[::1]:26657",     "127.0.0.1:"};
    ck_assert_uint_eq(get(NULL), 0); /* HTTP/1.0, which no browser speaks */
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        ck_assert_msg(get(good[i]) == 0, "%s: %s", good[i], error);
    }
}
END_TEST

/* DNS rebinding: the attacker's name resolves to 127.0.0.1 by now. */
START_TEST(refuses_every_other_name)
{
    static const char *const bad[] = {"evil.example",
                                      "evil.example:26657",
                                      "localhost.evil.example",
                                      "127.0.0.1.evil.example",
                                      "localhost.",
                                      "127.1",
                                      "::1",
                                      "[::1",
                                      "[]",
                                      "[127.0.0.1]x",
                                      "127.0.0.1:80:80",
                                      "127.0.0.1:x",
                                      "",
                                      ":80",
                                      "localhost@evil.example",
                                      "[evil.example]"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        ck_assert_msg(get(bad[i]) == 403, "%s passed", bad[i]);
    }
    ck_assert_uint_eq(get("evil.example"), 403);
    ck_assert_str_eq(error,
                     "Host: 'evil.example' is no address, not localhost and not in rpc.hosts");
}
END_TEST

START_TEST(answers_the_names_that_are_configured)
{
    set("rpc-hosts", "bern,souk.example");
    ck_assert_uint_eq(get("bern:26657"), 0);
    ck_assert_uint_eq(get("SOUK.example"), 0);
    ck_assert_uint_eq(get("souk.exampl"), 403);
    ck_assert_uint_eq(get("bern,souk.example"), 403);
    ck_assert_uint_eq(get("127.0.0.1"), 0);
    set("rpc-hosts", "*");
    ck_assert_uint_eq(get("evil.example"), 0);
    ck_assert_uint_eq(get("evil.example:80:80"), 403);
}
END_TEST

START_TEST(refuses_pages_that_are_not_configured)
{
    ck_assert_uint_eq(ask(HTTP_METHOD_GET, "localhost", "https://evil.example", NULL), 403);
    ck_assert_str_eq(error, "Origin: 'https://evil.example' is not in rpc.origins");
    ck_assert_uint_eq(ask(HTTP_METHOD_PUT, "localhost", "null", NULL), 403);
    ck_assert_uint_eq(ask(HTTP_METHOD_GET, "localhost", "", NULL), 403);
    set("rpc-origins", "https://wallet.example");
    ck_assert_uint_eq(ask(HTTP_METHOD_GET, "localhost", "https://wallet.example", NULL), 0);
    ck_assert_uint_eq(ask(HTTP_METHOD_GET, "localhost", "https://wallet.example:8080", NULL), 403);
    set("rpc-origins", "*");
    ck_assert_uint_eq(ask(HTTP_METHOD_GET, "localhost", "https://evil.example", NULL), 0);
}
END_TEST

/* These three are what a page may send to another origin without asking it first. */
START_TEST(takes_calls_as_json_only)
{
    ck_assert_uint_eq(post("application/json"), 0);
    ck_assert_uint_eq(post("Application/JSON; charset=utf-8"), 0);
    ck_assert_uint_eq(post("text/plain"), 415);
    ck_assert_str_eq(error, "Content-Type: 'text/plain' is not application/json");
    ck_assert_uint_eq(post("application/x-www-form-urlencoded"), 415);
    ck_assert_uint_eq(post("multipart/form-data"), 415);
    ck_assert_uint_eq(post("application/jsonp"), 415);
    ck_assert_uint_eq(post("text/plain; application/json"), 415);
    ck_assert_uint_eq(post(NULL), 415);
    ck_assert_uint_eq(ask(HTTP_METHOD_PUT, "localhost", NULL, NULL), 0);
}
END_TEST

START_TEST(refuses_lists_that_nothing_could_match)
{
    static const char *const bad[] = {"a b", ",", "a,", ",a", "a,,b", "a, b", "a\t", "\xc3\xa4"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        ck_assert_msg(!rpc_guard_list_valid(bad[i]), "%s passed", bad[i]);
        ck_assert(!config_set_flag(&config, "rpc-hosts", bad[i], error, sizeof(error)));
    }
    ck_assert(!config_set_flag(&config, "rpc-origins", "a b", error, sizeof(error)));
    ck_assert_str_eq(error, "rpc.origins: 'a b' is no list with commas and without spaces");
    ck_assert(rpc_guard_list_valid("") && rpc_guard_list_valid("a,b") && rpc_guard_list_valid("*"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rpc_guard");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, answers_addresses_and_localhost);
    tcase_add_test(tests, refuses_every_other_name);
    tcase_add_test(tests, answers_the_names_that_are_configured);
    tcase_add_test(tests, refuses_pages_that_are_not_configured);
    tcase_add_test(tests, takes_calls_as_json_only);
    tcase_add_test(tests, refuses_lists_that_nothing_could_match);
    return check_run("rpc_guard", tests);
}
