#include "crypto/schema_text.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"

#define PREFIX "tsouk"

static const struct field *field_of(const char *name)
{
    for (size_t i = 0; i < fixture_rich_schema.field_count; i++) {
        if (strcmp(fixture_rich_schema.fields[i].name, name) == 0) {
            return &fixture_rich_schema.fields[i];
        }
    }
    ck_abort_msg("no such field: %s", name);
    return NULL;
}

/* A leaf reads and prints back as `want`. */
static void check_leaf(const char *name, const char *input, const char *want)
{
    struct fixture_rich rich = {0};
    const struct field *field = field_of(name);
    uint8_t *member = (uint8_t *)&rich + field->offset;
    struct schema_text text;
    schema_text_init(&text, PREFIX);
    bool good = schema_text_parse_leaf(field, member, input, &text);
    ck_assert_msg(good, "%s", text.error);
    struct buffer out = {0};
    schema_text_print_leaf(field, member, PREFIX, &out);
    ck_assert_str_eq(buffer_text(&out), want);
    buffer_close(&out);
    schema_text_close(&text);
}

static void check_leaf_error(const char *name, const char *input, const char *want)
{
    struct fixture_rich rich = {0};
    const struct field *field = field_of(name);
    struct schema_text text;
    schema_text_init(&text, PREFIX);
    ck_assert(!schema_text_parse_leaf(field, (uint8_t *)&rich + field->offset, input, &text));
    ck_assert_str_eq(text.error, want);
    schema_text_close(&text);
}

START_TEST(reads_and_prints_each_form)
{
    check_leaf("small", "255", "255");
    check_leaf("medium", "65535", "65535");
    check_leaf("large", "4294967295", "4294967295");
    check_leaf("flag", "true", "true");
    check_leaf("flag", "false", "false");
    check_leaf("colour", "blue", "blue");
    check_leaf("blob", "", "");
    check_leaf("blob", "0xABcd", "abcd");
    check_leaf("title", "", "");
    check_leaf("title", "two \"words\"", "two \"words\"");
    char hex[65];
    memset(hex, 'e', 64);
    hex[64] = '\0';
    check_leaf("root", hex, hex);
    struct address address = {{1, 2, 3}};
    char written[ADDRESS_TEXT_MAX];
    address_print(written, PREFIX, &address);
    check_leaf("to", written, written);
    check_leaf("servers", written, written);
}
END_TEST

START_TEST(says_what_was_expected_of_a_leaf)
{
    check_leaf_error("small", "256", "small is '256', expected a decimal number from 0 to 255");
    check_leaf_error("small", "-1", "small is '-1', expected a decimal number from 0 to 255");
    check_leaf_error("small", "", "small is '', expected a decimal number from 0 to 255");
    check_leaf_error("small", "007", "small is '007', expected a decimal number from 0 to 255");
    check_leaf_error("large", "4294967296",
                     "large is '4294967296', expected a decimal number from 0 to 4294967295");
    check_leaf_error("flag", "yes", "flag is 'yes', expected true or false");
    check_leaf_error("colour", "pink", "colour is 'pink', expected one of red, green, blue");
    check_leaf_error("root", "00", "root is '00', expected 64 hexadecimal digits");
    check_leaf_error("blob", "abc",
                     "blob is 'abc', expected an even number of at most 80 hexadecimal digits");
    check_leaf_error("blob", "zz",
                     "blob is 'zz', expected an even number of at most 80 hexadecimal digits");
    check_leaf_error("title", "tab\there",
                     "title is 'tab?here', expected at most 30 printable ASCII characters");
    check_leaf_error("title", "0123456789012345678901234567890",
                     "title is '0123456789012345678901234567890', expected at most 30 printable "
                     "ASCII characters");
}
END_TEST

START_TEST(names_the_field_of_a_wrong_address)
{
    struct fixture_rich rich;
    struct schema_text text;
    schema_text_init(&text, PREFIX);
    ck_assert(!schema_text_parse_leaf(field_of("to"), &rich.to, "tsouk1qqqq", &text));
    ck_assert(strncmp(text.error, "to: ", 4) == 0);
    schema_text_close(&text);
}
END_TEST

static void check_structure_error(const char *input, const char *want)
{
    struct fixture_rich rich;
    struct schema_text text;
    schema_text_init(&text, PREFIX);
    ck_assert(!schema_text_parse(&fixture_rich_schema, &rich, input, &text));
    ck_assert_str_eq(text.error, want);
    schema_text_close(&text);
}

START_TEST(says_what_was_expected_of_a_structure)
{
    check_structure_error("", "to is missing");
    check_structure_error("small=1 small=1", "small is given twice");
    check_structure_error("smaller=1", "at 'smaller=1': expected a field of rich");
    check_structure_error("small", "at '': expected '='");
    check_structure_error("small=1,", "at ',': expected a space or the end");
    check_structure_error("title=bare", "at 'bare': expected '\"'");
    check_structure_error("title=\"open", "at '': expected a closing '\"'");
    check_structure_error("title=\"\\n\"", "at 'n\"': expected '\"' or '\\' after '\\'");
    check_structure_error("item=1", "at '1': expected '{'");
    check_structure_error("item={kind=1}", "name is missing");
    check_structure_error("item={kind=1,kind=2}", "kind is given twice");
    check_structure_error("item={kind=1,}", "at '}': expected a field of item");
    check_structure_error("items={kind=1}", "at '{kind=1}': expected '['");
    check_structure_error("items=[{kind=1,name=\"\"},]", "at ']': expected '{'");
    check_structure_error("items=[{kind=1,name=\"\"}{", "at '{': expected ','");
    check_structure_error("items=[{kind=1,name=\"\"},{kind=1,name=\"\"},{kind=1,name=\"\"},{",
                          "at '{': expected ']' after at most 3 elements of items");
}
END_TEST

START_TEST(reads_back_random_structures)
{
    uint64_t seed = 1;
    for (unsigned round = 0; round < 2000; round++) {
        struct fixture_rich rich = {0};
        static const char characters[] = "ab \"\\,]}=;[{1";
        uint8_t title[30];
        uint8_t blob[40];
        for (size_t i = 0; i < sizeof(title); i++) {
            title[i] = (uint8_t)characters[check_random(&seed) % (sizeof(characters) - 1)];
        }
        check_random_fill(&seed, blob, sizeof(blob));
        check_random_fill(&seed, rich.to.bytes, sizeof(rich.to.bytes));
        rich.large = (uint32_t)check_random(&seed);
        rich.colour = (uint8_t)(check_random(&seed) % 3);
        rich.flag = check_random(&seed) % 2 == 0;
        rich.blob = (struct bytes){blob, check_random(&seed) % 41};
        rich.title = (struct bytes){title, check_random(&seed) % 31};
        rich.item.name = (struct bytes){title, check_random(&seed) % 21};
        rich.server_count = (uint32_t)(check_random(&seed) % 5);
        rich.item_count = (uint32_t)(check_random(&seed) % 4);
        for (uint32_t i = 0; i < rich.item_count; i++) {
            rich.items[i].name = (struct bytes){title + i, check_random(&seed) % 20};
        }
        struct buffer printed = {0};
        struct buffer encoded[2] = {{0}, {0}};
        schema_text_print(&fixture_rich_schema, &rich, PREFIX, &printed);
        struct fixture_rich again;
        struct schema_text text;
        schema_text_init(&text, PREFIX);
        bool good = schema_text_parse(&fixture_rich_schema, &again, buffer_text(&printed), &text);
        ck_assert_msg(good, "%s in %s", text.error, buffer_text(&printed));
        schema_write(&encoded[0], &fixture_rich_schema, &rich);
        schema_write(&encoded[1], &fixture_rich_schema, &again);
        ck_assert(bytes_equal(buffer_bytes(&encoded[0]), buffer_bytes(&encoded[1])));
        schema_text_close(&text);
        buffer_close(&encoded[0]);
        buffer_close(&encoded[1]);
        buffer_close(&printed);
    }
}
END_TEST

START_TEST(takes_fields_in_any_order)
{
    struct fixture_pair pair;
    struct schema_text text;
    schema_text_init(&text, PREFIX);
    ck_assert(schema_text_parse(&fixture_pair_schema, &pair, "  value=5   key=6 ", &text));
    ck_assert_uint_eq(pair.value, 5);
    ck_assert_uint_eq(pair.key, 6);
    schema_text_close(&text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("schema_text");
    tcase_add_test(tests, reads_and_prints_each_form);
    tcase_add_test(tests, says_what_was_expected_of_a_leaf);
    tcase_add_test(tests, names_the_field_of_a_wrong_address);
    tcase_add_test(tests, says_what_was_expected_of_a_structure);
    tcase_add_test(tests, reads_back_random_structures);
    tcase_add_test(tests, takes_fields_in_any_order);
    return check_run("schema_text", tests);
}
