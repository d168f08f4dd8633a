#include "market/operands.h"

#include "market/evidence.h"
#include "market/governance.h"
#include "market/heartbeats.h"
#include "market/models.h"
#include "market/roles.h"
#include "market/rounds.h"
#include "market/servers.h"

static bool query_height(struct native_call *call)
{
    call->result = call->block->height;
    return true;
}

/* Gas: 1 for about 10 ns of the reference machine, with the writes to the state as the largest part.
 * ROUND_JOIN pays for everything that the ends of phases do for its owner. */
static const struct native rows[] = {
    {NATIVE_TRANSFER, "TRANSFER", &transfer_schema, 2000, false, accounts_transfer},
    {NATIVE_ROLE_SET, "ROLE_SET", &role_set_schema, 2000, false, roles_set},
    {NATIVE_PROPOSE_VALIDATOR_ADD, "PROPOSE_VALIDATOR_ADD", &validator_add_schema, 12000, false,
     governance_propose_validator_add},
    {NATIVE_PROPOSE_VALIDATOR_REMOVE, "PROPOSE_VALIDATOR_REMOVE", &validator_operand_schema, 12000,
     false, governance_propose_validator_remove},
    {NATIVE_PROPOSE_VALIDATOR_REPLACE, "PROPOSE_VALIDATOR_REPLACE", &validator_replace_schema,
     12000, false, governance_propose_validator_replace},
    {NATIVE_PROPOSE_PARDON, "PROPOSE_PARDON", &validator_operand_schema, 12000, false,
     governance_propose_pardon},
    {NATIVE_PROPOSE_PARAMETER, "PROPOSE_PARAMETER", &parameter_action_schema, 12000, false,
     governance_propose_parameter},
    {NATIVE_PROPOSE_NODE, "PROPOSE_NODE", &node_action_schema, 12000, false,
     governance_propose_node},
    {NATIVE_PROPOSE_ROLES, "PROPOSE_ROLES", &role_set_schema, 12000, false,
     governance_propose_roles},
    {NATIVE_SERVER_REGISTER, "SERVER_REGISTER", &server_register_schema, 9000, false,
     servers_register},
    {NATIVE_SERVER_LEAVE, "SERVER_LEAVE", &empty_operand_schema, 2000, false, servers_leave},
    {NATIVE_SERVER_STAKE, "SERVER_STAKE", &server_stake_schema, 2000, false, servers_stake},
    {NATIVE_MODEL_PUBLISH, "MODEL_PUBLISH", &model_terms_schema, 20000, false, models_publish},
    {NATIVE_MODEL_CLOSE, "MODEL_CLOSE", &model_operand_schema, 12000, false, models_close},
    {NATIVE_ROUND_OPEN, "ROUND_OPEN", &round_open_schema, 20000, false, round_open},
    {NATIVE_ROUND_JOIN, "ROUND_JOIN", &round_operand_schema, 12000, false, round_join},
    {NATIVE_SHARE_COMMIT, "SHARE_COMMIT", &share_commit_schema, 12000, false, round_commit},
    {NATIVE_BATCH_ACK, "BATCH_ACK", &batch_ack_schema, 5000, false, round_ack},
    {NATIVE_BATCH_DECIDE, "BATCH_DECIDE", &batch_value_schema, 4000, false, round_decide},
    {NATIVE_BATCH_FALLBACK, "BATCH_FALLBACK", &batch_fallback_schema, 5000, false, round_fallback},
    {NATIVE_BATCH_AGGREGATE, "BATCH_AGGREGATE", &batch_aggregate_schema, 8000, false,
     round_aggregate},
    {NATIVE_BATCH_CHECK, "BATCH_CHECK", &batch_value_schema, 4000, false, round_check},
    {NATIVE_SHARE_PROVE, "SHARE_PROVE", &share_prove_schema, 12000, false, round_prove},
    {NATIVE_SHARE_PUBLISH, "SHARE_PUBLISH", &share_publish_schema, 20000, false, round_publish},
    {NATIVE_SHARE_CLAIM, "SHARE_CLAIM", &share_claim_schema, 12000, false, round_claim},
    {NATIVE_DISPUTE_JUSTIFY, "DISPUTE_JUSTIFY", &dispute_justify_schema, 80000, false,
     round_justify},
    {NATIVE_BATCH_VALUES, "BATCH_VALUES", &batch_values_schema, 5000, false, round_values},
    {NATIVE_BATCH_DEAL, "BATCH_DEAL", &batch_deal_schema, 14000, false, round_deal},
    {NATIVE_DEAL_REFUTE, "DEAL_REFUTE", &deal_refute_schema, 30000, false, round_refute},
    {NATIVE_QUERY_BALANCE, "QUERY_BALANCE", &address_operand_schema, 200, true,
     accounts_query_balance},
    {NATIVE_QUERY_ROUND_PHASE, "QUERY_ROUND_PHASE", &round_operand_schema, 400, true,
     round_query_phase},
    {NATIVE_QUERY_HEIGHT, "QUERY_HEIGHT", &empty_operand_schema, 10, true, query_height},
    {NATIVE_PROPOSE_FEATURE, "PROPOSE_FEATURE", &feature_action_schema, 12000, false,
     governance_propose_feature},
    {NATIVE_PROPOSAL_VOTE, "PROPOSAL_VOTE", &proposal_vote_schema, 20000, false, governance_vote},
    {NATIVE_VALIDATOR_ACCOUNT, "VALIDATOR_ACCOUNT", &address_operand_schema, 4000, false,
     governance_name_spokesman},
    {NATIVE_HEARTBEAT, "HEARTBEAT", &heartbeat_operand_schema, 9000, false, heartbeat_record},
    {NATIVE_EVIDENCE, "EVIDENCE", &evidence_schema, 20000, false, evidence_submit},
    {NATIVE_QUERY_VALIDATORS, "QUERY_VALIDATORS", &empty_operand_schema, 1000, true,
     governance_query_validators},
    {NATIVE_QUERY_VALIDATOR, "QUERY_VALIDATOR", &validator_operand_schema, 1000, true,
     governance_query_validator},
    {NATIVE_QUERY_PROPOSAL, "QUERY_PROPOSAL", &proposal_operand_schema, 400, true,
     governance_query_proposal},
    {NATIVE_QUERY_FEATURE, "QUERY_FEATURE", &feature_operand_schema, 1000, true,
     governance_query_feature},
    {NATIVE_QUERY_OWNER_SCORE, "QUERY_OWNER_SCORE", &score_operand_schema, 2000, true,
     round_query_score},
};

const struct native_table market_natives = {rows, ARRAY_COUNT(rows)};
