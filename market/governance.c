#include "market/governance.h"

#include <string.h>

#include "base/checked.h"
#include "market/events.h"
#include "market/features.h"
#include "market/members.h"
#include "market/operands.h"

#define GAS_PER_VALIDATOR 400 /* two look-ups: who speaks for it, and its ballot */

static const struct proposal_rules *const kinds[] = {
    &validator_add_rules, &validator_remove_rules, &validator_replace_rules,
    &pardon_rules,        &parameter_rules,        &node_rules,
    &role_rules,          &feature_rules,
};
_Static_assert(ARRAY_COUNT(kinds) == PROPOSAL_KIND_COUNT, "every kind has its rules");

static const char *const status_names[] = {"none", "open", "passed", "expired"};
_Static_assert(ARRAY_COUNT(status_names) == PROPOSAL_STATUS_COUNT, "every status has a name");

const char *proposal_status_name(enum proposal_status status)
{
    assert((unsigned)status < PROPOSAL_STATUS_COUNT);
    return status_names[status];
}

const struct proposal_rules *proposal_rules_of(uint8_t kind)
{
    return kind < PROPOSAL_KIND_COUNT ? kinds[kind] : NULL;
}

bool proposal_load(struct state *state, uint64_t id, struct proposal *out)
{
    struct market_key key;
    key_proposal(&key, id);
    return record_load(state, &key, &proposal_schema, out);
}

static void proposal_store(struct state *state, const struct proposal *proposal)
{
    struct market_key key;
    key_proposal(&key, proposal->id);
    record_store(state, &key, &proposal_schema, proposal);
}

enum proposal_status proposal_status(const struct proposal *proposal, uint64_t time_ms)
{
    if (proposal->id == 0) {
        return PROPOSAL_NONE;
    }
    if (proposal->passed_height != 0) {
        return PROPOSAL_PASSED;
    }
    return time_ms > proposal->expires_ms ? PROPOSAL_EXPIRED : PROPOSAL_OPEN;
}

void proposal_tally(struct state *state, uint64_t id, const struct validators *set,
                    struct proposal_tally *out)
{
    *out = (struct proposal_tally){.needed = validators_quorum(set->count)};
    for (uint32_t i = 0; i < set->count; i++) {
        struct market_key key;
        struct ballot ballot;
        key_ballot(&key, id, &set->list[i].key);
        if (record_load(state, &key, &ballot_schema, &ballot)) {
            out->yes += ballot.yes ? 1 : 0;
            out->no += ballot.yes ? 0 : 1;
        }
    }
}

void spokesman_load(struct state *state, const struct public_key *validator, struct address *out)
{
    struct market_key key;
    struct bytes value;
    memset(out, 0, sizeof(*out));
    key_spokesman(&key, validator);
    if (state_get(state, key_bytes(&key), &value)) {
        assert(value.size == sizeof(*out) && "the state is corrupt");
        memcpy(out, value.data, sizeof(*out));
    }
}

bool speaks_for(struct state *state, const struct validator *validator,
                const struct address *sender)
{
    struct address account;
    address_of(&account, &validator->key);
    if (address_equal(&account, sender)) {
        return true;
    }
    spokesman_load(state, &validator->key, &account);
    return !address_is_zero(&account) && address_equal(&account, sender);
}

/* Load the validators of this block and pay for walking them. */
static bool load_voters(struct native_call *call, struct validators *out)
{
    members_load(call->state, call->block->height, out);
    return native_charge(call, (uint64_t)out->count * GAS_PER_VALIDATOR);
}

/* Index of the next validator, from `from` on, that the sender speaks for; count: none. */
static uint32_t next_voice(struct native_call *call, const struct validators *set, uint32_t from)
{
    while (from < set->count && !speaks_for(call->state, &set->list[from], &call->sender)) {
        from++;
    }
    return from;
}

static bool propose(struct native_call *call, enum proposal_kind kind)
{
    const struct proposal_rules *rules = kinds[kind];
    struct validators set;
    if (!load_voters(call, &set)) {
        return false;
    }
    uint32_t voice = next_voice(call, &set, 0);
    if (voice == set.count) {
        return refuse(call, REFUSAL_NO_VOICE, 0, set.count);
    }
    if (!rules->check(call, call->operand)) {
        return false;
    }
    struct governance governance;
    governance_load(call->state, &governance);
    governance.proposal_count++;
    struct buffer action = {0};
    schema_write(&action, rules->action, call->operand);
    struct proposal proposal = {.id = governance.proposal_count,
                                .kind = (uint8_t)kind,
                                .proposer = set.list[voice].key,
                                .opened_height = call->block->height,
                                .action = buffer_bytes(&action)};
    if (!checked_add(&proposal.expires_ms, call->block->time_ms, PROPOSAL_WINDOW_MS)) {
        proposal.expires_ms = UINT64_MAX;
    }
    proposal_store(call->state, &proposal);
    governance_store(call->state, &governance);
    buffer_close(&action);
    struct event_proposal_opened event = {proposal.id, proposal.kind, proposal.proposer,
                                          proposal.expires_ms};
    events_add(call->events, EVENT_PROPOSAL_OPENED, &event);
    return true;
}

bool governance_propose_validator_add(struct native_call *call)
{
    return propose(call, PROPOSAL_VALIDATOR_ADD);
}

bool governance_propose_validator_remove(struct native_call *call)
{
    return propose(call, PROPOSAL_VALIDATOR_REMOVE);
}

bool governance_propose_validator_replace(struct native_call *call)
{
    return propose(call, PROPOSAL_VALIDATOR_REPLACE);
}

bool governance_propose_pardon(struct native_call *call)
{
    return propose(call, PROPOSAL_PARDON);
}

bool governance_propose_parameter(struct native_call *call)
{
    return propose(call, PROPOSAL_PARAMETER);
}

bool governance_propose_node(struct native_call *call)
{
    return propose(call, PROPOSAL_NODE);
}

bool governance_propose_roles(struct native_call *call)
{
    return propose(call, PROPOSAL_ROLES);
}

bool governance_propose_feature(struct native_call *call)
{
    return propose(call, PROPOSAL_FEATURE);
}

/* Write the ballots of everybody the sender speaks for; returns for how many that is. */
static uint32_t cast(struct native_call *call, const struct validators *set,
                     const struct proposal_vote_operand *vote)
{
    uint32_t voices = 0;
    const struct ballot ballot = {vote->yes, call->block->height};
    for (uint32_t i = next_voice(call, set, 0); i < set->count; i = next_voice(call, set, i + 1)) {
        struct market_key key;
        key_ballot(&key, vote->proposal, &set->list[i].key);
        record_store(call->state, &key, &ballot_schema, &ballot);
        struct event_proposal_voted event = {vote->proposal, set->list[i].key, vote->yes};
        events_add(call->events, EVENT_PROPOSAL_VOTED, &event);
        voices++;
    }
    return voices;
}

/* The proposal has its votes: do what it says. */
static bool perform(struct native_call *call, struct proposal *proposal)
{
    const struct proposal_rules *rules = kinds[proposal->kind];
    uint8_t action[NATIVE_OPERAND_SIZE_MAX];
    struct buffer encoded = {0}; /* its texts are borrowed by the action, through all writes */
    buffer_append(&encoded, proposal->action);
    proposal->action = buffer_bytes(&encoded);
    assert(rules->action->size <= sizeof(action));
    bool decoded = schema_decode(rules->action, action, proposal->action, NULL, 0);
    assert(decoded && "it was an operand");
    (void)decoded;
    bool possible = rules->check(call, action);
    if (possible) {
        rules->perform(call, action);
        proposal->passed_height = call->block->height;
        proposal_store(call->state, proposal);
        struct event_proposal_passed event = {proposal->id, proposal->kind};
        events_add(call->events, EVENT_PROPOSAL_PASSED, &event);
    }
    buffer_close(&encoded);
    return possible;
}

static bool check_open(struct native_call *call, const struct proposal *proposal, uint64_t id)
{
    struct governance governance;
    switch (proposal_status(proposal, call->block->time_ms)) {
    case PROPOSAL_OPEN:
        return true;
    case PROPOSAL_PASSED:
        return refuse(call, REFUSAL_PROPOSAL_IS_PASSED, id, proposal->passed_height);
    case PROPOSAL_EXPIRED:
        return refuse(call, REFUSAL_PROPOSAL_IS_EXPIRED, call->block->time_ms,
                      proposal->expires_ms);
    case PROPOSAL_NONE:
    case PROPOSAL_STATUS_COUNT:
        break;
    }
    governance_load(call->state, &governance);
    return refuse(call, REFUSAL_PROPOSAL_UNKNOWN, id, governance.proposal_count);
}

bool governance_vote(struct native_call *call)
{
    const struct proposal_vote_operand *vote = call->operand;
    struct validators set;
    struct proposal proposal;
    struct proposal_tally tally;
    (void)proposal_load(call->state, vote->proposal, &proposal);
    if (!check_open(call, &proposal, vote->proposal) || !load_voters(call, &set)) {
        return false;
    }
    if (cast(call, &set, vote) == 0) {
        return refuse(call, REFUSAL_NO_VOICE, 0, set.count);
    }
    proposal_tally(call->state, vote->proposal, &set, &tally);
    (void)proposal_load(call->state, vote->proposal, &proposal); /* the ballots ended the loan */
    return tally.yes < tally.needed || perform(call, &proposal);
}

bool governance_name_spokesman(struct native_call *call)
{
    const struct address_operand *operand = call->operand;
    struct validators set;
    if (!load_voters(call, &set)) {
        return false;
    }
    if (validators_find(&set, &call->sender_key) == VALIDATORS_NONE) {
        return refuse(call, REFUSAL_SENDER_NO_VALIDATOR, 0, set.count);
    }
    struct market_key key;
    key_spokesman(&key, &call->sender_key);
    if (address_is_zero(&operand->account)) {
        state_erase(call->state, key_bytes(&key));
    } else {
        state_put(call->state, key_bytes(&key), BYTES_OF(operand->account));
    }
    struct event_validator_account event = {call->sender_key, operand->account};
    events_add(call->events, EVENT_VALIDATOR_ACCOUNT, &event);
    return true;
}

bool governance_query_validators(struct native_call *call)
{
    struct validators set;
    members_load(call->state, call->block->height, &set);
    call->result = set.count;
    return true;
}

bool governance_query_validator(struct native_call *call)
{
    const struct validator_operand *operand = call->operand;
    struct validators set;
    members_load(call->state, call->block->height, &set);
    call->result = validators_find(&set, &operand->key) == VALIDATORS_NONE ? 0 : 1;
    return true;
}

bool governance_query_proposal(struct native_call *call)
{
    const struct proposal_operand *operand = call->operand;
    struct proposal proposal;
    (void)proposal_load(call->state, operand->proposal, &proposal);
    call->result = (uint64_t)proposal_status(&proposal, call->block->time_ms);
    return true;
}

bool governance_query_feature(struct native_call *call)
{
    const struct feature_operand *operand = call->operand;
    call->result = feature_active(call->state, operand->name, call->block->height) ? 1 : 0;
    return true;
}
