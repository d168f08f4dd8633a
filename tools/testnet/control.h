/* Starting, watching and stopping the processes of a network. */
#ifndef TOOLS_TESTNET_CONTROL_H
#define TOOLS_TESTNET_CONTROL_H

#include <jansson.h>

#include "tools/testnet/net.h"

/* Start what does not run: validators, then servers, which are registered where the chain does not
 * know them. Waits until all are ready. On false what was started stays for `down`. */
NODISCARD bool control_up(const struct net *net, struct fault *fault);

/* SIGTERM to all, and SIGKILL with a warning on stderr to those that do not end. Returns how many
 * ended. */
size_t control_down(const struct net *net);

/* SIGKILL one. False where it does not run. */
NODISCARD bool control_kill(const struct net *net, const struct part *part, struct fault *fault);

bool control_runs(const struct net *net, const struct part *part);

/* Wait until one that runs is ready. */
NODISCARD bool control_await(const struct net *net, const struct part *part, struct fault *fault);

/* Stop one where it runs, start it, and wait until it is ready. */
NODISCARD bool control_restart(const struct net *net, const struct part *part, struct fault *fault);

/* An array of {name, kind, url, pid, ready, height, state_root, peers}: pid is null where it does not
 * run, and the last three are null where it does not answer and of servers. */
NODISCARD json_t *control_status(const struct net *net);

/* Print it as a table. */
void control_print(const json_t *status);

#endif /* TOOLS_TESTNET_CONTROL_H */
