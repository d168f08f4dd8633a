/* souk-testnet: a whole network on this machine. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "market/genesis.h"
#include "tools/client/show.h"
#include "tools/testnet/control.h"
#include "tools/testnet/join.h"
#include "tools/testnet/make.h"

#define BASE_PORT_DEFAULT            26600
#define EMPTY_BLOCK_INTERVAL_DEFAULT 200 /* ms */

static const struct cli_option common_options[] = {
    {"home", "DIR", "folder of the network [souk-testnet]"},
    {"bin", "DIR", "folder of soukd and souk-server [where souk-testnet is]"},
};

static const struct cli_option init_options[] = {
    {"validators", "N", "nodes that decide; N = 3f + 1 bear f faulty ones [4]"},
    {"servers", "N", "aggregation servers [4]"},
    {"owners", "N", "wallets of data owners to make [10]"},
    {"base-port", "PORT", "first of 2 * validators + servers ports [26600]"},
    {"empty-block-interval", "MS", "between blocks while a deadline is pending [200]"},
    {"force", NULL, "replace the network that is in the folder"},
};

static bool read_init(struct net *net, const struct cli *cli, struct fault *fault)
{
    const struct {
        const char *option;
        uint32_t *value;
        uint32_t fallback, min, max;
    } rows[] = {
        {"validators", &net->validators, 4, 1, NET_VALIDATORS_MAX},
        {"servers", &net->servers, 4, 0, NET_SERVERS_MAX},
        {"owners", &net->owners, 10, 0, NET_OWNERS_MAX},
        {"base-port", &net->base_port, BASE_PORT_DEFAULT, 1, UINT16_MAX},
        {"empty-block-interval", &net->empty_block_interval_ms, EMPTY_BLOCK_INTERVAL_DEFAULT, 1,
         3600000},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char what[40];
        uint64_t value = 0;
        (void)snprintf(what, sizeof(what), "--%s", rows[i].option);
        if (!cli_number(&value, what, cli_value(cli, rows[i].option), rows[i].fallback, rows[i].min,
                        rows[i].max, fault)) {
            return false;
        }
        *rows[i].value = (uint32_t)value;
    }
    return net_last_port(net) <= UINT16_MAX ||
           fault_set(fault, "--base-port is %" PRIu32 ": ports up to %" PRIu32 " would be needed",
                     net->base_port, net_last_port(net));
}

static void print_made(const struct net *net)
{
    printf("made a network in %s\n"
           "  %" PRIu32 " validators, %" PRIu32 " aggregation servers, ports %" PRIu32
           " to %" PRIu32 "\n"
           "  wallets: admin, model-owner, treasury, owner-1 to owner-%" PRIu32 "\n\n"
           "next:\n"
           "  souk-testnet up --home %s\n"
           "  . %s/env\n"
           "  souk balance --wallet owner-1\n",
           net->home, net->validators, net->servers, net->base_port, net_last_port(net),
           net->owners, net->home, net->home);
}

static int run_init(struct cli *cli)
{
    struct fault fault;
    struct net net;
    if (!net_locate(&net, cli, &fault) || !read_init(&net, cli, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!make_network(&net, cli_flag(cli, "force"), &fault)) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(json_pack("{s:s, s:I, s:I, s:I, s:I}", "home", net.home, "validators",
                            (json_int_t)net.validators, "servers", (json_int_t)net.servers,
                            "owners", (json_int_t)net.owners, "base_port",
                            (json_int_t)net.base_port));
    } else {
        print_made(&net);
    }
    return 0;
}

static bool open_net(struct net *net, const struct cli *cli, struct fault *fault)
{
    return net_locate(net, cli, fault) && net_load(net, fault);
}

static void show_status(const struct cli *cli, const struct net *net)
{
    json_t *status = control_status(net);
    if (cli_json(cli)) {
        show_json(status);
        return;
    }
    control_print(status);
    json_decref(status);
}

static int command_up(struct cli *cli)
{
    struct fault fault;
    struct net net;
    if (!open_net(&net, cli, &fault) || !control_up(&net, &fault)) {
        return cli_fail(cli, &fault);
    }
    show_status(cli, &net);
    return 0;
}

static int command_status(struct cli *cli)
{
    struct fault fault;
    struct net net;
    if (!open_net(&net, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    show_status(cli, &net);
    return 0;
}

static int command_down(struct cli *cli)
{
    struct fault fault;
    struct net net;
    if (!open_net(&net, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    size_t stopped = control_down(&net);
    if (cli_json(cli)) {
        show_json(json_pack("{s:I}", "stopped", (json_int_t)stopped));
    } else {
        printf("stopped %zu processes\n", stopped);
    }
    return 0;
}

/* kill and restart: one part, by number. */
static int with_part(struct cli *cli,
                     bool (*act)(const struct net *, const struct part *, struct fault *),
                     const char *done)
{
    struct fault fault;
    struct net net;
    struct part part;
    if (!open_net(&net, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (!net_part(&net, cli, &part, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!act(&net, &part, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(json_pack("{s:s, s:s}", "name", part.name, "state", done));
    } else {
        printf("%s %s\n", part.name, done);
    }
    return 0;
}

static int command_kill(struct cli *cli)
{
    return with_part(cli, control_kill, "killed");
}

static int command_restart(struct cli *cli)
{
    return with_part(cli, control_restart, "ready");
}

static int command_add(struct cli *cli)
{
    struct fault fault;
    struct net net;
    struct part part;
    if (!open_net(&net, cli, &fault) || !join_network(&net, &part, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(json_pack("{s:s, s:s}", "name", part.name, "state", "validates"));
    } else {
        printf("%s validates\n", part.name);
    }
    return 0;
}

static const struct cli_option part_options[] = {
    {"server", NULL, "a number is an aggregation server's, not a validator's"},
};

static const struct cli_command commands[] = {
    {"init", "", "make keys, wallets, genesis and homes", 0, 0, init_options,
     ARRAY_COUNT(init_options), run_init},
    {"up", "", "start what does not run, and wait until it is ready", 0, 0, NULL, 0, command_up},
    {"down", "", "stop everything", 0, 0, NULL, 0, command_down},
    {"status", "", "what runs, how high, with which state", 0, 0, NULL, 0, command_status},
    {"add", "", "add a validator to the network that runs", 0, 0, NULL, 0, command_add},
    {"kill", "PART", "kill -9 one: node-I, server-I, or I for validator I", 1, 1, part_options,
     ARRAY_COUNT(part_options), command_kill},
    {"restart", "PART", "stop one where it runs, and start it", 1, 1, part_options,
     ARRAY_COUNT(part_options), command_restart},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "souk-testnet",
        .summary =
            "Makes and runs a whole network on this machine: validators, aggregation servers\n"
            "and funded wallets, each process with its own folder and log.",
        .commands = commands,
        .command_count = ARRAY_COUNT(commands),
        .common_options = common_options,
        .common_option_count = ARRAY_COUNT(common_options),
    };
    return cli_main(&program, argc, argv);
}
