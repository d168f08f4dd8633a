#include "market/events.h"

#include "market/parameter_rules.h"

static const char *const reason_names[] = {
    "silent",  "wrong decide value", "wrong check value", "wrong aggregate", "no aggregate",
    "refuted", "wrong public value", "not justified",     "false key",
};
_Static_assert(ARRAY_COUNT(reason_names) == PENALTY_DEAL + 1, "a name for each reason");

static const struct field transfer_fields[] = {
    SCHEMA_ARRAY(struct event_transfer, from, FORM_ADDRESS),
    SCHEMA_ARRAY(struct event_transfer, to, FORM_ADDRESS),
    SCHEMA_U64(struct event_transfer, amount),
};
static const struct field role_set_fields[] = {
    SCHEMA_ARRAY(struct event_role_set, by, FORM_ADDRESS),
    SCHEMA_ARRAY(struct event_role_set, account, FORM_ADDRESS),
    SCHEMA_U8(struct event_role_set, roles),
};
static const struct field server_fields[] = {
    SCHEMA_ARRAY(struct event_server, server, FORM_ADDRESS),
    SCHEMA_U32(struct event_server, index),
    SCHEMA_U64(struct event_server, stake),
};
static const struct field penalised_fields[] = {
    SCHEMA_ARRAY(struct event_server_penalised, server, FORM_ADDRESS),
    SCHEMA_U64(struct event_server_penalised, model),
    SCHEMA_U32(struct event_server_penalised, round),
    SCHEMA_U8(struct event_server_penalised, number),
    SCHEMA_U8(struct event_server_penalised, phase),
    SCHEMA_ENUM(struct event_server_penalised, reason, reason_names),
    SCHEMA_U64(struct event_server_penalised, amount),
};
static const struct field dropped_fields[] = {
    SCHEMA_U64(struct event_server_dropped, model),
    SCHEMA_U32(struct event_server_dropped, round),
    SCHEMA_U8(struct event_server_dropped, number),
    SCHEMA_U8(struct event_server_dropped, phase),
    SCHEMA_U32(struct event_server_dropped, missing),
};
static const struct field model_fields[] = {
    SCHEMA_U64(struct event_model, model),
    SCHEMA_ARRAY(struct event_model, owner, FORM_ADDRESS),
    SCHEMA_U64(struct event_model, escrow),
};
static const struct field opened_fields[] = {
    SCHEMA_U64(struct event_round_opened, model),
    SCHEMA_U32(struct event_round_opened, round),
    SCHEMA_ARRAY(struct event_round_opened, model_root, FORM_HEX),
    SCHEMA_U32(struct event_round_opened, model_size),
    SCHEMA_U64(struct event_round_opened, deadline_height),
};
static const struct field participant_fields[] = {
    SCHEMA_U64(struct event_participant, model),
    SCHEMA_U32(struct event_participant, round),
    SCHEMA_U16(struct event_participant, index),
    SCHEMA_ARRAY(struct event_participant, owner, FORM_ADDRESS),
    SCHEMA_U64(struct event_participant, amount),
};
static const struct field phase_fields[] = {
    SCHEMA_U64(struct event_round_phase, model),
    SCHEMA_U32(struct event_round_phase, round),
    SCHEMA_U8(struct event_round_phase, phase),
    SCHEMA_U8(struct event_round_phase, abort_reason),
    SCHEMA_U16(struct event_round_phase, owners),
    SCHEMA_U16(struct event_round_phase, active),
    SCHEMA_U64(struct event_round_phase, deadline_height),
};
static const struct field aggregated_fields[] = {
    SCHEMA_U64(struct event_round_aggregated, model),
    SCHEMA_U32(struct event_round_aggregated, round),
    SCHEMA_U8(struct event_round_aggregated, leader),
    SCHEMA_ARRAY(struct event_round_aggregated, root, FORM_HEX),
    SCHEMA_U32(struct event_round_aggregated, size),
};
static const struct field posted_fields[] = {
    SCHEMA_U64(struct event_round_posted, model),
    SCHEMA_U32(struct event_round_posted, round),
    SCHEMA_U8(struct event_round_posted, number),
    SCHEMA_U8(struct event_round_posted, phase),
};
static const struct field published_fields[] = {
    SCHEMA_U64(struct event_share_published, model),
    SCHEMA_U32(struct event_share_published, round),
    SCHEMA_U16(struct event_share_published, index),
    SCHEMA_U8(struct event_share_published, number),
    SCHEMA_ARRAY(struct event_share_published, root, FORM_HEX),
    SCHEMA_U32(struct event_share_published, size),
};
static const struct field dispute_fields[] = {
    SCHEMA_U64(struct event_dispute_opened, model),
    SCHEMA_U32(struct event_dispute_opened, round),
    SCHEMA_U16(struct event_dispute_opened, index),
    SCHEMA_U16(struct event_dispute_opened, blamed),
};
static const struct field justified_fields[] = {
    SCHEMA_U64(struct event_dispute_justified, model),
    SCHEMA_U32(struct event_dispute_justified, round),
    SCHEMA_U16(struct event_dispute_justified, index),
    SCHEMA_U8(struct event_dispute_justified, number),
    SCHEMA_BOOL(struct event_dispute_justified, server_right),
};
static const struct field money_fields[] = {
    SCHEMA_U64(struct event_money, model),
    SCHEMA_U32(struct event_money, round),
    SCHEMA_ARRAY(struct event_money, account, FORM_ADDRESS),
    SCHEMA_U64(struct event_money, amount),
};

static const struct field proposal_opened_fields[] = {
    SCHEMA_U64(struct event_proposal_opened, proposal),
    SCHEMA_U8(struct event_proposal_opened, kind),
    SCHEMA_ARRAY(struct event_proposal_opened, proposer, FORM_HEX),
    SCHEMA_U64(struct event_proposal_opened, expires_ms),
};
static const struct field proposal_voted_fields[] = {
    SCHEMA_U64(struct event_proposal_voted, proposal),
    SCHEMA_ARRAY(struct event_proposal_voted, validator, FORM_HEX),
    SCHEMA_BOOL(struct event_proposal_voted, yes),
};
static const struct field proposal_passed_fields[] = {
    SCHEMA_U64(struct event_proposal_passed, proposal),
    SCHEMA_U8(struct event_proposal_passed, kind),
};
static const struct field validators_fields[] = {
    SCHEMA_U64(struct event_validators, from_height),
    SCHEMA_U32(struct event_validators, count),
    SCHEMA_ARRAY(struct event_validators, hash, FORM_HEX),
};
static const struct field jailed_fields[] = {
    SCHEMA_ARRAY(struct event_validator_jailed, validator, FORM_HEX),
    SCHEMA_U64(struct event_validator_jailed, height),
    SCHEMA_U32(struct event_validator_jailed, round),
    SCHEMA_U8(struct event_validator_jailed, type),
};
static const struct field validator_account_fields[] = {
    SCHEMA_ARRAY(struct event_validator_account, validator, FORM_HEX),
    SCHEMA_ARRAY(struct event_validator_account, account, FORM_ADDRESS),
};
static const struct field heartbeat_fields[] = {
    SCHEMA_ARRAY(struct event_heartbeat, candidate, FORM_HEX),
    SCHEMA_U64(struct event_heartbeat, height),
};
static const struct field node_fields[] = {
    SCHEMA_ARRAY(struct event_node, node_key, FORM_HEX),
    SCHEMA_BOOL(struct event_node, permitted),
};
static const struct field parameter_fields[] = {
    SCHEMA_ENUM(struct event_parameter, parameter, parameter_names),
    SCHEMA_U64(struct event_parameter, value),
    SCHEMA_U64(struct event_parameter, from_height),
};
static const struct field feature_fields[] = {
    SCHEMA_TEXT(struct event_feature, name, GOVERNANCE_NAME_MAX),
    SCHEMA_U64(struct event_feature, activation_height),
};

struct kind_row {
    uint16_t kind;
    struct schema schema; /* its name is the event's */
};

static const struct kind_row rows[] = {
    {EVENT_TRANSFER, SCHEMA("transfer", struct event_transfer, transfer_fields)},
    {EVENT_ROLE_SET, SCHEMA("role_set", struct event_role_set, role_set_fields)},
    {EVENT_SERVER_REGISTERED, SCHEMA("server_registered", struct event_server, server_fields)},
    {EVENT_SERVER_LEFT, SCHEMA("server_left", struct event_server, server_fields)},
    {EVENT_SERVER_PENALISED,
     SCHEMA("server_penalised", struct event_server_penalised, penalised_fields)},
    {EVENT_SERVER_STAKED, SCHEMA("server_staked", struct event_server, server_fields)},
    {EVENT_MODEL_PUBLISHED, SCHEMA("model_published", struct event_model, model_fields)},
    {EVENT_MODEL_CLOSED, SCHEMA("model_closed", struct event_model, model_fields)},
    {EVENT_ROUND_OPENED, SCHEMA("round_opened", struct event_round_opened, opened_fields)},
    {EVENT_ROUND_JOINED, SCHEMA("round_joined", struct event_participant, participant_fields)},
    {EVENT_ROUND_COMMITTED,
     SCHEMA("round_committed", struct event_participant, participant_fields)},
    {EVENT_ROUND_PHASE, SCHEMA("round_phase", struct event_round_phase, phase_fields)},
    {EVENT_ROUND_AGGREGATED,
     SCHEMA("round_aggregated", struct event_round_aggregated, aggregated_fields)},
    {EVENT_ROUND_POSTED, SCHEMA("round_posted", struct event_round_posted, posted_fields)},
    {EVENT_SERVER_DROPPED, SCHEMA("server_dropped", struct event_server_dropped, dropped_fields)},
    {EVENT_SHARE_PROVED, SCHEMA("share_proved", struct event_participant, participant_fields)},
    {EVENT_SHARE_PUBLISHED,
     SCHEMA("share_published", struct event_share_published, published_fields)},
    {EVENT_SHARE_CLAIMED, SCHEMA("share_claimed", struct event_dispute_opened, dispute_fields)},
    {EVENT_OWNER_PAID, SCHEMA("owner_paid", struct event_participant, participant_fields)},
    {EVENT_OWNER_DROPPED, SCHEMA("owner_dropped", struct event_participant, participant_fields)},
    {EVENT_OWNER_FORFEITED,
     SCHEMA("owner_forfeited", struct event_participant, participant_fields)},
    {EVENT_REFUND, SCHEMA("refund", struct event_money, money_fields)},
    {EVENT_SERVER_PAID, SCHEMA("server_paid", struct event_money, money_fields)},
    {EVENT_OWNER_SLASHED, SCHEMA("owner_slashed", struct event_participant, participant_fields)},
    {EVENT_DISPUTE_OPENED, SCHEMA("dispute_opened", struct event_dispute_opened, dispute_fields)},
    {EVENT_DISPUTE_JUSTIFIED,
     SCHEMA("dispute_justified", struct event_dispute_justified, justified_fields)},
    {EVENT_PROPOSAL_OPENED,
     SCHEMA("proposal_opened", struct event_proposal_opened, proposal_opened_fields)},
    {EVENT_PROPOSAL_VOTED,
     SCHEMA("proposal_voted", struct event_proposal_voted, proposal_voted_fields)},
    {EVENT_PROPOSAL_PASSED,
     SCHEMA("proposal_passed", struct event_proposal_passed, proposal_passed_fields)},
    {EVENT_VALIDATORS_CHANGED,
     SCHEMA("validators_changed", struct event_validators, validators_fields)},
    {EVENT_VALIDATOR_JAILED,
     SCHEMA("validator_jailed", struct event_validator_jailed, jailed_fields)},
    {EVENT_VALIDATOR_ACCOUNT,
     SCHEMA("validator_account", struct event_validator_account, validator_account_fields)},
    {EVENT_HEARTBEAT, SCHEMA("heartbeat", struct event_heartbeat, heartbeat_fields)},
    {EVENT_NODE_CHANGED, SCHEMA("node_changed", struct event_node, node_fields)},
    {EVENT_PARAMETER_CHANGED,
     SCHEMA("parameter_changed", struct event_parameter, parameter_fields)},
    {EVENT_FEATURE_SCHEDULED, SCHEMA("feature_scheduled", struct event_feature, feature_fields)},
};

const struct schema *event_schema(uint16_t kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].kind == kind) {
            return &rows[i].schema;
        }
    }
    return NULL;
}

const char *event_name(uint16_t kind)
{
    const struct schema *schema = event_schema(kind);
    return schema != NULL ? schema->name : NULL;
}

void events_add(struct event_log *log, enum market_event_kind kind, const void *value)
{
    const struct schema *schema = event_schema((uint16_t)kind);
    assert(schema != NULL);
    event_log_add(log, (uint16_t)kind, schema, value);
}
