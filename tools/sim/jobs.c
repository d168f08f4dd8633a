#include "tools/sim/jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_MS = 10000 };

/* In memory that the processes share. */
struct shared {
    _Atomic uint64_t taken; /* seeds, and more when the last one is taken */
    _Atomic uint64_t simulated_ms;
    _Atomic uint64_t seeds;
    _Atomic uint64_t failures;
    _Atomic uint64_t met[SIM_BRANCH_COUNT];
    _Atomic uint64_t present[JOBS_MAX]; /* the seed that each process runs */
};

struct crew {
    const struct jobs *jobs;
    struct shared *shared;
    pid_t parent;
    pid_t children[JOBS_MAX]; /* 0: it has ended */
    uint32_t running;
    bool stopped;
    sigset_t awaited; /* SIGCHLD */
    sigset_t before;
};

uint32_t jobs_processors(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (online < 1) {
        return 1;
    }
    return online < JOBS_MAX ? (uint32_t)online : JOBS_MAX;
}

static uint64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void finish(const struct crew *crew, uint64_t seed, const struct sim_report *report)
{
    struct shared *shared = crew->shared;
    crew->jobs->tell(crew->jobs->data, seed, report);
    (void)fflush(stdout);
    shared->simulated_ms += report->time_ms;
    for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
        shared->met[i] += report->met[i];
    }
    shared->failures += report->passed ? 0 : 1;
    shared->seeds++;
}

static void work(const struct crew *crew, uint32_t job)
{
    const struct jobs *jobs = crew->jobs;
    struct sim_report report = {.passed = true};
    uint64_t index = crew->shared->taken++;
    while (index < jobs->seeds && (report.passed || !jobs->stop)) {
        uint64_t seed = jobs->first + index;
        crew->shared->present[job] = seed;
        jobs->run(jobs->data, seed, &report);
        finish(crew, seed, &report);
        index = crew->shared->taken++;
    }
}

static void begin(struct crew *crew, uint32_t job)
{
    pid_t child = fork();
    if (child < 0) {
        (void)fprintf(stderr, "souk-sim: no process for a job: errno %d\n", errno);
        return;
    }
    if (child == 0) {
        (void)pthread_sigmask(SIG_SETMASK, &crew->before, NULL);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == crew->parent) {
            work(crew, job);
        }
        _exit(0);
    }
    crew->children[job] = child;
    crew->running++;
}

/* It did not come to the end of `work()`. Another goes on with the seeds that are left. */
static void crashed(struct crew *crew, uint32_t job, int status)
{
    struct sim_report report = {0};
    if (WIFSIGNALED(status)) {
        (void)snprintf(report.failure, sizeof(report.failure), "its process ended by signal %d",
                       WTERMSIG(status));
    } else {
        (void)snprintf(report.failure, sizeof(report.failure), "its process ended with code %d",
                       WEXITSTATUS(status));
    }
    finish(crew, crew->shared->present[job], &report);
    if (!crew->jobs->stop) {
        begin(crew, job);
    }
}

static void reap(struct crew *crew)
{
    for (uint32_t job = 0; job < crew->jobs->count; job++) {
        int status = 0;
        if (crew->children[job] == 0 || waitpid(crew->children[job], &status, WNOHANG) == 0) {
            continue;
        }
        crew->children[job] = 0;
        crew->running--;
        if (!crew->stopped && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
            crashed(crew, job, status);
        }
    }
}

static void maybe_stop(struct crew *crew)
{
    if (!crew->jobs->stop || crew->shared->failures == 0) {
        return;
    }
    crew->stopped = true;
    for (uint32_t job = 0; job < crew->jobs->count; job++) {
        if (crew->children[job] != 0) {
            (void)kill(crew->children[job], SIGKILL);
        }
    }
}

/* Returns when a child has ended, or at `time_ms`. */
static void await(const struct crew *crew, uint64_t time_ms)
{
    uint64_t now_ms = wall_ms();
    uint64_t left_ms = now_ms < time_ms ? time_ms - now_ms : 0;
    struct timespec left = {.tv_sec = (time_t)(left_ms / 1000),
                            .tv_nsec = (long)(left_ms % 1000) * 1000000};
    (void)sigtimedwait(&crew->awaited, NULL, &left);
}

static void add_up(const struct crew *crew, uint64_t begin_ms, struct jobs_totals *totals)
{
    const struct shared *shared = crew->shared;
    *totals = (struct jobs_totals){.spent_ms = wall_ms() - begin_ms,
                                   .simulated_ms = shared->simulated_ms,
                                   .seeds = shared->seeds,
                                   .failures = shared->failures};
    for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
        totals->met[i] = shared->met[i];
    }
}

/* What is pending when SIGCHLD is let through again is of a child that was reaped, and does nothing. */
static void share(struct crew *crew, uint64_t begin_ms, struct jobs_totals *totals)
{
    const struct jobs *jobs = crew->jobs;
    uint64_t told_ms = begin_ms;
    (void)signal(SIGCHLD, SIG_DFL); /* who inherits that it is ignored awaits nobody */
    (void)sigemptyset(&crew->awaited);
    (void)sigaddset(&crew->awaited, SIGCHLD);
    (void)pthread_sigmask(SIG_BLOCK, &crew->awaited, &crew->before);
    (void)fflush(stdout);
    for (uint32_t job = 0; job < jobs->count && job < jobs->seeds; job++) {
        begin(crew, job);
    }
    while (crew->running > 0) {
        await(crew, told_ms + PROGRESS_MS);
        reap(crew);
        maybe_stop(crew);
        if (wall_ms() - told_ms >= PROGRESS_MS) {
            told_ms = wall_ms();
            add_up(crew, begin_ms, totals);
            if (jobs->progress != NULL) {
                jobs->progress(jobs->data, totals);
                (void)fflush(stdout);
            }
        }
    }
    (void)pthread_sigmask(SIG_SETMASK, &crew->before, NULL);
}

bool jobs_run(const struct jobs *jobs, struct jobs_totals *totals)
{
    assert(jobs->count >= 1 && jobs->count <= JOBS_MAX);
    struct crew crew = {.jobs = jobs, .parent = getpid()};
    uint64_t begin_ms = wall_ms();
    void *memory =
        mmap(NULL, sizeof(*crew.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(memory != MAP_FAILED && "out of memory");
    crew.shared = memory;
    if (jobs->seeds == 1) {
        work(&crew, 0);
    } else {
        share(&crew, begin_ms, totals);
    }
    add_up(&crew, begin_ms, totals);
    (void)munmap(memory, sizeof(*crew.shared));
    return totals->failures == 0 && totals->seeds == jobs->seeds;
}
