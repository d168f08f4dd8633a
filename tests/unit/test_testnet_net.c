#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tools/client/file.h"
#include "tools/testnet/net.h"

static struct net net;
static struct fault fault;

static void make_home(void)
{
    char folder[] = "/tmp/souk-testnet-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    memset(&net, 0, sizeof(net));
    (void)snprintf(net.home, sizeof(net.home), "%s", folder);
    net.validators = 4;
    net.servers = 3;
    net.owners = 5;
    net.base_port = 20000;
    net.empty_block_interval_ms = 100;
}

static void delete_home(void)
{
    char path[NET_PATH_MAX];
    net_path(path, &net, "testnet.json");
    (void)unlink(path);
    (void)rmdir(net.home);
}

static void write_text(const char *text)
{
    char path[NET_PATH_MAX];
    net_path(path, &net, "testnet.json");
    ck_assert_msg(file_write(path, bytes_of_text(text), 0644, &fault), "%s", fault.text);
}

START_TEST(loads_what_it_saved)
{
    struct net loaded = net;
    loaded.validators = loaded.servers = loaded.owners = loaded.base_port = 0;
    ck_assert_msg(net_save(&net, &fault), "%s", fault.text);
    ck_assert_msg(net_load(&loaded, &fault), "%s", fault.text);
    ck_assert_mem_eq(&loaded, &net, sizeof(net));
}
END_TEST

START_TEST(says_that_a_folder_holds_no_network)
{
    ck_assert(!net_load(&net, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "holds no network: 'souk-testnet init' makes one"));
}
END_TEST

START_TEST(refuses_files_that_are_not_its_own)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{", "line 1"},
        {"[]", "validators is missing"},
        {"{\"validators\": 4, \"validators\": 5}", "duplicate"},
        {"{\"validators\": 21}", "validators is missing or not a number from 1 to 20"},
        {"{\"validators\": \"4\"}", "validators is missing"},
        {"{\"validators\":2,\"added\":2,\"servers\":4,\"owners\":1,\"base_port\":1,"
         "\"empty_block_interval_ms\":1}",
         "added is not below validators"},
        {"{\"validators\":4,\"added\":0,\"servers\":4,\"owners\":1,\"base_port\":65530,"
         "\"empty_block_interval_ms\":1}",
         "base_port is too large"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        write_text(cases[i].text);
        ck_assert(!net_load(&net, &fault));
        ck_assert_msg(strstr(fault.text, cases[i].says) != NULL, "%s", fault.text);
    }
}
END_TEST

START_TEST(gives_every_listener_its_own_port)
{
    uint32_t next = net.base_port;
    for (uint32_t i = 1; i <= net.validators; i++) {
        ck_assert_uint_eq(net_p2p_port(&net, i), next++);
        ck_assert_uint_eq(net_rpc_port(&net, i), next++);
    }
    for (uint32_t j = 1; j <= net.servers; j++) {
        ck_assert_uint_eq(net_server_port(&net, j), next++);
    }
    ck_assert_uint_eq(net_last_port(&net), next - 1);
}
END_TEST

START_TEST(an_added_validator_moves_no_other_port)
{
    struct net larger = net;
    larger.validators++;
    larger.added++;
    ck_assert_uint_eq(net_p2p_port(&larger, 4), net_p2p_port(&net, 4));
    ck_assert_uint_eq(net_server_port(&larger, 3), net_server_port(&net, 3));
    ck_assert_uint_eq(net_p2p_port(&larger, 5), net_last_port(&net) + 1);
    ck_assert_uint_eq(net_last_port(&larger), net_rpc_port(&larger, 5));
}
END_TEST

START_TEST(lists_validators_before_servers)
{
    struct part parts[NET_PARTS_MAX];
    ck_assert_uint_eq(net_parts(&net, parts), 7);
    ck_assert_str_eq(parts[0].name, "node-1");
    ck_assert_str_eq(parts[3].name, "node-4");
    ck_assert_str_eq(parts[4].name, "server-1");
    ck_assert_uint_eq(net_http_port(&net, &parts[4]), net_server_port(&net, 1));
    ck_assert_uint_eq(net_http_port(&net, &parts[0]), net_rpc_port(&net, 1));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("testnet_net");
    tcase_add_checked_fixture(tests, make_home, delete_home);
    tcase_add_test(tests, loads_what_it_saved);
    tcase_add_test(tests, says_that_a_folder_holds_no_network);
    tcase_add_test(tests, refuses_files_that_are_not_its_own);
    tcase_add_test(tests, gives_every_listener_its_own_port);
    tcase_add_test(tests, an_added_validator_moves_no_other_port);
    tcase_add_test(tests, lists_validators_before_servers);
    return check_run("testnet_net", tests);
}
