/* TCP ports for the tests' own listeners on 127.0.0.1. */
#ifndef TESTS_LIB_PORTS_H
#define TESTS_LIB_PORTS_H

#include <stdint.h>

/* A port that nobody listens on; never the same twice in one process.
 *
 * It is below the range from which the kernel takes the ports of outgoing connections (32768 and up
 * on Linux, ip(7)). A port that bind() draws from that range may be gone again before the test
 * listens on it: a node that dials a peer which is not up yet can get the peer's own port as its
 * source. */
uint16_t port_free(void);

#endif /* TESTS_LIB_PORTS_H */
