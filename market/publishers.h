/* Open rounds of each publisher: so that no one can take all that the chain may have. */
#ifndef MARKET_PUBLISHERS_H
#define MARKET_PUBLISHERS_H

#include "market/records.h"

uint32_t publisher_rounds(struct state *state, const struct address *publisher);

/* A round of a publisher was opened, or ended. */
void publisher_count_round(struct state *state, const struct address *publisher, bool opened);

#endif /* MARKET_PUBLISHERS_H */
