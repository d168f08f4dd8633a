/* Events of the market, by kind; each kind has one schema. Kinds are never reused. */
#ifndef MARKET_EVENTS_H
#define MARKET_EVENTS_H

#include "base/schema.h"
#include "crypto/address.h"

enum market_event_kind {
    EVENT_TRANSFER = 1,
    EVENT_ROLE_SET = 2,
    EVENT_SERVER_REGISTERED = 10,
    EVENT_SERVER_LEFT = 11,
    EVENT_SERVER_PENALISED = 12,
    EVENT_MODEL_PUBLISHED = 20,
    EVENT_MODEL_CLOSED = 21,
    EVENT_ROUND_OPENED = 30,
    EVENT_ROUND_JOINED = 31,
    EVENT_ROUND_COMMITTED = 32,
    EVENT_ROUND_PHASE = 33,      /* a round entered a phase */
    EVENT_ROUND_AGGREGATED = 34, /* an aggregate was posted */
    EVENT_OWNER_PAID = 40,
    EVENT_OWNER_DROPPED = 41,
    EVENT_OWNER_FORFEITED = 42,
    EVENT_REFUND = 43,
    EVENT_SERVER_PAID = 44,
};

/* The schema and the name of a kind; NULL for an unknown one. */
const struct schema *event_schema(uint16_t kind);
const char *event_name(uint16_t kind);

#endif /* MARKET_EVENTS_H */
