/* What servers acknowledged and owners published: which ciphertexts still are missing. */
#ifndef MARKET_ACKS_H
#define MARKET_ACKS_H

#include "market/participants.h"

/* Has the server, of Q, not got the ciphertexts of this seat? Servers 1 .. t derive their shares and
 * miss nothing. All of Q have posted in PHASE_ACK. */
bool ack_missing(const struct round_work *work, unsigned server, uint16_t index);

/* How many seats that proved a server of Q misses; and all of Q together. */
unsigned ack_missing_count(const struct round_work *work, unsigned server);
uint32_t ack_missing_total(const struct round_work *work);

/* Seats that published for a server. */
unsigned ack_published_count(const struct round_work *work, unsigned server);

/* The server of Q that misses most, the first of equals, where it is more than `least`; else 0. */
unsigned ack_deafest(const struct round_work *work, unsigned least);

/* A server leaves Q without a penalty: nobody can tell whose fault it is that it misses so much. */
void ack_drop_server(struct round_work *work, unsigned server);

void ack_published(const struct round_work *work, uint16_t index, unsigned server);
void acks_erase(const struct round_work *work); /* Bitmaps and what was published. */

#endif /* MARKET_ACKS_H */
