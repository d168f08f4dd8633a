#include "tools/wallet/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/client/show.h"
#include "tools/client/wallet.h"

const struct cli_option session_options[] = {
    {"node", "URL", "JSON-RPC of a node [SOUK_NODE, or " RPC_URL_DEFAULT "]"},
    {"home", "DIR", "where wallets are kept [SOUK_HOME, or ~/.souk]"},
    {"wallet", "NAME", "wallet to sign with [SOUK_WALLET, or default]"},
    {"account", "N", "account of the wallet [0]"},
    {"key", "FILE", "key file to sign with instead of a wallet, as a node's config/validator_key"},
    {"password-file", "FILE", "first line is the password [SOUK_PASSWORD_FILE, or ask]"},
    {"gas-limit", "GAS", "most gas to use [by simulation]"},
    {"gas-price", "UNITS", "for one gas [the chain's minimum]"},
    {"nonce", "N", "of the transaction [the account's next]"},
};
const size_t session_option_count = ARRAY_COUNT(session_options);

bool session_heeds(const char *command, const char *option)
{
    static const struct {
        const char *command; /* that signs no transaction */
        const char *options; /* each between spaces */
    } quiet[] = {
        {"wallet new", " home wallet password-file "},
        {"wallet import", " home wallet password-file "},
        {"wallet list", " home "},
        {"wallet address", " home wallet "},
        {"wallet phrase", " home wallet password-file "},
        {"balance", " node home wallet key "},
        {"server list", " node "},
        {"server show", " node "},
        {"model list", " node "},
        {"model show", " node "},
        {"round show", " node "},
        {"round wait", " node "},
        {"round model", " node "},
        {"round result", " node home "},
        {"validator list", " node "},
        {"gov list", " node "},
        {"gov show", " node "},
        {"status", " node "},
        {"validators", " node "},
        {"block", " node "},
        {"tx", " node "},
        {"verify", " "},
        {"events", " node "},
        {"rpc", " node "},
        {"asm", " "},
        {"disasm", " "},
    };
    char word[32];
    (void)snprintf(word, sizeof(word), " %s ", option);
    for (size_t i = 0; i < ARRAY_COUNT(quiet); i++) {
        if (strcmp(quiet[i].command, command) == 0) {
            return strstr(quiet[i].options, word) != NULL;
        }
    }
    return true;
}

const char *session_home(const struct cli *cli)
{
    return cli_home(cli, "SOUK_HOME", ".souk");
}

const char *session_wallet(const struct cli *cli)
{
    return cli_value_or(cli, "wallet", "SOUK_WALLET", "default");
}

/* The file of the key to sign with: --key, or the wallet's. */
static bool key_path(const struct cli *cli, char out[WALLET_PATH_MAX], struct fault *fault)
{
    const char *file = cli_value(cli, "key");
    if (file == NULL) {
        return wallet_path(out, session_home(cli), session_wallet(cli), fault);
    }
    return snprintf(out, WALLET_PATH_MAX, "%s", file) < WALLET_PATH_MAX ||
           fault_set(fault, "--key: the path is too long");
}

bool session_key(const struct cli *cli, struct secret_key *out, struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    struct keystore keystore;
    struct wallet_password password;
    uint64_t account = 0;
    if (!cli_number(&account, "--account", cli_value(cli, "account"), 0, 0, KEYSTORE_ACCOUNT_MAX,
                    fault) ||
        !key_path(cli, path, fault) || !wallet_load(&keystore, path, fault) ||
        !wallet_password_get(&password, cli_value(cli, "password-file"), false, fault)) {
        return false;
    }
    bool good = wallet_open(out, path, &password, (uint32_t)account, fault);
    wallet_password_close(&password);
    return good;
}

bool session_wallet_address(const struct cli *cli, struct address *out, struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    struct keystore keystore;
    if (!key_path(cli, path, fault) || !wallet_load(&keystore, path, fault)) {
        return false;
    }
    *out = keystore.address;
    return true;
}

bool session_open(struct session *out, struct cli *cli, struct fault *fault)
{
    memset(out, 0, sizeof(*out));
    out->cli = cli;
    out->rpc = rpc_new(cli_value_or(cli, "node", "SOUK_NODE", RPC_URL_DEFAULT));
    if (!chain_info_load(out->rpc, &out->chain, fault)) {
        session_close(out);
        return false;
    }
    return true;
}

bool session_open_signer(struct session *out, struct cli *cli, struct fault *fault)
{
    struct secret_key key;
    memset(out, 0, sizeof(*out));
    if (!session_key(cli, &key, fault)) {
        return false;
    }
    if (!session_open(out, cli, fault)) {
        secret_key_close(&key);
        return false;
    }
    out->can_sign = true;
    out->key = key;
    secret_key_close(&key);
    public_key_of(&out->public_key, &out->key);
    address_of(&out->address, &out->public_key);
    address_print(out->address_text, out->chain.prefix, &out->address);
    return true;
}

void session_close(struct session *session)
{
    rpc_free(session->rpc);
    secret_key_close(&session->key);
    memset(session, 0, sizeof(*session));
}

bool session_address(const struct session *session, struct address *out, const char *text,
                     struct fault *fault)
{
    if (session->can_sign && strcmp(text, "me") == 0) {
        *out = session->address;
        return true;
    }
    char error[200];
    return address_parse(out, session->chain.prefix, text, error, sizeof(error)) ||
           fault_set(fault, "'%s': %s", text, error);
}

static bool fill_request(const struct session *session, struct submit_request *request,
                         struct fault *fault)
{
    const struct cli *cli = session->cli;
    request->key = &session->key;
    request->nonce_given = cli_flag(cli, "nonce");
    return cli_number(&request->gas_limit, "--gas-limit", cli_value(cli, "gas-limit"), 0, 1,
                      UINT64_MAX, fault) &&
           cli_number(&request->gas_price, "--gas-price", cli_value(cli, "gas-price"), 0, 1,
                      UINT64_MAX, fault) &&
           cli_number(&request->nonce, "--nonce", cli_value(cli, "nonce"), 0, 0, UINT64_MAX, fault);
}

bool session_send(struct session *session, const struct submit_native *natives, size_t count,
                  struct bytes sidecar, struct submit_receipt *receipt, struct fault *fault)
{
    struct buffer program = {0};
    submit_program(&program, natives, count);
    struct submit_request request = {.program = buffer_bytes(&program), .sidecar = sidecar};
    bool good = fill_request(session, &request, fault) &&
                submit_patiently(session->rpc, &session->chain, &request, receipt, fault);
    buffer_close(&program);
    return good;
}

/* Print the number that the chain gave a model or a proposal, which every later command needs. */
static void print_number(const json_t *answer)
{
    static const char *const members[][2] = {{"model_published", "model"},
                                             {"proposal_opened", "proposal"}};
    size_t index;
    json_t *event;
    json_array_foreach(json_object_get(json_object_get(answer, "receipt"), "events"), index, event)
    {
        const char *name = json_string_value(json_object_get(event, "name"));
        for (size_t i = 0; name != NULL && i < ARRAY_COUNT(members); i++) {
            const char *number =
                json_string_value(json_object_get(json_object_get(event, "data"), members[i][1]));
            if (number != NULL && strcmp(name, members[i][0]) == 0) {
                printf("  %-11s %s\n", members[i][1], number);
            }
        }
    }
}

static int submit_and_print(struct session *session, struct submit_request *request,
                            const char *done)
{
    struct fault fault;
    struct submit_receipt receipt;
    if (!fill_request(session, request, &fault) ||
        !submit_patiently(session->rpc, &session->chain, request, &receipt, &fault)) {
        return cli_fail(session->cli, &fault);
    }
    if (cli_json(session->cli)) {
        show_json(receipt.json);
        return 0;
    }
    char id[65];
    hex_encode(id, BYTES_OF(receipt.id.bytes));
    printf("%s\n  transaction %s\n  block       %" PRIu64 "\n  gas         %" PRIu64
           "\n  fee         %" PRIu64 "\n",
           done, id, receipt.height, receipt.gas_used, receipt.fee);
    print_number(receipt.json);
    (void)fflush(stdout); /* a command may go on for long after this */
    json_decref(receipt.json);
    return 0;
}

int session_submit(struct session *session, const struct submit_native *natives, size_t count,
                   struct bytes sidecar, const char *done)
{
    struct buffer program = {0};
    submit_program(&program, natives, count);
    struct submit_request request = {.program = buffer_bytes(&program), .sidecar = sidecar};
    int code = submit_and_print(session, &request, done);
    buffer_close(&program);
    return code;
}

int session_submit_program(struct session *session, struct bytes program, struct bytes sidecar,
                           const char *done)
{
    struct submit_request request = {.program = program, .sidecar = sidecar};
    return submit_and_print(session, &request, done);
}
