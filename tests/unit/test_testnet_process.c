#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tools/client/file.h"
#include "tools/testnet/process.h"

static char folder[64];
static char log_file[128];
static char pid_file[128];
static struct fault fault;

static void make_folder(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/souk-process-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(log_file, sizeof(log_file), "%s/log", folder);
    (void)snprintf(pid_file, sizeof(pid_file), "%s/pid", folder);
}

static void delete_folder(void)
{
    (void)unlink(log_file);
    (void)unlink(pid_file);
    (void)rmdir(folder);
}

static struct process_command shell(const char *script)
{
    return (struct process_command){{"/bin/sh", "-c", script}};
}

START_TEST(runs_and_keeps_the_output)
{
    struct buffer output = {0};
    const struct process_command command = shell("echo one; echo two >&2");
    ck_assert_msg(process_run(&command, &output, &fault), "%s", fault.text);
    ck_assert_str_eq(buffer_text(&output), "one\ntwo\n");
    buffer_close(&output);
}
END_TEST

START_TEST(a_failed_run_is_told_by_its_last_line)
{
    const struct process_command command = shell("echo before; echo why; exit 3");
    ck_assert(!process_run(&command, NULL, &fault));
    ck_assert_str_eq(fault.text, "why");
}
END_TEST

START_TEST(says_which_program_is_missing)
{
    const struct process_command command = {{"/nonexistent/soukd"}};
    ck_assert(!process_run(&command, NULL, &fault));
    ck_assert_str_eq(fault.text, "/nonexistent/soukd: No such file or directory");
    ck_assert(!process_start(&command, log_file, pid_file, &fault));
    ck_assert_int_eq(process_find(pid_file), 0);
}
END_TEST

START_TEST(keeps_the_users_settings_from_the_network)
{
    struct buffer output = {0};
    const struct process_command command = shell("echo \"<$SOUK_PASSWORD_FILE> $OTHER\"");
    static char setting[] = "SOUK_PASSWORD_FILE=mine";
    static char other[] = "OTHER=kept";
    static char *variables[] = {setting, other, NULL};
    environ = variables;
    ck_assert_msg(process_run(&command, &output, &fault), "%s", fault.text);
    ck_assert_str_eq(buffer_text(&output), "<> kept\n");
    buffer_close(&output);
}
END_TEST

START_TEST(finds_and_ends_what_it_started)
{
    const struct process_command command = shell("echo begun; exec sleep 60");
    ck_assert_msg(process_start(&command, log_file, pid_file, &fault), "%s", fault.text);
    pid_t pid = process_find(pid_file);
    ck_assert_int_gt(pid, 1);
    ck_assert_int_eq(getsid(pid), pid);
    ck_assert(process_signal(pid_file, SIGTERM));
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(process_find(pid_file), 0);
    ck_assert(!process_signal(pid_file, SIGTERM));
}
END_TEST

/* Has the process's first thread ended? */
static bool first_thread_ended(pid_t pid)
{
    char path[64];
    struct buffer text = {0};
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    ck_assert(file_read(&text, path, 8192, &fault));
    bool ended = strstr(buffer_text(&text), ") Z ") != NULL;
    buffer_close(&text);
    return ended;
}

/* What a node does for a moment when it is killed: its threads, which hold the lock of its home, end one
 * after the other. */
START_TEST(a_process_of_which_a_thread_lives_is_found)
{
    char script[200];
    (void)snprintf(script, sizeof(script),
                   "import ctypes, threading, time\n"
                   "threading.Thread(target=time.sleep, args=(60,)).start()\n"
                   "ctypes.CDLL(None).syscall(%d, 0)", /* this thread alone ends */
                   SYS_exit);
    const struct process_command command = {{"/usr/bin/python3", "-c", script}};
    ck_assert_msg(process_start(&command, log_file, pid_file, &fault), "%s", fault.text);
    pid_t pid = process_find(pid_file);
    ck_assert_int_gt(pid, 1);
    while (!first_thread_ended(pid)) {
        (void)usleep(1000);
    }
    ck_assert_int_eq(process_find(pid_file), pid);
    ck_assert(process_signal(pid_file, SIGKILL));
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(process_find(pid_file), 0);
}
END_TEST

START_TEST(another_process_with_the_number_is_not_taken_for_it)
{
    struct buffer text = {0};
    buffer_format(&text, "%d 1\n", (int)getpid());
    ck_assert(file_write(pid_file, buffer_bytes(&text), 0644, &fault));
    ck_assert_int_eq(process_find(pid_file), 0);
    ck_assert(file_write(pid_file, bytes_of_text("no number\n"), 0644, &fault));
    ck_assert_int_eq(process_find(pid_file), 0);
    buffer_close(&text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("testnet_process");
    tcase_add_checked_fixture(tests, make_folder, delete_folder);
    tcase_add_test(tests, runs_and_keeps_the_output);
    tcase_add_test(tests, a_failed_run_is_told_by_its_last_line);
    tcase_add_test(tests, says_which_program_is_missing);
    tcase_add_test(tests, keeps_the_users_settings_from_the_network);
    tcase_add_test(tests, finds_and_ends_what_it_started);
    tcase_add_test(tests, a_process_of_which_a_thread_lives_is_found);
    tcase_add_test(tests, another_process_with_the_number_is_not_taken_for_it);
    return check_run("testnet_process", tests);
}
