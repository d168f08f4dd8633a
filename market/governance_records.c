#include "market/governance_records.h"

#include <string.h>

static const char *const kind_names[] = {
    "validator add", "validator remove", "validator replace", "pardon", "parameter", "node",
    "roles",         "feature",
};
_Static_assert(ARRAY_COUNT(kind_names) == PROPOSAL_KIND_COUNT, "every kind has a name");

static const struct field governance_fields[] = {
    SCHEMA_U32(struct governance, set_count),
    SCHEMA_U64(struct governance, proposal_count),
    SCHEMA_U64(struct governance, member_change),
};
const struct schema governance_schema = SCHEMA("governance", struct governance, governance_fields);

static const struct field set_begin_fields[] = {
    SCHEMA_U64(struct set_begin, height),
};
const struct schema set_begin_schema = SCHEMA("set_begin", struct set_begin, set_begin_fields);

static const struct field proposal_fields[] = {
    SCHEMA_U64(struct proposal, id),
    SCHEMA_ENUM(struct proposal, kind, kind_names),
    SCHEMA_ARRAY(struct proposal, proposer, FORM_HEX),
    SCHEMA_U64(struct proposal, opened_height),
    SCHEMA_U64(struct proposal, expires_ms),
    SCHEMA_U64(struct proposal, passed_height),
    SCHEMA_BYTES(struct proposal, action, GOVERNANCE_ACTION_MAX),
};
const struct schema proposal_schema = SCHEMA("proposal", struct proposal, proposal_fields);

static const struct field ballot_fields[] = {
    SCHEMA_BOOL(struct ballot, yes),
    SCHEMA_U64(struct ballot, height),
};
const struct schema ballot_schema = SCHEMA("ballot", struct ballot, ballot_fields);

static const struct field next_parameters_fields[] = {
    SCHEMA_U64(struct next_parameters, from_height),
    SCHEMA_STRUCT(struct next_parameters, parameters, &parameters_schema),
};
const struct schema next_parameters_schema =
    SCHEMA("next_parameters", struct next_parameters, next_parameters_fields);

static const struct field node_fields[] = {
    SCHEMA_ARRAY(struct permitted_node, node_key, FORM_HEX),
    SCHEMA_TEXT(struct permitted_node, name, GOVERNANCE_NAME_MAX),
};
static const struct schema node_schema = SCHEMA("node", struct permitted_node, node_fields);
static const struct field nodes_fields[] = {
    SCHEMA_LIST(struct permitted_nodes, list, count, &node_schema, FORM_TEXT),
};
const struct schema permitted_nodes_schema =
    SCHEMA("permitted_nodes", struct permitted_nodes, nodes_fields);

static const struct field feature_fields[] = {
    SCHEMA_TEXT(struct feature, name, GOVERNANCE_NAME_MAX),
    SCHEMA_U64(struct feature, activation_height),
};
static const struct schema feature_schema = SCHEMA("feature", struct feature, feature_fields);
static const struct field features_fields[] = {
    SCHEMA_LIST(struct features, list, count, &feature_schema, FORM_TEXT),
};
const struct schema features_schema = SCHEMA("features", struct features, features_fields);

static const struct field checkpoint_fields[] = {
    SCHEMA_U64(struct checkpoint, height),
    SCHEMA_ARRAY(struct checkpoint, digest, FORM_HEX),
};
static const struct schema checkpoint_schema =
    SCHEMA("checkpoint", struct checkpoint, checkpoint_fields);
static const struct field checkpoints_fields[] = {
    SCHEMA_LIST(struct checkpoints, list, count, &checkpoint_schema, FORM_TEXT),
};
const struct schema checkpoints_schema =
    SCHEMA("checkpoints", struct checkpoints, checkpoints_fields);

static const struct field heartbeat_fields[] = {
    SCHEMA_ARRAY(struct heartbeat, node_key, FORM_HEX),
    SCHEMA_U64(struct heartbeat, height),
    SCHEMA_U64(struct heartbeat, time_ms),
};
const struct schema heartbeat_schema = SCHEMA("heartbeat", struct heartbeat, heartbeat_fields);

static const struct field pardon_fields[] = {
    SCHEMA_U64(struct pardon, height),
};
const struct schema pardon_schema = SCHEMA("pardon", struct pardon, pardon_fields);

const char *proposal_kind_name(uint8_t kind)
{
    return kind < PROPOSAL_KIND_COUNT ? kind_names[kind] : NULL;
}

static void key_of(struct market_key *out, enum governance_key_kind kind)
{
    key_begin(out, (uint8_t)kind);
}

static void key_of_validator(struct market_key *out, enum governance_key_kind kind,
                             const struct public_key *validator)
{
    key_of(out, kind);
    key_add_bytes(out, validator->bytes, sizeof(validator->bytes));
}

void key_governance(struct market_key *out)
{
    key_of(out, KEY_GOVERNANCE);
}

void key_validator_set(struct market_key *out, uint32_t number)
{
    key_of(out, KEY_VALIDATOR_SET);
    key_add(out, number, 4);
}

void key_set_begin(struct market_key *out, uint32_t number)
{
    key_of(out, KEY_SET_BEGIN);
    key_add(out, number, 4);
}

void key_proposal(struct market_key *out, uint64_t id)
{
    key_of(out, KEY_PROPOSAL);
    key_add(out, id, 8);
}

void key_ballot(struct market_key *out, uint64_t id, const struct public_key *validator)
{
    key_of(out, KEY_BALLOT);
    key_add(out, id, 8);
    key_add_bytes(out, validator->bytes, sizeof(validator->bytes));
}

void key_spokesman(struct market_key *out, const struct public_key *validator)
{
    key_of_validator(out, KEY_SPOKESMAN, validator);
}

void key_next_parameters(struct market_key *out)
{
    key_of(out, KEY_NEXT_PARAMETERS);
}

void key_nodes(struct market_key *out)
{
    key_of(out, KEY_NODES);
}

void key_features(struct market_key *out)
{
    key_of(out, KEY_FEATURES);
}

void key_checkpoints(struct market_key *out)
{
    key_of(out, KEY_CHECKPOINTS);
}

void key_heartbeat(struct market_key *out, const struct public_key *candidate)
{
    key_of_validator(out, KEY_HEARTBEAT, candidate);
}

void key_pardon(struct market_key *out, const struct public_key *validator)
{
    key_of_validator(out, KEY_PARDON, validator);
}

void governance_load(struct state *state, struct governance *out)
{
    struct market_key key;
    key_governance(&key);
    (void)record_load(state, &key, &governance_schema, out);
}

void governance_store(struct state *state, const struct governance *governance)
{
    struct market_key key;
    key_governance(&key);
    record_store(state, &key, &governance_schema, governance);
}
