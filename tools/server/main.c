/* souk-server: one of the t-of-S aggregation servers. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/cli.h"
#include "tools/client/file.h"
#include "tools/client/log.h"
#include "tools/client/random.h"
#include "tools/client/show.h"
#include "tools/client/submit.h"
#include "tools/server/follow.h"
#include "tools/server/registration.h"
#include "tools/server/service.h"
#include "tools/server/spool.h"

#define LISTEN_HOST_DEFAULT "127.0.0.1"
#define LISTEN_PORT_DEFAULT 26700
#define MEMORY_MIB_MIN      16
#define INCOMING_MIB_MIN    136 /* one delivery of the largest dimension */

static const struct cli_option common_options[] = {
    {"home", "DIR", "keys and shares of this server [SOUK_SERVER_HOME, or ~/.souk-server]"},
    {"node", "URL", "JSON-RPC of a node [SOUK_NODE, or " RPC_URL_DEFAULT "]"},
    {"password-file", "FILE", "first line is the password [SOUK_PASSWORD_FILE, or ask]"},
};

static const char *server_home(const struct cli *cli)
{
    return cli_home(cli, "SOUK_SERVER_HOME", ".souk-server");
}

/* Open both keys and learn the chain. */
static bool open_server(struct aggregation_server *server, const struct cli *cli,
                        struct fault *fault)
{
    struct wallet_password password;
    memset(server, 0, sizeof(*server));
    server->home = server_home(cli);
    server->node_url = cli_value_or(cli, "node", "SOUK_NODE", RPC_URL_DEFAULT);
    if (!wallet_password_get(&password, cli_value(cli, "password-file"), false, fault)) {
        return false;
    }
    bool good = server_keys_open(server, &password, fault);
    wallet_password_close(&password);
    struct rpc *rpc = rpc_new(server->node_url);
    good = good && chain_info_load(rpc, &server->chain, fault);
    rpc_free(rpc);
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->changed, NULL);
    return good;
}

static void close_server(struct aggregation_server *server)
{
    secret_key_close(&server->identity);
    secret_key_close(&server->encryption);
}

static const struct cli_option init_options[] = {
    {"prefix", "TEXT", "of addresses: souk on the main network, tsouk on test networks [tsouk]"},
    {"kdf-cost", "N", "scrypt's N, a power of two; lower is faster and weaker [131072]"},
};

static int run_init(struct cli *cli)
{
    struct fault fault;
    struct wallet_password password;
    struct keystore_cost cost = KEYSTORE_COST_DEFAULT;
    char address[ADDRESS_TEXT_MAX];
    const char *prefix = cli_value(cli, "prefix") == NULL ? "tsouk" : cli_value(cli, "prefix");
    if (!cli_number(&cost.n, "--kdf-cost", cli_value(cli, "kdf-cost"), cost.n, 2, 1 << 20,
                    &fault) ||
        !keystore_cost_valid(&cost)) {
        return cli_usage(cli, "--kdf-cost is a power of two from 2 to 1048576");
    }
    if (!wallet_prefix_check(prefix, "--prefix", &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!wallet_password_get(&password, cli_value(cli, "password-file"), true, &fault)) {
        return cli_fail(cli, &fault);
    }
    bool good = server_keys_create(server_home(cli), prefix, &password, &cost, address, &fault);
    wallet_password_close(&password);
    if (!good) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(json_pack("{s:s, s:s}", "address", address, "home", server_home(cli)));
    } else {
        printf("address  %s\nhome     %s\n\nIt needs the role 'server' and a stake: ask an admin, "
               "then 'souk-server register'.\n",
               address, server_home(cli));
    }
    return 0;
}

static int run_address(struct cli *cli)
{
    struct fault fault;
    char address[ADDRESS_TEXT_MAX];
    if (!server_keys_address(server_home(cli), address, &fault)) {
        return cli_fail(cli, &fault);
    }
    printf("%s\n", address);
    return 0;
}

static const struct cli_option register_options[] = {
    {"endpoint", "URL", "where owners and servers reach this server"},
    {"stake", "UNITS", "put up against misbehaviour [the chain's minimum]"},
    {"fee-min", "UNITS", "least fee for a round: no model that pays less may name this server [0]"},
};

static int run_register(struct cli *cli)
{
    struct fault fault;
    struct aggregation_server server;
    struct submit_receipt receipt;
    struct server_offer offer = {.endpoint = cli_value(cli, "endpoint")};
    if (offer.endpoint == NULL) {
        return cli_usage(cli, "--endpoint is needed, for example http://server.example:26700");
    }
    if (!cli_number(&offer.stake, "--stake", cli_value(cli, "stake"), 0, 1, UINT64_MAX, &fault) ||
        !cli_number(&offer.fee_min, "--fee-min", cli_value(cli, "fee-min"), 0, 0, UINT64_MAX,
                    &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    bool good =
        open_server(&server, cli, &fault) && server_register(&server, &offer, &receipt, &fault);
    close_server(&server);
    if (!good) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(receipt.json);
    } else {
        printf("registered in block %" PRIu64 ", fee %" PRIu64 "\n", receipt.height, receipt.fee);
        json_decref(receipt.json);
    }
    return 0;
}

static const struct cli_option run_options[] = {
    {"host", "ADDRESS", "to listen on [" LISTEN_HOST_DEFAULT "]"},
    {"port", "N", "to listen on; 0 takes a free one [26700]"},
    {"workers", "N", "threads that compute with shares [the processors]"},
    {"memory", "MIB", "for the coefficients of owners that are worked on together [64]"},
    {"incoming", "MIB",
     "of disk for deliveries that are coming in, and as much for those being checked [4096]"},
};

static bool read_bounds(const struct cli *cli, struct aggregation_server *server,
                        struct fault *fault)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t usual = processors < 1 ? 1 : (uint64_t)processors;
    uint64_t workers = 0;
    uint64_t memory_mib = 0;
    uint64_t incoming_mib = 0;
    bool good = cli_number(&workers, "--workers", cli_value(cli, "workers"),
                           usual < SERVER_WORKERS_MAX ? usual : SERVER_WORKERS_MAX, 1,
                           SERVER_WORKERS_MAX, fault) &&
                cli_number(&memory_mib, "--memory", cli_value(cli, "memory"), 64, MEMORY_MIB_MIN,
                           1 << 20, fault) &&
                cli_number(&incoming_mib, "--incoming", cli_value(cli, "incoming"), 4096,
                           INCOMING_MIB_MIN, 1 << 24, fault);
    server->workers = (unsigned)workers;
    server->memory_max = memory_mib << 20;
    server->incoming_max = incoming_mib << 20;
    return good;
}

static int run_run(struct cli *cli)
{
    struct fault fault;
    struct aggregation_server server;
    uint64_t port = 0;
    struct aggregation_server bounds = {0};
    const char *host =
        cli_value(cli, "host") == NULL ? LISTEN_HOST_DEFAULT : cli_value(cli, "host");
    if (!cli_number(&port, "--port", cli_value(cli, "port"), LISTEN_PORT_DEFAULT, 0, UINT16_MAX,
                    &fault) ||
        !read_bounds(cli, &bounds, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!open_server(&server, cli, &fault) || !spool_open(server.home, &fault)) {
        close_server(&server);
        return cli_fail(cli, &fault);
    }
    server.workers = bounds.workers;
    server.memory_max = bounds.memory_max;
    server.incoming_max = bounds.incoming_max;
    char address[ADDRESS_TEXT_MAX];
    address_print(address, server.chain.prefix, &server.address);
    log_info("started", "version=%s address=%s node=%s", SOUK_VERSION, address, server.node_url);
    struct follower *follower = follow_start(&server);
    bool good = service_run(&server, host, (uint16_t)port, &fault);
    server_stop(&server);
    follow_join(follower);
    close_server(&server);
    log_info("stopped", "version=%s", SOUK_VERSION);
    return good ? 0 : cli_fail(cli, &fault);
}

static const struct cli_command commands[] = {
    {"init", "", "make the keys of a new server", 0, 0, init_options, ARRAY_COUNT(init_options),
     run_init},
    {"address", "", "account of this server", 0, 0, NULL, 0, run_address},
    {"register", "", "register on the chain, with a stake", 0, 0, register_options,
     ARRAY_COUNT(register_options), run_register},
    {"run", "", "serve until SIGTERM", 0, 0, run_options, ARRAY_COUNT(run_options), run_run},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "souk-server",
        .summary =
            "Aggregation server of Souk: receives encrypted shares of owners' updates, checks\n"
            "and sums them without seeing any, and posts to the chain.",
        .commands = commands,
        .command_count = ARRAY_COUNT(commands),
        .common_options = common_options,
        .common_option_count = ARRAY_COUNT(common_options),
    };
    return cli_main(&program, argc, argv);
}
