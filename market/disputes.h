/* Disputes about owners whose values fit no polynomial, and about the pad (pv-snip 4.3). */
#ifndef MARKET_DISPUTES_H
#define MARKET_DISPUTES_H

#include "market/participants.h"

/* Of a seat, or MARKET_PAD_SEAT. Loading is false where there is none. */
NODISCARD bool dispute_load(const struct round_work *work, uint16_t index, struct dispute *out);
void dispute_store(const struct round_work *work, uint16_t index, const struct dispute *dispute);

/* The values e_ij, or f_0j, of inconsistent `values`: name the blamed where there are enough, else wait
 * for the owner's claim; slash the owner where no lies of servers explain them. *suspects are
 * the servers blamed so far, 0 at first: the search begins with them. */
void dispute_open(struct round_work *work, uint16_t index, const struct shamir_values *values,
                  uint32_t *suspects);

/* The values in dispute, as posted. */
void dispute_values(const struct dispute *dispute, struct shamir_values *out);

/* Open the dispute about the pad, where there is one and f_0j of Q fit no polynomial. Where no lies
 * explain them its owner is guilty: round.pad_guilty. */
void dispute_pad(struct round_work *work);

/* Blamed servers about whom nothing is proven yet. */
uint32_t dispute_waiting(const struct round_work *work, const struct dispute *dispute);

/* The owner is guilty: its stake goes, or the whole round where it is the pad's. */
void dispute_guilty(struct round_work *work, uint16_t index, const struct address *prover,
                    uint64_t reward);

/* Disputes that wait: for a claim in PHASE_CLAIM, for proofs in PHASE_JUSTIFY. */
uint16_t dispute_count(const struct round_work *work, enum round_phase phase);

/* Call `visit` on each dispute of the round, the pad's last. */
typedef void dispute_visit(struct round_work *work, uint16_t index, struct dispute *dispute);
void dispute_each(struct round_work *work, dispute_visit *visit);
void disputes_erase(const struct round_work *work);

#endif /* MARKET_DISPUTES_H */
