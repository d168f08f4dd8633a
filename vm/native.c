#include "vm/native.h"

#include <string.h>

bool native_refuse(struct native_call *call, uint16_t code, uint64_t got, uint64_t want)
{
    assert(code != 0);
    call->refusal = (struct refusal){code, got, want};
    return false;
}

bool native_charge(struct native_call *call, uint64_t gas)
{
    if (gas > call->gas_left) {
        return native_refuse(call, VM_GAS, gas, call->gas_left);
    }
    call->gas_left -= gas;
    return true;
}

const struct native *native_find(const struct native_table *table, uint8_t id)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->rows[middle].id == id) {
            return &table->rows[middle];
        }
        if (table->rows[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct native *native_find_name(const struct native_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, name) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}
