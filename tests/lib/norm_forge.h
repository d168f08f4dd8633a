/* Forgeries that need a search or an equation: what is left of them with a rule in place, and without it. */
#ifndef TESTS_LIB_NORM_FORGE_H
#define TESTS_LIB_NORM_FORGE_H

#include "tests/lib/norm_fixture.h"

/* With c_0 = 1 the constraint of the first bit of N is no polynomial in chi. Find Y_0 such that
 * Y_0^2 - Y_0 + |x|^2 = N, where N is Y_0 and true bits, and put it and the bits of N and u into aux. N and u
 * are below 2^NB, the norm |x|^2 may be above the bound. False where there is none. */
NODISCARD bool norm_forge_first_bit(struct norm_owner *owner, const struct norm_layout *layout,
                                    uint64_t norm);

/* Choose v by beacon 2. The error of all equations as a function of v is quadratic: solve
 * theta_0 v - theta_2 v^2 = the rest. False where that has no solution, as for half of all beacons. */
NODISCARD bool norm_forge_value(struct norm_owner *owner, const struct norm_fixture *fixture);

#endif /* TESTS_LIB_NORM_FORGE_H */
