#include "tools/client/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cli {
    const struct cli_program *program;
    const struct cli_command *command;
    const struct cli_option *options[CLI_OPTIONS_MAX];
    const char *values[CLI_OPTIONS_MAX];
    size_t option_count;
    char **arguments;
    int argument_count;
};

static const struct cli_option json_option = {"json", NULL, "print JSON for programs"};
static const struct cli_option help_option = {"help", NULL, "print this"};

static void add_option(struct cli *cli, const struct cli_option *option)
{
    assert(cli->option_count < CLI_OPTIONS_MAX);
    cli->options[cli->option_count++] = option;
}

static void print_program_help(const struct cli_program *program, FILE *out)
{
    (void)fprintf(out, "usage: %s COMMAND [OPTIONS]\n\n%s\n\ncommands:\n", program->name,
                  program->summary);
    for (size_t i = 0; i < program->command_count; i++) {
        const struct cli_command *command = &program->commands[i];
        (void)fprintf(out, "  %-18s %s\n", command->name, command->summary);
    }
    (void)fprintf(out, "\n'%s COMMAND --help' tells the options of one.\n", program->name);
}

/* The command's own options come first, then the common ones. */
static bool has_effect(const struct cli *cli, size_t index)
{
    size_t own = cli->command->option_count;
    return cli->program->heeds == NULL || index < own ||
           index >= own + cli->program->common_option_count ||
           cli->program->heeds(cli->command->name, cli->options[index]->name);
}

static void print_command_help(const struct cli *cli)
{
    const struct cli_command *command = cli->command;
    printf("usage: %s %s%s%s [OPTIONS]\n\n%s\n\noptions:\n", cli->program->name, command->name,
           command->arguments[0] == '\0' ? "" : " ", command->arguments, command->summary);
    for (size_t i = 0; i < cli->option_count; i++) {
        char left[64];
        const struct cli_option *option = cli->options[i];
        if (!has_effect(cli, i)) {
            continue;
        }
        (void)snprintf(left, sizeof(left), "--%s%s%s", option->name,
                       option->value == NULL ? "" : " ",
                       option->value == NULL ? "" : option->value);
        printf("  %-26s %s\n", left, option->help);
    }
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
    const char *command = cli->command == NULL ? "" : cli->command->name;
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "%s: %s\ntry '%s %s%s--help'\n", cli->program->name, line,
                  cli->program->name, command, command[0] == '\0' ? "" : " ");
    return CLI_USAGE;
}

int cli_fail(const struct cli *cli, const struct fault *fault)
{
    (void)fprintf(stderr, "%s: %s\n", cli->program->name, fault->text);
    return CLI_FAILED;
}

/* Words of a command's name that argv begins with; 0 where it is another command. */
static int words_matching(const struct cli_command *command, int argc, char **argv)
{
    const char *space = strchr(command->name, ' ');
    if (space == NULL) {
        return argc >= 1 && strcmp(argv[0], command->name) == 0 ? 1 : 0;
    }
    size_t first = (size_t)(space - command->name);
    bool both = argc >= 2 && strlen(argv[0]) == first &&
                strncmp(argv[0], command->name, first) == 0 && strcmp(argv[1], space + 1) == 0;
    return both ? 2 : 0;
}

/* "souk round" without a second word: list what there is. */
static int unknown_command(struct cli *cli, const char *word)
{
    size_t length = strlen(word);
    bool prefix = false;
    for (size_t i = 0; i < cli->program->command_count; i++) {
        const struct cli_command *command = &cli->program->commands[i];
        if (strncmp(command->name, word, length) == 0 && command->name[length] == ' ') {
            if (!prefix) {
                (void)fprintf(stderr, "%s: '%s' needs one of these:\n", cli->program->name, word);
            }
            (void)fprintf(stderr, "  %-18s %s\n", command->name, command->summary);
            prefix = true;
        }
    }
    return prefix ? CLI_USAGE : cli_usage(cli, "there is no command '%s'", word);
}

static size_t find_option(const struct cli *cli, const char *name, size_t length)
{
    for (size_t i = 0; i < cli->option_count; i++) {
        if (strlen(cli->options[i]->name) == length &&
            strncmp(cli->options[i]->name, name, length) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* One "--name value", "--name=value" or "--flag" at argv[*at]; 0 or an exit code. */
static int parse_option(struct cli *cli, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals == NULL ? strlen(name) : (size_t)(equals - name);
    size_t index = find_option(cli, name, length);
    if (index == SIZE_MAX) {
        return cli_usage(cli, "there is no option '%s'", argv[*at]);
    }
    if (cli->values[index] != NULL) {
        return cli_usage(cli, "option '--%s' is given twice", cli->options[index]->name);
    }
    if (cli->options[index]->value == NULL) {
        if (equals != NULL) {
            return cli_usage(cli, "option '--%s' takes no value", cli->options[index]->name);
        }
        cli->values[index] = "";
        return 0;
    }
    if (equals == NULL && *at + 1 >= argc) {
        return cli_usage(cli, "option '--%s' needs a value: %s", cli->options[index]->name,
                         cli->options[index]->value);
    }
    cli->values[index] = equals == NULL ? argv[++*at] : equals + 1;
    return 0;
}

static int parse(struct cli *cli, int argc, char **argv)
{
    bool options_ended = false;
    for (int at = 0; at < argc; at++) {
        if (!options_ended && strcmp(argv[at], "--") == 0) {
            options_ended = true;
        } else if (!options_ended && strncmp(argv[at], "--", 2) == 0) {
            int code = parse_option(cli, argc, argv, &at);
            if (code != 0) {
                return code;
            }
        } else {
            cli->arguments[cli->argument_count++] = argv[at];
        }
    }
    return 0;
}

static int run_command(struct cli *cli, int argc, char **argv)
{
    const struct cli_command *command = cli->command;
    for (size_t i = 0; i < command->option_count; i++) {
        add_option(cli, &command->options[i]);
    }
    for (size_t i = 0; i < cli->program->common_option_count; i++) {
        add_option(cli, &cli->program->common_options[i]);
    }
    add_option(cli, &json_option);
    add_option(cli, &help_option);
    cli->arguments = argv; /* positional arguments move to the front, never past the cursor */
    int code = parse(cli, argc, argv);
    if (code != 0) {
        return code;
    }
    if (cli_flag(cli, "help")) {
        print_command_help(cli);
        return 0;
    }
    if (cli->argument_count < command->arguments_min ||
        cli->argument_count > command->arguments_max) {
        return cli_usage(cli, "'%s' takes %s, and got %d argument%s", command->name,
                         command->arguments[0] == '\0' ? "no argument" : command->arguments,
                         cli->argument_count, cli->argument_count == 1 ? "" : "s");
    }
    return command->run(cli);
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
    struct cli cli = {.program = program};
    if (argc < 2) {
        print_program_help(program, stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_program_help(program, stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("%s %s\n", program->name, SOUK_VERSION);
        return 0;
    }
    for (size_t i = 0; i < program->command_count; i++) {
        int words = words_matching(&program->commands[i], argc - 1, argv + 1);
        if (words > 0) {
            cli.command = &program->commands[i];
            return run_command(&cli, argc - 1 - words, argv + 1 + words);
        }
    }
    return unknown_command(&cli, argv[1]);
}

const char *cli_value(const struct cli *cli, const char *name)
{
    size_t index = find_option(cli, name, strlen(name));
    assert(index != SIZE_MAX && "a command asks only for options of its table");
    return cli->values[index];
}

const char *cli_value_or(const struct cli *cli, const char *name, const char *variable,
                         const char *fallback)
{
    const char *value = cli_value(cli, name);
    if (value == NULL) {
        value = secure_getenv(variable);
    }
    return value == NULL ? fallback : value;
}

const char *cli_home(const struct cli *cli, const char *variable, const char *folder)
{
    static char standard[4096];
    const char *user = secure_getenv("HOME");
    (void)snprintf(standard, sizeof(standard), "%s/%s", user == NULL ? "" : user, folder);
    return cli_value_or(cli, "home", variable, standard);
}

bool cli_flag(const struct cli *cli, const char *name)
{
    return cli_value(cli, name) != NULL;
}

const char *cli_argument(const struct cli *cli, int index)
{
    return index < cli->argument_count ? cli->arguments[index] : NULL;
}

int cli_argument_count(const struct cli *cli)
{
    return cli->argument_count;
}

bool cli_json(const struct cli *cli)
{
    return cli_flag(cli, "json");
}

// NOLINTNEXTLINE(readability-function-size)
bool cli_number(uint64_t *out, const char *what, const char *text, uint64_t fallback, uint64_t min,
                uint64_t max, struct fault *fault)
{
    *out = fallback;
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    bool number = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
    if (!number || value < min || value > max) {
        return fault_set(fault, "%s is '%s', a number from %" PRIu64 " to %" PRIu64 " is expected",
                         what, text, min, max);
    }
    *out = value;
    return true;
}

bool cli_text(struct bytes *out, const char *what, const char *text, size_t max,
              struct fault *fault)
{
    char shown[41];
    bool good = strlen(text) <= max;
    (void)snprintf(shown, sizeof(shown), "%s", text);
    for (const char *c = text; *c != '\0'; c++) {
        good = good && *c >= ' ' && *c <= '~';
    }
    for (char *c = shown; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    *out = bytes_of_text(text);
    return good || fault_set(fault, "%s is '%s', at most %zu characters of ASCII are expected",
                             what, shown, max);
}
