/* One PBFT replica as a pure state machine: events in, actions out.
 *
 * No I/O, no clock, no randomness. The same configuration and the same events give the same actions
 * on every machine. One height is in flight; the protocol is docs/protocol.md, section 3.
 *
 * ORDER AND DURABILITY. Perform the actions of a step in order, and the steps in order. Every
 * PERSIST hands over one record for an append-only log. SEND, BROADCAST and DECIDED must not happen
 * before every earlier PERSIST, of this or an earlier step, is on stable storage; all other actions
 * happen at once. Nothing reports back: keep a queue of what goes out, stamp each entry with the
 * sequence of the last PERSIST before it, and let it go when the log is durable up to there. Steps
 * need not wait meanwhile; what the core does in between leaves the machine no earlier either.
 *
 * RESTART. Give all records whose height is above the last decided height that the START event
 * names, oldest first. A record may be forgotten once the block of its height is durable in the
 * node's store; forgetting later is harmless. A torn last record was never acted on: cut it off. */
#ifndef CONSENSUS_PBFT_H
#define CONSENSUS_PBFT_H

#include "consensus/message.h"

enum {
    PBFT_ACTIONS_MAX = 128,          /* in one step */
    PBFT_ROUND_DISTANCE_MAX = 10000, /* votes of rounds further ahead are refused */
    PBFT_TIMEOUT_MS_MAX = 30000,     /* cap of the round timer */
    PBFT_RECORD_SIZE_MAX = BLOCK_BODY_SIZE_MAX + (64 << 10),
};

struct pbft; /* One replica. It has one owner and must not be shared between threads. */

struct pbft_config {
    struct block_rules rules; /* of the chain; its validators are those of the genesis, copied */
    const struct vote_signer *signer; /* votes at heights whose set has its key; outlives the
                                         replica; NULL: an observer, who never votes */
    uint32_t round_timeout_ms;        /* T0: 1 to PBFT_TIMEOUT_MS_MAX */
    uint32_t status_interval_ms;      /* STATUS and resending: 1 to 60000; 1000 is usual */
    uint32_t time_drift_ms; /* tolerated distance of a proposal's time from the own clock */
    /* Deterministic text of what the replica does, one line without newline; may be NULL. */
    void (*trace)(void *data, const char *line);
    void *trace_data;
};

#define PBFT_STATUS_LIST(X)                                                                        \
    X(PBFT_OK, "ok")                                                                               \
    X(PBFT_STALE, "of a height or round that is over, or known already")                           \
    X(PBFT_FUTURE, "too far ahead")                                                                \
    X(PBFT_CONFLICT, "the sender said something else before")                                      \
    X(PBFT_REFUSED, "a proposal or block that breaks a rule")                                      \
    X(PBFT_UNWANTED, "an answer to no open question")

#define PBFT_STATUS_ENUM(name, text) name,
enum pbft_status { PBFT_STATUS_LIST(PBFT_STATUS_ENUM) };
#undef PBFT_STATUS_ENUM

const char *pbft_status_text(enum pbft_status status); /* Static string; never NULL. */

enum pbft_timer {
    PBFT_TIMER_ROUND,
    PBFT_TIMER_STATUS,
    PBFT_TIMER_COUNT,
};

enum pbft_event_type {
    PBFT_EVENT_START,    /* once, first */
    PBFT_EVENT_MESSAGE,  /* a verified message of another validator */
    PBFT_EVENT_BUILT,    /* answer to BUILD */
    PBFT_EVENT_CHECKED,  /* answer to CHECK */
    PBFT_EVENT_WORK,     /* there is something to order at the next height, or no longer */
    PBFT_EVENT_EXECUTED, /* a decided block was executed: its roots are known */
    PBFT_EVENT_PEERS,    /* the number of connected validators, or the present set, changed */
    PBFT_EVENT_TIMEOUT,  /* a timer that was set and neither stopped nor set again ran out */
    PBFT_EVENT_SYNCED,   /* the next block and its certificate, obtained by catching up */
    PBFT_EVENT_STOP,     /* an orderly end: the last event; perform its actions and sync the log */
};

/* Where the replica resumes. */
struct pbft_start {
    uint64_t height;                       /* last decided block in the store; 0: none yet */
    struct hash digest;                    /* of its header; at height 0 the chain id */
    uint64_t time_ms;                      /* of its header; at height 0 the time of the genesis */
    const struct certificate *certificate; /* that decided it; NULL at height 0 only */
    uint64_t executed_height;              /* at most `height` */
    struct hash state_root;                /* after block executed_height */
    struct hash receipts_root;             /* of block executed_height; zero at height 0 */
    /* The sets of height, height + 1 and height + 2; NULL: that of the genesis, of the height before,
     * of the height before. The last counts where executed_height == height, which leaves it. */
    const struct validators *last_validators;
    const struct validators *validators;
    const struct validators *next_validators;
    const struct demotions *demotions; /* as block `height` leaves them; NULL: nobody is demoted */
    const struct bytes *records;       /* PERSIST records in the order they were written */
    size_t record_count;
};

/* The application's block for a BUILD. */
struct pbft_built {
    uint64_t height; /* copied from the BUILD */
    uint32_t round;
    bool nothing;      /* there is nothing to order after all; refused where BUILD.required */
    struct bytes body; /* at most BLOCK_BODY_SIZE_MAX */
    struct hash tx_root;
};

struct pbft_checked {
    struct hash digest; /* copied from the CHECK */
    bool valid;
};

/* What executing a decided block gives, in ascending order of height. */
struct pbft_executed {
    uint64_t height;
    struct hash state_root;
    struct hash receipts_root;
    const struct validators *validators; /* of height + 2; NULL: those of height + 1 */
};

/* A decided block, already passed by block_verify_decided(). */
struct pbft_synced {
    const struct block *block;
    const struct certificate *certificate;
};

/* Everything an event points to is borrowed for the step only. */
struct pbft_event {
    enum pbft_event_type type;
    uint64_t now_ms;   /* monotonic clock; never decreases from event to event */
    uint64_t clock_ms; /* Unix time of the own clock; may jump */
    union {
        struct pbft_start start;
        const struct message *message;
        struct pbft_built built;
        struct pbft_checked checked;
        bool work; /* WORK: true raises, false lowers. Each DECIDED lowers it: raise it again. */
        struct pbft_executed executed;
        uint32_t connected; /* PEERS: connected ones of the present set, the replica included */
        enum pbft_timer timer;
        struct pbft_synced synced;
    } u;
};

enum pbft_action_type {
    PBFT_ACTION_PERSIST,    /* append `bytes` to the log */
    PBFT_ACTION_SEND,       /* send `bytes` to validator `to` */
    PBFT_ACTION_BROADCAST,  /* send `bytes` to every other validator (and to observers) */
    PBFT_ACTION_SET_TIMER,  /* run out once after delay_ms, in place of an earlier setting */
    PBFT_ACTION_STOP_TIMER, /* `timer` must not run out any more */
    PBFT_ACTION_BUILD,      /* make a body for this height, answer by BUILT; replaces older ones */
    PBFT_ACTION_CHECK,      /* may this body be executed on its parent? Answer by CHECKED. The
                               block two before, which may change the rules, was executed */
    PBFT_ACTION_DECIDED,    /* store and execute the block, answer by EXECUTED */
    PBFT_ACTION_EVIDENCE,   /* a validator signed two values: votes[0], votes[1]; once a height */
    PBFT_ACTION_NEED_SYNC,  /* peers claim `height` decided: fetch up to it, answer by SYNCED */
};

/* Fields that the type does not name are zero. */
struct pbft_action {
    enum pbft_action_type type;
    struct bytes bytes;    /* PERSIST, SEND, BROADCAST */
    uint64_t sequence;     /* PERSIST: 1, 2, 3, ... since the START */
    uint64_t height;       /* PERSIST, SEND, BUILD, DECIDED, NEED_SYNC */
    uint32_t round;        /* BUILD */
    bool required;         /* BUILD: a round change waits for a block: make one even if empty */
    uint32_t to;           /* SEND: index in the set of `height` */
    struct point receiver; /* SEND: key of that validator's node */
    enum pbft_timer timer;
    uint32_t delay_ms;
    struct hash digest;                    /* BUILD: of the parent; CHECK, DECIDED: of the block */
    const struct block *block;             /* CHECK, DECIDED */
    const struct certificate *certificate; /* DECIDED: q commits for the block */
    bool logged; /* DECIDED: an earlier PERSIST holds the block with its prepared certificate */
    struct vote votes[2];        /* EVIDENCE: indices of the set of their height */
    struct public_key signed_by; /* EVIDENCE: that validator's key */
};

/* All zero before the first use. Its content, and all it points to, is valid until the next step. */
struct pbft_actions {
    size_t count;
    struct pbft_action list[PBFT_ACTIONS_MAX];
    struct buffer arena;
};
void pbft_actions_close(struct pbft_actions *actions); /* Frees what it owns. */

/* Create a replica. Allocates all the memory it will ever use but for block bodies, of which it
 * holds at most eight. The caller owns the result: pbft_free(). The configuration is asserted:
 * validators_check() holds, bounds as above. */
struct pbft *pbft_new(const struct pbft_config *config);
void pbft_free(struct pbft *pbft); /* NULL is allowed. */

/* Feed one event and get what to do about it. The actions count whatever the status is; a status
 * other than PBFT_OK says why an event changed nothing and is for counters and penalties:
 *   PBFT_STALE     message, answer or timeout of a height or round that is over, or whose quorum
 *                  changed on to higher rounds while its leader was building
 *   PBFT_FUTURE    message further than one height or PBFT_ROUND_DISTANCE_MAX rounds ahead, or of
 *                  a height whose validators only execution will tell; SYNCED likewise
 *   PBFT_CONFLICT  the sender signed another value for this height, round and type (EVIDENCE)
 *   PBFT_REFUSED   proposal with a wrong parent, time or root; synced block that does not follow;
 *                  a START record that is none of ours (the log is corrupt: do not run)
 *   PBFT_UNWANTED  BUILT, CHECKED, BODY nobody waits for */
NODISCARD enum pbft_status pbft_step(struct pbft *pbft, struct pbft_actions *actions,
                                     const struct pbft_event *event);

/* The votes that decided the last height, as block_rules.known for the next proposal; NULL at height 0.
 * Valid until the next step. */
const struct certificate *pbft_last_commit(const struct pbft *pbft);

/* Is the message with this head worth verifying? False for what pbft_step() would drop as stale,
 * far ahead or known. Never true for the own index. Of a STATUS, the head tells nothing. */
NODISCARD bool pbft_wants(const struct pbft *pbft, const struct vote *vote);

/* Is it of a height that is open and of a round that this replica has not reached there? Of such votes a sender has a
 * newer one for each round; who is honest has few. */
NODISCARD bool pbft_ahead(const struct pbft *pbft, const struct vote *vote);

/* Is a CHECK of the block with this digest open, and its answer of use? A replica holds few blocks: those that came
 * later took the place of others. */
NODISCARD bool pbft_checks(const struct pbft *pbft, const struct hash *digest);

/* The validators of a height: of the last decided one, the present one, and the next where it is
 * known already. NULL for all others. Borrowed until the next step; validator_set_share() for longer. */
struct validator_set *pbft_validators(const struct pbft *pbft, uint64_t height);

/* The height whose rules message_verify() needs for a message with this head. */
uint64_t pbft_rules_height(const struct pbft *pbft, const struct vote *vote);

/* Those rules. False where the set is not known: then nobody wants the message. They borrow the sets
 * of the height and of the one before. */
NODISCARD bool pbft_rules(const struct pbft *pbft, uint64_t height, struct block_rules *out);

/* Who failed as a leader, as the last decided block leaves it. Valid until the next step. */
const struct demotions *pbft_demotions(const struct pbft *pbft);

/* What a validator has said at the present height and round. */
enum pbft_said {
    PBFT_SAID_PREPARE = 1, /* in the present round */
    PBFT_SAID_COMMIT = 2,  /* in the present round */
    PBFT_SAID_CHANGE = 4,  /* that it changed to the present round, or to a higher one */
};

/* What people ask a stuck replica. Indices are of the present set. */
struct pbft_summary {
    uint64_t height;              /* being decided */
    uint32_t self;                /* or VALIDATORS_NONE */
    uint32_t validators;          /* n */
    uint32_t round;               /* current */
    uint32_t leader;              /* of this height and round */
    bool collected;               /* PREPAREs and COMMITs of this round go to the leader alone */
    uint64_t decided;             /* last decided height */
    uint64_t executed;            /* last executed height */
    uint64_t logged;              /* highest height of a prepared block in the log at the START */
    bool work;                    /* something waits to be ordered */
    bool has_proposal;            /* of this round */
    bool prepared;                /* a prepared certificate of this height is held */
    uint32_t prepares;            /* votes seen for this round */
    uint32_t commits;             /* votes seen for this round */
    uint32_t changes;             /* round changes to this round */
    uint8_t said[VALIDATORS_MAX]; /* by each validator: bits of enum pbft_said */
    uint64_t seen_height[VALIDATORS_MAX]; /* highest height each validator says it has decided */
};
void pbft_summarize(const struct pbft *pbft, struct pbft_summary *out);

#endif /* CONSENSUS_PBFT_H */
