/* The owners of a round: by seat, and the accepted ones in the order of their keys. */
#ifndef MARKET_PARTICIPANTS_H
#define MARKET_PARTICIPANTS_H

#include "market/work.h"

#define PARTICIPANT_FINE_PART 4 /* a quarter of the stake, for being absent after COMMIT */

/* The participant of a seat below round.joined. */
void participant_load(const struct round_work *work, uint16_t index, struct participant *out);
void participant_store(const struct round_work *work, uint16_t index,
                       const struct participant *participant);

/* The seat of an account; false where it has none. */
NODISCARD bool participant_seat(const struct round_work *work, const struct address *owner,
                                uint16_t *index);

/* Give back or take the stake of a participant, with a new status and an event; stores it. */
void participant_refund(struct round_work *work, uint16_t index, struct participant *participant);
void participant_drop(struct round_work *work, uint16_t index, struct participant *participant);
void participant_forfeit(struct round_work *work, uint16_t index, struct participant *participant);
/* Dropped, less a part of the stake: it committed and did not prove. */
void participant_fine(struct round_work *work, uint16_t index, struct participant *participant);
/* Proven to be wrong. Up to `reward` units of the stake go to who proved it, the rest is forfeited. */
void participant_slash(struct round_work *work, uint16_t index, struct participant *participant,
                       const struct address *prover, uint64_t reward);
void participant_pay(struct round_work *work, uint16_t index, struct participant *participant,
                     uint64_t reward);

/* I, sorted bytewise by owner key. */
struct owner_set {
    struct public_key *keys;
    uint16_t *indexes; /* seats, in the same order */
    uint32_t count;
};

void owner_set_load(struct owner_set *out, const struct round_work *work);
void owner_set_close(struct owner_set *set);

#endif /* MARKET_PARTICIPANTS_H */
