/* The posted aggregate, kept in the state until it is checked: the state machine reads nothing but the
 * state, also on a machine that began from a copy of it. Afterwards only its root stays. */
#ifndef MARKET_AGGREGATE_STORE_H
#define MARKET_AGGREGATE_STORE_H

#include "market/work.h"

#define AGGREGATE_CHUNK_SIZE 32768 /* bytes of one record */

void aggregate_store_put(const struct round_work *work, struct bytes aggregate);
void aggregate_store_get(const struct round_work *work, struct buffer *out); /* Appends it. */
void aggregate_store_erase(const struct round_work *work); /* Also where there is none. */

#endif /* MARKET_AGGREGATE_STORE_H */
