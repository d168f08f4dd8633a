/* The inside of the glue, shared by the consensus_*.c files; nobody else includes it. */
#ifndef NODE_CONSENSUS_STATE_H
#define NODE_CONSENSUS_STATE_H

#include "consensus/compact.h"
#include "node/budget.h"
#include "node/consensus_glue.h"
#include "node/held.h"
#include "node/node_state.h"
#include "node/outbox.h"
#include "node/pace.h"

#define GLUE_WAL_TYPE 1 /* of consensus' records; SIGNER_WAL_TYPE is another */

struct glue {
    struct node *node;
    struct pbft *pbft;
    struct pbft_actions actions;
    struct block_rules rules; /* of the chain; for a height: glue_rules_at() */
    struct outbox outbox;
    struct held held;
    struct compact *compact; /* proposals in short form */
    uv_timer_t short_timer;  /* runs out where an answer to ASK is late */
    uint32_t short_cursor;   /* peer that was asked last */
    bool built;              /* the core hears of a body that the pool has built just now */
    struct budget shorts[NETWORK_PEER_MAX];
    uv_timer_t held_timer; /* runs out at once: looks at `held` in a turn of its own */
    uint64_t persisted;    /* sequence of the last record in the log */
    uv_timer_t timers[PBFT_TIMER_COUNT];
    uv_timer_t empty_timer;
    uint64_t decided;
    uint64_t logged; /* highest height that the log held a block of at the start */
    uint64_t voted;  /* highest height of a record: no vote for a block above it has left */
    bool stopped;
    bool work_raised;
    bool empty_due; /* a block is needed although nothing waits */
    bool build_wanted;
    struct pbft_action build; /* what was wanted */
    struct pace pace;
    uv_timer_t pace_timer;     /* runs out when it is time to build */
    uv_timer_t remind_timer;   /* runs out in the middle of round 0 */
    struct check_job *checked; /* a small body that was checked at once: the core hears next */
    struct check_job *waiting; /* bodies that are valid, but lack a blob */
    bool lacks_blob;           /* so does the next decided block */
    uint32_t jobs[NETWORK_PEER_MAX]; /* messages under verification, by peer */
    struct budget asks[NETWORK_PEER_MAX];
    struct debt owed[NETWORK_PEER_MAX]; /* bytes that a peer was sent alone */
    struct budget ahead[NETWORK_PEER_MAX];
    bool
        set_changed; /* the present set is another: the core has not heard who of it is connected */
    uint64_t step_us; /* when the present step of the height began, or 0 */
    bool step_waits;  /* nothing but WORK has begun it */
    uint64_t work_us; /* when the work for the height began, or 0 */
    uint64_t decided_us;
    uint64_t executed_us;
    struct hash parent_root;       /* state root before the last executed block */
    struct validator_set *sets[3]; /* of the last height, the present and the next, likewise */
    struct buffer *records;        /* of the log, until the core has started */
    size_t record_count;
};

/* Feed an event, perform its actions, and all that follows from them (consensus_glue.c). */
void glue_feed(struct glue *glue, struct pbft_event *event);
/* Perform the actions of the core's last step (consensus_glue.c). */
void glue_perform_all(struct glue *glue);
/* Set the timer for a block without transactions where one is needed (consensus_glue.c). */
void glue_plan_empty_block(struct glue *glue, const struct hash *state_root,
                           bool deadlines_pending);

/* Look at the messages that came too early again (consensus_jobs.c). */
void glue_take_held(uv_timer_t *timer);

/* No honest validator sends this: the peer is sent away, before it costs more (consensus_jobs.c). */
void glue_refuse(struct glue *glue, uint32_t peer, const char *error);

/* Is a message with this head wanted? One of another validator than that of the connection is refused. */
enum glue_wish { GLUE_UNWANTED, GLUE_EARLY, GLUE_WANTED };
enum glue_wish glue_wish(struct glue *glue, uint32_t peer, const struct vote *vote,
                         struct bytes wire);
/* Is this within what a peer may ask for in a second? Takes one. */
NODISCARD bool glue_may_ask(struct glue *glue, uint32_t peer);
void glue_owe(struct glue *glue, uint32_t peer, size_t size);      /* It was sent so much. */
bool glue_leads(const struct glue *glue, const struct vote *vote); /* Its height and round. */

/* Proposals in short form (consensus_short.c). */
void glue_shorten(struct glue *glue, struct bytes wire, struct buffer *out); /* Or nothing. */
void glue_send_short(struct glue *glue, struct bytes wire, struct bytes brief);
void glue_note_proposal(struct glue *glue, const struct message *message); /* It has come. */
void glue_rebuilt_wrong(struct glue *glue, uint64_t height);
/* Take a proposal that was put together; where it does not verify, nobody is blamed. */
void glue_receive_rebuilt(struct glue *glue, uint32_t peer, struct bytes wire);

/* Answer a CHECK: of a small body before the next step, of others from a worker thread
 * (consensus_jobs.c). */
void glue_queue_check(struct glue *glue, const struct pbft_action *action);
void glue_answer_check(struct glue *glue);   /* Feed the answer that waits, where one does. */
void glue_answer_waiting(struct glue *glue); /* Feed the answers whose blobs have come. */
void glue_forget_waiting(struct glue *glue); /* Those of no use: after the end all of them. */

#endif /* NODE_CONSENSUS_STATE_H */
