#include "node/rpc_guard.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 256 /* characters: more than a name of DNS has */

bool rpc_guard_list_valid(const char *list)
{
    size_t length = 0; /* of the present part */
    if (list[0] == '\0') {
        return true;
    }
    for (const char *c = list; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || (*c == ',' && length == 0)) {
            return false;
        }
        length = *c == ',' ? 0 : length + 1;
    }
    return length > 0;
}

/* Does the list hold the text, or "*"? */
static bool listed(const char *list, const char *text, size_t size)
{
    const char *part = list;
    while (*part != '\0') {
        size_t length = strcspn(part, ",");
        if ((length == 1 && *part == '*') ||
            (length == size && strncasecmp(part, text, size) == 0)) {
            return true;
        }
        part += length + (part[length] == ',' ? 1 : 0);
    }
    return false;
}

/* The host of "host", "host:port" or "[IPv6]:port", without its brackets. */
static bool take_host(char out[HOST_MAX], const char *value)
{
    bool bracket = value[0] == '[';
    const char *host = value + (bracket ? 1 : 0);
    size_t length = strcspn(host, bracket ? "]" : ":");
    const char *rest = host + length + (bracket && host[length] == ']' ? 1 : 0);
    if (length == 0 || length >= HOST_MAX || (bracket && host[length] != ']')) {
        return false;
    }
    if (*rest == ':') {
        rest += 1 + strspn(rest + 1, "0123456789");
    }
    memcpy(out, host, length);
    out[length] = '\0';
    return *rest == '\0';
}

/* An address is no name that somebody's DNS could have led here. */
static bool host_allowed(const struct config *config, const char *value)
{
    char host[HOST_MAX];
    struct in6_addr address;
    if (!take_host(host, value)) {
        return false;
    }
    return strcasecmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &address) == 1 ||
           (value[0] == '[' && inet_pton(AF_INET6, host, &address) == 1) ||
           listed(config->rpc_hosts, host, strlen(host));
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t length = strcspn(type, "; \t");
    return length == sizeof(json) - 1 && strncasecmp(type, json, length) == 0;
}

uint16_t rpc_guard_check(const struct config *config, const struct http_request *request,
                         char error[RPC_GUARD_ERROR_MAX])
{
    const char *host = http_request_header(request, "host");
    const char *origin = http_request_header(request, "origin");
    const char *type = http_request_header(request, "content-type");
    if (host != NULL && !host_allowed(config, host)) { /* HTTP/1.0 needs none */
        (void)snprintf(error, RPC_GUARD_ERROR_MAX,
                       "Host: '%.100s' is no address, not localhost and not in rpc.hosts", host);
        return 403;
    }
    if (origin != NULL && !listed(config->rpc_origins, origin, strlen(origin))) {
        (void)snprintf(error, RPC_GUARD_ERROR_MAX, "Origin: '%.100s' is not in rpc.origins",
                       origin);
        return 403;
    }
    if (request->method == HTTP_METHOD_POST && (type == NULL || !is_json(type))) {
        (void)snprintf(error, RPC_GUARD_ERROR_MAX, "Content-Type: '%.100s' is not application/json",
                       type == NULL ? "" : type);
        return 415;
    }
    return 0;
}
