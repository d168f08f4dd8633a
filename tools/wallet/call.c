#include "tools/wallet/call.h"

#include "tools/client/show.h"

int call_print_in(struct session *session, const char *method, json_t *params)
{
    struct fault fault;
    json_t *result = rpc_call(session->rpc, method, params, &fault);
    if (result == NULL) {
        return cli_fail(session->cli, &fault);
    }
    if (cli_json(session->cli)) {
        show_json(result);
    } else {
        show_readable(result);
        json_decref(result);
    }
    return 0;
}

int call_print(struct cli *cli, const char *method, json_t *params)
{
    struct fault fault;
    struct session session;
    if (!session_open(&session, cli, &fault)) {
        json_decref(params);
        return cli_fail(cli, &fault);
    }
    int code = call_print_in(&session, method, params);
    session_close(&session);
    return code;
}
