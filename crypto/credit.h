/* Credits: what each owner contributed to the direction of the sum (pv-snip 6d).
 *
 * a_i = <x_i, A>, opened by values_open(). The sum of the a_i is <A, A>, which validators check; an
 * owner's weight is max(a_i, 0). */
#ifndef CRYPTO_CREDIT_H
#define CRYPTO_CREDIT_H

#include "crypto/field.h"

/* Is the sum of the credits <A, A>, over the integers? `aggregate` has centred elements of F. */
NODISCARD bool credit_check(const int64_t *credits, size_t owner_count, const uint64_t *aggregate,
                            size_t dimension);

/* shares[i] = floor(reward * max(a_i, 0) / sum of those); returns what is left. All of it where no
 * credit is positive. */
uint64_t credit_split(uint64_t *shares, const int64_t *credits, size_t owner_count,
                      uint64_t reward);

#endif /* CRYPTO_CREDIT_H */
