#include "node/rpc_parse.h"

#include <string.h>

/* Any body: refused with a code and a line, or calls that are whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_request request;
    char error[320] = "";
    int code = 0;
    if (!rpc_request_parse(&request, (struct bytes){data, size}, &code, error, sizeof(error))) {
        assert(code == RPC_PARSE_ERROR || code == RPC_INVALID_REQUEST);
        assert(error[0] != '\0');
        return 0;
    }
    assert(request.count >= 1 && request.count <= RPC_BATCH_MAX);
    for (size_t i = 0; i < request.count; i++) {
        const struct rpc_request_call *call = &request.calls[i];
        assert(call->valid == (call->error == NULL));
        assert(!call->valid || strlen(call->method) <= RPC_METHOD_MAX);
        assert(!call->valid || call->params == NULL || json_is_object(call->params));
    }
    rpc_request_close(&request);
    return 0;
}
