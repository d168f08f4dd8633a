#include "node/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/check_run.h"

#define KEY "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"

static struct config config;
static char error[320];

static void set_up(void)
{
    config_init(&config);
    error[0] = '\0';
}

static void refused(const char *text, const char *expected)
{
    config_init(&config);
    ck_assert(!config_read_text(&config, text, error, sizeof(error)));
    ck_assert_str_eq(error, expected);
}

START_TEST(starts_with_defaults_on_loopback)
{
    ck_assert_str_eq(config.rpc_listen.host, "127.0.0.1");
    ck_assert_uint_eq(config.rpc_listen.port, 26657);
    ck_assert_uint_eq(config.log_level, LOG_LEVEL_INFO);
    ck_assert(config_check(&config, error, sizeof(error)));
}
END_TEST

START_TEST(an_ipv6_address_has_brackets)
{
    char text[CONFIG_ADDRESS_MAX];
    ck_assert_str_eq(config_address(text, sizeof(text), "::1", 31799), "[::1]:31799");
    ck_assert_str_eq(config_address(text, sizeof(text), "127.0.0.1", 7), "127.0.0.1:7");
    ck_assert_str_eq(config_address(text, sizeof(text), "node0", 7), "node0:7");
}
END_TEST

START_TEST(reads_what_it_printed)
{
    struct buffer first = {0};
    struct buffer second = {0};
    const char *text = "[p2p]\nlisten = [::1]:7\n[log]\nlevel = debug\n[peers]\na = " KEY
                       "@host:5\n[sync]\nwindow = 9\n";
    ck_assert_msg(config_read_text(&config, text, error, sizeof(error)), "%s", error);
    config_print(&first, &config);
    config_init(&config);
    ck_assert_msg(config_read_text(&config, buffer_text(&first), error, sizeof(error)), "%s",
                  error);
    config_print(&second, &config);
    ck_assert_str_eq(buffer_text(&first), buffer_text(&second));
    ck_assert_str_eq(config.p2p_listen.host, "::1");
    ck_assert_uint_eq(config.sync_window, 9);
    ck_assert_uint_eq(config.peer_count, 1);
    ck_assert_uint_eq(config.peers[0].endpoint.port, 5);
    buffer_close(&first);
    buffer_close(&second);
}
END_TEST

START_TEST(refuses_unknown_keys_with_line_and_nearest_name)
{
    refused("[rpc]\nlisten = 1.2.3.4:5\n\n[p2p]\nlisen = 1.2.3.4:6\n",
            "line 5: unknown key 'lisen' in [p2p]; did you mean p2p.listen?");
    refused("[logg]\nlevel = info\n",
            "line 2: unknown key 'level' in [logg]; did you mean log.level?");
}
END_TEST

START_TEST(refuses_wrong_values)
{
    refused("[rpc]\nlisten = nowhere\n", "line 2: rpc.listen: 'nowhere' is not host:port");
    refused("[rpc]\nlisten = a:65536\n", "line 2: rpc.listen: 'a:65536' is not host:port");
    refused("[sync]\nwindow = 0\n", "line 2: sync.window: '0' is no whole number from 1 to 512");
    refused("[sync]\nwindow = -1\n", "line 2: sync.window: '-1' is no whole number from 1 to 512");
    refused("[log]\nlevel = loud\n",
            "line 2: log.level: 'loud' is none of error, warn, info, debug");
    refused("nonsense\n", "line 1: neither [section] nor key = value");
    refused("[log]\nlevel = info\nlevel = info\n", "line 3: log.level: stands twice");
}
END_TEST

START_TEST(a_trusted_block_has_a_height_and_a_hash)
{
    static const char digits[] = "5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c5b3c";
    char text[100];
    uint64_t height;
    uint8_t hash[32];
    (void)snprintf(text, sizeof text, "1577:%s", digits);
    ck_assert(config_parse_trust(text, &height, hash));
    ck_assert_uint_eq(height, 1577);
    ck_assert_uint_eq(hash[31], 0x3c);
    ck_assert(config_parse_trust("", &height, hash));
    ck_assert_uint_eq(height, 0);
    (void)snprintf(text, sizeof text, "0:%s", digits);
    ck_assert(!config_parse_trust(text, &height, hash));
    (void)snprintf(text, sizeof text, "1577:%064d", 0);
    ck_assert(!config_parse_trust(text, &height, hash));
    ck_assert(!config_parse_trust(digits, &height, hash));
}
END_TEST

START_TEST(refuses_wrong_peers)
{
    refused("[peers]\na = 00@h:1\n",
            "line 2: peers.a: '00@h:1' is not nodekey@host:port with a key of 66 digits");
    refused("[peers]\na = 05c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5@h:1\n",
            "line 2: peers.a: the node key is no point of the curve");
    refused("[peers]\na = " KEY "@h\n", "line 2: peers.a: 'h' is not host:port");
    refused("[peers]\na = " KEY "@h:1\na = " KEY "@h:2\n", "line 3: peers.a: stands twice");
    config_init(&config);
    ck_assert(
        config_read_text(&config, "[peers]\na = " KEY "@h:1\nb = " KEY "\n", error, sizeof(error)));
    ck_assert(!config_check(&config, error, sizeof(error)));
    ck_assert_str_eq(error, "peers.b: has the node key of a");
}
END_TEST

START_TEST(refuses_lines_that_would_be_cut)
{
    char text[400];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    refused(text, "line 1: longer than 190 characters");
}
END_TEST

START_TEST(refuses_unknown_variables)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
    ck_assert_int_eq(setenv("SOUKD_HOME", "x", 1), 0);
    ck_assert_int_eq(setenv("SOUKD_PASSWORD_FILE", "x", 1), 0);
    ck_assert_int_eq(setenv("SOUKDISH", "x", 1), 0);
    ck_assert_int_eq(setenv("SOUKD_SERVICE_HOST", "10.0.0.1", 1), 0);
    ck_assert_int_eq(setenv("SOUKD_PORT", "tcp://10.0.0.1:26656", 1), 0);
    ck_assert_int_eq(setenv("SOUKD_PORT_26656_TCP_ADDR", "10.0.0.1", 1), 0);
    ck_assert(config_read_environment(&config, error, sizeof(error)));
    ck_assert_int_eq(setenv("SOUKD_SYNC_WINDO", "10", 1), 0);
    ck_assert(!config_read_environment(&config, error, sizeof(error)));
    ck_assert_str_eq(error, "environment: unknown variable SOUKD_SYNC_WINDO; did you mean "
                            "SOUKD_SYNC_WINDOW?");
    ck_assert_int_eq(unsetenv("SOUKD_SYNC_WINDO"), 0);
    ck_assert_int_eq(unsetenv("SOUKD_HOME"), 0);
    ck_assert_int_eq(unsetenv("SOUKD_PASSWORD_FILE"), 0);
    /* NOLINTEND(concurrency-mt-unsafe) */
}
END_TEST

START_TEST(environment_and_flags_stand_above_the_file)
{
    ck_assert(config_read_text(&config, "[sync]\nwindow = 9\n", error, sizeof(error)));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    ck_assert_int_eq(setenv("SOUKD_SYNC_WINDOW", "10", 1), 0);
    ck_assert(config_read_environment(&config, error, sizeof(error)));
    ck_assert_uint_eq(config.sync_window, 10);
    ck_assert(config_set_flag(&config, "sync-window", "11", error, sizeof(error)));
    ck_assert_uint_eq(config.sync_window, 11);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    ck_assert_int_eq(setenv("SOUKD_SYNC_WINDOW", "x", 1), 0);
    ck_assert(!config_read_environment(&config, error, sizeof(error)));
    ck_assert_str_eq(error, "environment SOUKD_SYNC_WINDOW: sync.window: 'x' is no whole number "
                            "from 1 to 512");
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    ck_assert_int_eq(unsetenv("SOUKD_SYNC_WINDOW"), 0);
    ck_assert(!config_set_flag(&config, "sync-windo", "1", error, sizeof(error)));
    ck_assert_str_eq(error, "unknown flag --sync-windo; did you mean --sync-window?");
}
END_TEST

START_TEST(refuses_one_address_for_both_listeners)
{
    ck_assert(config_set_flag(&config, "rpc-listen", "127.0.0.1:26656", error, sizeof(error)));
    ck_assert(!config_check(&config, error, sizeof(error)));
    ck_assert_str_eq(error, "rpc.listen: 127.0.0.1:26656 is the address of p2p.listen too");
}
END_TEST

START_TEST(refuses_what_is_no_regular_file)
{
    ck_assert(!config_read_file(&config, "/dev/zero", true, error, sizeof(error)));
    ck_assert_str_eq(error, "/dev/zero: not a regular file");
    ck_assert(config_read_file(&config, "/nonexistent/soukd.conf", true, error, sizeof(error)));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("config");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, starts_with_defaults_on_loopback);
    tcase_add_test(tests, an_ipv6_address_has_brackets);
    tcase_add_test(tests, reads_what_it_printed);
    tcase_add_test(tests, refuses_unknown_keys_with_line_and_nearest_name);
    tcase_add_test(tests, refuses_wrong_values);
    tcase_add_test(tests, a_trusted_block_has_a_height_and_a_hash);
    tcase_add_test(tests, refuses_wrong_peers);
    tcase_add_test(tests, refuses_lines_that_would_be_cut);
    tcase_add_test(tests, refuses_unknown_variables);
    tcase_add_test(tests, environment_and_flags_stand_above_the_file);
    tcase_add_test(tests, refuses_one_address_for_both_listeners);
    tcase_add_test(tests, refuses_what_is_no_regular_file);
    return check_run("config", tests);
}
