#include "base/memory.h"
#include "node/command.h"
#include "node/genesis_file.h"
#include "node/home.h"
#include "node/keys.h"
#include "node/main_ask.h"
#include "node/node.h"
#include "node/open_files.h"
#include "node/voter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define ERROR_MAX  512

static const char usage_text[] =
    "usage: soukd [command] [--home DIR] [flags]\n"
    "\n"
    "  start            run the node (the default)\n"
    "  init             make the home: keys and a configuration\n"
    "  status           ask the running node where it is\n"
    "  verify           check blocks, log and state of a stopped node\n"
    "  inspect          status, block H, account A, state KEY or validators H of a stopped node\n"
    "  snapshot         list, create, verify or restore snapshots of the state\n"
    "  prune N          forget all but the last N blocks, and two windows of a round, when "
    "stopped\n"
    "  rollback H       bring blocks and state of a stopped node back to height H\n"
    "  compact          write the state database of a stopped node without its free pages\n"
    "  reset [yes]      remove blocks, state and log; keys and what they signed stay\n"
    "  signer           show what the validator key may have signed; trust: the log is the newest\n"
    "  fork OUT         write genesis and state of a new chain that goes on from a stopped node's\n"
    "  show-validator   print the public key of the validator key\n"
    "  show-node-key    print the public key of the node key\n"
    "  config check     read the configuration and say what is wrong with it\n"
    "  config show      print the configuration as it is used\n"
    "  version          print the version\n"
    "  help             this text\n"
    "\n"
    "  --home DIR       the node's directory (SOUKD_HOME, ~/.soukd)\n"
    "  --observer       init: make no validator key\n"
    "  --prefix TEXT    init: of addresses (tsouk)\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the chain needs a newer version. Flags of "
    "start, each also SOUKD_SECTION_KEY in "
    "the\n"
    "environment and a key in config/soukd.conf, with its default:\n";

struct arguments {
    const char *command;
    const char *word; /* second word of the command */
    char home[HOME_PATH_MAX];
    const char *prefix;
    bool observer;
    struct config *config;
};

static void print_usage(FILE *out)
{
    struct buffer flags = {0};
    config_print_flags(&flags);
    (void)fprintf(out, "%s%s", usage_text, buffer_text(&flags));
    buffer_close(&flags);
}

static int usage_fault(const char *text)
{
    (void)fprintf(stderr, "soukd: %s\n", text);
    return EXIT_USAGE;
}

static int failed(const char *text)
{
    (void)fprintf(stderr, "soukd: %s\n", text);
    return EXIT_FAILURE;
}

/* Where no flag says it. */
static bool default_home(struct arguments *arguments)
{
    const char *home = secure_getenv("SOUKD_HOME");
    const char *user = secure_getenv("HOME");
    int length;
    if (home != NULL && home[0] != '\0') {
        length = snprintf(arguments->home, sizeof(arguments->home), "%s", home);
    } else {
        length = snprintf(arguments->home, sizeof(arguments->home), "%s/.soukd",
                          user == NULL ? "" : user);
    }
    return length > 0 && (size_t)length < sizeof(arguments->home);
}

static bool set_home(struct arguments *arguments, const char *value)
{
    int length = snprintf(arguments->home, sizeof(arguments->home), "%s", value);
    return length > 0 && (size_t)length < sizeof(arguments->home);
}

/* The home is needed to find the file, which the other flags stand above: so it is read first. */
static bool find_home(struct arguments *arguments, int argc, char **argv)
{
    bool good = default_home(arguments);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--home=", 7) == 0) {
            good = set_home(arguments, argv[i] + 7);
        } else if (strcmp(argv[i], "--home") == 0 && i + 1 < argc) {
            good = set_home(arguments, argv[i + 1]);
        }
    }
    return good;
}

/* Take a flag that has a value: --name value or --name=value. */
static bool take_flag(struct arguments *arguments, const char *name, const char *value, char *error,
                      size_t error_size)
{
    if (strcmp(name, "home") == 0) {
        return true;
    }
    if (strcmp(name, "prefix") == 0) {
        arguments->prefix = value;
        return true;
    }
    return config_set_flag(arguments->config, name, value, error, error_size);
}

static bool take_word(struct arguments *arguments, const char *word, char *error, size_t error_size)
{
    if (arguments->command == NULL) {
        arguments->command = word;
    } else if (arguments->word == NULL) {
        arguments->word = word;
    } else {
        (void)snprintf(error, error_size, "'%.60s' is one word too many", word);
        return false;
    }
    return true;
}

static bool take_arguments(struct arguments *arguments, int argc, char **argv, char *error,
                           size_t error_size)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--version") == 0) {
            arguments->command = "version";
        } else if (strcmp(word, "--observer") == 0) {
            arguments->observer = true;
        } else if (strncmp(word, "--", 2) == 0) {
            char name[64];
            const char *equals = strchr(word, '=');
            size_t length = equals == NULL ? strlen(word + 2) : (size_t)(equals - word - 2);
            (void)snprintf(name, sizeof(name), "%.*s", length < 63 ? (int)length : 63, word + 2);
            if (equals == NULL && i + 1 == argc) {
                (void)snprintf(error, error_size, "--%s needs a value", name);
                return false;
            }
            const char *value = equals == NULL ? argv[++i] : equals + 1;
            if (!take_flag(arguments, name, value, error, error_size)) {
                return false;
            }
        } else if (!take_word(arguments, word, error, error_size)) {
            return false;
        }
    }
    return true;
}

static bool read_config(struct arguments *arguments, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    config_init(arguments->config);
    return home_path(path, arguments->home, "config/soukd.conf", error, error_size) &&
           config_read_file(arguments->config, path, true, error, error_size) &&
           config_read_environment(arguments->config, error, error_size);
}

static int command_show_keys(const struct arguments *arguments, bool validator)
{
    char error[ERROR_MAX];
    char text[67];
    struct public_key key;
    struct point point;
    if (validator) {
        if (!keys_show_validator(&key, arguments->home, error, sizeof(error))) {
            return failed(error);
        }
        hex_encode(text, BYTES_OF(key));
    } else {
        if (!keys_show_node(&point, arguments->home, error, sizeof(error))) {
            return failed(error);
        }
        hex_encode(text, BYTES_OF(point));
    }
    (void)printf("%s\n", text);
    return EXIT_SUCCESS;
}

/* Write config/soukd.conf where there is none. */
static bool write_config(const struct arguments *arguments, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, arguments->home, "config/soukd.conf", error, error_size)) {
        return false;
    }
    FILE *file = fopen(path, "wxe");
    if (file == NULL) {
        if (errno == EEXIST) {
            return true;
        }
        (void)snprintf(error, error_size, "%.400s: %s", path, strerrordesc_np(errno));
        return false;
    }
    struct buffer text = {0};
    config_print(&text, arguments->config);
    bool good = fputs(buffer_text(&text), file) >= 0;
    good = fclose(file) == 0 && good;
    buffer_close(&text);
    if (!good) {
        (void)unlink(path); /* half a file would be taken for the operator's own the next time */
        (void)snprintf(error, error_size, "%.400s: cannot be written", path);
    }
    return good;
}

static bool prefix_valid(const char *prefix)
{
    size_t length = strlen(prefix);
    return length >= 1 && length <= ADDRESS_PREFIX_MAX &&
           strspn(prefix, "abcdefghijklmnopqrstuvwxyz") == length;
}

static int command_init(const struct arguments *arguments)
{
    char error[ERROR_MAX];
    const char *prefix = arguments->prefix == NULL ? "tsouk" : arguments->prefix;
    if (!prefix_valid(prefix)) {
        return usage_fault("--prefix: 1 to 16 lower-case letters are expected");
    }
    if (!home_create(arguments->home, error, sizeof(error)) ||
        !keys_make(arguments->home, !arguments->observer, prefix, error, sizeof(error)) ||
        !write_config(arguments, error, sizeof(error))) {
        return failed(error);
    }
    (void)printf("home = %s\n", arguments->home);
    struct public_key key;
    struct point point;
    char text[67];
    if (keys_show_validator(&key, arguments->home, error, sizeof(error))) {
        struct address address;
        char address_text[ADDRESS_TEXT_MAX];
        hex_encode(text, BYTES_OF(key));
        address_of(&address, &key);
        address_print(address_text, prefix, &address);
        (void)printf("public_key = %s\naddress = %s\n", text, address_text);
    }
    if (!keys_show_node(&point, arguments->home, error, sizeof(error))) {
        return failed(error);
    }
    hex_encode(text, BYTES_OF(point));
    (void)printf("node_key = %s\n", text);
    return EXIT_SUCCESS;
}

/* What a start reads before it opens its stores: the genesis, and the keys as voter_open() wants them, but for who
 * answers at keys.signer. */
static bool check_home(const struct arguments *arguments, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    char chain[65];
    struct keys keys;
    struct genesis_file *genesis = NULL;
    if (!home_path(path, arguments->home, HOME_GENESIS, error, error_size) ||
        !genesis_file_load(&genesis, path, error, error_size)) {
        return false;
    }
    hex_encode(chain, BYTES_OF(genesis->chain_id));
    genesis_file_free(genesis);
    if (!keys_load(&keys, arguments->home, arguments->config->password_file, error, error_size)) {
        return false;
    }
    bool good = voter_keys_fit(&keys, arguments->config, error, error_size);
    keys_close(&keys);
    if (good) {
        (void)printf("chain_id = %s\nthe configuration is good\n", chain);
    }
    return good;
}

static int command_config(const struct arguments *arguments)
{
    char error[ERROR_MAX];
    bool show = arguments->word != NULL && strcmp(arguments->word, "show") == 0;
    bool check = arguments->word != NULL && strcmp(arguments->word, "check") == 0;
    if (!show && !check) {
        return usage_fault("config: 'check' or 'show' is expected");
    }
    if (!config_check(arguments->config, error, sizeof(error))) {
        return failed(error);
    }
    if (show) {
        struct buffer text = {0};
        config_print(&text, arguments->config);
        (void)fputs(buffer_text(&text), stdout);
        buffer_close(&text);
        return EXIT_SUCCESS;
    }
    return check_home(arguments, error, sizeof(error)) ? EXIT_SUCCESS : failed(error);
}

static int command_start(const struct arguments *arguments)
{
    char error[ERROR_MAX];
    if (!config_check(arguments->config, error, sizeof(error)) ||
        !open_files_fit(&arguments->config->rpc_connections_max, arguments->config->peer_count,
                        error, sizeof(error))) {
        return failed(error);
    }
    return node_run(arguments->home, arguments->config);
}

static int run(const struct arguments *arguments)
{
    const char *command = arguments->command == NULL ? "start" : arguments->command;
    if (strcmp(command, "help") == 0) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(command, "config") == 0) {
        return command_config(arguments);
    }
    if (arguments->word != NULL) {
        return usage_fault("one word too many; try soukd help");
    }
    if (strcmp(command, "version") == 0) {
        (void)printf("soukd %s\n", SOUK_VERSION);
        return EXIT_SUCCESS;
    }
    if (strcmp(command, "start") == 0) {
        return command_start(arguments);
    }
    if (strcmp(command, "init") == 0) {
        return command_init(arguments);
    }
    if (strcmp(command, "status") == 0) {
        return main_ask(arguments->home, "chain_status");
    }
    if (strcmp(command, "show-validator") == 0) {
        return command_show_keys(arguments, true);
    }
    if (strcmp(command, "show-node-key") == 0) {
        return command_show_keys(arguments, false);
    }
    (void)fprintf(stderr, "soukd: there is no command '%.40s'; try soukd help\n", command);
    return EXIT_USAGE;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

/* Commands on the home of a stopped node. */
static bool run_offline(int argc, char **argv, int *code)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"verify", command_verify},     {"inspect", command_inspect},
        {"fork", command_fork},         {"signer", command_signer},
        {"snapshot", command_snapshot}, {"prune", command_prune},
        {"compact", command_compact},   {"reset", command_reset},
        {"rollback", command_rollback},
    };
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        if (strcmp(argv[0], commands[i].name) == 0) {
            *code = commands[i].run(argc, argv);
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    if (asks_for_help(argc, argv)) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    int done;
    if (argc >= 2 && run_offline(argc - 1, argv + 1, &done)) {
        return done;
    }
    char error[ERROR_MAX];
    struct arguments *arguments = memory_new(sizeof(*arguments));
    arguments->config = memory_new(sizeof(*arguments->config));
    int code;
    if (!find_home(arguments, argc, argv)) {
        code = usage_fault("--home: the path is too long");
    } else if (!read_config(arguments, error, sizeof(error))) {
        code = failed(error);
    } else if (!take_arguments(arguments, argc, argv, error, sizeof(error))) {
        code = usage_fault(error);
    } else {
        code = run(arguments);
    }
    free(arguments->config);
    free(arguments);
    return code;
}
