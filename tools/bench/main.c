/* souk-bench: how a network bears a load of signed transfers. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/bench/arrivals.h"
#include "tools/bench/load.h"
#include "tools/bench/machine.h"
#include "tools/bench/tally.h"
#include "tools/client/cli.h"
#include "tools/client/show.h"
#include "tools/client/wallet.h"

#define COUNT_MAX  1000000 /* transactions of one run: they are signed in advance and kept */
#define SYNC_COUNT 200

static const struct cli_option common_options[] = {
    {"node", "URL,URL,...", "nodes to send to [SOUK_NODE, or " RPC_URL_DEFAULT "]"},
    {"home", "DIR", "where wallets are kept, and the disk to time [SOUK_HOME, or ~/.souk]"},
    {"wallet", "NAME", "wallet that funds the accounts [SOUK_WALLET, or admin]"},
    {"password-file", "FILE", "first line is the password [SOUK_PASSWORD_FILE, or ask]"},
};

static const struct cli_option load_options[] = {
    {"rate", "TX/S", "transfers due in a second, on average [200]"},
    {"seconds", "N", "length of the run [10]"},
    {"accounts", "N", "that transfers are sent from, in turn [100]"},
    {"workers", "N", "threads that send, each with a connection [16]"},
    {"batch", "N", "transfers in one request, where a thread is late [10]"},
    {"seed", "N", "of the arrivals [1]"},
    {"drain", "SECONDS", "to wait at the end for what is not committed [20]"},
};

static const struct cli_option sync_options[] = {
    {"count", "N", "writes to time [1000]"},
};

struct bench {
    struct cli *cli;
    char nodes[2048];
    const char *home;
    uint64_t rate;
    uint64_t seconds;
    uint64_t accounts;
    uint64_t seed;
    struct load load;
    struct machine machine;
    struct stats sync;
    uint64_t sign_us; /* to sign all */
};

static const char *bench_home(const struct cli *cli)
{
    return cli_home(cli, "SOUK_HOME", ".souk");
}

static bool read_nodes(struct bench *bench, struct fault *fault)
{
    const char *text = cli_value_or(bench->cli, "node", "SOUK_NODE", RPC_URL_DEFAULT);
    if (strlen(text) >= sizeof(bench->nodes)) {
        return fault_set(fault, "--node has %zu characters, at most %zu are allowed", strlen(text),
                         sizeof(bench->nodes) - 1);
    }
    (void)snprintf(bench->nodes, sizeof(bench->nodes), "%s", text);
    char *rest = bench->nodes;
    for (char *one = strsep(&rest, ","); one != NULL; one = strsep(&rest, ",")) {
        if (bench->load.node_count == LOAD_NODES_MAX || one[0] == '\0') {
            return fault_set(fault, "--node is '%.200s', 1 to %d addresses are expected", text,
                             LOAD_NODES_MAX);
        }
        bench->load.nodes[bench->load.node_count++] = one;
    }
    return true;
}

static bool read_options(struct bench *bench, struct fault *fault)
{
    struct cli *cli = bench->cli;
    uint64_t workers = 0;
    uint64_t batch = 0;
    uint64_t drain = 0;
    bench->home = bench_home(cli);
    if (!cli_number(&bench->rate, "--rate", cli_value(cli, "rate"), 200, 1, 100000, fault) ||
        !cli_number(&bench->seconds, "--seconds", cli_value(cli, "seconds"), 10, 1, 3600, fault) ||
        !cli_number(&bench->accounts, "--accounts", cli_value(cli, "accounts"), 100, 1, 100000,
                    fault) ||
        !cli_number(&workers, "--workers", cli_value(cli, "workers"), 16, 1, LOAD_WORKERS_MAX,
                    fault) ||
        !cli_number(&batch, "--batch", cli_value(cli, "batch"), LOAD_BATCH_MAX, 1, LOAD_BATCH_MAX,
                    fault) ||
        !cli_number(&bench->seed, "--seed", cli_value(cli, "seed"), 1, 0, UINT64_MAX, fault) ||
        !cli_number(&drain, "--drain", cli_value(cli, "drain"), 20, 1, 600, fault) ||
        !read_nodes(bench, fault)) {
        return false;
    }
    bench->load.workers = (uint32_t)workers;
    bench->load.batch = (uint32_t)batch;
    bench->load.drain_us = drain * 1000000;
    bench->load.count = (size_t)(bench->rate * bench->seconds);
    return bench->load.count <= COUNT_MAX ||
           fault_set(fault, "--rate times --seconds is %zu transactions, at most %d are allowed",
                     bench->load.count, COUNT_MAX);
}

static bool open_wallet(const struct cli *cli, const char *home, struct secret_key *key,
                        struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    struct keystore keystore;
    struct wallet_password password;
    if (!wallet_path(path, home, cli_value_or(cli, "wallet", "SOUK_WALLET", "admin"), fault) ||
        !wallet_load(&keystore, path, fault) ||
        !wallet_password_get(&password, cli_value(cli, "password-file"), false, fault)) {
        return false;
    }
    bool good = wallet_open(key, path, &password, 0, fault);
    wallet_password_close(&password);
    return good;
}

/* Fund, sign and note where the chain is. */
static bool prepare(struct bench *bench, struct rpc *rpc, const struct secret_key *wallet,
                    struct fault *fault)
{
    struct chain_info chain;
    struct bench_accounts accounts;
    uint64_t each = bench->load.count / bench->accounts + 1;
    if (!chain_info_load(rpc, &chain, fault)) {
        return false;
    }
    accounts_derive(&accounts, wallet, (uint32_t)bench->accounts);
    bool good = accounts_fund(&accounts, rpc, &chain, wallet, each, fault);
    if (good) {
        uint64_t *due_us = memory_new(bench->load.count * sizeof(*due_us));
        arrivals_draw(due_us, bench->load.count, (double)bench->rate, bench->seed);
        uint64_t begin = machine_now_us();
        load_sign(&bench->load, &accounts, &chain, due_us);
        bench->sign_us = machine_now_us() - begin;
        free(due_us);
        good = chain_info_load(rpc, &chain, fault);
        bench->load.first_height = chain.height;
    }
    accounts_close(&accounts);
    return good;
}

struct report {
    struct stats commit; /* due to committed */
    struct stats answer; /* sent to the node's answer */
    struct stats lag;    /* due to sent: what the generator itself was late */
    struct tally tally;
    double seconds; /* from the begin to the last commit */
};

static void make_report(struct report *out, const struct load *load)
{
    uint64_t *commit = memory_new(load->count * sizeof(*commit));
    uint64_t *answer = memory_new(load->count * sizeof(*answer));
    uint64_t *lag = memory_new(load->count * sizeof(*lag));
    uint64_t last_us = 0;
    size_t committed = 0;
    tally_load(&out->tally, load);
    for (size_t i = 0; i < load->count; i++) {
        const struct load_item *item = &load->items[i];
        answer[i] = item->answered_us - item->sent_us;
        lag[i] = item->sent_us > item->due_us ? item->sent_us - item->due_us : 0;
        if (item->committed_us > 0) {
            commit[committed++] = item->committed_us - item->due_us;
            last_us = item->committed_us > last_us ? item->committed_us : last_us;
        }
    }
    out->seconds = (double)last_us / 1e6;
    stats_compute(&out->commit, commit, committed);
    stats_compute(&out->answer, answer, load->count);
    stats_compute(&out->lag, lag, load->count);
    free(commit);
    free(answer);
    free(lag);
}

static double per_second(const struct report *report)
{
    return report->seconds > 0 ? (double)report->tally.committed / report->seconds : 0;
}

static void print_json(const struct bench *bench, const struct report *report)
{
    const struct tally *tally = &report->tally;
    json_t *json =
        json_pack("{s:{s:s, s:I}, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}",
                  "machine", "cpu", bench->machine.cpu, "cores", (json_int_t)bench->machine.cores,
                  "rate", (json_int_t)bench->rate, "seconds", (json_int_t)bench->seconds,
                  "accounts", (json_int_t)bench->accounts, "nodes",
                  (json_int_t)bench->load.node_count, "workers", (json_int_t)bench->load.workers,
                  "sent", (json_int_t)bench->load.count, "committed", (json_int_t)tally->committed,
                  "failed", (json_int_t)tally->failed, "refused", (json_int_t)tally->refused,
                  "behind", (json_int_t)tally->behind, "lost", (json_int_t)tally->lost,
                  "run_seconds", report->seconds, "committed_per_second", per_second(report));
    (void)json_object_set_new(json, "blocks", json_integer((json_int_t)bench->load.blocks));
    (void)json_object_set_new(json, "sign_us", json_integer((json_int_t)bench->sign_us));
    (void)json_object_set_new(json, "commit", stats_json(&report->commit));
    (void)json_object_set_new(json, "answer", stats_json(&report->answer));
    (void)json_object_set_new(json, "lag", stats_json(&report->lag));
    (void)json_object_set_new(json, "fdatasync", stats_json(&bench->sync));
    show_json(json);
}

static void print_report(const struct bench *bench, const struct report *report)
{
    const struct load *load = &bench->load;
    const struct tally *tally = &report->tally;
    printf("machine                %s, %ld cores\n", bench->machine.cpu, bench->machine.cores);
    stats_print(&bench->sync, "fdatasync of 4 KiB");
    printf("load                   %" PRIu64 " tx/s for %" PRIu64 " s: Poisson, seed %" PRIu64
           "; %" PRIu64 " accounts, %" PRIu32 " workers, %zu nodes\n",
           bench->rate, bench->seconds, bench->seed, bench->accounts, load->workers,
           load->node_count);
    printf("signed in advance      %zu in %.2f s\n", load->count, (double)bench->sign_us / 1e6);
    printf("committed              %zu in %.2f s: %.1f tx/s, %.1f in a block\n", tally->committed,
           report->seconds, per_second(report),
           load->blocks > 0 ? (double)tally->committed / (double)load->blocks : 0);
    printf("refused by a node      %zu\nbehind a refused one   %zu\nfailed in a block      %zu\n"
           "lost                   %zu\n",
           tally->refused, tally->behind, tally->failed, tally->lost);
    stats_print(&report->commit, "due to committed");
    stats_print(&report->answer, "sent to answered");
    stats_print(&report->lag, "due to sent");
    if (load->first_fault.text[0] != '\0') {
        printf("first refusal          %s\n", load->first_fault.text);
    }
}

static bool run_bench(struct bench *bench, struct fault *fault)
{
    struct secret_key wallet;
    if (!open_wallet(bench->cli, bench->home, &wallet, fault)) {
        return false;
    }
    struct rpc *rpc = rpc_new(bench->load.nodes[0]);
    machine_read(&bench->machine);
    bool good = machine_time_sync(&bench->sync, bench->home, SYNC_COUNT, fault) &&
                prepare(bench, rpc, &wallet, fault) && load_run(&bench->load, fault);
    secret_key_close(&wallet);
    rpc_free(rpc);
    return good;
}

static int run_load(struct cli *cli)
{
    struct fault fault;
    struct report report;
    struct bench *bench = memory_new(sizeof(*bench));
    bench->cli = cli;
    int code = 0;
    if (!read_options(bench, &fault)) {
        code = cli_usage(cli, "%s", fault.text);
    } else if (!run_bench(bench, &fault)) {
        code = cli_fail(cli, &fault);
    } else {
        make_report(&report, &bench->load);
        if (cli_json(cli)) {
            print_json(bench, &report);
        } else {
            print_report(bench, &report);
        }
    }
    load_close(&bench->load);
    free(bench);
    return code;
}

static int run_sync(struct cli *cli)
{
    struct fault fault;
    struct stats stats;
    uint64_t count = 0;
    if (!cli_number(&count, "--count", cli_value(cli, "count"), 1000, 1, 1000000, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!machine_time_sync(&stats, bench_home(cli), (size_t)count, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(stats_json(&stats));
    } else {
        stats_print(&stats, "fdatasync of 4 KiB");
    }
    return 0;
}

static const struct cli_command commands[] = {
    {"load", "", "send transfers at a rate, measure when each is committed", 0, 0, load_options,
     ARRAY_COUNT(load_options), run_load},
    {"sync", "", "time the disk that --home is on", 0, 0, sync_options, ARRAY_COUNT(sync_options),
     run_sync},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "souk-bench",
        .summary =
            "Loads a network with signed transfers on an open-loop schedule, and reports how\n"
            "long each took from the moment it was due until it was seen in a block.",
        .commands = commands,
        .command_count = ARRAY_COUNT(commands),
        .common_options = common_options,
        .common_option_count = ARRAY_COUNT(common_options),
    };
    return cli_main(&program, argc, argv);
}
