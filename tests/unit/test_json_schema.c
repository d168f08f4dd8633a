#include "p2p/json_schema.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"

#define PREFIX "tsouk"

static char error[320];

static void fill(struct fixture_rich *rich)
{
    memset(rich, 0, sizeof(*rich));
    memset(&rich->to, 7, sizeof(rich->to));
    memset(&rich->root, 0xab, sizeof(rich->root));
    rich->small = 255;
    rich->medium = 65535;
    rich->large = UINT32_MAX;
    rich->flag = true;
    rich->colour = 2;
    rich->blob = bytes_of_text("blob");
    rich->title = bytes_of_text("a \"title\" \\ here");
    rich->item = (struct fixture_item){9, bytes_of_text("nine")};
    rich->server_count = 2;
    memset(&rich->servers[1], 3, sizeof(rich->servers[1]));
    rich->item_count = 1;
    rich->items[0] = (struct fixture_item){1, bytes_of_text("one")};
}

/* The object of fill(), with one key replaced by JSON text, or removed where `text` is NULL. */
static json_t *with(const char *key, const char *text)
{
    struct fixture_rich rich;
    fill(&rich);
    json_t *json = json_schema_write(&fixture_rich_schema, &rich, PREFIX);
    if (text == NULL) {
        ck_assert_int_eq(json_object_del(json, key), 0);
    } else {
        json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
        ck_assert_ptr_nonnull(value);
        ck_assert_int_eq(json_object_set_new(json, key, value), 0);
    }
    return json;
}

static bool read(const json_t *json, struct fixture_rich *rich, struct json_arena *arena)
{
    error[0] = '\0';
    return json_schema_read(&fixture_rich_schema, rich, json, PREFIX, arena, error, sizeof(error));
}

static void refused(const char *key, const char *text, const char *expected)
{
    struct fixture_rich rich;
    struct json_arena arena = {NULL, 0};
    json_t *json = with(key, text);
    ck_assert_msg(!read(json, &rich, &arena), "%s = %s", key, text);
    ck_assert_str_eq(error, expected);
    json_decref(json);
    json_arena_close(&arena);
}

START_TEST(reads_what_it_wrote)
{
    struct fixture_rich rich;
    struct fixture_rich back;
    struct json_arena arena = {NULL, 0};
    struct buffer first = {0};
    struct buffer second = {0};
    fill(&rich);
    json_t *json = json_schema_write(&fixture_rich_schema, &rich, PREFIX);
    ck_assert_msg(read(json, &back, &arena), "%s", error);
    schema_write(&first, &fixture_rich_schema, &rich);
    schema_write(&second, &fixture_rich_schema, &back);
    ck_assert(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
    json_decref(json);
    json_arena_close(&arena);
    buffer_close(&first);
    buffer_close(&second);
}
END_TEST

START_TEST(writes_large_integers_as_text)
{
    struct fixture_pair pair = {3, UINT64_MAX};
    json_t *json = json_schema_write(&fixture_pair_schema, &pair, PREFIX);
    ck_assert_str_eq(json_string_value(json_object_get(json, "value")), "18446744073709551615");
    ck_assert_int_eq(json_integer_value(json_object_get(json, "key")), 3);
    json_decref(json);
}
END_TEST

START_TEST(takes_numbers_in_both_forms)
{
    struct fixture_rich rich;
    struct json_arena arena = {NULL, 0};
    json_t *json = with("large", "\"4294967295\"");
    ck_assert_msg(read(json, &rich, &arena), "%s", error);
    ck_assert_uint_eq(rich.large, UINT32_MAX);
    json_decref(json);
    json_arena_close(&arena);
}
END_TEST

START_TEST(refuses_keys_that_are_unknown_or_missing)
{
    refused("extra", "1", "extra: unknown key");
    refused("title", NULL, "title: missing");
    refused("item", "{\"kind\":1}", "item.name: missing");
    refused("items", "[{\"kind\":1,\"name\":\"a\",\"x\":1}]", "items[0].x: unknown key");
}
END_TEST

START_TEST(refuses_wrong_numbers)
{
    refused("small", "256", "small: the value is no whole number from 0 to 255 in decimal");
    refused("small", "-1", "small: the value is no whole number from 0 to 255 in decimal");
    refused("small", "\"01\"", "small: the value is no whole number from 0 to 255 in decimal");
    refused("small", "\"\"", "small: the value is no whole number from 0 to 255 in decimal");
    refused("small", "1.5", "small: it is a number, a whole number is expected");
    refused("flag", "1", "flag: true or false is expected");
    refused("colour", "\"pink\"", "colour: one of these is expected: red green blue");
}
END_TEST

START_TEST(refuses_wrong_bytes_and_texts)
{
    refused("root", "\"abc\"", "root: 3 characters, 64 hexadecimal digits expected");
    refused("root", "7", "root: it is a number, a hexadecimal text is expected");
    refused("blob", "\"abc\"", "blob: 3 hexadecimal digits, an even number up to 80 expected");
    refused("title", "\"\\u00e4\"", "title: printable ASCII is expected");
    refused("title", "\"0123456789012345678901234567890\"",
            "title: 31 characters, at most 30 expected");
    refused("to", "5", "to: it is a number, an address is expected");
}
END_TEST

START_TEST(refuses_wrong_lists)
{
    refused("servers", "{}", "servers: it is an object, a list is expected");
    refused("items", "[1]", "items[0]: it is a number, an object is expected");
    refused("servers", "[0,0,0,0,0]", "servers: 5 elements, at most 4 expected");
}
END_TEST

START_TEST(refuses_text_that_is_no_json)
{
    ck_assert_ptr_null(json_text_parse(bytes_of_text("{\"a\":1,\"a\":2}"), error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "duplicate"));
    ck_assert_ptr_null(json_text_parse(bytes_of_text("{} {}"), error, sizeof(error)));
    ck_assert_ptr_null(json_text_parse(bytes_of_text(""), error, sizeof(error)));
    ck_assert_ptr_null(json_text_parse(bytes_of_text("{\"a\":\"\xff\"}"), error, sizeof(error)));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("json_schema");
    tcase_add_test(tests, reads_what_it_wrote);
    tcase_add_test(tests, writes_large_integers_as_text);
    tcase_add_test(tests, takes_numbers_in_both_forms);
    tcase_add_test(tests, refuses_keys_that_are_unknown_or_missing);
    tcase_add_test(tests, refuses_wrong_numbers);
    tcase_add_test(tests, refuses_wrong_bytes_and_texts);
    tcase_add_test(tests, refuses_wrong_lists);
    tcase_add_test(tests, refuses_text_that_is_no_json);
    return check_run("json_schema", tests);
}
