#include "vm/opcodes.h"

#include <string.h>

#define OPCODE_ROW(name, byte, operand, pops, pushes, gas, stack, effect)                          \
    {(byte), (operand), (pops), (pushes), (gas), #name, (stack), (effect)},
static const struct opcode_row rows[] = {OPCODE_LIST(OPCODE_ROW)};
#undef OPCODE_ROW

const struct opcode_row *opcode_rows(size_t *count)
{
    *count = ARRAY_COUNT(rows);
    return rows;
}

const struct opcode_row *opcode_find(uint8_t byte)
{
    size_t low = 0;
    size_t high = ARRAY_COUNT(rows);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows[middle].byte == byte) {
            return &rows[middle];
        }
        if (rows[middle].byte < byte) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct opcode_row *opcode_find_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}
