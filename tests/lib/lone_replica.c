#include "tests/lib/lone_replica.h"

#include <check.h>

struct lone lone;

void lone_set_up(void)
{
    committee_init(&lone.committee, 4);
    committee_block(&lone.committee, &lone.block, &lone.digest, 1, "body");
    committee_block(&lone.committee, &lone.rival, &lone.rival_digest, 1, "rival");
    replica_open(&lone.replica, &lone.committee, 0);
}

void lone_tear_down(void)
{
    replica_close(&lone.replica);
}

void lone_become(uint32_t self)
{
    replica_close(&lone.replica);
    replica_open(&lone.replica, &lone.committee, self);
}

void lone_said(const char *expected)
{
    ck_assert_str_eq(replica_said(&lone.replica), expected);
}

enum pbft_status lone_propose(const struct block *proposed)
{
    lone.heard = (struct message){.has_block = true, .block = *proposed};
    struct hash name;
    block_digest(&name, &proposed->header);
    lone.heard.vote = committee_vote(&lone.committee, VOTE_PROPOSE, proposed->header.proposer,
                                     proposed->header.height, 0, &name);
    return replica_hear(&lone.replica, &lone.heard);
}

enum pbft_status lone_vote(enum vote_type type, uint32_t sender)
{
    return replica_vote(&lone.replica, type, sender, 0, &lone.digest);
}

enum pbft_status lone_change(uint32_t sender, uint32_t round, const struct certificate *prepared)
{
    committee_change(&lone.committee, &lone.heard, sender, 1, round, prepared);
    return replica_hear(&lone.replica, &lone.heard);
}

enum pbft_status lone_status(uint32_t sender, uint64_t height, uint32_t round, bool proposal)
{
    lone.heard = (struct message){.has_proposal = proposal,
                                  .key = lone.committee.validators.list[sender].key};
    lone.heard.vote = committee_vote(&lone.committee, VOTE_STATUS, sender, height, round,
                                     height == 0 ? &lone.committee.rules.chain_id : &lone.digest);
    return replica_hear(&lone.replica, &lone.heard);
}

void lone_prepare(void)
{
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
}

void lone_commit(void)
{
    lone_prepare();
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
}

void lone_decide(void)
{
    lone_commit();
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 2), PBFT_OK);
}
