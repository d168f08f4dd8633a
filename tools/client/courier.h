/* One POST to a server, in a thread of its own: one that takes a connection and never answers must not
 * hold up what is owed to others. */
#ifndef TOOLS_CLIENT_COURIER_H
#define TOOLS_CLIENT_COURIER_H

#include "base/buffer.h"
#include "tools/client/source.h"

struct courier;

enum courier_state {
    COURIER_AWAY,    /* not back yet */
    COURIER_DONE,    /* the other server took it */
    COURIER_REFUSED, /* it will never take this */
    COURIER_LATER,   /* it may take it later: 404, 409, 503; its node may be a block behind */
    COURIER_FAILED,  /* it could not be reached in time */
};

/* Start; takes both buffers and leaves them empty. `rest`, the part of a file that the body ends with, may
 * be NULL; its descriptor is the caller's and is not needed any more. It ends after `timeout_ms` at the
 * latest. */
struct courier *courier_send(struct buffer *url, struct buffer *body, const struct source *rest,
                             long timeout_ms);

/* Where it is back and was not taken, `fault` says why. */
enum courier_state courier_state(struct courier *courier, struct fault *fault);

/* Ends a call that is still away, within about a second. NULL is allowed. */
void courier_close(struct courier *courier);

#endif /* TOOLS_CLIENT_COURIER_H */
