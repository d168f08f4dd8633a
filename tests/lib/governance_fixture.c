#include "tests/lib/governance_fixture.h"

#include <check.h>

#include "consensus/vote.h"
#include "market/heartbeats.h"

void governance_node_key(const struct market_fixture *chain, int account, struct point *out)
{
    point_of(out, &chain->keys[account].secret);
}

void governance_heartbeat(const struct market_fixture *chain, int account,
                          struct heartbeat_operand *out)
{
    static const uint8_t zeros[32];
    struct checkpoint checkpoint;
    struct hash message;
    checkpoint_newest(chain->state, &chain->chain_id, &checkpoint);
    *out = (struct heartbeat_operand){.key = chain->keys[account].public_key,
                                      .height = checkpoint.height,
                                      .digest = checkpoint.digest};
    governance_node_key(chain, account, &out->node_key);
    heartbeat_hash(&message, &chain->chain_id, &out->node_key, &checkpoint);
    signature_make(&out->signature, &chain->keys[account].secret, &message, zeros);
}

void governance_synced(struct market_fixture *chain, int account)
{
    struct heartbeat_operand heartbeat;
    governance_heartbeat(chain, account, &heartbeat);
    uint16_t code =
        fixture_try(chain, FIXTURE_STRANGER, NATIVE_HEARTBEAT, &heartbeat, (struct bytes){0});
    ck_assert_uint_eq(code, 0);
}

uint64_t governance_proposed(struct market_fixture *chain, uint8_t native, const void *operand)
{
    struct governance governance;
    uint16_t code = fixture_try(chain, FIXTURE_PROPOSER, native, operand, (struct bytes){0});
    ck_assert_uint_eq(code, 0);
    governance_load(chain->state, &governance);
    return governance.proposal_count;
}

uint16_t governance_voted(struct market_fixture *chain, int account, uint64_t proposal, bool yes)
{
    const struct proposal_vote_operand vote = {proposal, yes};
    return fixture_try(chain, account, NATIVE_PROPOSAL_VOTE, &vote, (struct bytes){0});
}

uint16_t governance_passed(struct market_fixture *chain, uint8_t native, const void *operand)
{
    struct proposal proposal;
    struct validators set;
    uint16_t code = 0;
    uint64_t id = governance_proposed(chain, native, operand);
    for (uint32_t i = 0; i < GENESIS_VALIDATORS_MAX; i++) {
        members_load(chain->state, chain->block.height, &set);
        bool found = proposal_load(chain->state, id, &proposal);
        ck_assert(found);
        if (proposal.passed_height != 0 || code != 0) {
            break;
        }
        for (int account = 0; account < FIXTURE_ACCOUNTS; account++) {
            if (validators_find(&set, &chain->keys[account].public_key) == i) {
                code = governance_voted(chain, account, id, true);
                break;
            }
        }
    }
    return code;
}

void governance_evidence(const struct market_fixture *chain, int account, uint64_t height,
                         struct evidence_operand *out)
{
    const struct fixture_key *key = &chain->keys[account];
    struct vote first = {.type = VOTE_PREPARE, .height = height, .digest = {{1}}};
    struct vote second = {.type = VOTE_PREPARE, .height = height, .digest = {{2}}};
    vote_sign(&first, &chain->chain_id, &key->secret);
    vote_sign(&second, &chain->chain_id, &key->secret);
    out->validator = key->public_key;
    vote_conflict(&out->conflict, &first, &second);
}
