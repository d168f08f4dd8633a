#include "tools/client/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/check_run.h"

/* What the command that ran last saw; its own exit code is 7. */
static struct {
    const char *command;
    int arguments;
    char first[32];
    char level[32];
    char level_or[32];
    char home[64];
    bool level_given;
    bool quick;
    bool json;
} seen;

static int see(const struct cli *cli, const char *command)
{
    const char *level = cli_value(cli, "level");
    seen.command = command;
    seen.arguments = cli_argument_count(cli);
    seen.level_given = level != NULL;
    seen.quick = cli_flag(cli, "quick");
    seen.json = cli_json(cli);
    (void)snprintf(seen.level, sizeof(seen.level), "%s", level == NULL ? "" : level);
    (void)snprintf(seen.level_or, sizeof(seen.level_or), "%s",
                   cli_value_or(cli, "level", "TOOL_LEVEL", "none"));
    (void)snprintf(seen.home, sizeof(seen.home), "%s", cli_home(cli, "TOOL_HOME", ".tool"));
    (void)snprintf(seen.first, sizeof(seen.first), "%s",
                   cli_argument(cli, 0) == NULL ? "" : cli_argument(cli, 0));
    return 7;
}

static int run_open(struct cli *cli)
{
    return see(cli, "round open");
}

static int run_show(struct cli *cli)
{
    return see(cli, "show");
}

static const struct cli_option own_options[] = {{"quick", NULL, "do not wait"}};
static const struct cli_option common_options[] = {{"level", "N", "how much [1]"},
                                                   {"home", "DIR", "where things are"},
                                                   {"quick-too", NULL, "another"}};
static const struct cli_option show_options[] = {{"quick", NULL, "do not wait"}};
static const struct cli_command commands[] = {
    {"round open", "MODEL [ROUND]", "open a round", 1, 2, own_options, 1, run_open},
    {"show", "", "show it", 0, 0, show_options, 1, run_show},
};
static bool heeds(const char *command, const char *option)
{
    return strcmp(command, "show") != 0 || strcmp(option, "level") != 0;
}

static const struct cli_program program = {
    .name = "tool",
    .summary = "A tool.",
    .commands = commands,
    .command_count = ARRAY_COUNT(commands),
    .common_options = common_options,
    .common_option_count = ARRAY_COUNT(common_options),
    .heeds = heeds,
};

/* Run a command line of words between spaces. What it prints is in `output`. */
static char output[4096];

static int run(const char *line)
{
    static char words[512];
    char *argv[32] = {NULL};
    int argc = 0;
    char *rest = NULL;
    memset(&seen, 0, sizeof(seen));
    (void)snprintf(words, sizeof(words), "tool %s", line);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        argv[argc++] = word;
    }
    FILE *kept_error = stderr;
    FILE *kept_out = stdout;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    stderr = file;
    stdout = file;
    int code = cli_main(&program, argc, argv);
    stderr = kept_error;
    stdout = kept_out;
    rewind(file);
    output[fread(output, 1, sizeof(output) - 1, file)] = '\0';
    (void)fclose(file);
    return code;
}

static void check_usage(const char *line, const char *expected)
{
    ck_assert_int_eq(run(line), CLI_USAGE);
    ck_assert_ptr_null(seen.command);
    ck_assert_msg(strstr(output, expected) != NULL, "%s: %s", line, output);
}

START_TEST(runs_commands_of_one_and_two_words)
{
    ck_assert_int_eq(run("show"), 7);
    ck_assert_str_eq(seen.command, "show");
    ck_assert(!seen.quick && !seen.json && !seen.level_given);
    ck_assert_int_eq(run("round open 5"), 7);
    ck_assert_str_eq(seen.command, "round open");
    ck_assert_int_eq(seen.arguments, 1);
    ck_assert_str_eq(seen.first, "5");
}
END_TEST

START_TEST(options_stand_anywhere_in_both_forms)
{
    ck_assert_int_eq(run("round open --level 3 5 --quick"), 7);
    ck_assert_str_eq(seen.level, "3");
    ck_assert(seen.quick && !seen.json);
    ck_assert_str_eq(seen.first, "5");
    ck_assert_int_eq(run("round open 5 6 --level=a=b --json"), 7);
    ck_assert_str_eq(seen.level, "a=b");
    ck_assert_int_eq(seen.arguments, 2);
    ck_assert(seen.json);
    ck_assert_int_eq(run("show --level="), 7);
    ck_assert(seen.level_given && seen.level[0] == '\0');
}
END_TEST

/* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
START_TEST(an_option_goes_before_the_environment_and_that_before_the_default)
{
    ck_assert_int_eq(setenv("HOME", "/somewhere", 1), 0);
    ck_assert_int_eq(unsetenv("TOOL_LEVEL") + unsetenv("TOOL_HOME"), 0);
    ck_assert_int_eq(run("show"), 7);
    ck_assert_str_eq(seen.level_or, "none");
    ck_assert_str_eq(seen.home, "/somewhere/.tool");
    ck_assert_int_eq(setenv("TOOL_LEVEL", "5", 1) + setenv("TOOL_HOME", "there", 1), 0);
    ck_assert_int_eq(run("show"), 7);
    ck_assert_str_eq(seen.level_or, "5");
    ck_assert_str_eq(seen.home, "there");
    ck_assert_int_eq(run("show --level 6 --home here"), 7);
    ck_assert_str_eq(seen.level_or, "6");
    ck_assert_str_eq(seen.home, "here");
}
END_TEST
/* NOLINTEND(concurrency-mt-unsafe) */

START_TEST(two_dashes_end_the_options)
{
    ck_assert_int_eq(run("round open -- --quick"), 7);
    ck_assert(!seen.quick);
    ck_assert_str_eq(seen.first, "--quick");
    ck_assert_int_eq(run("round open -5"), 7);
    ck_assert_str_eq(seen.first, "-5");
}
END_TEST

START_TEST(wrong_usage_is_one_line_and_exit_code_2)
{
    check_usage("", "usage: tool COMMAND");
    check_usage("fly", "there is no command 'fly'");
    check_usage("round", "'round' needs one of these");
    check_usage("round close", "'round' needs one of these");
    check_usage("show --fast", "there is no option '--fast'");
    check_usage("show --quic", "there is no option '--quic'");
    check_usage("show --quick=1", "option '--quick' takes no value");
    check_usage("show --level", "option '--level' needs a value: N");
    check_usage("show --level 1 --level 2", "option '--level' is given twice");
    check_usage("show --quick --quick", "option '--quick' is given twice");
    check_usage("show 1", "'show' takes no argument, and got 1 argument");
    check_usage("round open", "takes MODEL [ROUND], and got 0 arguments");
    check_usage("round open 1 2 3", "got 3 arguments");
}
END_TEST

START_TEST(help_and_version_run_no_command)
{
    static const char *const lines[] = {"--help",  "help",        "--version",
                                        "version", "show --help", "round open --help"};
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        ck_assert_int_eq(run(lines[i]), 0);
        ck_assert_ptr_null(seen.command);
    }
}
END_TEST

START_TEST(help_tells_the_options_that_have_an_effect)
{
    ck_assert_int_eq(run("show --help"), 0);
    ck_assert(strstr(output, "--level") == NULL && strstr(output, "--home DIR") != NULL);
    ck_assert(strstr(output, "--quick ") != NULL && strstr(output, "--json") != NULL);
    ck_assert_int_eq(run("round open --help"), 0);
    ck_assert(strstr(output, "--level N") != NULL);
    ck_assert_int_eq(run("show --level 6"), 7); /* a script may give it all the same */
}
END_TEST

START_TEST(texts_are_short_and_of_ascii)
{
    struct bytes text;
    struct fault fault;
    ck_assert(cli_text(&text, "the name", "a b~", 4, &fault) && text.size == 4);
    ck_assert(cli_text(&text, "the name", "", 4, &fault) && text.size == 0);
    ck_assert(!cli_text(&text, "the name", "abcde", 4, &fault));
    ck_assert_str_eq(fault.text, "the name is 'abcde', at most 4 characters of ASCII are expected");
    ck_assert(!cli_text(&text, "the name", "a\tb", 4, &fault));
    ck_assert_str_eq(fault.text, "the name is 'a?b', at most 4 characters of ASCII are expected");
    ck_assert(!cli_text(&text, "the name", "\xc3\xa4", 4, &fault));
    ck_assert(!cli_text(&text, "the name", "\x7f", 4, &fault));
}
END_TEST

START_TEST(numbers_are_decimal_and_in_range)
{
    static const char *const wrong[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "0x1", "11", "2", "x", "18446744073709551616"};
    uint64_t value = 0;
    struct fault fault;
    ck_assert(cli_number(&value, "--n", NULL, 99, 3, 10, &fault));
    ck_assert_uint_eq(value, 99);
    ck_assert(cli_number(&value, "--n", "3", 99, 3, 10, &fault) && value == 3);
    ck_assert(cli_number(&value, "--n", "10", 99, 3, 10, &fault) && value == 10);
    ck_assert(cli_number(&value, "--n", "18446744073709551615", 0, 0, UINT64_MAX, &fault));
    ck_assert_uint_eq(value, UINT64_MAX);
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        ck_assert_msg(!cli_number(&value, "--n", wrong[i], 0, 3, 10, &fault), "%s", wrong[i]);
        ck_assert_ptr_nonnull(strstr(fault.text, "--n is '"));
        ck_assert_ptr_nonnull(strstr(fault.text, "a number from 3 to 10 is expected"));
    }
}
END_TEST

START_TEST(a_command_asks_only_for_options_of_its_table)
{
    (void)run("show");
    struct cli_command bad = commands[1];
    bad.option_count = 0; /* and so its run() asks for --quick, which is not there */
    const struct cli_program broken = {.name = "tool", .commands = &bad, .command_count = 1};
    char name[] = "tool";
    char command[] = "show";
    char *argv[] = {name, command, NULL};
    (void)cli_main(&broken, 2, argv);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("cli");
    tcase_add_test(tests, runs_commands_of_one_and_two_words);
    tcase_add_test(tests, options_stand_anywhere_in_both_forms);
    tcase_add_test(tests, an_option_goes_before_the_environment_and_that_before_the_default);
    tcase_add_test(tests, two_dashes_end_the_options);
    tcase_add_test(tests, wrong_usage_is_one_line_and_exit_code_2);
    tcase_add_test(tests, help_and_version_run_no_command);
    tcase_add_test(tests, texts_are_short_and_of_ascii);
    tcase_add_test(tests, help_tells_the_options_that_have_an_effect);
    tcase_add_test(tests, numbers_are_decimal_and_in_range);
    tcase_add_test_raise_signal(tests, a_command_asks_only_for_options_of_its_table, 6);
    return check_run("cli", tests);
}
