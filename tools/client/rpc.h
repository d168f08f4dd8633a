/* Calls to a node's JSON-RPC (docs/rpc.md). */
#ifndef TOOLS_CLIENT_RPC_H
#define TOOLS_CLIENT_RPC_H

#include <jansson.h>

#include "base/buffer.h"
#include "tools/client/fault.h"
#include "tools/client/http.h"

#define RPC_URL_DEFAULT "http://127.0.0.1:26657"
#define RPC_CURSOR_MAX  64 /* characters of an event's cursor with the terminator */

struct rpc; /* One node's address and connection; used by one thread. */

struct rpc *rpc_new(const char *url);
void rpc_free(struct rpc *rpc); /* NULL is allowed. */
const char *rpc_url(const struct rpc *rpc);
struct http *rpc_http(struct rpc *rpc); /* Its connection, for what is no JSON-RPC. */

/* Call `method` with `params` (a JSON object whose reference is taken; NULL for none). Returns the
 * result, which the caller releases, or NULL with one line in `fault`: the node cannot be reached,
 * or what it refused and why. */
NODISCARD json_t *rpc_call(struct rpc *rpc, const char *method, json_t *params,
                           struct fault *fault);

/* The same, waiting up to `timeout_ms` for the answer; for long polls. */
NODISCARD json_t *rpc_call_within(struct rpc *rpc, const char *method, json_t *params,
                                  long timeout_ms, struct fault *fault);

/* Did the last call fail for something that passes: the node is catching up, or has its hands full? */
bool rpc_passing(const struct rpc *rpc);

/* Hold until an event comes after `cursor`, which moves on behind it, or `wait_ms` is over; the caller
 * reads what interests it again after either. */
NODISCARD bool rpc_await_event(struct rpc *rpc, char cursor[RPC_CURSOR_MAX], int wait_ms,
                               struct fault *fault);

/* Members of a result: absent or of another type is an error of the node, said in `fault`. */
NODISCARD bool rpc_u64(uint64_t *out, const json_t *object, const char *name, struct fault *fault);
NODISCARD bool rpc_text(const char **out, const json_t *object, const char *name,
                        struct fault *fault);

#endif /* TOOLS_CLIENT_RPC_H */
