/* souk server: the aggregation servers that models may name. Registering one is souk-server's. */
#include "tools/wallet/call.h"
#include "tools/wallet/commands.h"

int run_server_list(struct cli *cli)
{
    return call_print(cli, "market_servers", json_pack("{s:i}", "count", 100));
}

int run_server_show(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct address address;
    const char *text = cli_argument(cli, 0);
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_address(&session, &address, text, &fault)
                   ? call_print_in(&session, "market_server", json_pack("{s:s}", "address", text))
                   : cli_fail(cli, &fault);
    session_close(&session);
    return code;
}

int run_server_leave(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct empty_operand operand = {0};
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_submit(&session, &(struct submit_native){NATIVE_SERVER_LEAVE, &operand}, 1,
                              (struct bytes){0}, "left; the stake is back");
    session_close(&session);
    return code;
}

int run_server_stake(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct server_stake_operand operand = {0};
    if (!cli_number(&operand.amount, "AMOUNT", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_submit(&session, &(struct submit_native){NATIVE_SERVER_STAKE, &operand}, 1,
                              (struct bytes){0}, "added to the stake");
    session_close(&session);
    return code;
}
