#include "tools/testnet/control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tools/client/file.h"
#include "tools/client/http.h"
#include "tools/client/rpc.h"
#include "tools/testnet/process.h"

#define READY_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS  15000
#define STEP_MS          50
#define PROBE_TIMEOUT_MS 2000
#define LOG_TAIL_MAX     (16u << 20) /* bytes of a log that is read for its last line */

static uint64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static void pid_path(char out[NET_PATH_MAX], const struct net *net, const struct part *part)
{
    net_path(out, net, "run/%s.pid", part->name);
}

static void log_path(char out[NET_PATH_MAX], const struct net *net, const struct part *part)
{
    net_path(out, net, "logs/%s.log", part->name);
}

bool control_runs(const struct net *net, const struct part *part)
{
    char path[NET_PATH_MAX];
    pid_path(path, net, part);
    return process_find(path) != 0;
}

/* Nobody may listen on the port of a process that we are about to start. */
static bool port_free(uint16_t port, struct fault *fault)
{
    const int yes = 1;
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    bool good =
        descriptor >= 0 &&
        bind(descriptor, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0 &&
        listen(descriptor, 1) == 0;
    int reason = errno;
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return good ||
           fault_set(fault,
                     "port %u of 127.0.0.1 cannot be used: %s; stop what uses it, or make the "
                     "network with another --base-port",
                     port, strerrordesc_np(reason));
}

static bool ports_free(const struct net *net, const struct part *part, struct fault *fault)
{
    return port_free(net_http_port(net, part), fault) &&
           (part->kind == PART_SERVER || port_free(net_p2p_port(net, part->index), fault));
}

/* The node that a server or the registration of one speaks to. */
static void node_url(char out[48], const struct net *net, uint32_t server)
{
    (void)snprintf(out, 48, "http://127.0.0.1:%u",
                   net_rpc_port(net, (server - 1) % net->validators + 1));
}

static bool start_part(const struct net *net, const struct part *part, struct fault *fault)
{
    char program[NET_PATH_MAX + 16];
    char home[NET_PATH_MAX];
    char log[NET_PATH_MAX];
    char pid_file[NET_PATH_MAX];
    char password[NET_PATH_MAX];
    char node[48];
    char port[8];
    net_path(home, net, "%s", part->name);
    net_path(password, net, "password");
    log_path(log, net, part);
    pid_path(pid_file, net, part);
    node_url(node, net, part->index);
    (void)snprintf(program, sizeof(program), "%s/%s", net->bin,
                   part->kind == PART_VALIDATOR ? "soukd" : "souk-server");
    (void)snprintf(port, sizeof(port), "%u", net_http_port(net, part));
    const struct process_command validator = {{program, "start", "--home", home}};
    const struct process_command server = {{program, "run", "--home", home, "--node", node,
                                            "--password-file", password, "--port", port}};
    return ports_free(net, part, fault) &&
           process_start(part->kind == PART_VALIDATOR ? &validator : &server, log, pid_file, fault);
}

/* True where GET /readyz answers 200. */
static bool part_ready(const struct net *net, const struct part *part)
{
    char url[64];
    long status = 0;
    struct fault fault;
    struct buffer answer = {0};
    struct http *http = http_new();
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/readyz", net_http_port(net, part));
    const struct http_call call = {
        .method = "GET", .url = url, .timeout_ms = PROBE_TIMEOUT_MS, .answer_max = 65536};
    bool ready = http_perform(http, &call, &status, &answer, &fault) && status == 200;
    http_free(http);
    buffer_close(&answer);
    return ready;
}

/* Say that a process ended, with the last line of its log. */
static bool ended(const struct net *net, const struct part *part, struct fault *fault)
{
    char path[NET_PATH_MAX];
    struct fault unread;
    struct buffer text = {0};
    log_path(path, net, part);
    const char *line = "its log is empty";
    if (file_read(&text, path, LOG_TAIL_MAX, &unread) && text.size > 0) {
        text.size -= text.data[text.size - 1] == '\n' ? 1 : 0;
        line = buffer_text(&text);
        const char *newline = strrchr(line, '\n');
        line = newline == NULL ? line : newline + 1;
    }
    (void)fault_set(fault, "%s ended: %.300s (%.120s)", part->name, line, path);
    buffer_close(&text);
    return false;
}

bool control_await(const struct net *net, const struct part *part, struct fault *fault)
{
    uint64_t end = clock_ms() + READY_TIMEOUT_MS;
    while (!part_ready(net, part)) {
        if (!control_runs(net, part)) {
            return ended(net, part, fault);
        }
        if (clock_ms() > end) {
            return fault_set(fault, "%s is not ready after %d s; its log is in %.300s/logs",
                             part->name, READY_TIMEOUT_MS / 1000, net->home);
        }
        pause_ms(STEP_MS);
    }
    return true;
}

/* Start the parts of one kind that do not run, and wait for all of the kind. */
static bool start_kind(const struct net *net, enum part_kind kind, struct fault *fault)
{
    struct part parts[NET_PARTS_MAX];
    size_t count = net_parts(net, parts);
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        if (parts[i].kind == kind && !control_runs(net, &parts[i])) {
            (void)fprintf(stderr, "starting %s\n", parts[i].name);
            good = start_part(net, &parts[i], fault);
        }
    }
    for (size_t i = 0; good && i < count; i++) {
        if (parts[i].kind == kind) {
            good = control_await(net, &parts[i], fault);
        }
    }
    return good;
}

static bool server_registered(struct rpc *rpc, const char *address)
{
    struct fault fault;
    json_t *answer = rpc_call(rpc, "market_server", json_pack("{s:s}", "address", address), &fault);
    const json_t *server = json_object_get(answer, "server");
    bool registered = json_is_true(json_object_get(server, "registered"));
    json_decref(answer);
    return registered;
}

static bool register_server(const struct net *net, uint32_t server, struct rpc *rpc,
                            struct fault *fault)
{
    char program[NET_PATH_MAX + 16];
    char home[NET_PATH_MAX];
    char password[NET_PATH_MAX];
    char node[48];
    char endpoint[48];
    struct buffer text = {0};
    net_path(home, net, "server-%" PRIu32, server);
    net_path(password, net, "password");
    node_url(node, net, server);
    (void)snprintf(program, sizeof(program), "%s/souk-server", net->bin);
    (void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u", net_server_port(net, server));
    const struct process_command ask = {{program, "address", "--home", home}};
    const struct process_command enter = {{program, "register", "--home", home, "--node", node,
                                           "--password-file", password, "--endpoint", endpoint}};
    bool good = process_run(&ask, &text, fault);
    if (good) {
        (void)buffer_text(&text);
        char *address = (char *)text.data;
        address[strcspn(address, "\n")] = '\0';
        if (!server_registered(rpc, address)) {
            (void)fprintf(stderr, "registering server-%" PRIu32 "\n", server);
            good = process_run(&enter, NULL, fault);
        }
    }
    buffer_close(&text);
    return good;
}

static bool register_servers(const struct net *net, struct fault *fault)
{
    char node[48];
    node_url(node, net, 1);
    struct rpc *rpc = rpc_new(node);
    bool good = true;
    for (uint32_t j = 1; good && j <= net->servers; j++) {
        good = register_server(net, j, rpc, fault);
    }
    rpc_free(rpc);
    return good;
}

bool control_up(const struct net *net, struct fault *fault)
{
    return start_kind(net, PART_VALIDATOR, fault) && register_servers(net, fault) &&
           start_kind(net, PART_SERVER, fault);
}

/* Send a signal to every living part; returns how many live. */
static size_t signal_all(const struct net *net, int signal)
{
    struct part parts[NET_PARTS_MAX];
    size_t count = net_parts(net, parts);
    size_t alive = 0;
    for (size_t i = count; i > 0; i--) {
        char path[NET_PATH_MAX];
        pid_path(path, net, &parts[i - 1]);
        if (signal == SIGKILL && process_find(path) != 0) {
            (void)fprintf(stderr, "%s does not end and is killed\n", parts[i - 1].name);
        }
        alive += signal == 0 ? process_find(path) != 0 : process_signal(path, signal);
    }
    return alive;
}

size_t control_down(const struct net *net)
{
    size_t running = signal_all(net, SIGTERM);
    uint64_t end = clock_ms() + STOP_TIMEOUT_MS;
    while (signal_all(net, 0) > 0 && clock_ms() < end) {
        pause_ms(STEP_MS);
    }
    while (signal_all(net, 0) > 0) {
        (void)signal_all(net, SIGKILL);
        pause_ms(STEP_MS);
    }
    return running;
}

/* Wait until a process that got a signal is gone. */
static bool wait_gone(const struct net *net, const struct part *part, uint64_t timeout_ms)
{
    uint64_t end = clock_ms() + timeout_ms;
    while (control_runs(net, part) && clock_ms() < end) {
        pause_ms(STEP_MS);
    }
    return !control_runs(net, part);
}

bool control_kill(const struct net *net, const struct part *part, struct fault *fault)
{
    char path[NET_PATH_MAX];
    pid_path(path, net, part);
    if (!process_signal(path, SIGKILL)) {
        return fault_set(fault, "%s does not run", part->name);
    }
    return wait_gone(net, part, STOP_TIMEOUT_MS) ||
           fault_set(fault, "%s does not end after SIGKILL", part->name);
}

bool control_restart(const struct net *net, const struct part *part, struct fault *fault)
{
    char path[NET_PATH_MAX];
    pid_path(path, net, part);
    if (process_signal(path, SIGTERM) && !wait_gone(net, part, STOP_TIMEOUT_MS)) {
        (void)fprintf(stderr, "%s does not end and is killed\n", part->name);
        if (!control_kill(net, part, fault)) {
            return false;
        }
    }
    return start_part(net, part, fault) && control_await(net, part, fault);
}

/* What chain_status says of a validator; nulls where it does not answer. */
static void add_chain_status(json_t *row, const char *url)
{
    struct fault fault;
    struct rpc *rpc = rpc_new(url);
    json_t *answer = rpc_call_within(rpc, "chain_status", NULL, PROBE_TIMEOUT_MS, &fault);
    static const char *const names[][2] = {
        {"height", "height"}, {"state_root", "state_root"}, {"peers", "peers_connected"}};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        json_t *value = json_object_get(answer, names[i][1]);
        (void)json_object_set(row, names[i][0], value == NULL ? json_null() : value);
    }
    json_decref(answer);
    rpc_free(rpc);
}

json_t *control_status(const struct net *net)
{
    struct part parts[NET_PARTS_MAX];
    size_t count = net_parts(net, parts);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char path[NET_PATH_MAX];
        char url[48];
        pid_path(path, net, &parts[i]);
        pid_t pid = process_find(path);
        bool validator = parts[i].kind == PART_VALIDATOR;
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", net_http_port(net, &parts[i]));
        json_t *row =
            json_pack("{s:s, s:s, s:s, s:o, s:b, s:n, s:n, s:n}", "name", parts[i].name, "kind",
                      validator ? "validator" : "server", "url", url, "pid",
                      pid == 0 ? json_null() : json_integer(pid), "ready",
                      pid != 0 && part_ready(net, &parts[i]), "height", "state_root", "peers");
        if (validator && pid != 0) {
            add_chain_status(row, url);
        }
        (void)json_array_append_new(list, row);
    }
    return list;
}

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text == NULL ? "-" : text;
}

static void number_of(char out[24], const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    if (json_is_integer(value)) {
        (void)snprintf(out, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        (void)snprintf(out, 24, "-");
    }
}

void control_print(const json_t *status)
{
    size_t index;
    json_t *row;
    printf("%-10s %8s  %-5s  %8s  %-12s  %5s  %s\n", "NAME", "PID", "READY", "HEIGHT", "STATE",
           "PEERS", "URL");
    json_array_foreach(status, index, row)
    {
        char pid[24];
        char peers[24];
        number_of(pid, row, "pid");
        number_of(peers, row, "peers");
        printf("%-10s %8s  %-5s  %8s  %-12.12s  %5s  %s\n", text_of(row, "name"), pid,
               json_is_true(json_object_get(row, "ready")) ? "yes" : "no", text_of(row, "height"),
               text_of(row, "state_root"), peers, text_of(row, "url"));
    }
}
