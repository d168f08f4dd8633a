/* souk validator: who validates, and what a validator or a candidate does by itself. */
#include "tools/wallet/validator.h"

#include <stdio.h>
#include <string.h>

#include "tools/client/heartbeat.h"
#include "tools/wallet/call.h"
#include "tools/wallet/commands.h"

bool validator_parse_hex(uint8_t *out, size_t size, const char *what, const char *text,
                         struct fault *fault)
{
    return hex_decode(out, size, text) ||
           fault_set(fault, "%s is '%.80s', %zu hexadecimal digits are expected", what, text,
                     2 * size);
}

bool validator_parse(const struct session *session, struct public_key *out, const char *text,
                     struct fault *fault)
{
    size_t index;
    json_t *entry;
    const char *hex = NULL;
    if (hex_decode(out->bytes, sizeof(out->bytes), text)) {
        return true;
    }
    json_t *answer = rpc_call(session->rpc, "chain_validators", NULL, fault);
    if (answer == NULL) {
        return false;
    }
    json_array_foreach(json_object_get(answer, "validators"), index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (name != NULL && strcmp(name, text) == 0) {
            hex = json_string_value(json_object_get(entry, "public_key"));
        }
    }
    bool good = (hex != NULL && hex_decode(out->bytes, sizeof(out->bytes), hex)) ||
                fault_set(fault, "'%.80s' is no validator's name and no key", text);
    json_decref(answer);
    return good;
}

int run_validator_list(struct cli *cli)
{
    const char *height = cli_argument(cli, 0);
    return call_print(cli, "chain_validators",
                      height == NULL ? NULL : json_pack("{s:s}", "of", height));
}

int run_validator_heartbeat(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct heartbeat_operand operand = {0};
    if (!heartbeat_fetch(cli_argument(cli, 0), &operand, &fault) ||
        !session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_submit(&session, &(struct submit_native){NATIVE_HEARTBEAT, &operand}, 1,
                              (struct bytes){0}, "heartbeat recorded");
    session_close(&session);
    return code;
}

int run_validator_account(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct address_operand operand = {0};
    const char *text = cli_argument(cli, 0);
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code =
        strcmp(text, "none") == 0 || session_address(&session, &operand.account, text, &fault)
            ? session_submit(&session, &(struct submit_native){NATIVE_VALIDATOR_ACCOUNT, &operand},
                             1, (struct bytes){0}, "account named")
            : cli_fail(cli, &fault);
    session_close(&session);
    return code;
}
