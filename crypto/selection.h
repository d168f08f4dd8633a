/* Who is taken, by public distances, in exact integers (pv-snip 6c). Owners are in the order of their
 * ids; ties go to the lower. */
#ifndef CRYPTO_SELECTION_H
#define CRYPTO_SELECTION_H

#include "crypto/field.h"

#define SELECTION_OWNERS_MAX 4096

/* Multi-Krum (Blanchard et al. 2017): an owner's score is the sum of its owner_count - bad_count - 2
 * least distances to others, and the taken_count least scores are taken. `distances` is a symmetric
 * matrix of owner_count rows. False, and nothing taken, unless 2 bad_count + 2 <= owner_count -
 * taken_count and taken_count >= 1. */
NODISCARD bool selection_krum(bool *taken, const uint64_t *distances, size_t owner_count,
                              size_t bad_count, size_t taken_count);

/* Remove who is more than lambda standard deviations above the mean: owner i goes iff N d_i > S1 and
 * (N d_i - S1)^2 (N - 1) > lambda^2 N (N S2 - S1^2), S1 and S2 the sums of d and d^2. `lambda_256` is
 * lambda in 1/256. Everybody stays where owner_count is below 2. */
void selection_sigma(bool *taken, const field_wide *distances, size_t owner_count,
                     uint16_t lambda_256);

/* 2 N^2 times the squared distance of each owner to the mean, of pairwise squared distances:
 * 2 N sum_j D_ij - sum of all D. A negative estimate, which sketches cannot give, is 0. */
void selection_mean_distances(field_wide *out, const uint64_t *distances, size_t owner_count);

#endif /* CRYPTO_SELECTION_H */
