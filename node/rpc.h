/* JSON-RPC over HTTP for clients, and over a Unix socket for the administrator; docs/rpc.md. */
#ifndef NODE_RPC_H
#define NODE_RPC_H

#include "node/awaited.h"
#include "node/executor.h"
#include "node/rpc_call.h"
#include "p2p/http_server.h"

#define RPC_BODY_MAX           ((size_t)5 << 19) /* bytes: 2.5 MiB */
#define RPC_WAITING_MAX        4096              /* calls that wait for a commit or an event */
#define RPC_PROOFS_WAITING_MAX 256               /* of them for a proof, which is kept meanwhile */
#define RPC_WAIT_MS_MAX        60000
#define RPC_EVENT_WAIT_MAX     30000
#define RPC_ADMIN_SOCKET       "admin.sock"

struct rpc;

/* Listen as the configuration says. False with one line in `error`. */
NODISCARD bool rpc_open(struct rpc **out, struct node *node, char *error, size_t error_size);
void rpc_close(struct rpc *rpc, void (*closed)(void *context),
               void *context); /* Then it is gone. */
uint16_t rpc_port(const struct rpc *rpc);
const struct http_server_statistics *rpc_statistics(const struct rpc *rpc); /* Of the port. */

void rpc_committed(struct rpc *rpc, const struct executor_report *report); /* Wake who waits. */

/* The answer to a call: a result (stolen), or the call's error. For answers that were deferred. */
void rpc_finish(struct rpc_reply *reply, size_t slot, json_t *result, const struct rpc_call *call);

/* Have the call answered by rpc_tx_outcome(): when the transaction is committed, when it never can be, or
 * when the time is over. False, with the error set, where too many wait. */
NODISCARD bool rpc_wait_transaction(struct rpc_reply *reply, size_t slot, struct node *node,
                                    const struct awaited *awaited, uint64_t timeout_ms);

/* The same for a proof (taken) that waits for its header. On false it is still the caller's. */
struct rpc_proof;
NODISCARD bool rpc_wait_proof(struct rpc_call *call, struct rpc_proof *proof, uint64_t timeout_ms);

struct events_query {
    struct event_cursor after;
    uint32_t limit;
};
/* The same for events after a cursor. */
NODISCARD bool rpc_wait_events(struct rpc_call *call, const struct events_query *query,
                               uint64_t timeout_ms);

/* {id, status, ...} of a transaction, or NULL where it is unknown (rpc_tx.c). */
json_t *rpc_tx_status(struct rpc_call *call, const struct hash *id);
/* The same for one that is waited for; NULL with the error set where no block can execute it any more.
 * Before the time is `over`, NULL without an error where that is open. */
json_t *rpc_tx_outcome(struct rpc_call *call, const struct awaited *awaited, bool over);
/* {events, cursor} (rpc_events.c). *found is the number of events. */
json_t *rpc_events_page(struct rpc_call *call, const struct events_query *query, size_t *found);

/* GET and HEAD: health, metrics, version, blobs (rpc_http.c). */
void rpc_http_get(struct node *node, const struct http_request *request,
                  struct http_response response);

/* /blob/<root>: GET and HEAD with ranges (rpc_blob.c); PUT of a piece (blob_upload.h). */
void rpc_blob_get(struct node *node, const struct http_request *request,
                  struct http_response response);

#endif /* NODE_RPC_H */
