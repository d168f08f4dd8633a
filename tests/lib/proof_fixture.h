/* A chain of one executed block and the header after it, and real proofs from it. */
#ifndef TESTS_LIB_PROOF_FIXTURE_H
#define TESTS_LIB_PROOF_FIXTURE_H

#include "consensus/light.h"
#include "market/claim.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/storage_fixture.h"
#include "tools/client/trust.h"

#define PROOF_USERS     12
#define PROOF_TRANSFERS 5 /* user i sends 100 + i to user i + 1 in block 1 */

struct proof_fixture {
    struct chain chain;
    struct trust trust;
    char home[FIXTURE_PATH_MAX];
    struct block_store *blocks;
    struct state_store *states; /* after block 1 */
    struct block_header headers[2];
    struct certificate certificate; /* of the second, by all four */
    struct hash ids[PROOF_TRANSFERS];
};

/* The chain, and who to trust, without any block: for those who bring their proofs. */
void proof_fixture_trust(struct trust *out);

void proof_fixture_init(struct proof_fixture *fixture);
void proof_fixture_close(struct proof_fixture *fixture);

/* Claims, appended to `out`. */
void proof_fixture_claim_key(struct proof_fixture *fixture, struct bytes key, struct buffer *out);
void proof_fixture_claim_transaction(struct proof_fixture *fixture, uint32_t index,
                                     struct buffer *out);

/* The rest around a claim; `headers` are the fixture's or a test's own. Appended to `out`. */
void proof_fixture_encode(const struct proof_fixture *fixture, enum light_kind kind,
                          struct bytes claim, const struct certificate *certificate,
                          struct buffer *out);

/* Whole proofs. */
void proof_fixture_key(struct proof_fixture *fixture, struct bytes key, struct buffer *out);
void proof_fixture_account(struct proof_fixture *fixture, uint32_t user, struct buffer *out);
void proof_fixture_transaction(struct proof_fixture *fixture, uint32_t index, struct buffer *out);

/* A certificate of `type` for `header` by the validators of a mask, with the fixture's keys. */
void proof_fixture_certify(const struct proof_fixture *fixture, struct certificate *out,
                           const struct block_header *header, enum vote_type type, uint32_t mask);

#endif /* TESTS_LIB_PROOF_FIXTURE_H */
