/* One call under way, and what its method may do with it: read parameters, refuse, read the state. */
#ifndef NODE_RPC_CALL_H
#define NODE_RPC_CALL_H

#include "node/node_state.h"
#include "node/rpc_parse.h"
#include "p2p/json_schema.h"

#define RPC_PAGE_MAX  100
#define RPC_ERROR_MAX 320 /* characters */

struct rpc_reply;

struct rpc_call {
    struct node *node;
    struct rpc_reply *reply; /* who waits for it */
    size_t slot;             /* which call of the reply */
    bool admin;              /* came over the admin socket */
    const json_t *params;    /* NULL: none */
    struct state_snapshot *snapshot;
    struct state_head head; /* of the snapshot */
    struct state *state;    /* a view on it, made when first asked for */
    bool deferred;          /* the answer comes later, by rpc_finish() */

    int error_code; /* 0: none */
    const char *error_name;
    char error[RPC_ERROR_MAX];
    json_t *error_data; /* joins `data`; may be NULL */
};

/* A method returns its result, an object without `height`, or NULL after rpc_refuse() or with
 * `deferred` set. */
struct rpc_method {
    const char *name;
    json_t *(*run)(struct rpc_call *call);
    const char *params[6]; /* their names */
    bool admin;            /* only over the admin socket */
};

/* The methods of one file, ended by a row without a name. */
extern const struct rpc_method rpc_chain_methods[], rpc_tx_methods[], rpc_state_methods[],
    rpc_market_methods[], rpc_governance_methods[], rpc_events_methods[], rpc_net_methods[];

/* Open a call's snapshot; and release all it holds but its result. */
void rpc_call_open(struct rpc_call *call, struct node *node);
void rpc_call_close(struct rpc_call *call);

/* Set the error; returns NULL for `return rpc_refuse(...)`. */
json_t *rpc_refuse(struct rpc_call *call, int code, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same with another stable name than the code's own. */
json_t *rpc_refuse_as(struct rpc_call *call, int code, const char *name, const char *text);

/* Parameters. On false the error is set. `fallback` is used where the parameter is absent. */
NODISCARD bool rpc_take_u64(struct rpc_call *call, const char *name, uint64_t *out, uint64_t max);
NODISCARD bool rpc_take_u64_or(struct rpc_call *call, const char *name, uint64_t *out, uint64_t max,
                               uint64_t fallback);
NODISCARD bool rpc_take_count(struct rpc_call *call, uint32_t *out, uint32_t fallback);
NODISCARD bool rpc_take_hash(struct rpc_call *call, const char *name, struct hash *out);
NODISCARD bool rpc_take_address(struct rpc_call *call, const char *name, struct address *out);
/* Bytes of at most `max`, appended to `out`. */
NODISCARD bool rpc_take_bytes(struct rpc_call *call, const char *name, struct buffer *out,
                              size_t max);
/* A text, or NULL where it is absent. */
NODISCARD bool rpc_take_text(struct rpc_call *call, const char *name, const char **out);

/* A view of the committed state that this call reads from; made at first use, dropped with it. */
struct state *rpc_state(struct rpc_call *call);

/* Records of the state; false where there is none. */
bool rpc_load(struct rpc_call *call, const struct market_key *key, const struct schema *schema,
              void *out);
json_t *rpc_record(const struct rpc_call *call, const struct schema *schema, const void *record);
const char *rpc_prefix(const struct rpc_call *call);

/* A receipt, or a refusal, as docs/rpc.md has them; NULL where the bytes are no receipt. */
json_t *rpc_receipt(const struct node *node, struct bytes encoded);
json_t *rpc_refusal(const struct refusal *refusal);
json_t *rpc_event_data(const struct node *node, const struct event *event);

#endif /* NODE_RPC_CALL_H */
