#include "market/operands.h"

#include "vm/transaction.h"

#define OPERAND_BITMAP_MAX (MARKET_OWNERS_MAX / 8)
#define OPERAND_VALUES_MAX (MARKET_OWNERS_MAX * 16)

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
    SCHEMA_TEXT(struct server_register_operand, endpoint, MARKET_TEXT_MAX),
};
const struct schema server_register_schema =
    SCHEMA("server_register", struct server_register_operand, server_register_fields);

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

static const struct field batch_value_fields[] = {
    SCHEMA_U64(struct batch_value_operand, model),
    SCHEMA_U32(struct batch_value_operand, round),
    SCHEMA_ARRAY(struct batch_value_operand, value, FORM_HEX),
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

static const struct field address_operand_fields[] = {
    SCHEMA_ARRAY(struct address_operand, account, FORM_ADDRESS),
};
const struct schema address_operand_schema =
    SCHEMA("address", struct address_operand, address_operand_fields);

const struct schema empty_operand_schema = {"empty", sizeof(struct empty_operand), NULL, 0};
