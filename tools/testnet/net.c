#include "tools/testnet/net.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/file.h"

#define NET_FILE_MAX 65536 /* bytes */
#define NAME_ROOM    128   /* characters that names inside the home may take */

/* The folder of this very program: its siblings are beside it. */
static bool own_folder(char out[NET_PATH_MAX], struct fault *fault)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (size <= 0) {
        return fault_set(fault, "/proc/self/exe: %s; name the folder of the programs by --bin",
                         strerrordesc_np(errno));
    }
    path[size] = '\0';
    *strrchr(path, '/') = '\0'; /* the kernel gives an absolute path */
    return snprintf(out, NET_PATH_MAX, "%s", path) < NET_PATH_MAX ||
           fault_set(fault, "the path of this program is too long");
}

static bool make_absolute(char out[NET_PATH_MAX], const char *what, const char *path,
                          struct fault *fault)
{
    char here[PATH_MAX] = "";
    if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL) {
        return fault_set(fault, "the working folder: %s", strerrordesc_np(errno));
    }
    int length = snprintf(out, NET_PATH_MAX, "%s%s%s", here, path[0] == '/' ? "" : "/", path);
    if (path[0] == '\0' || length < 0 || length >= NET_PATH_MAX - NAME_ROOM) {
        return fault_set(fault, "%s is '%.60s', a path of 1 to %d characters is expected", what,
                         path, NET_PATH_MAX - NAME_ROOM - 1);
    }
    return true;
}

bool net_locate(struct net *net, const struct cli *cli, struct fault *fault)
{
    const char *home = cli_value(cli, "home");
    const char *bin = cli_value(cli, "bin");
    memset(net, 0, sizeof(*net));
    return make_absolute(net->home, "--home", home == NULL ? "souk-testnet" : home, fault) &&
           (bin == NULL ? own_folder(net->bin, fault)
                        : make_absolute(net->bin, "--bin", bin, fault));
}

void net_path(char out[NET_PATH_MAX], const struct net *net, const char *format, ...)
{
    va_list arguments;
    int length = snprintf(out, NET_PATH_MAX, "%s/", net->home);
    va_start(arguments, format);
    (void)vsnprintf(out + length, (size_t)(NET_PATH_MAX - length), format, arguments);
    va_end(arguments);
}

/* The numbers of testnet.json and their ranges. */
struct number {
    const char *name;
    uint32_t *value;
    uint32_t min;
    uint32_t max;
};

#define NUMBER_COUNT 6

static void list_numbers(struct net *net, struct number out[NUMBER_COUNT])
{
    const struct number numbers[NUMBER_COUNT] = {
        {"validators", &net->validators, 1, NET_VALIDATORS_MAX},
        {"added", &net->added, 0, NET_VALIDATORS_MAX - 1},
        {"servers", &net->servers, 0, NET_SERVERS_MAX},
        {"owners", &net->owners, 0, NET_OWNERS_MAX},
        {"base_port", &net->base_port, 1, UINT16_MAX},
        {"empty_block_interval_ms", &net->empty_block_interval_ms, 1, 3600000},
    };
    memcpy(out, numbers, sizeof(numbers));
}

static bool read_numbers(struct net *net, const json_t *json, const char *path, struct fault *fault)
{
    struct number numbers[NUMBER_COUNT];
    list_numbers(net, numbers);
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        const json_t *value = json_object_get(json, numbers[i].name);
        json_int_t number = json_integer_value(value);
        if (!json_is_integer(value) || number < numbers[i].min || number > numbers[i].max) {
            return fault_set(fault,
                             "%s: %s is missing or not a number from %" PRIu32 " to %" PRIu32, path,
                             numbers[i].name, numbers[i].min, numbers[i].max);
        }
        *numbers[i].value = (uint32_t)number;
    }
    if (net->added >= net->validators) {
        return fault_set(fault, "%s: added is not below validators", path);
    }
    return net_last_port(net) <= UINT16_MAX ||
           fault_set(fault, "%s: base_port is too large for so many processes", path);
}

bool net_load(struct net *net, struct fault *fault)
{
    char path[NET_PATH_MAX];
    struct buffer text = {0};
    net_path(path, net, "testnet.json");
    if (!file_exists(path)) {
        return fault_set(fault, "%s holds no network: 'souk-testnet init' makes one", net->home);
    }
    if (!file_read(&text, path, NET_FILE_MAX, fault)) {
        buffer_close(&text);
        return false;
    }
    json_error_t error;
    json_t *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    bool good = json != NULL ? read_numbers(net, json, path, fault)
                             : fault_set(fault, "%s: line %d: %s", path, error.line, error.text);
    json_decref(json);
    buffer_close(&text);
    return good;
}

bool net_save(const struct net *net, struct fault *fault)
{
    char path[NET_PATH_MAX];
    struct net copy = *net;
    struct number numbers[NUMBER_COUNT];
    json_t *json = json_object();
    list_numbers(&copy, numbers);
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        (void)json_object_set_new(json, numbers[i].name, json_integer(*numbers[i].value));
    }
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    net_path(path, net, "testnet.json");
    bool good = file_write(path, bytes_of_text(text), 0644, fault);
    free(text);
    return good;
}

static void name_part(struct part *out, enum part_kind kind, uint32_t index)
{
    out->kind = kind;
    out->index = index;
    (void)snprintf(out->name, sizeof(out->name), "%s-%" PRIu32,
                   kind == PART_VALIDATOR ? "node" : "server", index);
}

size_t net_parts(const struct net *net, struct part out[NET_PARTS_MAX])
{
    size_t count = 0;
    for (uint32_t i = 1; i <= net->validators; i++) {
        name_part(&out[count++], PART_VALIDATOR, i);
    }
    for (uint32_t j = 1; j <= net->servers; j++) {
        name_part(&out[count++], PART_SERVER, j);
    }
    return count;
}

bool net_part(const struct net *net, const struct cli *cli, struct part *out, struct fault *fault)
{
    bool server = cli_flag(cli, "server");
    uint32_t count = server ? net->servers : net->validators;
    uint64_t index = 0;
    struct part parts[NET_PARTS_MAX];
    for (size_t i = net_parts(net, parts); i > 0; i--) {
        if (strcmp(parts[i - 1].name, cli_argument(cli, 0)) == 0) {
            *out = parts[i - 1];
            return true;
        }
    }
    if (!cli_number(&index, server ? "the server's number" : "the validator's number",
                    cli_argument(cli, 0), 0, 1, count, fault)) {
        return false;
    }
    name_part(out, server ? PART_SERVER : PART_VALIDATOR, (uint32_t)index);
    return true;
}

static uint32_t founders(const struct net *net)
{
    return net->validators - net->added;
}

uint16_t net_p2p_port(const struct net *net, uint32_t validator)
{
    uint32_t servers = validator > founders(net) ? net->servers : 0;
    return (uint16_t)(net->base_port + servers + 2 * (validator - 1));
}

uint16_t net_rpc_port(const struct net *net, uint32_t validator)
{
    return (uint16_t)(net_p2p_port(net, validator) + 1);
}

uint16_t net_server_port(const struct net *net, uint32_t server)
{
    return (uint16_t)(net->base_port + 2 * founders(net) + server - 1);
}

uint16_t net_http_port(const struct net *net, const struct part *part)
{
    return part->kind == PART_VALIDATOR ? net_rpc_port(net, part->index)
                                        : net_server_port(net, part->index);
}

uint32_t net_last_port(const struct net *net)
{
    return net->base_port + 2 * net->validators + net->servers - 1;
}
