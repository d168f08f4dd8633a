/* Sorting in place, without recursion and with the same result on every machine. */
#ifndef MARKET_SORT_H
#define MARKET_SORT_H

#include "base/bytes.h"

#define SORT_ITEM_MAX 128 /* bytes of one item */

/* Heap sort: ascending by memcmp() over `key_size` bytes at `key_offset` of each item. */
void sort_items(void *items, size_t count, size_t item_size, size_t key_offset, size_t key_size);

#endif /* MARKET_SORT_H */
