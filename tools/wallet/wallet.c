/* souk wallet: keys under a password. */
#include "tools/client/wallet.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client/file.h"
#include "tools/client/random.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/session.h"

#define PREFIX_DEFAULT "tsouk"

const struct cli_option wallet_new_options[] = {
    {"prefix", "TEXT", "of addresses: souk on the main network, tsouk on test networks [tsouk]"},
    {"kdf-cost", "N", "scrypt's N, a power of two; lower is faster and weaker [131072]"},
};
const size_t wallet_new_option_count = ARRAY_COUNT(wallet_new_options);

/* NAME, or else the wallet that other commands would sign with. */
static const char *wallet_name(const struct cli *cli)
{
    return cli_argument_count(cli) > 0 ? cli_argument(cli, 0) : session_wallet(cli);
}

static bool kdf_cost(const struct cli *cli, struct keystore_cost *out, struct fault *fault)
{
    *out = KEYSTORE_COST_DEFAULT;
    if (!cli_number(&out->n, "--kdf-cost", cli_value(cli, "kdf-cost"), out->n, 2, 1 << 20, fault)) {
        return false;
    }
    return keystore_cost_valid(out) ||
           fault_set(fault, "--kdf-cost is %s, a power of two from 2 to 1048576 is expected",
                     cli_value(cli, "kdf-cost"));
}

/* Ask for a password, write the wallet, and load it again to tell whose it is. */
static bool store(const struct cli *cli, const struct keystore_secret *secret,
                  struct keystore *made, char path[WALLET_PATH_MAX], struct fault *fault)
{
    const char *prefix =
        cli_value(cli, "prefix") == NULL ? PREFIX_DEFAULT : cli_value(cli, "prefix");
    struct keystore_cost cost;
    struct wallet_password password;
    if (!wallet_prefix_check(prefix, "--prefix", fault) || !kdf_cost(cli, &cost, fault) ||
        !wallet_path(path, session_home(cli), wallet_name(cli), fault)) {
        return false;
    }
    if (file_exists(path)) {
        return fault_set(fault, "%s: there is a wallet of this name already", path);
    }
    if (!wallet_password_get(&password, cli_value(cli, "password-file"), true, fault)) {
        return false;
    }
    bool good = wallet_create(path, secret, prefix, &password, &cost, fault) &&
                wallet_load(made, path, fault);
    wallet_password_close(&password);
    return good;
}

static void print_wallet(const struct cli *cli, const struct keystore *wallet, const char *path)
{
    char address[ADDRESS_TEXT_MAX];
    char public_key[65];
    address_print(address, wallet->prefix, &wallet->address);
    hex_encode(public_key, BYTES_OF(wallet->public_key.bytes));
    if (cli_json(cli)) {
        show_json(json_pack("{s:s, s:s, s:s}", "address", address, "public_key", public_key, "path",
                            path));
        return;
    }
    printf("address     %s\npublic key  %s\nfile        %s\n", address, public_key, path);
}

int run_wallet_new(struct cli *cli)
{
    struct fault fault;
    struct keystore made;
    char path[WALLET_PATH_MAX];
    struct keystore_secret secret = {.kind = KEYSTORE_SEED};
    secret.is.entropy.size = BIP39_ENTROPY_MAX;
    random_fill(secret.is.entropy.bytes, secret.is.entropy.size);
    bool good = store(cli, &secret, &made, path, &fault);
    keystore_secret_close(&secret);
    if (!good) {
        return cli_fail(cli, &fault);
    }
    print_wallet(cli, &made, path);
    if (!cli_json(cli)) {
        printf("\nWrite the recovery phrase down now: souk wallet phrase %s\n", wallet_name(cli));
    }
    return 0;
}

/* A phrase, or 64 hexadecimal digits of a key, on standard input: never an argument. */
static bool read_secret(struct keystore_secret *out, struct fault *fault)
{
    char line[BIP39_PHRASE_MAX + 2];
    memset(out, 0, sizeof(*out));
    if (fgets(line, sizeof(line), stdin) == NULL) {
        return fault_set(fault, "a recovery phrase or a key of 64 hex digits is expected on "
                                "standard input");
    }
    line[strcspn(line, "\r\n")] = '\0';
    uint8_t key[32];
    bool good = false;
    if (hex_decode(key, sizeof(key), line)) {
        out->kind = KEYSTORE_KEY;
        good = secret_key_init(&out->is.key, key) ||
               fault_set(fault, "these 64 digits are no valid key");
    } else {
        char error[200];
        out->kind = KEYSTORE_SEED;
        good = bip39_parse(&out->is.entropy, line, error, sizeof(error)) == BIP39_OK ||
               fault_set(fault, "neither a key of 64 hex digits nor a recovery phrase: %s", error);
    }
    explicit_bzero(key, sizeof(key));
    explicit_bzero(line, sizeof(line));
    return good;
}

int run_wallet_import(struct cli *cli)
{
    struct fault fault;
    struct keystore made;
    char path[WALLET_PATH_MAX];
    struct keystore_secret secret;
    bool good = read_secret(&secret, &fault) && store(cli, &secret, &made, path, &fault);
    keystore_secret_close(&secret);
    if (!good) {
        return cli_fail(cli, &fault);
    }
    print_wallet(cli, &made, path);
    return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_wallet(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".key") == 0;
}

int run_wallet_list(struct cli *cli)
{
    char folder[WALLET_PATH_MAX];
    struct dirent **entries = NULL;
    (void)snprintf(folder, sizeof(folder), "%s/wallets", session_home(cli));
    int count = scandir(folder, &entries, is_wallet, compare_names);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        struct fault fault;
        struct keystore wallet;
        char path[WALLET_PATH_MAX + 256];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        entries[i]->d_name[strlen(entries[i]->d_name) - 4] = '\0';
        if (!wallet_load(&wallet, path, &fault)) {
            (void)fprintf(stderr, "souk: %s\n", fault.text);
        } else {
            char address[ADDRESS_TEXT_MAX];
            address_print(address, wallet.prefix, &wallet.address);
            (void)json_array_append_new(
                list, json_pack("{s:s, s:s}", "name", entries[i]->d_name, "address", address));
            if (!cli_json(cli)) {
                printf("%-16s %s\n", entries[i]->d_name, address);
            }
        }
        free(entries[i]);
    }
    free(entries);
    if (cli_json(cli)) {
        show_json(list);
        return 0;
    }
    if (json_array_size(list) == 0) {
        printf("no wallets in %s; 'souk wallet new' makes one\n", folder);
    }
    json_decref(list);
    return 0;
}

int run_wallet_address(struct cli *cli)
{
    struct fault fault;
    struct keystore wallet;
    char path[WALLET_PATH_MAX];
    char address[ADDRESS_TEXT_MAX];
    if (!wallet_path(path, session_home(cli), wallet_name(cli), &fault) ||
        !wallet_load(&wallet, path, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        print_wallet(cli, &wallet, path);
        return 0;
    }
    address_print(address, wallet.prefix, &wallet.address);
    printf("%s\n", address);
    return 0;
}

int run_wallet_phrase(struct cli *cli)
{
    struct fault fault;
    struct keystore wallet;
    struct keystore_secret secret;
    struct wallet_password password;
    char path[WALLET_PATH_MAX];
    if (!wallet_path(path, session_home(cli), wallet_name(cli), &fault) ||
        !wallet_load(&wallet, path, &fault) ||
        !wallet_password_get(&password, cli_value(cli, "password-file"), false, &fault)) {
        return cli_fail(cli, &fault);
    }
    enum keystore_status status = keystore_unlock(&secret, &wallet, bytes_of_text(password.text));
    wallet_password_close(&password);
    if (status != KEYSTORE_OK) {
        (void)fault_set(&fault, "%s: %s", path, keystore_status_text(status));
        return cli_fail(cli, &fault);
    }
    char text[BIP39_PHRASE_MAX];
    if (secret.kind == KEYSTORE_SEED) {
        bip39_phrase(text, &secret.is.entropy);
    } else {
        hex_encode(text, BYTES_OF(secret.is.key.bytes));
    }
    printf("%s\n", text);
    explicit_bzero(text, sizeof(text));
    keystore_secret_close(&secret);
    return 0;
}
