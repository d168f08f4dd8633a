#include "market/operands.h"

static const struct field validator_add_fields[] = {
    SCHEMA_TEXT(struct validator_add_action, name, GOVERNANCE_NAME_MAX),
    SCHEMA_ARRAY(struct validator_add_action, key, FORM_HEX),
    SCHEMA_ARRAY(struct validator_add_action, node_key, FORM_HEX),
};
const struct schema validator_add_schema =
    SCHEMA("validator_add", struct validator_add_action, validator_add_fields);

static const struct field validator_operand_fields[] = {
    SCHEMA_ARRAY(struct validator_operand, key, FORM_HEX),
};
const struct schema validator_operand_schema =
    SCHEMA("validator", struct validator_operand, validator_operand_fields);

static const struct field validator_replace_fields[] = {
    SCHEMA_ARRAY(struct validator_replace_action, key, FORM_HEX),
    SCHEMA_ARRAY(struct validator_replace_action, new_key, FORM_HEX),
    SCHEMA_ARRAY(struct validator_replace_action, new_node_key, FORM_HEX),
};
const struct schema validator_replace_schema =
    SCHEMA("validator_replace", struct validator_replace_action, validator_replace_fields);

static const struct field parameter_fields[] = {
    SCHEMA_ENUM(struct parameter_action, parameter, parameter_names),
    SCHEMA_U64(struct parameter_action, value),
};
const struct schema parameter_action_schema =
    SCHEMA("parameter", struct parameter_action, parameter_fields);

static const struct field node_fields[] = {
    SCHEMA_ARRAY(struct node_action, node_key, FORM_HEX),
    SCHEMA_BOOL(struct node_action, permitted),
    SCHEMA_TEXT(struct node_action, name, GOVERNANCE_NAME_MAX),
};
const struct schema node_action_schema = SCHEMA("node", struct node_action, node_fields);

static const struct field feature_fields[] = {
    SCHEMA_TEXT(struct feature_action, name, GOVERNANCE_NAME_MAX),
    SCHEMA_U64(struct feature_action, activation_height),
};
const struct schema feature_action_schema =
    SCHEMA("feature", struct feature_action, feature_fields);

static const struct field proposal_vote_fields[] = {
    SCHEMA_U64(struct proposal_vote_operand, proposal),
    SCHEMA_BOOL(struct proposal_vote_operand, yes),
};
const struct schema proposal_vote_schema =
    SCHEMA("proposal_vote", struct proposal_vote_operand, proposal_vote_fields);

static const struct field heartbeat_fields[] = {
    SCHEMA_ARRAY(struct heartbeat_operand, key, FORM_HEX),
    SCHEMA_ARRAY(struct heartbeat_operand, node_key, FORM_HEX),
    SCHEMA_U64(struct heartbeat_operand, height),
    SCHEMA_ARRAY(struct heartbeat_operand, digest, FORM_HEX),
    SCHEMA_ARRAY(struct heartbeat_operand, signature, FORM_HEX),
};
const struct schema heartbeat_operand_schema =
    SCHEMA("heartbeat", struct heartbeat_operand, heartbeat_fields);

static const struct field evidence_fields[] = {
    SCHEMA_ARRAY(struct evidence_operand, validator, FORM_HEX),
    SCHEMA_STRUCT(struct evidence_operand, conflict, &conflict_schema),
};
const struct schema evidence_schema = SCHEMA("evidence", struct evidence_operand, evidence_fields);

static const struct field proposal_operand_fields[] = {
    SCHEMA_U64(struct proposal_operand, proposal),
};
const struct schema proposal_operand_schema =
    SCHEMA("proposal", struct proposal_operand, proposal_operand_fields);

static const struct field feature_operand_fields[] = {
    SCHEMA_TEXT(struct feature_operand, name, GOVERNANCE_NAME_MAX),
};
const struct schema feature_operand_schema =
    SCHEMA("feature_name", struct feature_operand, feature_operand_fields);
