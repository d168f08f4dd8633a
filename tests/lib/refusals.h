/* Refusals that a test has produced, against the whole list of the market. Each code belongs to one topic,
 * and each topic to one test program. */
#ifndef TESTS_LIB_REFUSALS_H
#define TESTS_LIB_REFUSALS_H

#include "tests/lib/market_fixture.h"

enum refusals_topic {
    REFUSALS_OF_ROUNDS, /* accounts, servers, models and rounds: all that is of no other topic */
    REFUSALS_OF_TERMS,  /* of a model that is published */
    REFUSALS_OF_GOVERNANCE,
};

/* Send in a block of its own what must be refused with this code, and leave nothing but nonce and fee. */
void refusals_expect(struct market_fixture *chain, enum market_refusal_code code, int account,
                     uint8_t native, const void *operand, struct bytes sidecar);

/* This code was produced in some other way. */
void refusals_saw(uint16_t code);

/* Every code of the topic was produced. */
void refusals_check(enum refusals_topic topic);

#endif /* TESTS_LIB_REFUSALS_H */
