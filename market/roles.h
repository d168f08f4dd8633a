/* Who may do what: this is a permissioned chain, and roles are bits of an account. */
#ifndef MARKET_ROLES_H
#define MARKET_ROLES_H

#include "market/accounts.h"

/* Refused with the role's own ROLE_MISSING_ code where the sender lacks it. */
NODISCARD bool role_require(struct native_call *call, enum role role);

struct role_set_operand;

/* May these roles be given: known ones, and not from the last admin the role admin? */
NODISCARD bool roles_check(struct native_call *call, const struct role_set_operand *change);

/* Give them; roles_check() held just now. */
void roles_assign(struct native_call *call, const struct role_set_operand *change);

bool roles_set(struct native_call *call); /* ROLE_SET */

#endif /* MARKET_ROLES_H */
