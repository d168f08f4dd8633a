/* souk balance, send, role set: accounts and money. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/prove.h"
#include "tools/wallet/roles.h"
#include "tools/wallet/session.h"

static const struct {
    const char *name;
    uint8_t role;
} role_names[] = {
    {"admin", ROLE_ADMIN},
    {"publisher", ROLE_PUBLISHER},
    {"contributor", ROLE_CONTRIBUTOR},
    {"server", ROLE_SERVER},
};

static void print_account(const char *address, const struct account *account)
{
    printf("address  %s\nbalance  %" PRIu64 "\nnonce    %" PRIu64 "\nroles    ", address,
           account->balance, account->nonce);
    bool any = false;
    for (size_t i = 0; i < ARRAY_COUNT(role_names); i++) {
        if ((account->roles & role_names[i].role) != 0) {
            printf("%s%s", any ? ", " : "", role_names[i].name);
            any = true;
        }
    }
    printf("%s\n", any ? "" : "none");
}

/* An argument, or without one the wallet's own account: its address stands in the file, so that no
 * password is asked for. */
static bool balance_address(struct session *session, struct cli *cli, struct address *out,
                            struct fault *fault)
{
    const char *text = cli_argument(cli, 0);
    if (!session_open(session, cli, fault)) {
        return false;
    }
    return text == NULL ? session_wallet_address(cli, out, fault)
                        : session_address(session, out, text, fault);
}

int run_balance(struct cli *cli)
{
    struct fault fault;
    struct session session = {0};
    struct address address;
    struct account account;
    struct market_key key;
    struct buffer storage = {0};
    bool good = balance_address(&session, cli, &address, &fault);
    if (good) {
        key_account(&key, &address);
    }
    if (good && prove_wanted(cli)) {
        int code = prove_state(&session, &key);
        session_close(&session);
        return code;
    }
    if (good) {
        good = chain_record_load(session.rpc, &key, &account_schema, &account, &storage, &fault);
    }
    if (good) {
        char text[ADDRESS_TEXT_MAX];
        address_print(text, session.chain.prefix, &address);
        if (cli_json(cli)) {
            char balance[24];
            char nonce[24];
            (void)snprintf(balance, sizeof(balance), "%" PRIu64, account.balance);
            (void)snprintf(nonce, sizeof(nonce), "%" PRIu64, account.nonce);
            show_json(json_pack("{s:s, s:s, s:s, s:i}", "address", text, "balance", balance,
                                "nonce", nonce, "roles", (int)account.roles));
        } else {
            print_account(text, &account);
        }
    }
    buffer_close(&storage);
    session_close(&session);
    return good ? 0 : cli_fail(cli, &fault);
}

int run_send(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct transfer_operand operand = {0};
    if (!cli_number(&operand.amount, "AMOUNT", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_address(&session, &operand.to, cli_argument(cli, 1), &fault)
                   ? session_submit(&session, &(struct submit_native){NATIVE_TRANSFER, &operand}, 1,
                                    (struct bytes){0}, "sent")
                   : cli_fail(cli, &fault);
    session_close(&session);
    return code;
}

bool roles_parse(const char *text, uint8_t *mask, struct fault *fault)
{
    *mask = 0;
    if (strcmp(text, "none") == 0) {
        return true;
    }
    while (true) {
        size_t length = strcspn(text, ",");
        size_t i = 0;
        while (i < ARRAY_COUNT(role_names) && (strlen(role_names[i].name) != length ||
                                               strncmp(role_names[i].name, text, length) != 0)) {
            i++;
        }
        if (i == ARRAY_COUNT(role_names)) {
            return fault_set(
                fault,
                "role '%.*s' is unknown; admin, publisher, contributor, server, joined "
                "by commas, or none are expected",
                (int)length, text);
        }
        *mask |= role_names[i].role;
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

int run_role_set(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct role_set_operand operand = {0};
    if (!roles_parse(cli_argument(cli, 1), &operand.roles, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_address(&session, &operand.account, cli_argument(cli, 0), &fault)
                   ? session_submit(&session, &(struct submit_native){NATIVE_ROLE_SET, &operand}, 1,
                                    (struct bytes){0}, "roles set")
                   : cli_fail(cli, &fault);
    session_close(&session);
    return code;
}
