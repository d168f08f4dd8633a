/* Sudden ends for tests with real processes: DIE_AT in the environment of the programs of lies.c says when
 * they are to be killed, as by kill -9. Without it they live.
 *
 *     keep <name>  a server, after a file of its vault whose name begins with <name> was written
 *     pool         after a node took a transaction, before anybody knows
 *     block        after a transaction was in a block, before anything is done with that
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/rpc.h"
#include "tools/server/vault.h"

// NOLINTBEGIN(readability-identifier-naming): the linker's names
static bool dies_at(const char *point)
{
    const char *told = secure_getenv("DIE_AT");
    return told != NULL && strcmp(told, point) == 0;
}

static void die(void)
{
    (void)kill(getpid(), SIGKILL);
}

bool __real_vault_put_post(const struct aggregation_server *server, const struct vault_round *round,
                           const char *post, struct bytes content, struct fault *fault);
bool __wrap_vault_put_post(const struct aggregation_server *server, const struct vault_round *round,
                           const char *post, struct bytes content, struct fault *fault);
bool __wrap_vault_put_post(const struct aggregation_server *server, const struct vault_round *round,
                           const char *post, struct bytes content, struct fault *fault)
{
    static const char keep[] = "keep ";
    const char *told = secure_getenv("DIE_AT");
    bool good = __real_vault_put_post(server, round, post, content, fault);
    if (good && told != NULL && strncmp(told, keep, strlen(keep)) == 0 &&
        strncmp(post, told + strlen(keep), strlen(told + strlen(keep))) == 0) {
        die();
    }
    return good;
}

json_t *__real_rpc_call_within(struct rpc *rpc, const char *method, json_t *params, long timeout_ms,
                               struct fault *fault);
json_t *__wrap_rpc_call_within(struct rpc *rpc, const char *method, json_t *params, long timeout_ms,
                               struct fault *fault);
json_t *__wrap_rpc_call_within(struct rpc *rpc, const char *method, json_t *params, long timeout_ms,
                               struct fault *fault)
{
    bool sends = strcmp(method, "tx_send") == 0;
    if (sends && dies_at("pool")) {
        (void)json_object_del(params, "wait"); /* the node answers at once */
    }
    json_t *answer = __real_rpc_call_within(rpc, method, params, timeout_ms, fault);
    if (sends && answer != NULL && (dies_at("pool") || dies_at("block"))) {
        die();
    }
    return answer;
}
// NOLINTEND(readability-identifier-naming)
