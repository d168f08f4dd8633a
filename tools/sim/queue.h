/* What will happen, in order of time; events of one instant happen in the order they were added. */
#ifndef TOOLS_SIM_QUEUE_H
#define TOOLS_SIM_QUEUE_H

#include "consensus/message.h"

enum event_kind {
    EVENT_DELIVER,   /* `payload` reaches `host` from validator `value` */
    EVENT_TIMER,     /* timer `value`, set as its `detail`th */
    EVENT_SYNCED,    /* all records up to `detail` are durable */
    EVENT_BUILT,     /* for height `detail`, round `value`, body in `payload` */
    EVENT_CHECKED,   /* `digest`; valid where `value` is 1 */
    EVENT_EXECUTED,  /* the next block of the host's chain */
    EVENT_WORK,      /* something to order appears */
    EVENT_PEERS,     /* the set, and so who counts as connected, changed */
    EVENT_CAUGHT_UP, /* blocks fetched from host `value` up to height `detail` */
    EVENT_BRIEF,     /* an answer about the proposal of height `detail` is late */
    EVENT_CUT,       /* power is gone, and comes back after a while */
    EVENT_RETURN,    /* power is back */
    EVENT_FAULT,     /* the world changes: hosts stop and start, links break and heal */
};

/* What the bytes are: a message of consensus, of a proposal in short form (consensus/compact.h), or for
 * the pools. */
enum payload_form { FORM_MESSAGE, FORM_SHORT, FORM_ASK, FORM_ITEMS, FORM_TRANSACTION };

/* Bytes on their way to one or more hosts, verified once for all of them. */
struct payload {
    uint32_t references;
    enum payload_form form;
    struct buffer wire;
    struct payload *whole;   /* of a SHORT: the proposal, one reference */
    bool forged;             /* signed by a faulty host in place of what its core said */
    bool verified;           /* tried: `message` is NULL where it was refused */
    struct message *message; /* owned */
};

struct payload *payload_new(struct bytes wire); /* One reference. */
void payload_release(struct payload *payload);  /* NULL is allowed. */

struct event {
    uint64_t time_us;
    uint64_t sequence;
    enum event_kind kind;
    uint32_t host;
    uint32_t epoch; /* the host's life it belongs to; later lives ignore it */
    uint32_t value;
    uint64_t detail;
    struct hash digest;
    struct payload *payload; /* one reference, or NULL */
};

struct queue {
    struct event *heap;
    size_t count;
    size_t capacity;
    uint64_t sequence;
};

void queue_close(struct queue *queue);
void queue_add(struct queue *queue, const struct event *event);    /* Sets its sequence. */
NODISCARD bool queue_take(struct queue *queue, struct event *out); /* False where empty. */

#endif /* TOOLS_SIM_QUEUE_H */
