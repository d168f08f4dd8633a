/* Values of section 6 that servers posted, decoded: scores, distances, credits. Everything in exact
 * integers. */
#ifndef MARKET_PUBLIC_VALUES_H
#define MARKET_PUBLIC_VALUES_H

#include "market/participants.h"

#define PUBLIC_LISTS_MAX 2 /* SCORE, DISTANCE; in PHASE_CREDITS the credits alone */

struct public_reading {
    struct owner_set owners;           /* I */
    int64_t *values[PUBLIC_LISTS_MAX]; /* one for each owner; NULL where there is no such list */
    uint64_t *pairs;                   /* symmetric matrix of distances, or NULL */
    field_wide *distances;             /* of each owner, for the rule sigma; or NULL */
    bool *taken;                       /* by the select rule */
    uint32_t off;                      /* servers proven to have posted a wrong value */
    bool decoded;                      /* every value did */
    bool credits;                      /* of PHASE_CREDITS */
};

/* Elements that a server posts in PHASE_VALUES for `owner_count` owners. */
size_t public_value_count(const struct model_terms *terms, size_t owner_count);

/* Decode what Q posted in PHASE_VALUES or PHASE_CREDITS; all of Q posted, and they are enough. */
void public_reading_load(struct public_reading *out, const struct round_work *work);
void public_reading_close(struct public_reading *reading);

/* Who stays; all of them with SELECT_ALL. */
void public_reading_select(struct public_reading *reading, const struct model_terms *terms);

/* Store KEY_PUBLIC for the owners that were taken; credits are added to what VALUES stored. */
void public_reading_store(const struct public_reading *reading, const struct round_work *work);

/* Copy the value that policies and rewards see of each owner of I in order: the credit, else the score,
 * else the distance, as the model has them; 0 where it was not decoded. False where none was. */
NODISCARD bool public_scores(const struct round_work *work, const struct owner_set *owners,
                             int64_t *out);

/* The same for one seat, also after the round. */
NODISCARD bool public_score_of(const struct round_work *work, uint16_t index, int64_t *out);

#endif /* MARKET_PUBLIC_VALUES_H */
