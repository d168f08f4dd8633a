/* A whole network of replicas in one thread, driven by one seed.
 *
 * Hosts run the real core of consensus/ behind a simulated network, disk, clock and application. The
 * network delays, reorders, loses and doubles messages and splits; a disk keeps what was synced and
 * a random part of the rest when its host stops; up to f validators are faulty: mute, or twins, two
 * replicas with one key that send to whom they like, propose bodies nobody may accept, garble what
 * they send, and sign forged votes, certificates and blocks. Checkers outside the replicas watch what
 * leaves the honest hosts. */
#ifndef TOOLS_SIM_SIM_H
#define TOOLS_SIM_SIM_H

#include "consensus/pbft.h"
#include "tools/sim/app.h"

enum {
    SIM_VALIDATORS_MAX = VALIDATORS_MAX, /* keys, in the set or not */
    SIM_PLANS_MAX = 16,
    SIM_HOSTS_MAX = 2 * SIM_VALIDATORS_MAX,
    SIM_NAME_SIZE = 24,
};

struct sim;

/* What a storm should meet now and then; a test over many seeds shows that each was met. */
#define SIM_BRANCH_LIST(X)                                                                         \
    X(SIM_TIMEOUT, "round change by timer")                                                        \
    X(SIM_JUMP, "round change after f + 1 others")                                                 \
    X(SIM_PULLED, "round change by a justified proposal")                                          \
    X(SIM_REPROPOSAL, "a prepared block proposed again")                                           \
    X(SIM_OLD_COMMIT, "decided by the commits of a round that was left")                           \
    X(SIM_FETCHED, "a missing body fetched")                                                       \
    X(SIM_SYNC_HINT, "told to catch up")                                                           \
    X(SIM_CAUGHT_UP, "a block obtained by catching up")                                            \
    X(SIM_EVIDENCE, "evidence of a double vote")                                                   \
    X(SIM_TWINS, "twins said two things to one replica")                                           \
    X(SIM_FORGED, "a signed forgery refused")                                                      \
    X(SIM_INVALID_BODY, "a body that nobody may accept proposed")                                  \
    X(SIM_CUT_IDLE, "power cut before any vote of a height")                                       \
    X(SIM_CUT_PREPARED, "power cut after PREPARE")                                                 \
    X(SIM_CUT_COMMITTED, "power cut after COMMIT")                                                 \
    X(SIM_CUT_CHANGED, "power cut in a round above 0")                                             \
    X(SIM_CUT_UNSYNCED, "power cut with records that were not durable")                            \
    X(SIM_LOST_BLOCK, "power cut that took back a stored block")                                   \
    X(SIM_UNUSED, "an orderly end with a permit that was not used")                                \
    X(SIM_SPENT, "a start in a round for which a permit was found")                                \
    X(SIM_SIGNER_AWAY, "a signer was away")                                                        \
    X(SIM_SIGNER_REFUSED, "a signer refused what its host forgot")                                 \
    X(SIM_SPLIT, "the network split")                                                              \
    X(SIM_HEALED, "the network whole again")                                                       \
    X(SIM_RECALLED, "a vote compared with what a restart would remember")                          \
    X(SIM_ADDED, "a validator entered the set")                                                    \
    X(SIM_REMOVED, "a validator left the set")                                                     \
    X(SIM_JAILED, "a validator that signed two values was jailed")                                 \
    X(SIM_PARDONED, "a jailed validator was pardoned")                                             \
    X(SIM_REPORT_LATE, "a report of a double vote refused: somebody else's was first")             \
    X(SIM_REPORT_FALSE, "a false report of a double vote refused")                                 \
    X(SIM_NEWCOMER, "a vote of a validator that is not of the genesis")                            \
    X(SIM_HANDED_OVER, "a block decided by another set than its parent")                           \
    X(SIM_AWAITED_SET, "a block held back until its successors are known")                         \
    X(SIM_DEMOTED, "a leader that failed was demoted")                                             \
    X(SIM_RELEASED, "a demoted leader that is alive gave way to another")                          \
    X(SIM_SHORT_POOL, "a short proposal put together out of the pool")                             \
    X(SIM_SHORT_FETCHED, "a short proposal put together with what a peer sent")                    \
    X(SIM_SHORT_WHOLE, "a short proposal asked for whole")                                         \
    X(SIM_COLLECTED, "a block decided by the votes that its leader collected")                     \
    X(SIM_COLLECTOR_FAILED, "a round left whose leader was to collect the votes")                  \
    X(SIM_OTHER_WAY, "votes that go another way than at the height before")

#define SIM_BRANCH_ENUM(name, text) name,
enum sim_branch { SIM_BRANCH_LIST(SIM_BRANCH_ENUM) SIM_BRANCH_COUNT };
#undef SIM_BRANCH_ENUM
const char *sim_branch_text(enum sim_branch branch); /* Static string; never NULL. */

/* What a block can do to the validator set. */
enum sim_change {
    SIM_CHANGE_NONE,
    SIM_CHANGE_ADD,
    SIM_CHANGE_REMOVE,
    SIM_CHANGE_JAIL, /* or free, who is jailed */
};

struct sim_options {
    uint64_t seed;
    uint32_t validator_count;  /* of the genesis, with the numbers from 0 on */
    uint32_t spare_count;      /* honest hosts with keys that are not in the set of the genesis */
    uint32_t change_per_mille; /* of blocks that change the set */
    uint64_t heights;          /* the goal of every honest host */
    uint32_t twin_count;       /* of the first validators, those run twice */
    uint32_t mute_count;       /* of the following, those that send nothing */
    uint32_t stolen;           /* bit i: a test signs with the key of validator i besides */
    uint32_t delay_min_us;     /* of every message */
    uint32_t delay_max_us;
    bool wan;               /* delays are those of tools/sim/wan.h instead */
    uint32_t collect_above; /* in larger sets the leader collects the votes */
    uint32_t loss_per_mille;
    uint32_t double_per_mille;
    uint32_t forge_per_mille;  /* of what twins send */
    uint32_t recall_per_mille; /* of votes: would a restart remember them? */
    uint32_t cut_per_mille;    /* of syncs during which power fails */
    uint32_t disk_max_us;      /* longest sync */
    uint32_t skew_max_ms;      /* of a host's clock, either way */
    uint32_t round_timeout_ms;
    void (*make_app)(struct sim_app *out, const struct sim_options *options, uint32_t host_count);
    bool chance;                /* times vary; hosts stop and links break (fault_interval_us) */
    uint64_t fault_interval_us; /* 0: no faults but those asked for */
    bool guarded;               /* honest hosts have signers with a memory of their own */
    bool work;                  /* there is always something to order below the goal */
    bool shorts;                /* some proposals go in short form */
    bool keep_trace;            /* keep the replicas' traces as text: sim_trace() */
};

/* A quiet network of `validator_count` honest hosts: 1 ms links, 100 us disks, nothing random,
 * and the smallest application. */
void sim_options_quiet(struct sim_options *out, uint32_t validator_count);
/* Everything a seed can do, with parameters drawn from the seed, on the market's ledger. */
void sim_options_storm(struct sim_options *out, uint64_t seed, uint32_t validator_count,
                       uint64_t heights);

struct sim *sim_new(const struct sim_options *options);
void sim_free(struct sim *sim);

/* Let time pass until `time_ms` after the beginning, or until a checker found a fault. Returns
 * false in that case. */
NODISCARD bool sim_run(struct sim *sim, uint64_t time_ms);
NODISCARD bool sim_run_until_height(struct sim *sim, uint64_t height, uint64_t limit_ms);

void sim_stop(struct sim *sim, uint32_t host);  /* As by a power cut; no-op where it is down. */
void sim_start(struct sim *sim, uint32_t host); /* No-op where it is up. */
void sim_work(struct sim *sim, uint32_t host);  /* Something to order reaches this host. */
/* All links whole and lossless, all hosts up, clocks right, no more faults. */
void sim_heal(struct sim *sim);
/* The execution of block `height` changes the set of height + 2: before any host is there. */
void sim_plan_change(struct sim *sim, uint64_t height, enum sim_change change, uint32_t validator);
void sim_link(struct sim *sim, uint32_t from, uint32_t to, bool open);
void sim_inject(struct sim *sim, uint32_t host, struct bytes wire); /* Arrives at once. */

/* A message from host to host may pass only where this returns true. NULL: all. */
void sim_set_filter(struct sim *sim,
                    bool (*filter)(void *data, uint32_t from, uint32_t to, const struct vote *vote),
                    void *data);

struct sim_report {
    bool passed;
    char failure[256]; /* empty where passed */
    uint64_t time_ms;  /* simulated */
    uint64_t height;   /* lowest of an honest host */
    uint64_t steps;
    uint64_t messages;   /* delivered */
    uint64_t sent;       /* messages put on links */
    uint64_t sent_bytes; /* of them */
    uint64_t status;     /* those that are STATUS: they come with time, not with blocks */
    uint64_t status_bytes;
    uint64_t decided_ms; /* from each block's proposal to its last decision, all blocks added */
    uint64_t refused;    /* messages that message_verify() refused */
    uint64_t stops;
    uint64_t evidence;
    uint64_t demotions;
    uint32_t round_max;             /* highest round of a deciding certificate */
    uint64_t met[SIM_BRANCH_COUNT]; /* how often each branch was met */
    struct hash trace;              /* of everything that happened */
};
void sim_report(const struct sim *sim, struct sim_report *out);

/* One seed: a storm, then a healed network that must bring all honest hosts to the goal. */
void sim_seed(const struct sim_options *options, struct sim_report *out);

const char *sim_trace(struct sim *sim); /* One line per event of a core: "host: text". */
void sim_trace_clear(struct sim *sim);
uint64_t sim_height(const struct sim *sim, uint32_t host); /* Decided and released. */
void sim_digest(const struct sim *sim, uint32_t host, uint64_t height, struct hash *out);
uint64_t sim_evidence_count(const struct sim *sim);
const struct block_rules *sim_rules(const struct sim *sim);  /* Of heights 1 and 2. */
void sim_secret(uint32_t validator, struct secret_key *out); /* The key of a simulated validator. */
/* The first validators with their names, which are written to `names` and borrowed. */
void sim_validators(struct validators *out, uint32_t count, char (*names)[SIM_NAME_SIZE]);
void sim_summary(const struct sim *sim, uint32_t host, struct pbft_summary *out);

#endif /* TOOLS_SIM_SIM_H */
