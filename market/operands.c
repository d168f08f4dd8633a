#include "market/operands.h"

#include "vm/transaction.h"

#define OPERAND_BITMAP_MAX (MARKET_OWNERS_MAX / 8)
#define OPERAND_VALUES_MAX (MARKET_OWNERS_MAX * 16)
#define OPERAND_ROOTS_MAX  ((MARKET_SERVERS_MAX - 1) * 32)

static const struct field transfer_fields[] = {
    SCHEMA_ARRAY(struct transfer_operand, to, FORM_ADDRESS),
    SCHEMA_U64(struct transfer_operand, amount),
};
const struct schema transfer_schema = SCHEMA("transfer", struct transfer_operand, transfer_fields);

static const struct field role_set_fields[] = {
    SCHEMA_ARRAY(struct role_set_operand, account, FORM_ADDRESS),
    SCHEMA_U8(struct role_set_operand, roles),
};
const struct schema role_set_schema = SCHEMA("role_set", struct role_set_operand, role_set_fields);

static const struct field server_register_fields[] = {
    SCHEMA_U64(struct server_register_operand, stake),
    SCHEMA_ARRAY(struct server_register_operand, encryption_key, FORM_HEX),
    SCHEMA_ARRAY(struct server_register_operand, proof, FORM_HEX),
    SCHEMA_U64(struct server_register_operand, fee_min),
    SCHEMA_TEXT(struct server_register_operand, endpoint, MARKET_TEXT_MAX),
};
const struct schema server_register_schema =
    SCHEMA("server_register", struct server_register_operand, server_register_fields);

static const struct field server_stake_fields[] = {
    SCHEMA_U64(struct server_stake_operand, amount),
};
const struct schema server_stake_schema =
    SCHEMA("server_stake", struct server_stake_operand, server_stake_fields);

static const struct field model_operand_fields[] = {
    SCHEMA_U64(struct model_operand, model),
};
const struct schema model_operand_schema =
    SCHEMA("model", struct model_operand, model_operand_fields);

static const struct field round_operand_fields[] = {
    SCHEMA_U64(struct round_operand, model),
    SCHEMA_U32(struct round_operand, round),
};
const struct schema round_operand_schema =
    SCHEMA("round", struct round_operand, round_operand_fields);

static const struct field round_open_fields[] = {
    SCHEMA_U64(struct round_open_operand, model),
    SCHEMA_U32(struct round_open_operand, round),
    SCHEMA_ARRAY(struct round_open_operand, pad_ephemeral, FORM_HEX),
    SCHEMA_ARRAY(struct round_open_operand, pad_root, FORM_HEX),
    SCHEMA_ARRAY(struct round_open_operand, pad_proof, FORM_HEX),
    SCHEMA_ARRAY(struct round_open_operand, pad_root2, FORM_HEX),
    SCHEMA_ARRAY(struct round_open_operand, pad_nonce, FORM_HEX),
};
const struct schema round_open_schema =
    SCHEMA("round_open", struct round_open_operand, round_open_fields);

static const struct field share_commit_fields[] = {
    SCHEMA_U64(struct share_commit_operand, model),
    SCHEMA_U32(struct share_commit_operand, round),
    SCHEMA_ARRAY(struct share_commit_operand, ephemeral, FORM_HEX),
    SCHEMA_ARRAY(struct share_commit_operand, root, FORM_HEX),
    SCHEMA_ARRAY(struct share_commit_operand, proof, FORM_HEX),
};
const struct schema share_commit_schema =
    SCHEMA("share_commit", struct share_commit_operand, share_commit_fields);

static const struct field batch_ack_fields[] = {
    SCHEMA_U64(struct batch_ack_operand, model),
    SCHEMA_U32(struct batch_ack_operand, round),
    SCHEMA_BYTES(struct batch_ack_operand, bitmap, OPERAND_BITMAP_MAX),
};
const struct schema batch_ack_schema =
    SCHEMA("batch_ack", struct batch_ack_operand, batch_ack_fields);

static const struct field share_prove_fields[] = {
    SCHEMA_U64(struct share_prove_operand, model),
    SCHEMA_U32(struct share_prove_operand, round),
    SCHEMA_BYTES(struct share_prove_operand, proof, MARKET_PROOF_MAX),
};
const struct schema share_prove_schema =
    SCHEMA("share_prove", struct share_prove_operand, share_prove_fields);

static const struct field share_publish_fields[] = {
    SCHEMA_U64(struct share_publish_operand, model),
    SCHEMA_U32(struct share_publish_operand, round),
    SCHEMA_U8(struct share_publish_operand, server),
    SCHEMA_BYTES(struct share_publish_operand, roots, OPERAND_ROOTS_MAX),
    SCHEMA_BYTES(struct share_publish_operand, roots2, OPERAND_ROOTS_MAX),
};
const struct schema share_publish_schema =
    SCHEMA("share_publish", struct share_publish_operand, share_publish_fields);

static const struct field share_claim_fields[] = {
    SCHEMA_U64(struct share_claim_operand, model),
    SCHEMA_U32(struct share_claim_operand, round),
    SCHEMA_BOOL(struct share_claim_operand, pad),
    SCHEMA_BYTES(struct share_claim_operand, values, MARKET_SERVERS_MAX * 16),
};
const struct schema share_claim_schema =
    SCHEMA("share_claim", struct share_claim_operand, share_claim_fields);

static const struct field dispute_justify_fields[] = {
    SCHEMA_U64(struct dispute_justify_operand, model),
    SCHEMA_U32(struct dispute_justify_operand, round),
    SCHEMA_U16(struct dispute_justify_operand, owner),
    SCHEMA_U8(struct dispute_justify_operand, server),
    SCHEMA_ARRAY(struct dispute_justify_operand, shared, FORM_HEX),
    SCHEMA_ARRAY(struct dispute_justify_operand, challenge, FORM_HEX),
    SCHEMA_ARRAY(struct dispute_justify_operand, response, FORM_HEX),
    SCHEMA_BYTES(struct dispute_justify_operand, roots, OPERAND_ROOTS_MAX),
    SCHEMA_BYTES(struct dispute_justify_operand, roots2, OPERAND_ROOTS_MAX),
};
const struct schema dispute_justify_schema =
    SCHEMA("dispute_justify", struct dispute_justify_operand, dispute_justify_fields);

static const struct field batch_values_fields[] = {
    SCHEMA_U64(struct batch_values_operand, model),
    SCHEMA_U32(struct batch_values_operand, round),
    SCHEMA_BYTES(struct batch_values_operand, values, OPERAND_VALUES_MAX),
};
const struct schema batch_values_schema =
    SCHEMA("batch_values", struct batch_values_operand, batch_values_fields);

static const struct field batch_deal_fields[] = {
    SCHEMA_U64(struct batch_deal_operand, model),
    SCHEMA_U32(struct batch_deal_operand, round),
    SCHEMA_ARRAY(struct batch_deal_operand, ephemeral, FORM_HEX),
    SCHEMA_ARRAY(struct batch_deal_operand, proof, FORM_HEX),
    SCHEMA_BYTES(struct batch_deal_operand, keys, MARKET_DEAL_MAX),
};
const struct schema batch_deal_schema =
    SCHEMA("batch_deal", struct batch_deal_operand, batch_deal_fields);

static const struct field deal_refute_fields[] = {
    SCHEMA_U64(struct deal_refute_operand, model),
    SCHEMA_U32(struct deal_refute_operand, round),
    SCHEMA_U8(struct deal_refute_operand, dealer),
    SCHEMA_U16(struct deal_refute_operand, set),
    SCHEMA_ARRAY(struct deal_refute_operand, shared, FORM_HEX),
    SCHEMA_ARRAY(struct deal_refute_operand, challenge, FORM_HEX),
    SCHEMA_ARRAY(struct deal_refute_operand, response, FORM_HEX),
};
const struct schema deal_refute_schema =
    SCHEMA("deal_refute", struct deal_refute_operand, deal_refute_fields);

static const struct field batch_value_fields[] = {
    SCHEMA_U64(struct batch_value_operand, model),
    SCHEMA_U32(struct batch_value_operand, round),
    SCHEMA_ARRAY(struct batch_value_operand, value, FORM_HEX),
    SCHEMA_BYTES(struct batch_value_operand, pad, 16),
};
const struct schema batch_value_schema =
    SCHEMA("batch_value", struct batch_value_operand, batch_value_fields);

static const struct field batch_fallback_fields[] = {
    SCHEMA_U64(struct batch_fallback_operand, model),
    SCHEMA_U32(struct batch_fallback_operand, round),
    SCHEMA_BYTES(struct batch_fallback_operand, values, OPERAND_VALUES_MAX),
};
const struct schema batch_fallback_schema =
    SCHEMA("batch_fallback", struct batch_fallback_operand, batch_fallback_fields);

static const struct field batch_aggregate_fields[] = {
    SCHEMA_U64(struct batch_aggregate_operand, model),
    SCHEMA_U32(struct batch_aggregate_operand, round),
    SCHEMA_ARRAY(struct batch_aggregate_operand, owners, FORM_HEX),
};
const struct schema batch_aggregate_schema =
    SCHEMA("batch_aggregate", struct batch_aggregate_operand, batch_aggregate_fields);

static const struct field score_operand_fields[] = {
    SCHEMA_U64(struct score_operand, model),
    SCHEMA_U32(struct score_operand, round),
    SCHEMA_ARRAY(struct score_operand, owner, FORM_ADDRESS),
};
const struct schema score_operand_schema =
    SCHEMA("score", struct score_operand, score_operand_fields);

static const struct field address_operand_fields[] = {
    SCHEMA_ARRAY(struct address_operand, account, FORM_ADDRESS),
};
const struct schema address_operand_schema =
    SCHEMA("address", struct address_operand, address_operand_fields);

const struct schema empty_operand_schema = {"empty", sizeof(struct empty_operand), NULL, 0};
