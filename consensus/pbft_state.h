/* The inside of a replica, shared by the files of consensus/ that make up pbft_step(); nobody else
 * includes it. Each phase has one file; pbft_advance() calls their *_advance() functions until none
 * of them can move, so every rule is written once, as a condition on the state. */
#ifndef CONSENSUS_PBFT_STATE_H
#define CONSENSUS_PBFT_STATE_H

#include "consensus/pbft.h"

/* Where block bodies are kept. What a block means is said by digests elsewhere; a slot only says
 * who may overwrite it. */
enum slot {
    SLOT_PROPOSAL,      /* the proposal of the current round */
    SLOT_PREPARED,      /* the block of the newest prepared certificate */
    SLOT_FETCHED,       /* a block asked for by digest, or obtained by catching up */
    SLOT_NEXT,          /* a proposal of the next height, waiting */
    SLOT_DECIDED,       /* the last decided block, to answer GET_BODY; two, because one step can */
    SLOT_DECIDED_OTHER, /* decide twice and both blocks are in its actions */
    SLOT_COUNT,
};

enum verdict { VERDICT_NONE, VERDICT_ASKED, VERDICT_VALID, VERDICT_INVALID };

struct stored_block {
    bool used;
    struct hash digest;
    struct block block; /* its body is in `body` */
    struct buffer body;
    enum verdict verdict; /* of the application */
};

/* The newest vote of one sender and type at one height. */
struct vote_slot {
    bool present;
    struct vote vote;
};

struct change_slot {
    bool present;
    struct vote vote;
    struct message_prepared prepared;
    struct certificate certificate;
};

/* A certificate that the leader collected, or this replica: as the leader, or of COMMITs for itself. */
struct collected {
    bool present;
    struct certificate certificate;
};

struct proposal {
    bool present;
    bool justified; /* repeats a prepared block */
    struct vote vote;
};

/* The validators of one height, as this replica counts them. All zero but `self` while not known. */
struct electorate {
    struct validator_set *set; /* NULL: not known yet */
    uint32_t count;            /* n */
    uint32_t faults;           /* f */
    uint32_t quorum;           /* q */
    uint32_t self;             /* own index, or VALIDATORS_NONE */
    uint8_t demoted[VALIDATORS_MASK_SIZE];
};

/* All that was said at one height. The arrays have room for every set; indices are of the height's. */
struct height_log {
    uint32_t count; /* elements in use */
    bool *reported; /* there was evidence against this one: once a height is enough */
    struct vote_slot *prepares;
    struct vote_slot *commits;
    struct change_slot *changes;
    struct collected *prepared;  /* q PREPAREs of round 0 */
    struct collected *committed; /* q COMMITs, collected or counted */
    struct proposal proposal;    /* current height: of the current round; next height: the newest */
};

/* A block body that is missing, and who should have it. */
struct fetch {
    bool active;
    struct hash digest;
    uint8_t signers[CERTIFICATE_BITMAP_SIZE];
    uint32_t cursor;
};

struct pbft {
    struct pbft_config config;
    struct electorate last;     /* of the decided height */
    struct electorate present;  /* of the height being decided: always known */
    struct electorate coming;   /* of the next one */
    struct demotions demotions; /* as the decided block leaves them */

    struct pbft_actions *actions; /* of the running step */
    size_t offsets[PBFT_ACTIONS_MAX];
    uint64_t now_ms;
    uint64_t clock_ms;
    uint64_t sequence;  /* of the last PERSIST */
    uint32_t decisions; /* of the running step, at most two */
    bool started;

    /* The chain so far. */
    uint64_t decided;
    struct hash decided_digest;
    uint64_t decided_time_ms;
    struct certificate last_commit; /* of `decided`; unused at height 0 */
    struct certificate action_certificates[2];
    uint64_t executed;
    struct hash state_root;
    struct hash receipts_root;

    /* The height being decided: decided + 1. */
    uint32_t round;
    uint32_t round_base; /* where the back-off of the round timer begins */
    bool work;
    bool work_again;      /* raised while a BUILD is open */
    bool building;        /* a BUILD of this round is open */
    bool proposed;        /* this replica proposed in this round */
    bool voted;           /* PREPARE of this round is in the own slot */
    bool committed;       /* COMMIT of this round is in the own slot */
    bool spent;           /* an earlier life may have voted in this round: this one must not */
    uint64_t permitted;   /* height of the last permit written since the start */
    bool stopped;         /* no vote any more */
    uint32_t least_round; /* lowest one in which the signer may still sign */
    bool mute;            /* the signer gave no signature; asked again with the next STATUS */
    bool catching_up;     /* the block before was handed over, not decided by votes */
    bool has_prepared;    /* a prepared certificate of this height */
    struct certificate prepared;
    struct height_log log;
    struct height_log next;
    struct fetch fetch;
    uint32_t fetch_turn;        /* intervals that a body was missing */
    struct buffer own_proposal; /* encoded, while `proposed` */

    bool timer_running;
    uint64_t timer_deadline_ms;
    uint32_t connected;
    /* Highest height that each of the present set says it has decided. */
    uint64_t seen_height[VALIDATORS_MAX];
    uint64_t status_decided; /* `decided` at the last STATUS tick */

    struct stored_block blocks[SLOT_COUNT];
    struct buffer restored; /* records of START: u32 size and bytes, of heights not yet reached */
    size_t restored_done;   /* bytes of them that are of heights below the present one */
    uint64_t logged;        /* the highest height with a prepared block among them */
};

/* actions.c: append to the running step's list. */
void action_persist(struct pbft *p, uint64_t height, struct bytes record);
void action_send(struct pbft *p, uint64_t height, uint32_t to, struct bytes wire);
void action_broadcast(struct pbft *p, struct bytes wire);
void action_timer(struct pbft *p, enum pbft_timer timer, uint64_t delay_ms);
void action_stop_timer(struct pbft *p, enum pbft_timer timer);
void action_build(struct pbft *p, bool required);
void action_check(struct pbft *p, const struct stored_block *stored);
void action_decided(struct pbft *p, const struct stored_block *stored,
                    const struct certificate *certificate);
void action_evidence(struct pbft *p, const struct vote *a, const struct vote *b);
void action_need_sync(struct pbft *p, uint64_t height);
void actions_begin(struct pbft *p, struct pbft_actions *actions);
void actions_end(struct pbft *p);
void pbft_trace(struct pbft *p, const char *what, const struct hash *digest); /* NULL: none */

/* block_slots.c */
struct stored_block *slot_find(struct pbft *p, const struct hash *digest); /* Or NULL. */
struct stored_block *slot_store(struct pbft *p, enum slot slot, const struct hash *digest,
                                const struct block *block);
void slot_move(struct pbft *p, struct stored_block *from, enum slot to);
void slot_clear(struct stored_block *stored);

/* electorate.c: the set is a function of the height. */
void electorate_init(struct pbft *p);
void electorate_close(struct pbft *p);
const struct electorate *electorate_of(const struct pbft *p, uint64_t height); /* Or NULL. */
/* Where the replica resumes. */
void electorate_start(struct pbft *p, const struct pbft_start *start);
/* Block `height` was executed. */
void electorate_executed(struct pbft *p, const struct pbft_executed *executed);
/* Does the decision of a block with this header leave the set of the next height known? */
NODISCARD bool electorate_follows(const struct pbft *p, const struct block_header *header);
/* That block is decided: its successors vote. */
void electorate_advance(struct pbft *p, const struct demotions *demotions);
uint32_t electorate_leader(const struct pbft *p); /* Of the present height and round. */
/* What a block of the present height on this last_commit (NULL: none) leaves. The next set is known. */
void electorate_demote(const struct pbft *p, struct demotions *out,
                       const struct certificate *last_commit);

/* vote_log.c */
enum log_result { LOG_NEW, LOG_KNOWN, LOG_OLD, LOG_CONFLICT };
void log_init(struct height_log *log);
void log_close(struct height_log *log);
void log_clear(struct height_log *log); /* And no element is in use. */
enum log_result log_compare(const struct vote_slot *slot, const struct vote *vote);
enum log_result log_add(struct vote_slot *slots, const struct vote *vote);
uint32_t log_count(const struct vote_slot *slots, uint32_t count, const struct vote *like);
/* A vote that at least `quorum` senders share (of `round`, where it is not NULL), or NULL. */
const struct vote *log_quorum(const struct vote_slot *slots, uint32_t count, uint32_t quorum,
                              const uint32_t *round);
void log_certify(struct certificate *out, const struct vote_slot *slots, uint32_t count,
                 const struct vote *like);
uint32_t log_change_count(const struct height_log *log, uint32_t count, uint32_t round);

/* records.c: what is written to the log before something is sent. */
void record_permit(struct pbft *p); /* For a vote in the current round; once is enough. */
void record_prepared(struct pbft *p, const struct stored_block *stored);
void record_round(struct pbft *p);
void record_unused(struct pbft *p);
NODISCARD bool records_keep(struct pbft *p, const struct pbft_start *start);
bool records_apply(struct pbft *p); /* Those of the current height. Is there a vote among them? */

/* The phases. Each *_advance() returns whether it changed the state. */
NODISCARD bool propose_advance(struct pbft *p);
NODISCARD enum pbft_status propose_receive(struct pbft *p, const struct message *message);
NODISCARD enum pbft_status propose_built(struct pbft *p, const struct pbft_built *built);
void propose_accept(struct pbft *p, const struct proposal *proposal, struct stored_block *stored);
NODISCARD enum pbft_status propose_check(const struct pbft *p, const struct proposal *proposal,
                                         const struct block *block);
NODISCARD bool prepare_advance(struct pbft *p);
bool prepare_acceptable(struct pbft *p, struct stored_block *stored); /* May ask for a CHECK. */
NODISCARD enum pbft_status prepare_checked(struct pbft *p, const struct pbft_checked *checked);
NODISCARD bool commit_advance(struct pbft *p);

/* collect.c: the way of votes in a large set. */
bool collect_on(const struct pbft *p);      /* Does the leader collect the votes of this round? */
bool collect_by_self(const struct pbft *p); /* And is this replica the leader? */
void collect_send(struct pbft *p, const struct vote *vote); /* An own PREPARE or COMMIT. */
NODISCARD bool collect_advance(struct pbft *p);
NODISCARD enum pbft_status collect_receive(struct pbft *p, struct height_log *log,
                                           const struct message *message);
NODISCARD bool collect_wants(const struct pbft *p, const struct vote *vote);
void collect_repeat(struct pbft *p, uint32_t to); /* What it has collected. */

NODISCARD bool decide_advance(struct pbft *p);
bool decide_known(const struct pbft *p); /* Is there a certificate that decides this height? */
void decide_block(struct pbft *p, struct stored_block *stored,
                  const struct certificate *certificate);
NODISCARD enum pbft_status decide_synced(struct pbft *p, const struct pbft_synced *synced);
NODISCARD bool round_change_advance(struct pbft *p);
NODISCARD enum pbft_status round_change_receive(struct pbft *p, struct height_log *log,
                                                const struct message *message);
void round_change_enter(struct pbft *p, uint32_t round);
/* The own one, of the current round, into its slot; false where the signer is away. */
bool round_change_make(struct pbft *p);
bool round_change_forced(struct pbft *p); /* To least_round, where that is above the own one. */
void round_change_encode(struct pbft *p, struct buffer *out, uint32_t sender);
uint64_t round_timeout_ms(const struct pbft *p, uint32_t round);
void round_timer_update(struct pbft *p);
void round_timer_restart(struct pbft *p);
NODISCARD enum pbft_status round_timer_out(struct pbft *p);

/* status.c: what keeps replicas together when messages are lost. */
NODISCARD enum pbft_status status_receive(struct pbft *p, const struct message *message);
NODISCARD enum pbft_status status_get_body(struct pbft *p, const struct message *message);
NODISCARD enum pbft_status status_body(struct pbft *p, const struct message *message);
void status_send(struct pbft *p); /* To all, out of turn. */
void status_tick(struct pbft *p);
void status_announce(struct pbft *p); /* Everything the own slots hold, to all. */
void status_seen(struct pbft *p, const struct vote *vote);
/* Ask `signers` for it one after the other, `first`, who is one of them, or who comes after it, first; but not
 * where decide_known(): then that block alone is asked for, by fetch_decided(). */
void fetch_need(struct pbft *p, const struct hash *digest, const uint8_t *signers, uint32_t first);
void fetch_decided(struct pbft *p, const struct certificate *certificate);
void fetch_ask(struct pbft *p);

/* pbft.c */
void pbft_advance(struct pbft *p);
bool pbft_votes(const struct pbft *p);  /* Is it a validator of the present height? */
bool pbft_speaks(const struct pbft *p); /* And is its signer there, as far as is known? */
uint64_t pbft_height(const struct pbft *p);
/* Fill in a vote of the current height and round and have it signed; pbft_sign_vote() takes any vote.
 * False where it must not be sent: the replica is mute then until it asks again. */
NODISCARD bool pbft_sign(struct pbft *p, struct vote *vote, enum vote_type type,
                         const struct hash *digest);
NODISCARD bool pbft_sign_vote(struct pbft *p, struct vote *vote);
void pbft_enter_height(struct pbft *p, const struct block *decided);

#endif /* CONSENSUS_PBFT_STATE_H */
