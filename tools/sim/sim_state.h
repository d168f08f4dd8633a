/* The inside of a simulation, shared by the files of tools/sim/. */
#ifndef TOOLS_SIM_SIM_STATE_H
#define TOOLS_SIM_SIM_STATE_H

#include "consensus/compact.h"
#include "consensus/vote_guard.h"
#include "tools/sim/membership.h"
#include "tools/sim/queue.h"
#include "tools/sim/sim.h"

enum { SIM_FORGED_KEPT = 64 };

enum behaviour { HONEST, TWIN, MUTE };

struct disk_record {
    uint64_t sequence; /* 0 in lives after the one that wrote it */
    uint64_t height;
    struct buffer bytes;
};

struct disk_block {
    struct buffer encoded;
    struct certificate certificate;
    struct hash digest;
    uint64_t time_ms;
};

/* What waits for the disk before it leaves. */
struct outgoing {
    uint64_t gate; /* sequence of the last record before it */
    enum pbft_action_type type;
    uint32_t to;                    /* number of the validator */
    struct payload *payload;        /* a message, or the encoding of a decided block */
    struct certificate certificate; /* DECIDED */
    bool logged;                    /* DECIDED: the log holds the block */
};

/* signer.c */
struct host_signer {
    struct sim *sim;
    struct vote_key key;
    struct vote_signer with_key; /* always signs */
    struct vote_signer present;  /* what the host's core asks */
    struct vote_guard guard;
    uint64_t back_us; /* away before */
};

struct host {
    struct host_signer signer;
    uint32_t index;
    uint32_t validator; /* its number: whose key it has */
    enum behaviour behaviour;
    int64_t skew_ms;
    bool up;
    uint32_t epoch;
    struct pbft *pbft;
    struct compact *compact;
    struct pbft_actions actions;
    uint64_t timers[PBFT_TIMER_COUNT]; /* how often each was set or stopped */

    struct disk_record *records;
    size_t record_count;
    uint64_t written; /* sequence of the last record */
    uint64_t durable; /* sequence of the last durable one */
    bool disk_busy;
    struct outgoing *outbox;
    size_t outbox_count;

    struct disk_block *chain; /* block of height h at h - 1 */
    uint64_t height;
    uint64_t stored; /* height that no power cut can take back */
    uint64_t shown;  /* to clients, in all lives: in the store for good, or in the log */
    uint64_t executed;
    bool executing;
    struct sim_roots roots; /* after `executed` */
    bool catching_up;
    uint64_t refused;
    uint32_t decided_round[2];            /* it was in when it decided an even, an odd height */
    uint64_t accused[SIM_VALIDATORS_MAX]; /* in this life, at which height */
    struct sim_accusation accusations[SIM_VALIDATORS_MAX]; /* in this life, the newest */
    struct vote heard[SIM_VALIDATORS_MAX];                 /* by a twin: the last of each */
};

struct seen_vote {
    uint8_t type;
    uint64_t height;
    uint32_t round;
    struct hash digest;
    struct message_prepared prepared; /* ROUND_CHANGE: what it showed */
};

/* A validator that signed two values, as an honest host can prove in the healed network. */
struct sim_due {
    bool open;
    uint64_t height;   /* of the votes */
    uint64_t deadline; /* block after which it must be jailed */
    uint64_t pardoned; /* what it did up to this height is forgiven */
};

/* What validators signed, and what was decided, over the whole history. */
struct checker {
    struct seen_vote *votes[SIM_VALIDATORS_MAX];
    size_t vote_count[SIM_VALIDATORS_MAX];
    struct hash *decided;
    uint64_t decided_count;
    struct demotions demotions; /* after them */
    struct sim_roots *roots;    /* after block h at h - 1, as the first host had them */
    uint64_t root_count;
    struct sim_due due[SIM_VALIDATORS_MAX]; /* by number */
};

struct sim {
    struct sim_options options;
    struct sim_random random;
    struct sim_random brief_random; /* of its own: what pools hold moves no other chance */
    struct sim_app app;
    struct membership membership;
    struct block_rules rules; /* of heights 1 and 2 */
    struct queue queue;
    uint64_t time_us;
    struct host hosts[SIM_HOSTS_MAX];
    uint32_t host_count;
    bool blocked[SIM_HOSTS_MAX][SIM_HOSTS_MAX]; /* from, to */
    bool healed;
    uint64_t goal; /* hosts find work below it */
    struct checker checker;
    bool (*filter)(void *data, uint32_t from, uint32_t to, const struct vote *vote);
    void *filter_data;
    struct sha256 trace_hash;
    struct buffer trace;
    bool failed;
    struct sim_report report;
    uint32_t tracing;                         /* host whose core runs */
    struct hash wrong_state[SIM_FORGED_KEPT]; /* digests of forged blocks that nobody may accept */
    uint32_t wrong_state_count;
    uint64_t proposed_us[2]; /* when the newest proposal of an even, an odd height left */
    struct hash proposed;    /* digest of the newest proposal on the wire: what a forger may name */
};

static inline void sim_met(struct sim *sim, enum sim_branch branch)
{
    sim->report.met[branch]++;
}

void sim_fail(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3); /* First one stays. */
void sim_schedule(struct sim *sim, const struct host *host, uint64_t delay_us, struct event event);
uint64_t sim_some_us(struct sim *sim, uint64_t max_us); /* Fixed where there is no chance. */

/* host.c */
void host_open(struct sim *sim, uint32_t index, uint32_t validator, enum behaviour behaviour);
void host_close(struct host *host);
void host_start(struct sim *sim, struct host *host);
void host_demotions(const struct host *host,
                    struct demotions *out); /* As its last block leaves them. */
void host_stop(struct sim *sim, struct host *host);
void host_end(struct sim *sim, struct host *host); /* In good order: nothing is lost. */
enum pbft_status host_step(struct sim *sim, struct host *host, struct pbft_event *event);
void host_event(struct sim *sim, struct host *host, const struct event *event);

/* disk.c */
void disk_append(struct sim *sim, struct host *host, const struct pbft_action *action);
void disk_synced(struct sim *sim, struct host *host, uint64_t sequence);
void disk_cut(struct sim *sim, struct host *host); /* Power is gone: lose what was not synced. */
void disk_store(struct sim *sim, struct host *host, const struct outgoing *decided);
void disk_close(struct host *host);

/* net.c */
void net_push(struct sim *sim, struct host *host, const struct pbft_action *action);
void net_transmit(struct sim *sim, const struct host *from, const struct host *to,
                  struct payload *payload);
void net_flush(struct sim *sim, struct host *host); /* Let go what the disk allows. */
void net_verify(struct sim *sim, struct payload *payload, const struct block_rules *rules,
                char *error, size_t error_size);
void net_deliver(struct sim *sim, struct host *host, const struct event *event);
void net_take(struct sim *sim, struct host *host,
              const struct event *event); /* A message that came whole, or is by now. */
void net_peers(struct sim *sim);          /* Tell every host how many validators it reaches. */
void net_peers_of(struct sim *sim, struct host *host);
void net_fault(struct sim *sim); /* Change the world at random, and plan the next change. */

/* brief.c: a proposal of this host in short form, one reference, or NULL: it goes whole. */
struct payload *brief_of(struct sim *sim, struct host *host, struct payload *whole);
void brief_deliver(struct sim *sim, struct host *host, const struct event *event);
void brief_expired(struct sim *sim, struct host *host, uint64_t height);

/* accuse.c */
void accuse_hold(struct sim *sim, struct host *host, uint32_t number,
                 const struct pbft_action *action);
void accuse_again(struct sim *sim, struct host *host);       /* A block was executed. */
void accuse_offer(struct sim *sim, const struct host *host); /* Its pool, to everybody. */
void accuse_deliver(struct sim *sim, const struct host *host, const struct payload *payload);
void accuse_falsely(struct sim *sim, struct host *host,
                    const struct vote *vote); /* A twin may, about a vote that it got. */

/* forge.c: what a twin's host signs in place of what its core said, or NULL. One reference. */
struct payload *forge_payload(struct sim *sim, const struct host *host,
                              const struct payload *payload);

/* recall.c: the host's power fails now; would its next life stand by the vote that leaves? */
void recall_check(struct sim *sim, const struct host *host, struct bytes wire);

/* checker.c */
void checker_close(struct checker *checker);
void checker_sent(struct sim *sim, const struct host *host, struct payload *payload);
void checker_heard(struct sim *sim, const struct host *host,
                   const struct payload *payload);                   /* Of a faulty host. */
void checker_passed(struct sim *sim, const struct message *message); /* Forged, and not refused. */
void checker_decided(struct sim *sim, const struct host *host, const struct block *block,
                     const struct certificate *certificate);
void checker_handovers(struct sim *sim); /* At the end: does the genesis lead to the last set? */

/* checker_members.c */
void checker_evidence(struct sim *sim, struct host *host, const struct pbft_action *action);
/* `host` has refused a vote, for it had another: so it has evidence, of this vote or an earlier one. */
void checker_conflict(struct sim *sim, const struct host *host, const struct vote *vote);
/* `host` has executed this block, and `governed` votes two above it; NULL: who is planned to. */
void checker_executed(struct sim *sim, const struct host *host, uint64_t height,
                      const struct validators *governed);
void checker_healed(struct sim *sim);     /* From now on what is held has to have consequences. */
bool checker_owes(const struct sim *sim); /* Is somebody still to be jailed? */

void sim_signer_open(struct sim *sim, struct host *host);
void sim_signer_leave(struct sim *sim, struct host *host, uint64_t for_us);

#endif /* TOOLS_SIM_SIM_STATE_H */
