/* What tests of the machine stand on: a snapshot in memory and a small table of native instructions. */
#ifndef TESTS_LIB_VM_FIXTURE_H
#define TESTS_LIB_VM_FIXTURE_H

#include "vm/native.h"

#define FIXTURE_ENTRIES_MAX 64

/* A snapshot of a few pairs. All zero is empty. */
struct fixture_store {
    struct buffer keys[FIXTURE_ENTRIES_MAX];
    struct buffer values[FIXTURE_ENTRIES_MAX];
    size_t count;
    size_t gets; /* calls of the source */
};

struct state_source fixture_source(struct fixture_store *store);
void fixture_set(struct fixture_store *store, struct bytes key, struct bytes value);
void fixture_erase(struct fixture_store *store, struct bytes key);
void fixture_apply(struct fixture_store *store, const struct state_change *changes, size_t count);
void fixture_close(struct fixture_store *store);

enum fixture_native_id {
    FIXTURE_PUT = 1,     /* {key, value}: writes, emits one event, costs 100 */
    FIXTURE_REFUSE = 2,  /* {value}: writes key 7 and is refused with code 100 */
    FIXTURE_BURN = 3,    /* {value}: charges that much gas more */
    FIXTURE_RICH = 4,    /* every form of field; does nothing */
    FIXTURE_GET = 64,    /* {value}: query, the value of a key or 0 */
    FIXTURE_HEIGHT = 65, /* {}: query */
};

struct fixture_pair {
    uint8_t key;
    uint64_t value;
};

struct fixture_value {
    uint64_t value;
};

struct fixture_item {
    uint16_t kind;
    struct bytes name;
};

struct fixture_rich {
    struct address to;
    struct hash root;
    uint8_t small;
    uint16_t medium;
    uint32_t large;
    bool flag;
    uint8_t colour; /* red, green, blue */
    struct bytes blob;
    struct bytes title;
    struct fixture_item item;
    struct address servers[4];
    uint32_t server_count;
    struct fixture_item items[3];
    uint32_t item_count;
};

extern const struct schema fixture_pair_schema, fixture_value_schema, fixture_rich_schema;
extern const struct native_table fixture_natives;

#endif /* TESTS_LIB_VM_FIXTURE_H */
