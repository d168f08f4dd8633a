/* Commands that ask one question and print the answer. */
#ifndef TOOLS_WALLET_CALL_H
#define TOOLS_WALLET_CALL_H

#include <jansson.h>

#include "tools/wallet/session.h"

/* Call a method of the node and print its result, for people or with --json for programs. `params`
 * is taken; NULL: none. Returns the exit code. */
int call_print(struct cli *cli, const char *method, json_t *params);

/* The same in a session that is open, and stays open. */
int call_print_in(struct session *session, const char *method, json_t *params);

#endif /* TOOLS_WALLET_CALL_H */
