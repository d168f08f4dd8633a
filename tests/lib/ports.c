#include "tests/lib/ports.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdbool.h>
#include <unistd.h>

enum { FIRST = 20000, COUNT = 12000 };

static bool is_free(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert(descriptor >= 0);
    bool bound = bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0;
    (void)close(descriptor);
    return bound;
}

uint16_t port_free(void)
{
    static unsigned taken;
    for (unsigned tries = 0; tries < COUNT; tries++) {
        /* Processes that run at the same time begin in different places. */
        unsigned offset = ((unsigned)getpid() * 37u + taken++) % COUNT;
        if (is_free((uint16_t)(FIRST + offset))) {
            return (uint16_t)(FIRST + offset);
        }
    }
    assert(false && "a port of this machine is free");
    return 0;
}
