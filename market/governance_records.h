/* What governance keeps in the state: the sets of validators, proposals and ballots, permitted nodes,
 * features, and what candidates and offenders left behind.
 *
 * Like market/records.h: a kind byte and ids make a key, every record is a schema. */
#ifndef MARKET_GOVERNANCE_RECORDS_H
#define MARKET_GOVERNANCE_RECORDS_H

#include "consensus/validators.h"
#include "market/records.h"

#define GOVERNANCE_NODES_MAX       128 /* permitted node keys */
#define GOVERNANCE_FEATURES_MAX    64
#define GOVERNANCE_CHECKPOINTS_MAX 16
#define GOVERNANCE_NAME_MAX        32  /* characters of the name of a validator, node or feature */
#define GOVERNANCE_ACTION_MAX      256 /* bytes of a proposal's encoded operand */

enum governance_key_kind {
    KEY_GOVERNANCE = 0x20,      /* -> struct governance */
    KEY_VALIDATOR_SET = 0x21,   /* u32 number -> struct validators */
    KEY_SET_BEGIN = 0x22,       /* u32 number -> struct set_begin */
    KEY_PROPOSAL = 0x23,        /* u64 id -> struct proposal */
    KEY_BALLOT = 0x24,          /* u64 id, voting key -> struct ballot */
    KEY_SPOKESMAN = 0x25,       /* voting key -> address that may vote for the validator */
    KEY_NEXT_PARAMETERS = 0x26, /* -> struct next_parameters */
    KEY_NODES = 0x27,           /* -> struct permitted_nodes */
    KEY_FEATURES = 0x28,        /* -> struct features */
    KEY_CHECKPOINTS = 0x29,     /* -> struct checkpoints */
    KEY_HEARTBEAT = 0x2a,       /* voting key -> struct heartbeat */
    KEY_PARDON = 0x2b,          /* voting key -> struct pardon */
};

struct governance {
    uint32_t set_count;      /* sets are numbered 1 .. set_count; 1 is that of the genesis */
    uint64_t proposal_count; /* proposals are 1 .. proposal_count */
    uint64_t member_change;  /* last block that changed who is in the set; 0: none */
};

struct set_begin {
    uint64_t height; /* first block that the set votes on */
};

enum proposal_kind {
    PROPOSAL_VALIDATOR_ADD,
    PROPOSAL_VALIDATOR_REMOVE,
    PROPOSAL_VALIDATOR_REPLACE,
    PROPOSAL_PARDON,
    PROPOSAL_PARAMETER,
    PROPOSAL_NODE,
    PROPOSAL_ROLES,
    PROPOSAL_FEATURE,
    PROPOSAL_KIND_COUNT,
};

struct proposal {
    uint64_t id;
    uint8_t kind;               /* enum proposal_kind */
    struct public_key proposer; /* voting key of the validator that it was made for */
    uint64_t opened_height;
    uint64_t expires_ms;    /* last block time at which votes count */
    uint64_t passed_height; /* block in which it passed and was done; 0: not passed */
    struct bytes action;    /* the operand that proposed it, encoded */
};

struct ballot {
    bool yes;
    uint64_t height; /* block of the last change */
};

struct next_parameters {
    uint64_t from_height; /* first block that they hold for */
    struct parameters parameters;
};

struct permitted_node {
    struct point node_key;
    struct bytes name; /* borrowed */
};
struct permitted_nodes {
    uint32_t count;
    struct permitted_node list[GOVERNANCE_NODES_MAX];
};

struct feature {
    struct bytes name;          /* borrowed */
    uint64_t activation_height; /* first block under the new rule */
};
struct features {
    uint32_t count;
    struct feature list[GOVERNANCE_FEATURES_MAX];
};

struct checkpoint {
    uint64_t height;
    struct hash digest; /* of the block's header; at height 0 the chain id */
};
struct checkpoints { /* oldest first */
    uint32_t count;
    struct checkpoint list[GOVERNANCE_CHECKPOINTS_MAX];
};

struct heartbeat {
    struct point node_key;
    uint64_t height;  /* of the checkpoint that was signed */
    uint64_t time_ms; /* of the block that recorded it */
};

struct pardon {
    uint64_t height; /* evidence up to this height is forgiven */
};

extern const struct schema governance_schema, set_begin_schema, proposal_schema, ballot_schema,
    next_parameters_schema, permitted_nodes_schema, features_schema, checkpoints_schema,
    heartbeat_schema, pardon_schema;

const char *proposal_kind_name(uint8_t kind); /* "validator add"; NULL for unknown ones */

void key_governance(struct market_key *out);
void key_validator_set(struct market_key *out, uint32_t number);
void key_set_begin(struct market_key *out, uint32_t number);
void key_proposal(struct market_key *out, uint64_t id);
void key_ballot(struct market_key *out, uint64_t id, const struct public_key *validator);
void key_spokesman(struct market_key *out, const struct public_key *validator);
void key_next_parameters(struct market_key *out);
void key_nodes(struct market_key *out);
void key_features(struct market_key *out);
void key_checkpoints(struct market_key *out);
void key_heartbeat(struct market_key *out, const struct public_key *candidate);
void key_pardon(struct market_key *out, const struct public_key *validator);

void governance_load(struct state *state, struct governance *out);
void governance_store(struct state *state, const struct governance *governance);

#endif /* MARKET_GOVERNANCE_RECORDS_H */
