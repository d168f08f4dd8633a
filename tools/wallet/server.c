/* souk server: the aggregation servers that models may name. Registering one is souk-server's. */
#include <inttypes.h>
#include <stdio.h>

#include "p2p/json_schema.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/session.h"

static int print_call(struct cli *cli, const char *method,
                      json_t *(*params)(struct session *, struct fault *))
{
    struct fault fault;
    struct session session;
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    json_t *arguments = params(&session, &fault);
    json_t *result = arguments == NULL ? NULL : rpc_call(session.rpc, method, arguments, &fault);
    session_close(&session);
    if (result == NULL) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(result);
    } else {
        show_readable(result);
        json_decref(result);
    }
    return 0;
}

static json_t *list_params(struct session *session, struct fault *fault)
{
    (void)session;
    (void)fault;
    return json_pack("{s:i}", "count", 100);
}

static json_t *show_params(struct session *session, struct fault *fault)
{
    struct address address;
    const char *text = cli_argument(session->cli, 0);
    return session_address(session, &address, text, fault) ? json_pack("{s:s}", "address", text)
                                                           : NULL;
}

int run_server_list(struct cli *cli)
{
    return print_call(cli, "market_servers", list_params);
}

int run_server_show(struct cli *cli)
{
    return print_call(cli, "market_server", show_params);
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
