#include "node/config.h"

#include "base/memory.h"
#include "node/disk.h"
#include "node/rpc_guard.h"

#include <ini.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_CHARACTERS 190 /* the parser's own bound is 200 and cuts silently */
#define FLAG_MAX            64  /* characters of a setting's name */

enum kind { KIND_ENDPOINT, KIND_LEVEL, KIND_TEXT, KIND_LIST, KIND_U32, KIND_U64 };

struct row {
    const char *section;
    const char *key;
    enum kind kind;
    size_t offset;
    uint64_t min;
    uint64_t max;
    const char *value; /* default */
    const char *help;
};

#define ROW(section, key, kind, member, min, max, value, help)                                     \
    {                                                                                              \
        section, key, kind, offsetof(struct config, member), min, max, value, help                 \
    }

static const struct row rows[] = {
    ROW("p2p", "listen", KIND_ENDPOINT, p2p_listen, 0, 0, "127.0.0.1:26656",
        "address and port for the other nodes"),
    ROW("rpc", "listen", KIND_ENDPOINT, rpc_listen, 0, 0, "127.0.0.1:26657",
        "address and port for clients; keep it on loopback unless a proxy protects it"),
    ROW("rpc", "connections_max", KIND_U32, rpc_connections_max, 1, 65536, "1024",
        "clients at the same time"),
    ROW("rpc", "hosts", KIND_LIST, rpc_hosts, 0, 0, "",
        "names in Host that are answered, with commas; addresses and localhost are; *: all"),
    ROW("rpc", "origins", KIND_LIST, rpc_origins, 0, 0, "",
        "pages whose browsers are answered, with commas, as they stand in Origin; *: all"),
    ROW("log", "level", KIND_LEVEL, log_level, 0, 0, "info", "error, warn, info or debug"),
    ROW("keys", "password_file", KIND_TEXT, password_file, 0, 0, "",
        "file with the password of the validator key; empty: config/password in the home"),
    ROW("keys", "signer", KIND_TEXT, signer, 0, 0, "",
        "Unix socket of the souk-signer that has the validator key; empty: it is in the home"),
    ROW("mempool", "count_max", KIND_U32, mempool_count_max, 1, 1000000, "20000",
        "transactions in the pool; half of it at most wait for one with a lower nonce"),
    ROW("mempool", "bytes_max", KIND_U64, mempool_bytes_max, 1 << 20, UINT64_C(1) << 34,
        "134217728", "bytes in the pool, sidecars included"),
    ROW("mempool", "account_count_max", KIND_U32, mempool_account_count_max, 1, 10000, "256",
        "transactions of one account in the pool"),
    ROW("mempool", "expiry_max", KIND_U64, mempool_expiry_max, 1, 1000000000, "100000",
        "heights ahead of the chain at which a transaction may still expire"),
    ROW("mempool", "batch_ms", KIND_U32, mempool_batch_ms, 0, 1000, "0",
        "milliseconds that new transactions wait for others before they go to the validators"),
    ROW("consensus", "round_timeout_ms", KIND_U32, consensus_round_timeout_ms, 50, 30000, "500",
        "first time-out of a round; it grows by half with every round"),
    ROW("consensus", "status_interval_ms", KIND_U32, consensus_status_interval_ms, 50, 60000,
        "1000", "how often the nodes tell each other where they are"),
    ROW("consensus", "time_drift_ms", KIND_U32, consensus_time_drift_ms, 1, 3600000, "5000",
        "how far a block's time may be from this node's clock"),
    ROW("consensus", "short_bytes", KIND_U32, consensus_short_bytes, 0, UINT32_MAX, "1048576",
        "bytes of a proposal's copies for all validators, from which it goes out in short form"),
    ROW("blob", "quota", KIND_U64, blob_quota, 1 << 27, UINT64_C(1) << 44, "2147483648",
        "bytes of uploaded models and aggregates that no block names yet"),
    ROW("sync", "window", KIND_U32, sync_window, 1, 512, "64",
        "blocks asked for at once when catching up"),
    ROW("sync", "timeout_ms", KIND_U32, sync_timeout_ms, 100, 60000, "3000",
        "how long a peer may take to send blocks before another one is asked"),
    ROW("storage", "keep_blocks", KIND_U64, storage_keep_blocks, 0, UINT64_MAX, "0",
        "blocks that are kept, at least 100, besides two windows of a round; 0: all are kept"),
    ROW("storage", "segment_bytes", KIND_U32, storage_segment_bytes, 65536, 1 << 30, "67108864",
        "bytes after which a new file of blocks is begun; whole files make room"),
    ROW("snapshot", "interval", KIND_U64, snapshot_interval, 0, 1000000000, "10000",
        "a snapshot of the state is made at every multiple of this height; 0: never"),
    ROW("snapshot", "fetch", KIND_U64, snapshot_fetch, 0, 1000000000, "5000",
        "an empty node that lacks more blocks begins from a snapshot of the others; 0: never"),
    ROW("snapshot", "trust", KIND_TEXT, snapshot_trust, 0, 0, "",
        "HEIGHT:HASH of a block: begin from the snapshot of that block only"),
    ROW("snapshot", "keep", KIND_U32, snapshot_keep, 1, 32, "2", "newest snapshots that are kept"),
};

/* One line of error in the caller's buffer; returns false for `return fail(...)`. */
struct fault {
    char *text;
    size_t size;
};

static struct fault fault_of(char *text, size_t size)
{
    if (size > 0) {
        text[0] = '\0';
    }
    return (struct fault){text, size};
}

static bool fail(const struct fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fail(const struct fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (fault->size > 0) {
        (void)vsnprintf(fault->text, fault->size, format, arguments);
    }
    va_end(arguments);
    return false;
}

static bool parse_number(uint64_t *out, const char *text)
{
    if (!isdigit((unsigned char)text[0]) || strlen(text) > 20) {
        return false;
    }
    char *end = NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

/* host:port, or [IPv6]:port. */
static bool parse_endpoint(struct config_endpoint *out, const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;
    if (colon == NULL || !parse_number(&port, colon + 1) || port > UINT16_MAX) {
        return false;
    }
    size_t length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof(out->host) || memchr(text, '[', length) != NULL) {
        return false;
    }
    memcpy(out->host, text, length);
    out->host[length] = '\0';
    out->port = (uint16_t)port;
    return true;
}

static bool set_number(const struct row *row, uint8_t *member, const char *value,
                       const struct fault *fault)
{
    uint64_t number = 0;
    if (!parse_number(&number, value) || number < row->min || number > row->max) {
        return fail(fault, "%s.%s: '%.40s' is no whole number from %" PRIu64 " to %" PRIu64,
                    row->section, row->key, value, row->min, row->max);
    }
    uint32_t small = (uint32_t)number;
    memcpy(member, row->kind == KIND_U32 ? (const void *)&small : (const void *)&number,
           row->kind == KIND_U32 ? sizeof(small) : sizeof(number));
    return true;
}

static bool set_text(const struct row *row, char *member, const char *value,
                     const struct fault *fault)
{
    if (strlen(value) >= CONFIG_TEXT_MAX) {
        return fail(fault, "%s.%s: longer than %d characters", row->section, row->key,
                    CONFIG_TEXT_MAX - 1);
    }
    (void)snprintf(member, CONFIG_TEXT_MAX, "%s", value);
    return true;
}

static bool set_row(struct config *config, const struct row *row, const char *value,
                    const struct fault *fault)
{
    uint8_t *member = (uint8_t *)config + row->offset;
    struct config_endpoint endpoint = {{0}, 0};
    enum log_level level = LOG_LEVEL_INFO;
    uint32_t number;
    switch (row->kind) {
    case KIND_ENDPOINT:
        if (!parse_endpoint(&endpoint, value)) {
            return fail(fault, "%s.%s: '%.60s' is not host:port", row->section, row->key, value);
        }
        memcpy(member, &endpoint, sizeof(endpoint));
        return true;
    case KIND_LEVEL:
        if (!log_level_parse(&level, value)) {
            return fail(fault, "%s.%s: '%.40s' is none of error, warn, info, debug", row->section,
                        row->key, value);
        }
        number = (uint32_t)level;
        memcpy(member, &number, sizeof(number));
        return true;
    case KIND_LIST:
        if (!rpc_guard_list_valid(value)) {
            return fail(fault, "%s.%s: '%.60s' is no list with commas and without spaces",
                        row->section, row->key, value);
        }
        return set_text(row, (char *)member, value, fault);
    case KIND_TEXT:
        return set_text(row, (char *)member, value, fault);
    case KIND_U32:
    case KIND_U64:
        break;
    }
    return set_number(row, member, value, fault);
}

const char *config_address(char *out, size_t size, const char *host, uint16_t port)
{
    bool ipv6 = strchr(host, ':') != NULL;
    (void)snprintf(out, size, ipv6 ? "[%s]:%u" : "%s:%u", host, port);
    return out;
}

void config_init(struct config *config)
{
    memset(config, 0, sizeof(*config));
    const struct fault none = {NULL, 0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        bool good = set_row(config, &rows[i], rows[i].value, &none);
        assert(good);
    }
}

/* Levenshtein distance of two short names, for "did you mean". */
static size_t distance(const char *a, const char *b)
{
    size_t line[FLAG_MAX + 1];
    size_t b_length = strlen(b) > FLAG_MAX ? FLAG_MAX : strlen(b);
    for (size_t j = 0; j <= b_length; j++) {
        line[j] = j;
    }
    for (size_t i = 1; i <= strlen(a) && i <= FLAG_MAX; i++) {
        size_t diagonal = line[0];
        line[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            size_t best = line[j] < line[j - 1] ? line[j] + 1 : line[j - 1] + 1;
            diagonal = line[j];
            line[j] = best < change ? best : change;
        }
    }
    return line[b_length];
}

/* The known full name that is nearest to "section.key". */
static void nearest(char out[FLAG_MAX], const char *section, const char *key)
{
    char wanted[2 * FLAG_MAX];
    size_t best = SIZE_MAX;
    (void)snprintf(wanted, sizeof(wanted), "%.60s.%.60s", section, key);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char name[FLAG_MAX];
        (void)snprintf(name, sizeof(name), "%s.%s", rows[i].section, rows[i].key);
        size_t now = distance(wanted, name);
        if (now < best) {
            best = now;
            (void)snprintf(out, FLAG_MAX, "%s", name);
        }
    }
}

static bool set_peer(struct config *config, const char *name, const char *value,
                     const struct fault *fault)
{
    if (config->peer_count >= CONFIG_PEERS_MAX) {
        return fail(fault, "peers: more than %d", CONFIG_PEERS_MAX);
    }
    for (uint32_t i = 0; i < config->peer_count; i++) {
        if (strcmp(config->peers[i].name, name) == 0) {
            return fail(fault, "peers.%.32s: stands twice", name);
        }
    }
    struct config_peer *peer = &config->peers[config->peer_count];
    memset(peer, 0, sizeof(*peer));
    if (name[0] == '\0' || strlen(name) >= sizeof(peer->name)) {
        return fail(fault, "peers.%.40s: a name has 1 to %zu characters", name,
                    sizeof(peer->name) - 1);
    }
    (void)snprintf(peer->name, sizeof(peer->name), "%s", name);
    char key[2 * sizeof(peer->node_key.bytes) + 1];
    const char *at = strchr(value, '@');
    size_t length = at == NULL ? strlen(value) : (size_t)(at - value);
    if (length != sizeof(key) - 1) {
        return fail(fault, "peers.%s: '%.80s' is not nodekey@host:port with a key of 66 digits",
                    name, value);
    }
    memcpy(key, value, length);
    key[length] = '\0';
    if (!hex_decode(peer->node_key.bytes, sizeof(peer->node_key.bytes), key) ||
        !point_valid(&peer->node_key)) {
        return fail(fault, "peers.%s: the node key is no point of the curve", name);
    }
    if (at != NULL && !parse_endpoint(&peer->endpoint, at + 1)) {
        return fail(fault, "peers.%s: '%.60s' is not host:port", name, at + 1);
    }
    config->peer_count++;
    return true;
}

static bool set_key(struct config *config, const char *section, const char *key, const char *value,
                    const struct fault *fault)
{
    if (strcmp(section, "peers") == 0) {
        return set_peer(config, key, value, fault);
    }
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, key) == 0) {
            return set_row(config, &rows[i], value, fault);
        }
    }
    char name[FLAG_MAX];
    nearest(name, section, key);
    return fail(fault, "unknown key '%.40s' in [%.40s]; did you mean %s?", key, section, name);
}

/* Reading a file. */

struct file_reading {
    struct config *config;
    bool seen[ARRAY_COUNT(rows)];
    bool failed;
    char line[256];
};

static int on_line(void *user, const char *section, const char *name, const char *value)
{
    struct file_reading *reading = user;
    if (reading->failed) {
        return 1;
    }
    const struct fault fault = {reading->line, sizeof(reading->line)};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, name) == 0) {
            reading->failed = reading->seen[i];
            reading->seen[i] = true;
        }
    }
    if (reading->failed) {
        (void)fail(&fault, "%s.%s: stands twice", section, name);
        return 0;
    }
    reading->failed = !set_key(reading->config, section, name, value, &fault);
    return reading->failed ? 0 : 1;
}

static bool check_lines(const char *text, const struct fault *fault)
{
    unsigned line = 1;
    size_t length = 0;
    for (const char *c = text; *c != '\0'; c++) {
        length = *c == '\n' ? 0 : length + 1;
        if (length > LINE_MAX_CHARACTERS) {
            return fail(fault, "line %u: longer than %d characters", line, LINE_MAX_CHARACTERS);
        }
        line += *c == '\n';
    }
    return true;
}

bool config_read_text(struct config *config, const char *text, char *error, size_t error_size)
{
    const struct fault fault = fault_of(error, error_size);
    if (!check_lines(text, &fault)) {
        return false;
    }
    struct file_reading *reading = memory_new(sizeof(*reading));
    reading->config = config;
    int line = ini_parse_string(text, on_line, reading);
    bool good = line == 0;
    if (!good) {
        (void)fail(&fault, "line %d: %s", line,
                   reading->failed ? reading->line : "neither [section] nor key = value");
    }
    free(reading);
    return good;
}

bool config_read_file(struct config *config, const char *path, bool optional, char *error,
                      size_t error_size)
{
    const struct fault fault = fault_of(error, error_size);
    int file;
    int failure = disk_open_input(path, &file);
    if (failure != 0) {
        return (optional && failure == ENOENT) ||
               fail(&fault, "%s: %s", path, disk_error_text(failure));
    }
    size_t size;
    char *text = memory_new(CONFIG_FILE_SIZE_MAX + 1);
    failure = disk_read_input(file, text, CONFIG_FILE_SIZE_MAX + 1, &size);
    (void)close(file);
    bool good = failure == 0;
    char line[512];
    if (!good) {
        (void)fail(&fault, "%s: %s", path, disk_error_text(failure));
    } else if (size > CONFIG_FILE_SIZE_MAX) {
        good = fail(&fault, "%s: larger than %zu bytes", path, CONFIG_FILE_SIZE_MAX);
    } else if (memchr(text, '\0', size) != NULL) {
        good = fail(&fault, "%s: holds a zero byte", path);
    } else if (!config_read_text(config, text, line, sizeof(line))) {
        good = fail(&fault, "%s: %s", path, line);
    }
    free(text);
    return good;
}

static void variable_name(char out[FLAG_MAX], const struct row *row)
{
    (void)snprintf(out, FLAG_MAX, "SOUKD_%s_%s", row->section, row->key);
    for (char *c = out; *c != '\0'; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
}

/* Is this the name of a setting, or of what else the environment says? `likeness` is the most like it. */
static bool is_variable(const char *name, char likeness[FLAG_MAX])
{
    static const char *const others[] = {"SOUKD_HOME", "SOUKD_PASSWORD_FILE"};
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < ARRAY_COUNT(rows) + ARRAY_COUNT(others); i++) {
        char known[FLAG_MAX];
        if (i < ARRAY_COUNT(rows)) {
            variable_name(known, &rows[i]);
        } else {
            (void)snprintf(known, sizeof(known), "%s", others[i - ARRAY_COUNT(rows)]);
        }
        size_t now = distance(name, known);
        if (now < best) {
            best = now;
            (void)snprintf(likeness, FLAG_MAX, "%s", known);
        }
    }
    return best == 0;
}

/* What Kubernetes sets in each container for a service of the name soukd (its documentation, "Service: Environment
 * variables"): SOUKD_SERVICE_HOST, SOUKD_PORT_26656_TCP_ADDR and such. */
static bool of_a_service(const char *name)
{
    return strncmp(name, "SOUKD_SERVICE_", 14) == 0 || strcmp(name, "SOUKD_PORT") == 0 ||
           strncmp(name, "SOUKD_PORT_", 11) == 0;
}

/* A name that is mistyped would be a setting that is not in force. */
static bool refuse_unknown_variables(const struct fault *fault)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char name[FLAG_MAX];
        char likeness[FLAG_MAX];
        if (strncmp(*entry, "SOUKD_", 6) != 0) {
            continue;
        }
        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(*entry, "="), *entry);
        if (!of_a_service(name) && !is_variable(name, likeness)) {
            return fail(fault, "environment: unknown variable %s; did you mean %s?", name,
                        likeness);
        }
    }
    return true;
}

bool config_read_environment(struct config *config, char *error, size_t error_size)
{
    char line[256];
    const struct fault inner = {line, sizeof(line)};
    const struct fault fault = fault_of(error, error_size);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char name[FLAG_MAX];
        variable_name(name, &rows[i]);
        const char *value = secure_getenv(name);
        if (value != NULL && !set_row(config, &rows[i], value, &inner)) {
            return fail(&fault, "environment %s: %s", name, line);
        }
    }
    return refuse_unknown_variables(&fault);
}

static void flag_name(char out[FLAG_MAX], const struct row *row)
{
    (void)snprintf(out, FLAG_MAX, "%s-%s", row->section, row->key);
    for (char *c = out; *c != '\0'; c++) {
        if (*c == '_') {
            *c = '-';
        }
    }
}

bool config_set_flag(struct config *config, const char *flag, const char *value, char *error,
                     size_t error_size)
{
    const struct fault fault = fault_of(error, error_size);
    char best_name[FLAG_MAX] = "";
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char name[FLAG_MAX];
        flag_name(name, &rows[i]);
        if (strcmp(name, flag) == 0) {
            return set_row(config, &rows[i], value, &fault);
        }
        size_t now = distance(flag, name);
        if (now < best) {
            best = now;
            (void)snprintf(best_name, sizeof(best_name), "%s", name);
        }
    }
    return fail(&fault, "unknown flag --%.60s; did you mean --%s?", flag, best_name);
}

bool config_parse_trust(const char *text, uint64_t *height, uint8_t hash[32])
{
    char digits[21];
    const char *colon = strchr(text, ':');
    static const uint8_t nobody[32];
    *height = 0;
    memset(hash, 0, 32);
    if (text[0] == '\0') {
        return true;
    }
    size_t length = colon == NULL ? sizeof(digits) : (size_t)(colon - text);
    if (length >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    return parse_number(height, digits) && *height > 0 && hex_decode(hash, 32, colon + 1) &&
           memcmp(hash, nobody, sizeof(nobody)) != 0;
}

bool config_trust(const struct config *config, uint64_t *height, uint8_t hash[32])
{
    return config_parse_trust(config->snapshot_trust, height, hash);
}

bool config_check(const struct config *config, char *error, size_t error_size)
{
    const struct fault fault = fault_of(error, error_size);
    for (uint32_t i = 0; i < config->peer_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (bytes_equal(BYTES_OF(config->peers[i].node_key),
                            BYTES_OF(config->peers[j].node_key))) {
                return fail(&fault, "peers.%s: has the node key of %s", config->peers[i].name,
                            config->peers[j].name);
            }
        }
    }
    if (config->p2p_listen.port != 0 && config->p2p_listen.port == config->rpc_listen.port &&
        strcmp(config->p2p_listen.host, config->rpc_listen.host) == 0) {
        char address[CONFIG_ADDRESS_MAX];
        return fail(&fault, "rpc.listen: %s is the address of p2p.listen too",
                    config_address(address, sizeof(address), config->rpc_listen.host,
                                   config->rpc_listen.port));
    }
    uint64_t height;
    uint8_t hash[32];
    if (!config_trust(config, &height, hash)) {
        return fail(&fault,
                    "snapshot.trust: '%.100s' is not HEIGHT:HASH, as soukd snapshot list "
                    "prints it",
                    config->snapshot_trust);
    }
    return true;
}

static void print_endpoint(struct buffer *out, const struct config_endpoint *endpoint)
{
    char address[CONFIG_ADDRESS_MAX];
    buffer_append_text(out,
                       config_address(address, sizeof(address), endpoint->host, endpoint->port));
}

static void print_value(struct buffer *out, const struct row *row, const uint8_t *member)
{
    struct config_endpoint endpoint;
    uint32_t small;
    uint64_t large;
    switch (row->kind) {
    case KIND_ENDPOINT:
        memcpy(&endpoint, member, sizeof(endpoint));
        print_endpoint(out, &endpoint);
        return;
    case KIND_LEVEL:
        memcpy(&small, member, sizeof(small));
        buffer_append_text(out, log_level_text((enum log_level)small));
        return;
    case KIND_TEXT:
    case KIND_LIST:
        buffer_append_text(out, (const char *)member);
        return;
    case KIND_U32:
        memcpy(&small, member, sizeof(small));
        buffer_format(out, "%" PRIu32, small);
        return;
    case KIND_U64:
        memcpy(&large, member, sizeof(large));
        buffer_format(out, "%" PRIu64, large);
    }
}

void config_print(struct buffer *out, const struct config *config)
{
    const char *section = "";
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        if (strcmp(section, row->section) != 0) {
            section = row->section;
            buffer_format(out, "%s[%s]\n", i == 0 ? "" : "\n", section);
        }
        buffer_format(out, "# %s\n%s = ", row->help, row->key);
        print_value(out, row, (const uint8_t *)config + row->offset);
        buffer_append_text(out, "\n");
    }
    buffer_append_text(out, "\n[peers]\n# name = nodekey@host:port\n");
    for (uint32_t i = 0; i < config->peer_count; i++) {
        const struct config_peer *peer = &config->peers[i];
        char key[2 * sizeof(peer->node_key.bytes) + 1];
        hex_encode(key, BYTES_OF(peer->node_key));
        buffer_format(out, "%s = %s", peer->name, key);
        if (peer->endpoint.host[0] != '\0') {
            buffer_append_text(out, "@");
            print_endpoint(out, &peer->endpoint);
        }
        buffer_append_text(out, "\n");
    }
}

void config_print_flags(struct buffer *out)
{
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char name[FLAG_MAX];
        flag_name(name, &rows[i]);
        buffer_format(out, "  --%-30s %s (%s)\n", name, rows[i].help, rows[i].value);
    }
}
