/* What the servers of Q posted about the owners of I, together with what the owners' proofs say. */
#ifndef MARKET_OPENED_H
#define MARKET_OPENED_H

#include "crypto/norm_verify.h"
#include "market/participants.h"

struct opened {
    struct owner_set owners;                      /* I, in the order of owner keys */
    struct field_ext *gammas;                     /* gamma_i */
    struct field_ext *constants;                  /* c0_i */
    struct field_ext batch;                       /* sum of gamma_i c0_i */
    struct field_ext *values[MARKET_SERVERS_MAX]; /* e_ij of FALLBACK; NULL: not loaded */
};

/* The owners with gammas and constants; after beacon 2. */
void opened_load(struct opened *opened, const struct round_work *work);
/* And what Q posted in FALLBACK; all of Q posted. */
void opened_load_values(struct opened *opened, const struct round_work *work);
void opened_close(struct opened *opened);

/* The values of the servers of Q about owner `at` of the set. */
void opened_owner(const struct opened *opened, const struct round_work *work, uint32_t at,
                  struct shamir_values *out);

/* c0_i of one seat. */
struct field_ext opened_constant(const struct round_work *work, uint16_t index);

/* Erase what was posted in FALLBACK or for VALUES. */
void opened_erase_values(const struct round_work *work);

#endif /* MARKET_OPENED_H */
