#include "tools/testnet/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "tools/client/file.h"

#define OUTPUT_MAX (1u << 20) /* bytes kept of what a program prints */

/* The environment without SOUK_*; the list is freed, its texts are not. */
static char **clean_environment(void)
{
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **out = memory_new((count + 1) * sizeof(char *));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "SOUK_", 5) != 0) {
            out[kept++] = environ[i];
        }
    }
    return out;
}

/* In the child: standard files set, everything else closed by the execution. Only returns, by
 * writing errno to `failure`, where that did not work. */
static void become(const struct process_command *command, char **environment, int output,
                   int failure)
{
    sigset_t none;
    char *arguments[PROCESS_ARGUMENTS_MAX]; /* execve() does not change the texts */
    memcpy(arguments, command->arguments, sizeof(arguments));
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        (void)execve(arguments[0], arguments, environment);
    }
    int reason = errno;
    (void)!write(failure, &reason, sizeof(reason));
    _exit(127);
}

/* Fork and execute. Returns the pid, or 0 with a line. */
static pid_t spawn(const struct process_command *command, int output, bool session,
                   struct fault *fault)
{
    int failure[2];
    int reason = 0;
    if (pipe2(failure, O_CLOEXEC) != 0) {
        (void)fault_set(fault, "pipe: %s", strerrordesc_np(errno));
        return 0;
    }
    char **environment = clean_environment();
    pid_t pid = fork();
    if (pid == 0) {
        if (session) {
            (void)setsid();
        }
        become(command, environment, output, failure[1]);
    }
    free(environment);
    (void)close(failure[1]);
    if (pid < 0) {
        (void)fault_set(fault, "fork: %s", strerrordesc_np(errno));
        pid = 0;
    } else if (read(failure[0], &reason, sizeof(reason)) == (ssize_t)sizeof(reason)) {
        (void)waitpid(pid, NULL, 0);
        (void)fault_set(fault, "%s: %s", command->arguments[0], strerrordesc_np(reason));
        pid = 0;
    }
    (void)close(failure[0]);
    return pid;
}

/* Take a number and the blanks before it. */
static bool take_number(const char **text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtoull(*text, &end, 10);
    bool good = end != *text && errno == 0;
    *text = end;
    return good;
}

#define FIELDS_TO_THREADS 16 /* between the state, field 3, and the number of threads, field 20 */
#define FIELDS_TO_START   18 /* and the start time, field 22 */

/* State and start time of a process; the name before them may hold blanks and parentheses. The state is
 * that of the first thread: where it has ended and others have not, the process lives ('R'). */
static bool look_up(pid_t pid, char *state, uint64_t *started)
{
    char path[64];
    struct fault fault;
    struct buffer text = {0};
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (!file_exists(path) || !file_read(&text, path, 8192, &fault)) {
        buffer_close(&text);
        return false;
    }
    const char *end = strrchr(buffer_text(&text), ')');
    bool good = end != NULL && end[1] == ' ' && end[2] != '\0';
    if (good) {
        *state = end[2];
        end += 3;
        uint64_t threads = 0;
        for (int i = 0; good && i <= FIELDS_TO_START; i++) {
            good = take_number(&end, started);
            threads = i == FIELDS_TO_THREADS ? *started : threads;
        }
        if (*state == 'Z' && threads > 1) {
            *state = 'R';
        }
    }
    buffer_close(&text);
    return good;
}

static bool write_pid_file(const char *path, pid_t pid, struct fault *fault)
{
    char state = '\0';
    uint64_t started = 0;
    struct buffer text = {0};
    if (!look_up(pid, &state, &started)) {
        return fault_set(fault, "process %d cannot be looked up in /proc", (int)pid);
    }
    buffer_format(&text, "%d %" PRIu64 "\n", (int)pid, started);
    bool good = file_write(path, buffer_bytes(&text), 0644, fault);
    buffer_close(&text);
    return good;
}

bool process_start(const struct process_command *command, const char *log, const char *pid_file,
                   struct fault *fault)
{
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0) {
        return fault_set(fault, "%s: %s", log, strerrordesc_np(errno));
    }
    pid_t pid = spawn(command, output, true, fault);
    (void)close(output);
    if (pid == 0) {
        return false;
    }
    if (!write_pid_file(pid_file, pid, fault)) {
        (void)kill(pid, SIGKILL);
        return false;
    }
    return true;
}

pid_t process_find(const char *pid_file)
{
    struct fault fault;
    struct buffer text = {0};
    uint64_t pid = 0;
    uint64_t started = 0;
    uint64_t actual = 0;
    char state = '\0';
    bool alive = file_exists(pid_file) && file_read(&text, pid_file, 64, &fault);
    const char *rest = buffer_text(&text);
    alive = alive && take_number(&rest, &pid) && take_number(&rest, &started) && pid > 1 &&
            pid <= INT32_MAX && look_up((pid_t)pid, &state, &actual) && actual == started &&
            state != 'Z' && state != 'X';
    buffer_close(&text);
    return alive ? (pid_t)pid : 0;
}

bool process_signal(const char *pid_file, int signal)
{
    pid_t pid = process_find(pid_file);
    return pid != 0 && kill(pid, signal) == 0;
}

/* Read all that comes, and keep what fits. */
static void drain(int descriptor, struct buffer *out)
{
    for (;;) {
        uint8_t block[4096];
        ssize_t got = read(descriptor, block, sizeof(block));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return;
        }
        if (out->size < OUTPUT_MAX) {
            buffer_append(out, (struct bytes){block, (size_t)got});
        }
    }
}

static const char *last_line(struct buffer *output)
{
    while (output->size > 0 && output->data[output->size - 1] == '\n') {
        output->size--;
    }
    const char *text = buffer_text(output);
    const char *newline = strrchr(text, '\n');
    return newline == NULL ? text : newline + 1;
}

bool process_run(const struct process_command *command, struct buffer *output, struct fault *fault)
{
    int ends[2];
    int status = 0;
    struct buffer own = {0};
    struct buffer *text = output == NULL ? &own : output;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fault_set(fault, "pipe: %s", strerrordesc_np(errno));
    }
    buffer_clear(text);
    pid_t pid = spawn(command, ends[1], false, fault);
    (void)close(ends[1]);
    bool good = pid != 0;
    if (good) {
        drain(ends[0], text);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        good = (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
               fault_set(fault, "%s", text->size > 0 ? last_line(text) : command->arguments[0]);
    }
    (void)close(ends[0]);
    buffer_close(&own);
    return good;
}
