/* One POST to another server, in a thread of its own: a leader that takes a connection and never
 * answers must not hold up what this server owes to other leaders and rounds. */
#ifndef TOOLS_SERVER_COURIER_H
#define TOOLS_SERVER_COURIER_H

#include "base/buffer.h"
#include "tools/client/fault.h"

struct courier;

enum courier_state {
    COURIER_AWAY,   /* not back yet */
    COURIER_DONE,   /* the other server took it */
    COURIER_FAILED, /* it did not, or could not be reached within 20 s */
};

/* Start; takes both buffers and leaves them empty. */
struct courier *courier_send(struct buffer *url, struct buffer *body);

/* Where COURIER_FAILED, `fault` says why. */
enum courier_state courier_state(struct courier *courier, struct fault *fault);

/* Ends a call that is still away, within about a second. NULL is allowed. */
void courier_close(struct courier *courier);

#endif /* TOOLS_SERVER_COURIER_H */
