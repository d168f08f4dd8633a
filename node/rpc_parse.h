/* JSON-RPC 2.0 requests out of the body of a POST. Pure. */
#ifndef NODE_RPC_PARSE_H
#define NODE_RPC_PARSE_H

#include "base/bytes.h"

#include <jansson.h>

#define RPC_BATCH_MAX  10
#define RPC_METHOD_MAX 64 /* characters */

enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_NOT_FOUND = -32001,
    RPC_PRUNED = -32002,
    RPC_BUSY = -32003,
    RPC_SYNCING = -32004,
    RPC_NOT_CERTIFIED_YET = -32005,
    RPC_TRANSACTION_INVALID = -32010,
    RPC_TRANSACTION_REFUSED = -32011,
    RPC_MEMPOOL_REFUSED = -32012,
};

const char *rpc_code_name(int code); /* "INVALID_PARAMS"; for the last three "TRANSACTION_..." */

/* One call of a request. */
struct rpc_request_call {
    bool valid;           /* else `error` says why, with RPC_INVALID_REQUEST */
    const char *error;    /* static text */
    const json_t *id;     /* NULL: a notification, not to be answered */
    const char *method;   /* 1 .. RPC_METHOD_MAX characters */
    const json_t *params; /* an object, or NULL */
};

struct rpc_request {
    json_t *root; /* owns all; rpc_request_close() */
    bool batch;
    size_t count; /* 1 .. RPC_BATCH_MAX */
    struct rpc_request_call calls[RPC_BATCH_MAX];
};

/* Take a body apart. False where there is no call at all to answer: *code is RPC_PARSE_ERROR or
 * RPC_INVALID_REQUEST, and `error` holds one line. */
NODISCARD bool rpc_request_parse(struct rpc_request *out, struct bytes body, int *code, char *error,
                                 size_t error_size);
void rpc_request_close(struct rpc_request *request);

#endif /* NODE_RPC_PARSE_H */
