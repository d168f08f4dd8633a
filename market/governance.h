/* Governance: the validators of the chain vote on who validates it and by which rules.
 *
 * A proposal is an instruction of its own for each kind. It passes with the vote that makes a quorum
 * of the validators of that block (more than two thirds of them), and is done by that very vote: a
 * vote that would pass what cannot be done now is refused with the reason, and the proposal stays
 * open. Ballots belong to voting keys and count only while the key is in the set. */
#ifndef MARKET_GOVERNANCE_H
#define MARKET_GOVERNANCE_H

#include "market/governance_records.h"
#include "market/refusals.h"

#define PROPOSAL_WINDOW_MS 604800000 /* a week of block time, then votes do not count any more */

enum proposal_status {
    PROPOSAL_NONE, /* no such proposal */
    PROPOSAL_OPEN,
    PROPOSAL_PASSED,
    PROPOSAL_EXPIRED,
    PROPOSAL_STATUS_COUNT,
};
const char *proposal_status_name(enum proposal_status status); /* "none", "open", ... */

/* What a kind of proposal is; a row for each. */
struct proposal_rules {
    const struct schema *action;
    /* May this be done in this block? Refused otherwise. Asked when it is proposed and when it
     * passes. */
    bool (*check)(struct native_call *call, const void *action);
    /* Do it; the check held just now. */
    void (*perform)(struct native_call *call, const void *action);
};
extern const struct proposal_rules validator_add_rules, validator_remove_rules,
    validator_replace_rules, pardon_rules, parameter_rules, node_rules, role_rules, feature_rules;

const struct proposal_rules *proposal_rules_of(uint8_t kind); /* NULL for an unknown kind */

/* False where there is none. `action` is borrowed until the next write. */
bool proposal_load(struct state *state, uint64_t id, struct proposal *out);

/* Where it stands at this block time. */
enum proposal_status proposal_status(const struct proposal *proposal, uint64_t time_ms);

/* Ballots of the validators of `set`. */
struct proposal_tally {
    uint32_t yes;
    uint32_t no;
    uint32_t needed; /* yes, to pass */
};
void proposal_tally(struct state *state, uint64_t id, const struct validators *set,
                    struct proposal_tally *out);

/* Does `sender` vote for this validator: by its key's own account, or named by it? */
bool speaks_for(struct state *state, const struct validator *validator,
                const struct address *sender);

/* The account that a validator named, zero where it did not. */
void spokesman_load(struct state *state, const struct public_key *validator, struct address *out);

bool governance_propose_validator_add(struct native_call *call);
bool governance_propose_validator_remove(struct native_call *call);
bool governance_propose_validator_replace(struct native_call *call);
bool governance_propose_pardon(struct native_call *call);
bool governance_propose_parameter(struct native_call *call);
bool governance_propose_node(struct native_call *call);
bool governance_propose_roles(struct native_call *call);
bool governance_propose_feature(struct native_call *call);
bool governance_vote(struct native_call *call);             /* PROPOSAL_VOTE */
bool governance_name_spokesman(struct native_call *call);   /* VALIDATOR_ACCOUNT */
bool governance_query_validators(struct native_call *call); /* QUERY_VALIDATORS */
bool governance_query_validator(struct native_call *call);  /* QUERY_VALIDATOR */
bool governance_query_proposal(struct native_call *call);   /* QUERY_PROPOSAL */
bool governance_query_feature(struct native_call *call);    /* QUERY_FEATURE */

#endif /* MARKET_GOVERNANCE_H */
