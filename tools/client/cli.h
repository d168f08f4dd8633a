/* Command lines: git-style subcommands from one table, with `--help`, `--json` and exit codes.
 *
 * Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong usage. */
#ifndef TOOLS_CLIENT_CLI_H
#define TOOLS_CLIENT_CLI_H

#include "tools/client/fault.h"

#define CLI_FAILED 1
#define CLI_USAGE  2

#define CLI_OPTIONS_MAX 48

struct cli_option {
    const char *name;  /* without the dashes */
    const char *value; /* what the argument stands for, "FILE"; NULL: a flag */
    const char *help;  /* one line; the default in brackets at its end */
};

struct cli;

struct cli_command {
    const char *name;      /* one or two words: "round join" */
    const char *arguments; /* "AMOUNT TO [MEMO]"; "" where there are none */
    const char *summary;   /* one line */
    int arguments_min;
    int arguments_max;
    const struct cli_option *options; /* of this command alone */
    size_t option_count;
    int (*run)(struct cli *cli); /* returns the exit code */
};

struct cli_program {
    const char *name;
    const char *summary; /* what the program is, a line or two */
    const struct cli_command *commands;
    size_t command_count;
    const struct cli_option *common_options; /* of every command; --json and --help are added */
    size_t common_option_count;
    /* Has this common option an effect on the command? Its help tells only those, and it takes all, so
     * that a script may give every command the same ones. NULL: all have. */
    bool (*heeds)(const char *command, const char *option);
};

/* Parse and run. Returns the exit code. Answers --help, --version and an unknown command. */
int cli_main(const struct cli_program *program, int argc, char **argv);

/* Inside a command: an option's value (NULL where it was not given; "" for a flag that was), the
 * positional arguments (NULL beyond the last), and whether --json was given. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_flag(const struct cli *cli, const char *name);
const char *cli_argument(const struct cli *cli, int index);
int cli_argument_count(const struct cli *cli);
bool cli_json(const struct cli *cli);

/* An option's value; where it was not given, the environment's; without that, `fallback`. */
const char *cli_value_or(const struct cli *cli, const char *name, const char *variable,
                         const char *fallback);

/* The folder that --home or `variable` names; without both, `folder` in the user's home. Valid until
 * the next call. */
const char *cli_home(const struct cli *cli, const char *variable, const char *folder);

/* Option or argument as a number of min .. max; `fallback` where `text` is NULL. False with a line
 * that names `what`, the text and the range. */
// NOLINTNEXTLINE(readability-function-size): a default and two bounds read best side by side
NODISCARD bool cli_number(uint64_t *out, const char *what, const char *text, uint64_t fallback,
                          uint64_t min, uint64_t max, struct fault *fault);

/* A text of the chain: at most `max` characters of printable ASCII, borrowed. False with a line that
 * names `what`. */
NODISCARD bool cli_text(struct bytes *out, const char *what, const char *text, size_t max,
                        struct fault *fault);

/* Print "souk: <line>" on stderr and return CLI_FAILED; cli_usage() returns CLI_USAGE and adds
 * where to find help. */
int cli_fail(const struct cli *cli, const struct fault *fault);
int cli_usage(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

#endif /* TOOLS_CLIENT_CLI_H */
