#include "tools/server/registration.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"
#include "tools/client/file.h"

static const struct keystore_cost cheap = {.n = 16, .r = 8, .p = 1};
static const struct wallet_password password = {"correct horse"};
static struct scratch scratch;

static void open_scratch(void)
{
    scratch_open(&scratch);
}

static void close_scratch(void)
{
    scratch_close(&scratch);
}

START_TEST(keys_are_made_and_opened)
{
    char address[ADDRESS_TEXT_MAX];
    char again[ADDRESS_TEXT_MAX];
    struct fault fault;
    struct aggregation_server server = {.home = scratch.folder};
    ck_assert_msg(server_keys_create(scratch.folder, "tsouk", &password, &cheap, address, &fault),
                  "%s", fault.text);
    ck_assert_msg(server_keys_open(&server, &password, &fault), "%s", fault.text);
    address_print(again, "tsouk", &server.address);
    ck_assert_str_eq(address, again);
    ck_assert_mem_ne(server.identity.bytes, server.encryption.bytes, 32);
}
END_TEST

START_TEST(keys_are_never_replaced_not_even_one_of_them)
{
    char address[ADDRESS_TEXT_MAX];
    struct fault fault;
    ck_assert(server_keys_create(scratch.folder, "tsouk", &password, &cheap, address, &fault));
    ck_assert_int_eq(unlink(scratch_path(&scratch, "wallets/identity.key")), 0);
    ck_assert(!server_keys_create(scratch.folder, "tsouk", &password, &cheap, address, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "encryption.key: there is a key already"));
    ck_assert(!file_exists(scratch_path(&scratch, "wallets/identity.key")));
}
END_TEST

START_TEST(a_wrong_password_opens_neither)
{
    char address[ADDRESS_TEXT_MAX];
    struct fault fault;
    const struct wallet_password wrong = {"wrong horse"};
    struct aggregation_server server = {.home = scratch.folder};
    ck_assert(server_keys_create(scratch.folder, "tsouk", &password, &cheap, address, &fault));
    ck_assert(!server_keys_open(&server, &wrong, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "wrong password"));
}
END_TEST

START_TEST(an_endpoint_that_is_no_url_is_refused_before_anything_is_sent)
{
    struct fault fault;
    struct submit_receipt receipt;
    char address[ADDRESS_TEXT_MAX];
    char longest[MARKET_TEXT_MAX + 2];
    struct aggregation_server server = {.home = scratch.folder, .node_url = "http://127.0.0.1:1"};
    ck_assert(server_keys_create(scratch.folder, "tsouk", &password, &cheap, address, &fault));
    ck_assert(server_keys_open(&server, &password, &fault));
    ck_assert(!server_register(&server, &(struct server_offer){5, 0, "here"}, &receipt, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "the endpoint is 'here', http://host:port"));
    (void)snprintf(longest, sizeof(longest), "http://%0*d:1", MARKET_TEXT_MAX - 8, 0);
    ck_assert(!server_register(&server, &(struct server_offer){5, 0, longest}, &receipt, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "http://host:port is expected"));
    ck_assert(
        !server_register(&server, &(struct server_offer){5, 0, "http://here:1"}, &receipt, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "127.0.0.1:1")); /* nobody is there to send it to */
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("registration");
    tcase_add_checked_fixture(tests, open_scratch, close_scratch);
    tcase_add_test(tests, keys_are_made_and_opened);
    tcase_add_test(tests, keys_are_never_replaced_not_even_one_of_them);
    tcase_add_test(tests, a_wrong_password_opens_neither);
    tcase_add_test(tests, an_endpoint_that_is_no_url_is_refused_before_anything_is_sent);
    return check_run("registration", tests);
}
