/* Processes that outlive the program that starts them, found again by their pid files.
 *
 * A pid file holds the process id and its start time (field 22 of /proc/PID/stat), so that a process
 * which later got the same number is never taken for the one that was started. */
#ifndef TOOLS_TESTNET_PROCESS_H
#define TOOLS_TESTNET_PROCESS_H

#include <sys/types.h>

#include "base/buffer.h"
#include "tools/client/fault.h"

#define PROCESS_ARGUMENTS_MAX 24

/* Command line of a program; the texts are borrowed. */
struct process_command {
    const char *arguments[PROCESS_ARGUMENTS_MAX]; /* ends with NULL */
};

/* Start in the background, in a session of its own, output appended to `log`. Variables SOUK_* are
 * not passed on: they are the user's, not the network's. False where it cannot be executed. */
NODISCARD bool process_start(const struct process_command *command, const char *log,
                             const char *pid_file, struct fault *fault);

/* The living process of a pid file; 0 where there is none. */
pid_t process_find(const char *pid_file);

/* Send `signal` to the process of a pid file. False where none lives. */
bool process_signal(const char *pid_file, int signal);

/* Run to the end, with SOUK_* as above. `output` (NULL is allowed) is what it printed. False with its
 * last line where it cannot be executed or its exit code is not 0. */
NODISCARD bool process_run(const struct process_command *command, struct buffer *output,
                           struct fault *fault);

#endif /* TOOLS_TESTNET_PROCESS_H */
