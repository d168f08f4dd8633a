#include "node/state_guard.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static _Thread_local const char *inside;
static const int guarded[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
static struct sigaction before[ARRAY_COUNT(guarded)];
static pthread_once_t install_once = PTHREAD_ONCE_INIT;

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

static void on_signal(int number)
{
    if (inside != NULL) {
        say("level=error event=fault kind=corrupt text=\"");
        say(inside);
        say(": the state database is damaged; " STATE_GUARD_ADVICE "\"\n");
        _exit(1);
    }
    for (size_t i = 0; i < ARRAY_COUNT(guarded); i++) {
        if (guarded[i] == number) {
            (void)sigaction(number, &before[i], NULL);
        }
    }
    (void)raise(number);
}

static void install(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_COUNT(guarded); i++) {
        int failure = sigaction(guarded[i], &action, &before[i]);
        assert(failure == 0);
    }
}

void state_guard_install(void)
{
    pthread_once(&install_once, install);
}

const char *state_guard_enter(const char *path)
{
    const char *previous = inside;
    inside = path;
    return previous;
}

void state_guard_leave(const char *previous)
{
    inside = previous;
}
