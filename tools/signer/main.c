/* souk-signer: keeps a validator's key away from its node, and signs no vote that contradicts another. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/client/cli.h"
#include "tools/client/file.h"
#include "tools/client/log.h"
#include "tools/client/random.h"
#include "tools/client/show.h"
#include "tools/client/wallet.h"
#include "tools/signer/service.h"

#define KEY_NAME "validator"

static const struct cli_option common_options[] = {
    {"home", "DIR", "key and state of this signer [SOUK_SIGNER_HOME, or ~/.souk-signer]"},
    {"password-file", "FILE", "first line is the password [SOUK_PASSWORD_FILE, or ask]"},
};

static const char *signer_home(const struct cli *cli)
{
    return cli_home(cli, "SOUK_SIGNER_HOME", ".souk-signer");
}

/* A file of the home. */
static bool home_file(char out[WALLET_PATH_MAX], const struct cli *cli, const char *name,
                      struct fault *fault)
{
    return snprintf(out, WALLET_PATH_MAX, "%s/%s", signer_home(cli), name) < WALLET_PATH_MAX ||
           fault_set(fault, "%s: the path is too long", signer_home(cli));
}

/* Copy the key file of a node, once its password opened it. */
static bool copy_key(const char *to, const char *from, const struct wallet_password *password,
                     struct fault *fault)
{
    struct secret_key key;
    struct buffer content = {0};
    bool good = wallet_open(&key, from, password, 0, fault) &&
                file_read(&content, from, 65536, fault) && file_make_folder_of(to, fault) &&
                file_write(to, buffer_bytes(&content), 0600, fault);
    secret_key_close(&key);
    buffer_close(&content);
    return good;
}

static bool make_key(const char *path, const char *prefix, const struct wallet_password *password,
                     const struct keystore_cost *cost, struct fault *fault)
{
    struct keystore_secret secret = {.kind = KEYSTORE_KEY};
    random_secret_key(&secret.is.key);
    bool good = wallet_create(path, &secret, prefix, password, cost, fault);
    keystore_secret_close(&secret);
    return good;
}

static int print_signer(const struct cli *cli, const struct keystore *keystore,
                        const struct signer_state *state)
{
    char key[65];
    char chain[65] = "";
    char address[ADDRESS_TEXT_MAX];
    hex_encode(key, BYTES_OF(keystore->public_key));
    address_print(address, keystore->prefix, &keystore->address);
    if (state->bound) {
        hex_encode(chain, BYTES_OF(state->chain_id));
    }
    if (cli_json(cli)) {
        show_json(json_pack("{s:s, s:s, s:s, s:I, s:s*}", "home", signer_home(cli), "public_key",
                            key, "address", address, "height",
                            (json_int_t)vote_guard_height(&state->guard), "chain_id",
                            state->bound ? chain : NULL));
        return 0;
    }
    printf("home        %s\npublic key  %s\naddress     %s\nheight      %" PRIu64
           "\nchain       %s\n",
           signer_home(cli), key, address, vote_guard_height(&state->guard),
           state->bound ? chain : "the first that is signed for");
    return 0;
}

static const struct cli_option init_options[] = {
    {"key", "FILE", "take over this key file, a node's config/validator_key [make a new key]"},
    {"prefix", "TEXT", "of addresses: souk on the main network, tsouk on test networks [tsouk]"},
    {"kdf-cost", "N", "scrypt's N, a power of two; lower is faster and weaker [131072]"},
};

static int run_init(struct cli *cli)
{
    struct fault fault;
    struct wallet_password password;
    struct keystore keystore;
    struct keystore_cost cost = KEYSTORE_COST_DEFAULT;
    char key_path[WALLET_PATH_MAX];
    char state_path[WALLET_PATH_MAX];
    const char *from = cli_value(cli, "key");
    const char *prefix = cli_value(cli, "prefix") == NULL ? "tsouk" : cli_value(cli, "prefix");
    if (!cli_number(&cost.n, "--kdf-cost", cli_value(cli, "kdf-cost"), cost.n, 2, 1 << 20,
                    &fault) ||
        !keystore_cost_valid(&cost)) {
        return cli_usage(cli, "--kdf-cost is a power of two from 2 to 1048576");
    }
    if (!wallet_prefix_check(prefix, "--prefix", &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!wallet_path(key_path, signer_home(cli), KEY_NAME, &fault) ||
        !home_file(state_path, cli, "state", &fault) ||
        (file_exists(key_path) && !fault_set(&fault, "%s: there is a key already", key_path)) ||
        !wallet_password_get(&password, cli_value(cli, "password-file"), from == NULL, &fault)) {
        return cli_fail(cli, &fault);
    }
    bool good = (from != NULL ? copy_key(key_path, from, &password, &fault)
                              : make_key(key_path, prefix, &password, &cost, &fault)) &&
                state_file_create(state_path, &fault) && wallet_load(&keystore, key_path, &fault);
    wallet_password_close(&password);
    return good ? print_signer(cli, &keystore, &(struct signer_state){0}) : cli_fail(cli, &fault);
}

static bool load_key(struct keystore *out, const char *path, struct fault *fault)
{
    if (!file_exists(path)) {
        return fault_set(fault, "there is no key %s ('souk-signer init' makes one)", path);
    }
    return wallet_load(out, path, fault);
}

static int run_show(struct cli *cli)
{
    struct fault fault;
    struct keystore keystore;
    struct signer_state state;
    char key_path[WALLET_PATH_MAX];
    char state_path[WALLET_PATH_MAX];
    if (!wallet_path(key_path, signer_home(cli), KEY_NAME, &fault) ||
        !home_file(state_path, cli, "state", &fault) || !load_key(&keystore, key_path, &fault) ||
        !state_file_read(&state, state_path, &fault)) {
        return cli_fail(cli, &fault);
    }
    return print_signer(cli, &keystore, &state);
}

static int run_recover(struct cli *cli)
{
    struct fault fault;
    struct state_file file;
    char path[WALLET_PATH_MAX];
    uint64_t height = 0;
    if (!cli_number(&height, "HEIGHT", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!home_file(path, cli, "state", &fault) ||
        (!file_exists(path) && !state_file_create(path, &fault)) ||
        !state_file_open(&file, path, &fault)) {
        return cli_fail(cli, &fault);
    }
    vote_guard_raise(&file.state.guard, height);
    /* Damage may not bring back what was before. */
    bool good = state_file_store_everywhere(&file, &fault);
    uint64_t reached = vote_guard_height(&file.state.guard);
    state_file_close(&file);
    if (!good) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(json_pack("{s:I}", "height", (json_int_t)reached));
    } else {
        printf("nothing below height %" PRIu64 " will be signed\n", reached);
    }
    return 0;
}

static const struct cli_option run_options[] = {
    {"socket", "PATH", "where the node asks [signer.sock in the home]"},
    {"evidence-fees", "UNITS",
     "the account may pay so much, until the next start, to report others [0: nothing]"},
};

static int run_run(struct cli *cli)
{
    struct fault fault;
    struct wallet_password password;
    struct signer signer = {.signatures = 0};
    if (!cli_number(&signer.fees_max, "--evidence-fees", cli_value(cli, "evidence-fees"), 0, 0,
                    UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    char key_path[WALLET_PATH_MAX];
    char state_path[WALLET_PATH_MAX];
    char socket_path[WALLET_PATH_MAX];
    if (!wallet_path(key_path, signer_home(cli), KEY_NAME, &fault) ||
        !home_file(state_path, cli, "state", &fault) ||
        !home_file(socket_path, cli, "signer.sock", &fault) ||
        !state_file_open(&signer.file, state_path, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (signer.file.damaged > 0) {
        log_warn("mended", "path=%s slots=%u text=\"torn by a crash or damaged: written anew\"",
                 state_path, signer.file.damaged);
    }
    bool good = wallet_password_get(&password, cli_value(cli, "password-file"), false, &fault);
    good = good && wallet_open(&signer.key, key_path, &password, 0, &fault);
    wallet_password_close(&password);
    if (good) {
        public_key_of(&signer.public_key, &signer.key);
        const char *path = cli_value(cli, "socket");
        good = signer_serve(&signer, path == NULL ? socket_path : path, &fault);
    }
    secret_key_close(&signer.key);
    state_file_close(&signer.file);
    if (!good) {
        return cli_fail(cli, &fault);
    }
    log_info("stopped", "signatures=%" PRIu64 " refusals=%" PRIu64, signer.signatures,
             signer.refusals);
    return 0;
}

static const struct cli_command commands[] = {
    {"init", "", "make a key, or take over a node's, and an empty memory", 0, 0, init_options,
     ARRAY_COUNT(init_options), run_init},
    {"show", "", "public key, and the height up to which was signed", 0, 0, NULL, 0, run_show},
    {"run", "", "sign until SIGTERM", 0, 0, run_options, ARRAY_COUNT(run_options), run_run},
    {"recover", "HEIGHT", "sign nothing below HEIGHT: after the memory was lost or copied back", 1,
     1, NULL, 0, run_recover},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "souk-signer",
        .summary =
            "Signer of a Souk validator: holds the key in a process of its own, remembers on disk\n"
            "what it signed, and signs no vote that contradicts another.",
        .commands = commands,
        .command_count = ARRAY_COUNT(commands),
        .common_options = common_options,
        .common_option_count = ARRAY_COUNT(common_options),
    };
    return cli_main(&program, argc, argv);
}
