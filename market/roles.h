/* Who may do what: this is a permissioned chain, and roles are bits of an account. */
#ifndef MARKET_ROLES_H
#define MARKET_ROLES_H

#include "market/accounts.h"

/* Refused with the role's own ROLE_MISSING_ code where the sender lacks it. */
NODISCARD bool role_require(struct native_call *call, enum role role);

bool roles_set(struct native_call *call); /* ROLE_SET */

#endif /* MARKET_ROLES_H */
