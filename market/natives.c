#include "market/operands.h"

#include "market/accounts.h"
#include "market/roles.h"

static bool query_height(struct native_call *call)
{
    call->result = call->block->height;
    return true;
}

static const struct native rows[] = {
    {NATIVE_TRANSFER, "TRANSFER", &transfer_schema, 2000, false, accounts_transfer},
    {NATIVE_ROLE_SET, "ROLE_SET", &role_set_schema, 3000, false, roles_set},
    {NATIVE_QUERY_BALANCE, "QUERY_BALANCE", &address_operand_schema, 200, true,
     accounts_query_balance},
    {NATIVE_QUERY_HEIGHT, "QUERY_HEIGHT", &empty_operand_schema, 10, true, query_height},
};

const struct native_table market_natives = {rows, ARRAY_COUNT(rows)};
