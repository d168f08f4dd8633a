/* Events of the market, by kind; each kind has one schema. Kinds are never reused. */
#ifndef MARKET_EVENTS_H
#define MARKET_EVENTS_H

#include "crypto/address.h"
#include "vm/receipt.h"

enum market_event_kind {
    EVENT_TRANSFER = 1,
    EVENT_ROLE_SET = 2,
    EVENT_SERVER_REGISTERED = 10,
    EVENT_SERVER_LEFT = 11,
    EVENT_SERVER_PENALISED = 12,
    EVENT_SERVER_STAKED = 13,
    EVENT_MODEL_PUBLISHED = 20,
    EVENT_MODEL_CLOSED = 21,
    EVENT_ROUND_OPENED = 30,
    EVENT_ROUND_JOINED = 31,
    EVENT_ROUND_COMMITTED = 32,
    EVENT_ROUND_PHASE = 33,      /* a round entered a phase */
    EVENT_ROUND_AGGREGATED = 34, /* an aggregate was posted */
    EVENT_ROUND_POSTED = 35,     /* a server posted in this phase */
    EVENT_SERVER_DROPPED = 36,   /* a server left Q */
    EVENT_SHARE_PROVED = 37,     /* a norm proof was posted; amount 0 */
    EVENT_SHARE_PUBLISHED = 38,  /* ciphertexts for a server are on the chain */
    EVENT_SHARE_CLAIMED = 39,    /* an owner in dispute claimed its values */
    EVENT_OWNER_PAID = 40,
    EVENT_OWNER_DROPPED = 41,
    EVENT_OWNER_FORFEITED = 42,
    EVENT_REFUND = 43,
    EVENT_SERVER_PAID = 44,
    EVENT_OWNER_SLASHED = 45, /* proven to be wrong */
    EVENT_DISPUTE_OPENED = 46,
    EVENT_DISPUTE_JUSTIFIED = 47, /* a share was opened, and says who was right */
    EVENT_PROPOSAL_OPENED = 70,
    EVENT_PROPOSAL_VOTED = 71,
    EVENT_PROPOSAL_PASSED = 72,
    EVENT_VALIDATORS_CHANGED = 73, /* a new set, also by a jail or a pardon */
    EVENT_VALIDATOR_JAILED = 74,
    EVENT_VALIDATOR_ACCOUNT = 75, /* a validator named the account that votes for it */
    EVENT_HEARTBEAT = 76,
    EVENT_NODE_CHANGED = 77,
    EVENT_PARAMETER_CHANGED = 78,
    EVENT_FEATURE_SCHEDULED = 79,
};

struct event_transfer {
    struct address from;
    struct address to;
    uint64_t amount; /* units */
};

struct event_role_set {
    struct address by;
    struct address account;
    uint8_t roles;
};

struct event_server { /* SERVER_REGISTERED, SERVER_LEFT, SERVER_STAKED */
    struct address server;
    uint32_t index;
    uint64_t stake; /* units taken or returned; of SERVER_STAKED all that is there now */
};

enum penalty_reason {
    PENALTY_SILENT,       /* posted nothing in a phase */
    PENALTY_DECIDE,       /* its values of the fallback are not those of decide */
    PENALTY_CHECK,        /* its value of check is off the polynomial of the others */
    PENALTY_AGGREGATE,    /* its aggregate is not the sum */
    PENALTY_NO_AGGREGATE, /* no leader posted an aggregate */
    PENALTY_DISPUTE,      /* an opened share shows that its value of an owner is wrong */
    PENALTY_VALUES,       /* its score, distance or credit is off the polynomial of the others */
    PENALTY_UNJUSTIFIED,  /* it was blamed and did not justify itself */
    PENALTY_DEAL,         /* it dealt another key than the one it committed to */
};

struct event_server_penalised {
    struct address server;
    uint64_t model;
    uint32_t round;
    uint8_t number;  /* j in the model */
    uint8_t phase;   /* enum round_phase */
    uint8_t reason;  /* enum penalty_reason */
    uint64_t amount; /* units that its stake still had */
};

struct event_server_dropped {
    uint64_t model;
    uint32_t round;
    uint8_t number;
    uint8_t phase;
    uint32_t missing; /* ciphertexts it did not acknowledge, where it left for that; else 0 */
};

struct event_model { /* MODEL_PUBLISHED, MODEL_CLOSED */
    uint64_t model;
    struct address owner;
    uint64_t escrow; /* units taken or returned */
};

struct event_round_opened {
    uint64_t model;
    uint32_t round;
    struct hash model_root;
    uint32_t model_size;
    uint64_t deadline_height;
};

struct event_share_published {
    uint64_t model;
    uint32_t round;
    uint16_t index;   /* seat, or MARKET_PAD_SEAT */
    uint8_t number;   /* server j */
    struct hash root; /* of the sidecar, C_ij || C2_ij */
    uint32_t size;    /* bytes */
};

struct event_dispute_opened { /* DISPUTE_OPENED, SHARE_CLAIMED */
    uint64_t model;
    uint32_t round;
    uint16_t index;  /* seat, or MARKET_PAD_SEAT */
    uint16_t blamed; /* servers that must justify, mask; 0: the owner must claim first */
};

struct event_dispute_justified {
    uint64_t model;
    uint32_t round;
    uint16_t index;
    uint8_t number;    /* server j */
    bool server_right; /* the opened share gives what the server posted: the owner is guilty */
};

struct event_participant { /* ROUND_JOINED, ROUND_COMMITTED, SHARE_PROVED, OWNER_PAID,
                              OWNER_DROPPED, OWNER_FORFEITED, OWNER_SLASHED */
    uint64_t model;
    uint32_t round;
    uint16_t index;
    struct address owner;
    uint64_t amount; /* units: stake taken, 0, reward paid, stake returned, stake lost */
};

struct event_round_phase {
    uint64_t model;
    uint32_t round;
    uint8_t phase;
    uint8_t abort_reason; /* enum abort_reason, in PHASE_ABORTED */
    uint16_t owners;      /* committed, accepted from PHASE_DECIDE_BEACON on */
    uint16_t active;      /* Q, mask */
    uint64_t deadline_height;
};

struct event_round_aggregated {
    uint64_t model;
    uint32_t round;
    uint8_t leader;
    struct hash root;
    uint32_t size; /* bytes */
};

struct event_round_posted {
    uint64_t model;
    uint32_t round;
    uint8_t number;
    uint8_t phase;
};

struct event_money { /* REFUND, SERVER_PAID */
    uint64_t model;
    uint32_t round; /* 0: of the model, not of a round */
    struct address account;
    uint64_t amount; /* units */
};

struct event_proposal_opened {
    uint64_t proposal;
    uint8_t kind; /* enum proposal_kind */
    struct public_key proposer;
    uint64_t expires_ms;
};

struct event_proposal_voted {
    uint64_t proposal;
    struct public_key validator;
    bool yes;
};

struct event_proposal_passed {
    uint64_t proposal;
    uint8_t kind;
};

struct event_validators {
    uint64_t from_height; /* first block that the new set votes on */
    uint32_t count;
    struct hash hash; /* validators_hash of its headers */
};

struct event_validator_jailed {
    struct public_key validator;
    uint64_t height; /* of the two votes */
    uint32_t round;
    uint8_t type; /* enum vote_type */
};

struct event_validator_account {
    struct public_key validator;
    struct address account; /* zero: nobody but its own key */
};

struct event_heartbeat {
    struct public_key candidate;
    uint64_t height;
};

struct event_node {
    struct point node_key;
    bool permitted;
};

struct event_parameter {
    uint8_t parameter; /* enum parameter */
    uint64_t value;
    uint64_t from_height;
};

struct event_feature {
    struct bytes name;
    uint64_t activation_height; /* 0: withdrawn */
};

/* The schema and the name of a kind; NULL for an unknown one. */
const struct schema *event_schema(uint16_t kind);
const char *event_name(uint16_t kind);

/* Append an event of an instruction or of the block's own work. */
void events_add(struct event_log *log, enum market_event_kind kind, const void *value);

#endif /* MARKET_EVENTS_H */
