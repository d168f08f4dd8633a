/* souk status, validators, block, tx, events, rpc: what a node knows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client/show.h"
#include "tools/wallet/call.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/prove.h"

#define EVENT_WAIT_MS 20000

const struct cli_option events_options[] = {
    {"after", "CURSOR", "begin after this cursor [the beginning]"},
    {"follow", NULL, "go on with new events until interrupted"},
};
const size_t events_option_count = ARRAY_COUNT(events_options);

int run_status(struct cli *cli)
{
    return call_print(cli, "chain_status", NULL);
}

int run_validators(struct cli *cli)
{
    return call_print(cli, "chain_validators", NULL);
}

int run_block(struct cli *cli)
{
    const char *height = cli_argument(cli, 0);
    return call_print(cli, "chain_block",
                      height == NULL ? NULL : json_pack("{s:s}", "height", height));
}

int run_tx(struct cli *cli)
{
    if (prove_wanted(cli)) {
        struct fault fault;
        struct session session;
        if (!session_open(&session, cli, &fault)) {
            return cli_fail(cli, &fault);
        }
        int code = prove_transaction(&session, cli_argument(cli, 0));
        session_close(&session);
        return code;
    }
    return call_print(cli, "tx_get", json_pack("{s:s}", "id", cli_argument(cli, 0)));
}

static void print_event(const struct cli *cli, json_t *event)
{
    if (cli_json(cli)) {
        show_json(json_incref(event));
        return;
    }
    char *data = json_dumps(json_object_get(event, "data"), JSON_COMPACT | JSON_ENCODE_ANY);
    const char *cursor = json_string_value(json_object_get(event, "cursor"));
    const char *name = json_string_value(json_object_get(event, "name"));
    printf("%-12s %-22s %s\n", cursor == NULL ? "?" : cursor, name == NULL ? "?" : name,
           data == NULL ? "" : data);
    free(data);
}

/* Print one page; the cursor moves on. Returns how many events it had, or -1. */
static int print_page(struct session *session, char cursor[RPC_CURSOR_MAX], int wait_ms,
                      struct fault *fault)
{
    json_t *page = rpc_call_within(
        session->rpc, "events_list",
        json_pack("{s:s, s:i, s:i}", "after", cursor, "limit", 100, "wait_ms", wait_ms),
        wait_ms + 10000L, fault);
    const char *next = NULL;
    if (page == NULL || !rpc_text(&next, page, "cursor", fault)) {
        json_decref(page);
        return -1;
    }
    json_t *events = json_object_get(page, "events");
    size_t index;
    json_t *event;
    json_array_foreach(events, index, event)
    {
        print_event(session->cli, event);
    }
    (void)fflush(stdout);
    (void)snprintf(cursor, RPC_CURSOR_MAX, "%s", next);
    int count = (int)json_array_size(events);
    json_decref(page);
    return count;
}

int run_events(struct cli *cli)
{
    struct fault fault;
    struct session session;
    char cursor[RPC_CURSOR_MAX];
    const char *after = cli_value(cli, "after");
    bool follow = cli_flag(cli, "follow");
    (void)snprintf(cursor, sizeof(cursor), "%s", after == NULL ? "0.0.0" : after);
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int count = 0;
    do {
        count = print_page(&session, cursor, follow ? EVENT_WAIT_MS : 0, &fault);
    } while (count > 0 || (count == 0 && follow));
    session_close(&session);
    return count < 0 ? cli_fail(cli, &fault) : 0;
}

int run_rpc(struct cli *cli)
{
    json_error_t where;
    json_t *params = NULL;
    const char *text = cli_argument(cli, 1);
    if (text != NULL) {
        params = json_loads(text, JSON_REJECT_DUPLICATES, &where);
        if (!json_is_object(params)) {
            json_decref(params);
            return cli_usage(cli, "PARAMS is '%s', a JSON object is expected", text);
        }
    }
    return call_print(cli, cli_argument(cli, 0), params);
}
