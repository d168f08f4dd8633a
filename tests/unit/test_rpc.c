#include "tools/client/rpc.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/fake_node.h"
#include "tools/client/blob.h"
#include "tools/client/chain.h"

static struct fake_node node;
static struct rpc *rpc;

static void open_node(void)
{
    fake_node_open(&node);
    rpc = rpc_new(node.url);
}

static void close_node(void)
{
    rpc_free(rpc);
    fake_node_close(&node);
}

static void check_refused(const char *body, const char *expected)
{
    struct fault fault = {""};
    fake_node_answer(&node, "m", body);
    ck_assert_ptr_null(rpc_call(rpc, "m", NULL, &fault));
    ck_assert_msg(strstr(fault.text, expected) != NULL, "%s", fault.text);
    node.answer_count = 0;
}

START_TEST(a_result_is_handed_over)
{
    struct fault fault;
    fake_node_answer(&node, "m", "{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": {\"a\": \"7\"}}");
    json_t *result = rpc_call(rpc, "m", NULL, &fault);
    uint64_t value = 0;
    ck_assert_msg(result != NULL, "%s", fault.text);
    ck_assert(rpc_u64(&value, result, "a", &fault) && value == 7);
    json_decref(result);
}
END_TEST

START_TEST(an_error_is_told_in_the_nodes_words)
{
    check_refused("{\"error\": {\"code\": 1, \"message\": \"nonce is 3\"}}", "m: nonce is 3");
    check_refused("{\"error\": \"busy\"}", "m: busy");
    check_refused("{\"error\": {}}", "refused without a reason");
    check_refused("{}", "refused without a reason");
    check_refused("[1, 2]", "refused without a reason");
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
    check_refused("", "the answer is no JSON");
    check_refused("<html>", "the answer is no JSON");
    check_refused("{\"result\": 1, \"result\": 2}", "the answer is no JSON");
    check_refused("{\"result\": 1", "the answer is no JSON");
}
END_TEST

START_TEST(a_node_that_is_away_is_named)
{
    struct fault fault;
    struct rpc *nobody = rpc_new("http://127.0.0.1:1///");
    ck_assert_str_eq(rpc_url(nobody), "http://127.0.0.1:1");
    ck_assert_ptr_null(rpc_call(nobody, "m", NULL, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "http://127.0.0.1:1"));
    rpc_free(nobody);
    struct rpc *file = rpc_new("file:///etc/passwd");
    ck_assert_ptr_null(rpc_call(file, "m", NULL, &fault));
    rpc_free(file);
}
END_TEST

START_TEST(numbers_are_texts_or_integers_and_nothing_else)
{
    static const char *const wrong[] = {
        "\"\"", "\"-1\"", "\" 1\"", "\"1x\"", "\"18446744073709551616\"",
        "-1",   "1.5",    "true",   "null",   "\"+1\""};
    struct fault fault;
    uint64_t value = 0;
    json_t *good = json_pack("{s:s, s:i}", "text", "18446744073709551615", "number", 5);
    ck_assert(rpc_u64(&value, good, "text", &fault) && value == UINT64_MAX);
    ck_assert(rpc_u64(&value, good, "number", &fault) && value == 5);
    ck_assert(!rpc_u64(&value, good, "none", &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "no number 'none'"));
    json_decref(good);
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "n", json_loads(wrong[i], JSON_DECODE_ANY, NULL));
        ck_assert_msg(!rpc_u64(&value, object, "n", &fault), "%s", wrong[i]);
        json_decref(object);
    }
}
END_TEST

START_TEST(a_blob_must_have_its_root)
{
    struct fault fault;
    struct buffer blob = {0};
    const struct hash root = {{0}};
    ck_assert(
        !blob_get(rpc, &blob, &root, 1, &fault)); /* the fake has other bytes for every path */
    ck_assert_msg(strstr(fault.text, "the node sent another number of bytes") != NULL, "%s",
                  fault.text);
    buffer_close(&blob);
}
END_TEST

START_TEST(the_chain_is_learned_from_a_whole_status_only)
{
    struct fault fault;
    struct chain_info chain;
    fake_node_answer(&node, "chain_status",
                     "{\"result\": {\"chain_id\": \"00\", \"address_prefix\": \"tsouk\", "
                     "\"height\": \"3\"}}");
    ck_assert(!chain_info_load(rpc, &chain, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "chain_status is not understood"));
    fake_node_answer(&node, "chain_status",
                     "{\"result\": {\"chain_id\": "
                     "\"1111111111111111111111111111111111111111111111111111111111111111\", "
                     "\"address_prefix\": \"\", \"height\": \"3\"}}");
    ck_assert(!chain_info_load(rpc, &chain, &fault));
    fake_node_answer(&node, "chain_status",
                     "{\"result\": {\"chain_id\": "
                     "\"1111111111111111111111111111111111111111111111111111111111111111\", "
                     "\"address_prefix\": \"tsouk\", \"height\": \"3\"}}");
    ck_assert_msg(chain_info_load(rpc, &chain, &fault), "%s", fault.text);
    ck_assert_str_eq(chain.prefix, "tsouk");
    ck_assert_uint_eq(chain.height, 3);
}
END_TEST

START_TEST(records_are_found_absent_or_refused)
{
    const struct round round = {.model = 1, .number = 2, .joined = 5};
    struct round got;
    struct market_key key;
    struct fault fault;
    ck_assert(!chain_round_load(rpc, 1, 2, &got, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "model 1 has no round 2"));
    key_round(&key, 1, 2);
    fake_node_put(&node, &key, &round_schema, &round);
    ck_assert_msg(chain_round_load(rpc, 1, 2, &got, &fault), "%s", fault.text);
    ck_assert_uint_eq(got.joined, 5);
    fake_node_put_bytes(&node, &key, bytes_of_text("short"));
    ck_assert(!chain_round_load(rpc, 1, 2, &got, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "round: "));
    fake_node_answer(&node, "state_get", "{\"result\": {\"found\": true, \"value\": \"0g\"}}");
    ck_assert(!chain_round_load(rpc, 1, 2, &got, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "no hexadecimal value"));
    fake_node_answer(&node, "state_get", "{\"result\": {\"found\": true}}");
    ck_assert(!chain_round_load(rpc, 1, 2, &got, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "no hexadecimal value"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rpc");
    tcase_add_checked_fixture(tests, open_node, close_node);
    tcase_add_test(tests, a_result_is_handed_over);
    tcase_add_test(tests, an_error_is_told_in_the_nodes_words);
    tcase_add_test(tests, what_is_no_json_is_refused);
    tcase_add_test(tests, a_node_that_is_away_is_named);
    tcase_add_test(tests, numbers_are_texts_or_integers_and_nothing_else);
    tcase_add_test(tests, a_blob_must_have_its_root);
    tcase_add_test(tests, the_chain_is_learned_from_a_whole_status_only);
    tcase_add_test(tests, records_are_found_absent_or_refused);
    return check_run("rpc", tests);
}
