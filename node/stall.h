/* When blocks stop while there is work: who is missing, and why.
 *
 * One line of the log says which step waits and what each validator that has not said its word at the
 * present height and round lacks: a connection, or the word alone. Where fewer than a quorum are connected no word can
 * help, so all who are away are named. */
#ifndef NODE_STALL_H
#define NODE_STALL_H

#include "consensus/pbft.h"

enum {
    STALL_AFTER_MS = 3000,  /* without a block while there is work */
    STALL_AGAIN_MS = 10000, /* between two lines */
};

enum stall_step {
    STALL_EXECUTE,      /* this node has not executed the block before */
    STALL_ROUND_CHANGE, /* a quorum has not changed to this round */
    STALL_PROPOSE,      /* the leader has not proposed */
    STALL_PREPARE,      /* no quorum of PREPAREs */
    STALL_COMMIT,       /* no quorum of COMMITs */
    STALL_STEP_COUNT,
};

struct stall {
    uint64_t decided;  /* height when `since_ms` was set */
    uint64_t since_ms; /* there is work, and no block came, since then */
    uint64_t told_ms;  /* of the last line; 0: none since the last block */
};

enum stall_event {
    STALL_NOTHING, /* say nothing */
    STALL_TELL,    /* blocks stand still: say who is missing */
    STALL_OVER,    /* a line was written, and a block has come since */
};

const char *stall_step_text(enum stall_step step); /* "execute", "round_change", ...; never NULL. */

/* What the replica of this summary waits for. */
enum stall_step stall_step_of(const struct pbft_summary *summary, uint32_t validator_count);

/* Whether this validator has not done what `step` waits for. */
bool stall_missing(const struct pbft_summary *summary, enum stall_step step, uint32_t validator);

/* Look at the clock: `now_ms` is monotonic, `work` says whether something waits to be ordered. */
enum stall_event stall_tick(struct stall *stall, uint64_t now_ms, bool work, uint64_t decided);

/* How this node stands to a validator. */
enum stall_link {
    STALL_OFFLINE,   /* not connected */
    STALL_CONNECTED, /* or this node, as a validator that votes */
    STALL_OBSERVING, /* this node, as a validator that does not vote (node/signer.h) */
};

/* Append to `out` the names of all that are missing, parted by commas, each with "(offline)", "(silent)" or
 * "(observing)" behind it; `links` has one element for each validator. Where fewer than a quorum are STALL_CONNECTED,
 * all others are missing, whatever the step. */
void stall_name_missing(struct buffer *out, const struct pbft_summary *summary,
                        enum stall_step step, const struct validators *validators,
                        const enum stall_link *links);

struct node;
void stall_watch(struct node *node); /* Once a second or so, on the loop. */

#endif /* NODE_STALL_H */
