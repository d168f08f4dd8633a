#include "node/genesis_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/json_schema.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"

static struct genesis_file *file;
static char error[512];
static json_t *json;
static struct chain chain;

static void set_up(void)
{
    char prefix[32];
    chain_init(&chain, 3);
    (void)snprintf(prefix, sizeof(prefix), "%.*s", (int)chain.genesis->address_prefix.size,
                   (const char *)chain.genesis->address_prefix.data);
    json = json_schema_write(&genesis_schema, chain.genesis, prefix);
}

static void tear_down(void)
{
    json_decref(json);
    genesis_file_free(file);
    chain_close(&chain);
}

static bool parse(void)
{
    char *text = json_dumps(json, 0);
    bool good = genesis_file_parse(&file, bytes_of_text(text), error, sizeof(error));
    free(text);
    return good;
}

static void refused(const char *expected)
{
    ck_assert(!parse());
    ck_assert_ptr_null(file);
    ck_assert_msg(strstr(error, expected) != NULL, "%s", error);
}

START_TEST(gives_the_chain_id_of_the_content)
{
    ck_assert_msg(parse(), "%s", error);
    ck_assert(hash_equal(&file->chain_id, &chain.chain_id));
    ck_assert_uint_eq(file->validators.count, CHAIN_VALIDATORS);
    ck_assert_mem_eq(&file->validators.list[1].key, &chain.validators.list[1].key,
                     sizeof(struct public_key));
}
END_TEST

START_TEST(refuses_unknown_and_missing_keys)
{
    ck_assert_int_eq(json_object_set_new(json, "extra", json_integer(1)), 0);
    refused("extra: unknown key");
    ck_assert_int_eq(json_object_del(json, "extra"), 0);
    ck_assert_int_eq(json_object_del(json, "accounts"), 0);
    refused("accounts: missing");
}
END_TEST

START_TEST(names_the_path_of_what_is_wrong)
{
    json_t *validator = json_array_get(json_object_get(json, "validators"), 2);
    ck_assert_int_eq(json_object_set_new(validator, "public_key", json_string("00")), 0);
    refused("validators[2].public_key: 2 characters, 64 hexadecimal digits expected");
}
END_TEST

START_TEST(refuses_addresses_of_another_network)
{
    ck_assert_int_eq(json_object_set_new(json, "address_prefix", json_string("other")), 0);
    refused("prefix");
    ck_assert_int_eq(json_object_set_new(json, "address_prefix", json_string("UP")), 0);
    refused("address_prefix: 1 to 16 lower-case letters are expected");
}
END_TEST

START_TEST(holds_the_rules_of_a_genesis)
{
    json_t *validators = json_object_get(json, "validators");
    ck_assert_int_eq(json_array_set(validators, 1, json_array_get(validators, 0)), 0);
    refused("validators");
}
END_TEST

START_TEST(names_a_file_that_is_missing)
{
    ck_assert(!genesis_file_load(&file, "/nonexistent/genesis.json", error, sizeof(error)));
    ck_assert_str_eq(error, "/nonexistent/genesis.json: No such file or directory");
}
END_TEST

START_TEST(refuses_what_is_no_regular_file)
{
    ck_assert(!genesis_file_load(&file, "/dev/zero", error, sizeof(error)));
    ck_assert_str_eq(error, "/dev/zero: not a regular file");
    ck_assert(!genesis_file_load(&file, "/tmp", error, sizeof(error)));
    ck_assert_str_eq(error, "/tmp: Is a directory");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("genesis_file");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, gives_the_chain_id_of_the_content);
    tcase_add_test(tests, refuses_unknown_and_missing_keys);
    tcase_add_test(tests, names_the_path_of_what_is_wrong);
    tcase_add_test(tests, refuses_addresses_of_another_network);
    tcase_add_test(tests, holds_the_rules_of_a_genesis);
    tcase_add_test(tests, names_a_file_that_is_missing);
    tcase_add_test(tests, refuses_what_is_no_regular_file);
    return check_run("genesis_file", tests);
}
