/* Which HTTP requests the RPC listens to, so that a page in somebody's browser cannot use a node.
 *
 * A browser sends requests of any page to loopback. Three headers, which a page cannot choose, tell
 * them apart: Host names what the page's address resolved from (a name that is not ours: DNS
 * rebinding), Origin the page, and a Content-Type of JSON is not sent to another origin without asking
 * it first. Source: the Fetch standard, sections 3.2 and 4.8; geth's --http.vhosts. */
#ifndef NODE_RPC_GUARD_H
#define NODE_RPC_GUARD_H

#include "node/config.h"
#include "p2p/http_request.h"

#define RPC_GUARD_ERROR_MAX 256

/* 0, or the HTTP status to answer with and one line in `error`: 403 for a Host that is no address, not
 * localhost and not in rpc.hosts, and for an Origin that is not in rpc.origins; 415 for a POST whose
 * Content-Type is not application/json. */
NODISCARD uint16_t rpc_guard_check(const struct config *config, const struct http_request *request,
                                   char error[RPC_GUARD_ERROR_MAX]);

/* Is it a list for rpc.hosts or rpc.origins: "", or parts between commas without spaces? */
NODISCARD bool rpc_guard_list_valid(const char *list);

#endif /* NODE_RPC_GUARD_H */
