/* Operands of the native instructions: what a transaction may ask of the market. */
#ifndef MARKET_OPERANDS_H
#define MARKET_OPERANDS_H

#include "crypto/conflict.h"
#include "market/governance_records.h"
#include "market/parameter_rules.h"
#include "vm/native.h"

enum native_id {
    NATIVE_TRANSFER = 1,
    NATIVE_ROLE_SET = 2,
    NATIVE_PROPOSE_VALIDATOR_ADD = 3,
    NATIVE_PROPOSE_VALIDATOR_REMOVE = 4,
    NATIVE_PROPOSE_VALIDATOR_REPLACE = 5,
    NATIVE_PROPOSE_PARDON = 6,
    NATIVE_PROPOSE_PARAMETER = 7,
    NATIVE_PROPOSE_NODE = 8,
    NATIVE_PROPOSE_ROLES = 9,
    NATIVE_SERVER_REGISTER = 10,
    NATIVE_SERVER_LEAVE = 11,
    NATIVE_SERVER_STAKE = 12,
    NATIVE_MODEL_PUBLISH = 20,
    NATIVE_MODEL_CLOSE = 21,
    NATIVE_ROUND_OPEN = 30,
    NATIVE_ROUND_JOIN = 31,
    NATIVE_SHARE_COMMIT = 32,
    NATIVE_BATCH_ACK = 33,
    NATIVE_BATCH_DECIDE = 34,
    NATIVE_BATCH_FALLBACK = 35,
    NATIVE_BATCH_AGGREGATE = 36,
    NATIVE_BATCH_CHECK = 37,
    NATIVE_SHARE_PROVE = 38,
    NATIVE_SHARE_PUBLISH = 39,
    NATIVE_SHARE_CLAIM = 40,
    NATIVE_DISPUTE_JUSTIFY = 41,
    NATIVE_BATCH_VALUES = 42,
    NATIVE_BATCH_DEAL = 43,
    NATIVE_DEAL_REFUTE = 44,
    NATIVE_QUERY_BALANCE = 64,     /* {address} -> units */
    NATIVE_QUERY_ROUND_PHASE = 65, /* {model, round} -> enum round_phase */
    NATIVE_QUERY_HEIGHT = 66,      /* {} -> height of this block */
    NATIVE_PROPOSE_FEATURE = 70,
    NATIVE_PROPOSAL_VOTE = 71,
    NATIVE_VALIDATOR_ACCOUNT = 72,
    NATIVE_HEARTBEAT = 73,
    NATIVE_EVIDENCE = 74,
    NATIVE_QUERY_VALIDATORS = 80,  /* {} -> how many vote on this block */
    NATIVE_QUERY_VALIDATOR = 81,   /* {key} -> 1 where it votes on this block */
    NATIVE_QUERY_PROPOSAL = 82,    /* {proposal} -> enum proposal_status */
    NATIVE_QUERY_FEATURE = 83,     /* {name} -> 1 where it is on in this block */
    NATIVE_QUERY_OWNER_SCORE = 90, /* {model, round, owner} -> i64, two's complement */
};

struct transfer_operand {
    struct address to;
    uint64_t amount; /* units, at least 1 */
};

struct role_set_operand { /* by an admin; the last admin cannot remove itself */
    struct address account;
    uint8_t roles; /* mask, replaces the present one */
};

struct server_register_operand {
    uint64_t stake; /* units, taken from the balance */
    struct point encryption_key;
    struct signature proof; /* BIP-340 under the x-only encryption key over
                               H_souk/server/v1(chain_id || address || encryption_key) */
    uint64_t fee_min;       /* units: models that pay less for a round may not name it */
    struct bytes endpoint;
};

struct server_stake_operand { /* by the server */
    uint64_t amount;          /* units to add to the stake, at least 1 */
};

struct model_operand { /* MODEL_CLOSE, by its owner */
    uint64_t model;
};

/* MODEL_PUBLISH has struct model_terms as its operand. Escrow = rounds * (reward + S * fee). */

struct round_operand { /* ROUND_JOIN; QUERY_ROUND_PHASE */
    uint64_t model;
    uint32_t round;
};

struct round_open_operand { /* by the model's owner; the model file is the sidecar */
    uint64_t model;
    uint32_t round; /* must be rounds_opened + 1: so a resend cannot open two */
    /* Under MODE_PAD the pad's commitment, as in SHARE_COMMIT with the model owner as owner; else
     * zero. */
    struct public_key pad_ephemeral;
    struct hash pad_root;
    struct signature pad_proof;
    struct hash pad_root2; /* of R0, over a beacon of zeros: crypto/pad.h */
    uint8_t pad_nonce[16];
};

struct share_commit_operand {
    uint64_t model;
    uint32_t round;
    struct public_key ephemeral; /* EK_i */
    struct hash root;            /* root_i */
    struct signature proof;      /* PoK: BIP-340 under EK, pv-snip.md section 3, type 1 */
};

struct share_prove_operand {
    uint64_t model;
    uint32_t round;
    struct bytes proof; /* root2, nonce2, H, the sumcheck's messages, v: norm_proof_write() */
};

struct batch_ack_operand {
    uint64_t model;
    uint32_t round;
    struct bytes
        bitmap; /* bit i of byte i / 8, least significant first: participant i's ciphertexts
                            are held and match its commitments; ceil(joined / 8) bytes. In PHASE_PAD
                            one byte, bit 0: the pad's; in PHASE_CONFIRM one byte, bit 0: the keys */
};

struct batch_deal_operand { /* by a dealer, in PHASE_DEAL: crypto/zero_deal.h */
    uint64_t model;
    uint32_t round;
    struct public_key ephemeral; /* EK, never used before */
    struct signature proof;      /* under EK, as of a commitment to H("PVS1/deals" || keys) */
    struct bytes keys;
};

struct deal_refute_operand { /* by who got a false key, in PHASE_CONFIRM */
    uint64_t model;
    uint32_t round;
    uint8_t dealer;        /* j */
    uint16_t set;          /* T, mask */
    struct point shared;   /* D of the dealer and the sender */
    uint8_t challenge[32]; /* of the proof of equal logarithms, server's form, and its response */
    uint8_t response[32];
};

/* SHARE_PUBLISH: the ciphertexts C_ij || C2_ij for one server that did not acknowledge are the
 * sidecar; by the model owner for the pad in PHASE_PAD. */
struct share_publish_operand {
    uint64_t model;
    uint32_t round;
    uint8_t server;      /* j > t */
    struct bytes roots;  /* h_{t+1} .. h_S, 32 bytes each */
    struct bytes roots2; /* h2_{t+1} .. h2_S */
};

struct share_claim_operand { /* by an owner in dispute; by the model owner for the pad */
    uint64_t model;
    uint32_t round;
    bool pad;            /* the dispute about the pad */
    struct bytes values; /* e'_ij, 16 bytes for each server of dispute.posted, in order of j */
};

/* DISPUTE_JUSTIFY opens one share vector of one round, by server j or by the owner. For j > t the
 * sidecar begins with C_ij || C2_ij, as for SHARE_PUBLISH; where the model has a reference test it ends
 * with g0, also for j <= t, but not for the pad. */
struct dispute_justify_operand {
    uint64_t model;
    uint32_t round;
    uint16_t owner;        /* seat i, or MARKET_PAD_SEAT */
    uint8_t server;        /* j */
    struct point shared;   /* D_ij */
    uint8_t challenge[32]; /* of the DLEQ proof, and its response; of the server's form where the */
    uint8_t response[32];  /* sender is server j, of the owner's form where it is the owner */
    struct bytes roots;    /* h_{t+1} .. h_S, 32 bytes each; empty for j <= t */
    struct bytes roots2;   /* h2_{t+1} .. h2_S; empty for j <= t */
};

/* BATCH_VALUES, in PHASE_VALUES: for each owner of I in the order of keys, 8 bytes for each of the
 * modes SCORE and DISTANCE that the model has, in this order; then under MODE_PAIRS 8 bytes for each
 * pair a < b of positions in I, (0,1), (0,2) .. (1,2) ..; in PHASE_CREDITS 8 bytes for each owner. */
struct batch_values_operand {
    uint64_t model;
    uint32_t round;
    struct bytes values; /* F elements */
};

struct batch_value_operand { /* BATCH_DECIDE, BATCH_CHECK */
    uint64_t model;
    uint32_t round;
    uint8_t value[16]; /* K element: E_j, W_j */
    struct bytes pad;  /* in BATCH_DECIDE under MODE_PAD f_0j, 16 bytes; else empty */
};

struct batch_fallback_operand {
    uint64_t model;
    uint32_t round;
    struct bytes values; /* 16 bytes for each accepted participant, in order of owner key */
};

struct batch_aggregate_operand { /* A is the sidecar: 8 bytes for each of d elements */
    uint64_t model;
    uint32_t round;
    struct hash owners; /* plain SHA-256 of the accepted owners' keys, sorted bytewise */
};

struct score_operand { /* QUERY_OWNER_SCORE: credit, else score, else distance of an owner */
    uint64_t model;
    uint32_t round;
    struct address owner;
};

struct address_operand { /* QUERY_BALANCE */
    struct address account;
};

/* Governance: market/governance.h. PROPOSE_ROLES has struct role_set_operand; VALIDATOR_ACCOUNT has
 * struct address_operand, sent by the validator's own key: the account votes for it as well, nobody
 * else does where it is zero. */

struct validator_add_action { /* PROPOSE_VALIDATOR_ADD */
    struct bytes name;        /* 1 to 32 characters, no other validator's */
    struct public_key key;    /* votes; its node has sent heartbeats */
    struct point node_key;    /* of its node's transport, as in the heartbeat */
};

struct validator_operand { /* PROPOSE_VALIDATOR_REMOVE, PROPOSE_PARDON; QUERY_VALIDATOR */
    struct public_key key;
};

struct validator_replace_action { /* PROPOSE_VALIDATOR_REPLACE */
    struct public_key key;        /* of the validator now */
    struct public_key new_key;    /* may be the same; another one needs heartbeats */
    struct point new_node_key;
};

struct parameter_action { /* PROPOSE_PARAMETER */
    uint8_t parameter;    /* enum parameter */
    uint64_t value;
};

struct node_action { /* PROPOSE_NODE */
    struct point node_key;
    bool permitted;    /* false: no longer */
    struct bytes name; /* for people; where permitted, 1 to 32 characters */
};

struct feature_action {         /* PROPOSE_FEATURE */
    struct bytes name;          /* a-z, 0-9, - */
    uint64_t activation_height; /* 0: withdraw what is scheduled */
};

struct proposal_vote_operand { /* PROPOSAL_VOTE */
    uint64_t proposal;
    bool yes; /* the last vote counts */
};

struct heartbeat_operand {
    struct public_key key; /* that would vote */
    struct point node_key;
    uint64_t height; /* of a checkpoint */
    struct hash digest;
    struct signature signature; /* heartbeat_hash(), by `key` */
};

struct evidence_operand {
    struct public_key validator; /* who signed both */
    struct conflict conflict;
};

struct proposal_operand { /* QUERY_PROPOSAL */
    uint64_t proposal;
};

struct feature_operand { /* QUERY_FEATURE */
    struct bytes name;
};

struct empty_operand { /* SERVER_LEAVE, QUERY_HEIGHT */
    uint8_t unused;    /* not on the wire */
};

extern const struct schema transfer_schema, role_set_schema, server_register_schema,
    server_stake_schema, model_operand_schema, round_operand_schema, round_open_schema,
    share_commit_schema, batch_ack_schema, batch_value_schema, batch_fallback_schema,
    batch_aggregate_schema, share_prove_schema, share_publish_schema, share_claim_schema,
    dispute_justify_schema, batch_values_schema, batch_deal_schema, deal_refute_schema,
    score_operand_schema, address_operand_schema, empty_operand_schema, validator_add_schema,
    validator_operand_schema, validator_replace_schema, parameter_action_schema, node_action_schema,
    feature_action_schema, proposal_vote_schema, heartbeat_operand_schema, evidence_schema,
    proposal_operand_schema, feature_operand_schema;

extern const struct native_table market_natives;

/* Refusals 100 and up, for refusal_print(). */
const struct refusal_text *market_refusal_texts(size_t *count);

#endif /* MARKET_OPERANDS_H */
