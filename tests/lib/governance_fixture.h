/* Validators of a chain in memory who propose, vote, send heartbeats, and sign two things. */
#ifndef TESTS_LIB_GOVERNANCE_FIXTURE_H
#define TESTS_LIB_GOVERNANCE_FIXTURE_H

#include "market/governance.h"
#include "market/members.h"
#include "tests/lib/market_fixture.h"

/* The node key of an account's machine. */
void governance_node_key(const struct market_fixture *chain, int account, struct point *out);

/* A heartbeat of the account's key over the newest checkpoint. */
void governance_heartbeat(const struct market_fixture *chain, int account,
                          struct heartbeat_operand *out);
/* The same, recorded in a block of its own. */
void governance_synced(struct market_fixture *chain, int account);

/* Propose by the first validator's account; returns the id. Nobody votes. */
uint64_t governance_proposed(struct market_fixture *chain, uint8_t native, const void *operand);

/* A vote in a block of its own; returns the code of the refusal. */
uint16_t governance_voted(struct market_fixture *chain, int account, uint64_t proposal, bool yes);

/* Propose, and let validators 0, 1, 2, ... vote yes until it is over; returns the code of the last
 * vote's refusal, 0 where it passed. */
uint16_t governance_passed(struct market_fixture *chain, uint8_t native, const void *operand);

/* Two prepares of an account's key at `height`, which contradict each other. */
void governance_evidence(const struct market_fixture *chain, int account, uint64_t height,
                         struct evidence_operand *out);

#endif /* TESTS_LIB_GOVERNANCE_FIXTURE_H */
