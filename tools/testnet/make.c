#include "tools/testnet/make.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "tools/client/file.h"
#include "tools/client/random.h"
#include "tools/client/wallet.h"
#include "tools/testnet/genesis.h"
#include "tools/testnet/process.h"

/* Wallets are opened by every command of a demonstration, so guessing is kept cheap: these keys
 * guard nothing. */
#define KDF_COST        ((struct keystore_cost){1024, 8, 1})
#define KDF_COST_OPTION "1024"
#define PASSWORD_BYTES  16 /* of randomness */
#define CONFIG_MAX      65536

#define BALANCE_ADMIN  UINT64_C(1000000000000) /* units */
#define BALANCE_MODEL  UINT64_C(100000000000)
#define BALANCE_OWNER  UINT64_C(1000000000)
#define BALANCE_SERVER UINT64_C(10000000000)
#define BALANCE_NODE   UINT64_C(1000000000) /* of a validator, for its votes */

/* What is gathered on the way to genesis.json. */
struct making {
    const struct net *net;
    struct wallet_password password;
    char password_path[NET_PATH_MAX];
    struct genesis *genesis;
    struct genesis_names names;
    struct part parts[NET_PARTS_MAX];
    size_t part_count;
};

static bool folder_empty(const char *path, struct fault *fault)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, NULL);
    if (count < 0) {
        return errno == ENOENT || fault_set(fault, "%s: %s", path, strerrordesc_np(errno));
    }
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    return count <= 2 || /* itself and its parent */
           fault_set(fault, "%s is not empty; --force replaces a network in it", path);
}

/* Delete an earlier network, and nothing that is not one. */
static bool clear_network(const struct net *net, struct fault *fault)
{
    struct net old = *net;
    struct fault unused;
    struct part parts[NET_PARTS_MAX];
    if (folder_empty(net->home, &unused)) {
        return true;
    }
    if (!net_load(&old, &unused)) {
        return fault_set(fault, "%s is not empty and holds no network: --force replaces only one",
                         net->home);
    }
    size_t count = net_parts(&old, parts);
    for (size_t i = 0; i < count; i++) {
        char path[NET_PATH_MAX];
        net_path(path, net, "run/%s.pid", parts[i].name);
        if (process_find(path) != 0) {
            return fault_set(fault, "%s of the network in %s is running: 'souk-testnet down' first",
                             parts[i].name, net->home);
        }
    }
    const struct process_command remove = {{"/bin/rm", "-rf", "--", net->home}};
    return process_run(&remove, NULL, fault);
}

static bool make_folders(const struct net *net, struct fault *fault)
{
    static const char *const names[] = {"wallets", "logs", "run"};
    bool good = true;
    for (size_t i = 0; good && i < ARRAY_COUNT(names); i++) {
        char path[NET_PATH_MAX];
        net_path(path, net, "%s", names[i]);
        good = file_make_folder(path, fault);
    }
    return good;
}

static bool make_password(struct making *making, struct fault *fault)
{
    uint8_t random[PASSWORD_BYTES];
    struct buffer line = {0};
    random_fill(random, sizeof(random));
    hex_encode(making->password.text, BYTES_OF(random));
    buffer_format(&line, "%s\n", making->password.text);
    net_path(making->password_path, making->net, "password");
    bool good = file_write(making->password_path, buffer_bytes(&line), 0600, fault);
    buffer_close(&line);
    return good;
}

/* Make a wallet and its account. `balance` 0: an account that genesis need not know. */
static bool make_wallet(struct making *making, const char *name, uint64_t balance, uint8_t roles,
                        struct address *out, struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    struct public_key key;
    struct address address;
    struct keystore_secret secret = {.kind = KEYSTORE_KEY};
    const struct keystore_cost cost = KDF_COST;
    random_secret_key(&secret.is.key);
    public_key_of(&key, &secret.is.key);
    address_of(&address, &key);
    bool good = wallet_path(path, making->net->home, name, fault) &&
                wallet_create(path, &secret, NET_PREFIX, &making->password, &cost, fault);
    keystore_secret_close(&secret);
    if (balance > 0) {
        genesis_add_account(making->genesis, &address, balance, roles);
    }
    if (out != NULL) {
        *out = address;
    }
    return good;
}

static bool make_wallets(struct making *making, struct fault *fault)
{
    bool good =
        make_wallet(making, "admin", BALANCE_ADMIN, ROLE_ADMIN, NULL, fault) &&
        make_wallet(making, "treasury", 0, 0, &making->genesis->parameters.treasury, fault) &&
        make_wallet(making, "model-owner", BALANCE_MODEL, ROLE_PUBLISHER, NULL, fault);
    for (uint32_t i = 1; good && i <= making->net->owners; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "owner-%" PRIu32, i);
        good = make_wallet(making, name, BALANCE_OWNER, ROLE_CONTRIBUTOR, NULL, fault);
    }
    return good;
}

/* The value of a line "name = value" in what soukd prints. */
static bool find_value(char *out, size_t size, struct buffer *text, const char *name,
                       struct fault *fault)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof(wanted), "%s = ", name);
    const char *line = strstr(buffer_text(text), wanted);
    if (line == NULL) {
        return fault_set(fault, "soukd init printed no %s", name);
    }
    line += strlen(wanted);
    (void)snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
    return true;
}

bool make_node(const struct net *net, const struct part *part, struct public_key *key,
               struct point *node_key, struct fault *fault)
{
    char home[NET_PATH_MAX];
    char program[NET_PATH_MAX + 16];
    char p2p[32];
    char rpc[32];
    char hex[80];
    struct buffer text = {0};
    net_path(home, net, "%s", part->name);
    (void)snprintf(program, sizeof(program), "%s/soukd", net->bin);
    (void)snprintf(p2p, sizeof(p2p), "127.0.0.1:%u", net_p2p_port(net, part->index));
    (void)snprintf(rpc, sizeof(rpc), "127.0.0.1:%u", net_rpc_port(net, part->index));
    const struct process_command command = {{program, "init", "--home", home, "--prefix",
                                             NET_PREFIX, "--p2p-listen", p2p, "--rpc-listen", rpc}};
    bool good = process_run(&command, &text, fault) &&
                find_value(hex, sizeof(hex), &text, "public_key", fault);
    if (good && !hex_decode(key->bytes, sizeof(key->bytes), hex)) {
        good = fault_set(fault, "soukd init printed no public key");
    }
    good = good && find_value(hex, sizeof(hex), &text, "node_key", fault);
    if (good && !hex_decode(node_key->bytes, sizeof(node_key->bytes), hex)) {
        good = fault_set(fault, "soukd init printed no node key");
    }
    buffer_close(&text);
    return good;
}

/* Make its home, and put its keys into genesis. */
static bool make_validator(struct making *making, const struct part *part, struct fault *fault)
{
    struct public_key key;
    struct point node_key;
    struct address address;
    if (!make_node(making->net, part, &key, &node_key, fault)) {
        return false;
    }
    address_of(&address, &key);
    genesis_add_validator(making->genesis, &making->names, part, &key, &node_key);
    genesis_add_account(making->genesis, &address, BALANCE_NODE, 0);
    return true;
}

static bool make_server(struct making *making, const struct part *part, struct fault *fault)
{
    char home[NET_PATH_MAX];
    char program[NET_PATH_MAX + 16];
    struct address address;
    struct buffer text = {0};
    net_path(home, making->net, "%s", part->name);
    (void)snprintf(program, sizeof(program), "%s/souk-server", making->net->bin);
    const struct process_command make = {{program, "init", "--home", home, "--prefix", NET_PREFIX,
                                          "--kdf-cost", KDF_COST_OPTION, "--password-file",
                                          making->password_path}};
    const struct process_command ask = {{program, "address", "--home", home}};
    bool good = process_run(&make, NULL, fault) && process_run(&ask, &text, fault);
    if (good) {
        char error[200];
        (void)buffer_text(&text);
        char *line = (char *)text.data;
        line[strcspn(line, "\n")] = '\0';
        good = address_parse(&address, NET_PREFIX, line, error, sizeof(error)) ||
               fault_set(fault, "souk-server address printed '%.80s': %s", line, error);
    }
    if (good) {
        genesis_add_account(making->genesis, &address, BALANCE_SERVER, ROLE_SERVER);
    }
    buffer_close(&text);
    return good;
}

bool make_peers(const struct net *net, uint32_t validator, const struct point *node_keys,
                struct fault *fault)
{
    char path[NET_PATH_MAX];
    struct buffer text = {0};
    net_path(path, net, "node-%" PRIu32 "/config/soukd.conf", validator);
    bool good = file_read(&text, path, CONFIG_MAX, fault);
    for (uint32_t i = 1; i <= net->validators; i++) {
        if (i != validator) {
            char hex[2 * sizeof(struct point) + 1];
            hex_encode(hex, BYTES_OF(node_keys[i - 1].bytes));
            buffer_format(&text, "node-%" PRIu32 " = %s@127.0.0.1:%u\n", i, hex,
                          net_p2p_port(net, i));
        }
    }
    good = good && file_write(path, buffer_bytes(&text), 0644, fault);
    buffer_close(&text);
    return good;
}

static bool write_genesis(const struct making *making, struct fault *fault)
{
    char path[NET_PATH_MAX];
    struct buffer text = {0};
    struct point node_keys[NET_VALIDATORS_MAX];
    for (uint32_t i = 0; i < making->net->validators; i++) {
        node_keys[i] = making->genesis->validators[i].node_key;
    }
    bool good = genesis_write(&text, making->genesis, fault);
    net_path(path, making->net, "genesis.json");
    good = good && file_write(path, buffer_bytes(&text), 0644, fault);
    for (uint32_t i = 1; good && i <= making->net->validators; i++) {
        net_path(path, making->net, "node-%" PRIu32 "/config/genesis.json", i);
        good = file_write(path, buffer_bytes(&text), 0644, fault) &&
               make_peers(making->net, i, node_keys, fault);
    }
    buffer_close(&text);
    return good;
}

/* A path as one word of a shell. */
static void append_quoted(struct buffer *out, const char *text)
{
    buffer_append_text(out, "'");
    for (const char *c = text; *c != '\0'; c++) {
        buffer_format(out, *c == '\'' ? "'\\%c'" : "%c", *c);
    }
    buffer_append_text(out, "'\n");
}

static bool write_environment(const struct making *making, struct fault *fault)
{
    char path[NET_PATH_MAX];
    struct buffer text = {0};
    buffer_format(&text, "export SOUK_NODE=http://127.0.0.1:%u\n", net_rpc_port(making->net, 1));
    buffer_append_text(&text, "export SOUK_HOME=");
    append_quoted(&text, making->net->home);
    buffer_append_text(&text, "export SOUK_PASSWORD_FILE=");
    append_quoted(&text, making->password_path);
    net_path(path, making->net, "env");
    bool good = file_write(path, buffer_bytes(&text), 0644, fault);
    buffer_close(&text);
    return good;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool make_all(struct making *making, struct fault *fault)
{
    bool good = make_folders(making->net, fault) && make_password(making, fault);
    if (good) {
        genesis_begin(making->genesis, making->net, now_ms());
    }
    good = good && make_wallets(making, fault);
    for (size_t i = 0; good && i < making->part_count; i++) {
        const struct part *part = &making->parts[i];
        good = part->kind == PART_VALIDATOR ? make_validator(making, part, fault)
                                            : make_server(making, part, fault);
    }
    /* testnet.json comes last: a folder that holds it holds a whole network. */
    return good && write_genesis(making, fault) && write_environment(making, fault) &&
           net_save(making->net, fault);
}

bool make_network(const struct net *net, bool force, struct fault *fault)
{
    if (force ? !clear_network(net, fault) : !folder_empty(net->home, fault)) {
        return false;
    }
    struct making *making = memory_new(sizeof(*making));
    making->net = net;
    making->genesis = memory_new(sizeof(*making->genesis));
    making->part_count = net_parts(net, making->parts);
    bool good = make_all(making, fault);
    wallet_password_close(&making->password);
    free(making->genesis);
    free(making);
    return good;
}
