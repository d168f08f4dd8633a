#include "node/rpc_parse.h"

#include <string.h>

#include "tests/lib/check_run.h"

static struct rpc_request request;
static char error[320];
static int code;

static bool parse(const char *text)
{
    code = 0;
    return rpc_request_parse(&request, bytes_of_text(text), &code, error, sizeof(error));
}

START_TEST(takes_one_call)
{
    ck_assert(parse("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"m\",\"params\":{\"a\":1}}"));
    ck_assert(!request.batch);
    ck_assert_uint_eq(request.count, 1);
    ck_assert(request.calls[0].valid);
    ck_assert_str_eq(request.calls[0].method, "m");
    ck_assert_str_eq(json_string_value(request.calls[0].id), "x");
    ck_assert_ptr_nonnull(json_object_get(request.calls[0].params, "a"));
    rpc_request_close(&request);
}
END_TEST

START_TEST(takes_a_batch_with_a_notification)
{
    ck_assert(parse("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"},"
                    "{\"jsonrpc\":\"2.0\",\"method\":\"b\"}]"));
    ck_assert(request.batch);
    ck_assert_uint_eq(request.count, 2);
    ck_assert_ptr_null(request.calls[1].id);
    ck_assert(request.calls[1].valid);
    rpc_request_close(&request);
}
END_TEST

static void fault(const char *text, const char *expected)
{
    ck_assert(parse(text));
    ck_assert(!request.calls[0].valid);
    ck_assert_str_eq(request.calls[0].error, expected);
    rpc_request_close(&request);
}

START_TEST(a_nul_is_refused_in_words_of_the_request)
{
    ck_assert(!parse("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\u0000\"}"));
    ck_assert_ptr_nonnull(strstr(error, "this JSON has the character \\u0000"));
    ck_assert_ptr_null(strstr(error, "ALLOW"));
}
END_TEST

START_TEST(says_what_is_wrong_with_a_call)
{
    fault("[1]", "a call is an object");
    fault("{}", "jsonrpc: \"2.0\" is expected");
    fault("{\"jsonrpc\":2,\"method\":\"a\"}", "jsonrpc: \"2.0\" is expected");
    fault("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"a\"}",
          "id: a text, a whole number or null is expected");
    fault("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"a\"}",
          "id: a text, a whole number or null is expected");
    fault("{\"jsonrpc\":\"2.0\",\"method\":\"\"}",
          "method: a text of 1 to 64 characters is expected");
    fault("{\"jsonrpc\":\"2.0\",\"method\":7}", "method: a text of 1 to 64 characters is expected");
    fault("{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[1]}",
          "params: an object of named parameters is expected");
}
END_TEST

static void refused(const char *text, int expected)
{
    ck_assert(!parse(text));
    ck_assert_int_eq(code, expected);
    ck_assert_ptr_null(request.root);
    ck_assert_uint_gt(strlen(error), 0);
}

START_TEST(refuses_bodies_without_a_call)
{
    refused("", RPC_PARSE_ERROR);
    refused("{\"a\":", RPC_PARSE_ERROR);
    refused("{\"a\":1,\"a\":1}", RPC_PARSE_ERROR);
    refused("[]", RPC_INVALID_REQUEST);
    refused("[1,1,1,1,1,1,1,1,1,1,1]", RPC_INVALID_REQUEST);
}
END_TEST

START_TEST(bears_deep_nesting)
{
    static char deep[100001];
    memset(deep, '[', sizeof(deep) - 1);
    refused(deep, RPC_PARSE_ERROR);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rpc_parse");
    tcase_add_test(tests, takes_one_call);
    tcase_add_test(tests, takes_a_batch_with_a_notification);
    tcase_add_test(tests, a_nul_is_refused_in_words_of_the_request);
    tcase_add_test(tests, says_what_is_wrong_with_a_call);
    tcase_add_test(tests, refuses_bodies_without_a_call);
    tcase_add_test(tests, bears_deep_nesting);
    return check_run("rpc_parse", tests);
}
