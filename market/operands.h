/* Operands of the native instructions: what a transaction may ask of the market. */
#ifndef MARKET_OPERANDS_H
#define MARKET_OPERANDS_H

#include "market/records.h"
#include "vm/native.h"

enum native_id {
    NATIVE_TRANSFER = 1,
    NATIVE_ROLE_SET = 2,
    NATIVE_SERVER_REGISTER = 10,
    NATIVE_SERVER_LEAVE = 11,
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
    NATIVE_QUERY_BALANCE = 64,     /* {address} -> units */
    NATIVE_QUERY_ROUND_PHASE = 65, /* {model, round} -> enum round_phase */
    NATIVE_QUERY_HEIGHT = 66,      /* {} -> height of this block */
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
    struct bytes endpoint;
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
};

struct share_commit_operand {
    uint64_t model;
    uint32_t round;
    struct public_key ephemeral; /* EK_i */
    struct hash root;            /* root_i */
    struct signature proof;      /* PoK: BIP-340 under EK, pv-snip.md section 3, type 1 */
};

struct batch_ack_operand {
    uint64_t model;
    uint32_t round;
    struct bytes bitmap; /* bit i of byte i / 8, least significant first: participant i's ciphertext
                            is held and matches its commitment; ceil(joined / 8) bytes */
};

struct batch_value_operand { /* BATCH_DECIDE, BATCH_CHECK */
    uint64_t model;
    uint32_t round;
    uint8_t value[16]; /* K element */
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

struct address_operand { /* QUERY_BALANCE */
    struct address account;
};

struct empty_operand { /* SERVER_LEAVE, QUERY_HEIGHT */
    uint8_t unused;    /* not on the wire */
};

extern const struct schema transfer_schema, role_set_schema, server_register_schema,
    model_operand_schema, round_operand_schema, round_open_schema, share_commit_schema,
    batch_ack_schema, batch_value_schema, batch_fallback_schema, batch_aggregate_schema,
    address_operand_schema, empty_operand_schema;

extern const struct native_table market_natives;

/* Refusals 100 and up, for refusal_print(). */
const struct refusal_text *market_refusal_texts(size_t *count);

#endif /* MARKET_OPERANDS_H */
