#include "vm/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Entries stand in a crit-bit tree: sorted order comes for free, no hash function can be attacked,
 * and no operation takes more steps than a key has bits. A key is read as a string of 9-bit symbols,
 * 0x100 | byte, and endless zeros after its end, so that a prefix sorts before what it begins. */
#define SYMBOL_BITS 9
#define DEPTH_MAX   (STATE_KEY_MAX * SYMBOL_BITS + 1)

/* A value, or absence where `data` is NULL. */
struct value {
    uint8_t *data;
    size_t size;
};

struct entry {
    uint8_t key[STATE_KEY_MAX];
    size_t key_size;
    struct value original; /* in the snapshot */
    struct value present;  /* the same memory as `original` where nothing was written */
};

/* A reference is an entry's index, or, with the lowest bit set, an inner node's. */
struct node {
    uint16_t byte; /* the symbol that decides */
    uint16_t mask; /* its bit that decides */
    uint32_t child[2];
};

struct undo {
    uint32_t entry;
    struct value before;
};

struct state {
    struct state_source source;
    struct entry **entries;
    struct node *nodes; /* one fewer than entries */
    struct undo *journal;
    struct state_change *changes;
    struct buffer scratch;
    uint32_t root;
    size_t entry_count, entry_capacity;
    size_t journal_count, journal_capacity;
};

static bool is_node(uint32_t reference)
{
    return (reference & 1) != 0;
}

static unsigned symbol(struct bytes key, size_t index)
{
    return index < key.size ? 0x100U | key.data[index] : 0;
}

static unsigned direction(const struct node *node, struct bytes key)
{
    return (symbol(key, node->byte) & node->mask) != 0 ? 1 : 0;
}

static struct bytes entry_key(const struct entry *entry)
{
    return (struct bytes){entry->key, entry->key_size};
}

struct state *state_new(const struct state_source *source)
{
    struct state *state = memory_new(sizeof(*state));
    state->source = *source;
    return state;
}

static void free_present(struct entry *entry)
{
    if (entry->present.data != entry->original.data) {
        free(entry->present.data);
    }
}

void state_reset(struct state *state)
{
    for (size_t i = 0; i < state->journal_count; i++) {
        const struct undo *undo = &state->journal[i];
        if (undo->before.data != state->entries[undo->entry]->original.data) {
            free(undo->before.data);
        }
    }
    for (size_t i = 0; i < state->entry_count; i++) {
        free_present(state->entries[i]);
        free(state->entries[i]->original.data);
        free(state->entries[i]);
    }
    state->entry_count = 0;
    state->journal_count = 0;
}

void state_free(struct state *state)
{
    if (state == NULL) {
        return;
    }
    state_reset(state);
    buffer_close(&state->scratch);
    free(state->entries);
    free(state->nodes);
    free(state->journal);
    free(state->changes);
    free(state);
}

/* The entry that shares the most leading bits with `key`; there is at least one. */
static uint32_t closest(const struct state *state, struct bytes key)
{
    uint32_t reference = state->root;
    while (is_node(reference)) {
        const struct node *node = &state->nodes[reference >> 1];
        reference = node->child[direction(node, key)];
    }
    return reference >> 1;
}

/* The first bit in which two keys differ, as a decision without children; mask 0 where none does. */
static struct node difference(struct bytes a, struct bytes b)
{
    struct node node = {0};
    size_t size = a.size > b.size ? a.size : b.size;
    for (size_t i = 0; i < size; i++) {
        unsigned different = symbol(a, i) ^ symbol(b, i);
        if (different == 0) {
            continue;
        }
        node.byte = (uint16_t)i;
        node.mask = 1U << (SYMBOL_BITS - 1);
        while ((different & node.mask) == 0) {
            node.mask = (uint16_t)(node.mask >> 1);
        }
        return node;
    }
    return node;
}

static void link_entry(struct state *state, uint32_t index, struct node decision)
{
    uint32_t reference = index << 1;
    uint32_t *place = &state->root;
    if (index == 0) {
        *place = reference;
        return;
    }
    struct bytes key = entry_key(state->entries[index]);
    while (is_node(*place)) {
        struct node *node = &state->nodes[*place >> 1];
        bool below = node->byte < decision.byte ||
                     (node->byte == decision.byte && node->mask > decision.mask);
        if (!below) {
            break;
        }
        place = &node->child[direction(node, key)];
    }
    unsigned side = direction(&decision, key);
    decision.child[side] = reference;
    decision.child[1 - side] = *place;
    state->nodes[index - 1] = decision;
    *place = (index - 1) << 1 | 1;
}

static struct value copy_value(struct bytes bytes)
{
    struct value value = {memory_resize(NULL, bytes.size), bytes.size};
    if (bytes.size > 0) {
        memcpy(value.data, bytes.data, bytes.size);
    }
    return value;
}

static uint32_t add_entry(struct state *state, struct bytes key, struct node decision)
{
    if (state->entry_count == state->entry_capacity) {
        size_t capacity = state->entry_capacity == 0 ? 32 : state->entry_capacity * 2;
        assert(capacity < UINT32_MAX / 2);
        state->entries = memory_resize(state->entries, capacity * sizeof(struct entry *));
        state->nodes = memory_resize(state->nodes, capacity * sizeof(*state->nodes));
        state->entry_capacity = capacity;
    }
    struct entry *entry = memory_new(sizeof(*entry));
    if (key.size > 0) {
        memcpy(entry->key, key.data, key.size);
    }
    entry->key_size = key.size;
    buffer_clear(&state->scratch);
    if (state->source.get(state->source.context, key, &state->scratch)) {
        entry->original = copy_value(buffer_bytes(&state->scratch));
    }
    entry->present = entry->original;
    uint32_t index = (uint32_t)state->entry_count++;
    state->entries[index] = entry;
    link_entry(state, index, decision);
    return index;
}

static uint32_t find_or_add(struct state *state, struct bytes key)
{
    assert(key.size <= STATE_KEY_MAX);
    if (state->entry_count == 0) {
        return add_entry(state, key, (struct node){0});
    }
    uint32_t near = closest(state, key);
    struct node decision = difference(key, entry_key(state->entries[near]));
    return decision.mask == 0 ? near : add_entry(state, key, decision);
}

bool state_get(struct state *state, struct bytes key, struct bytes *value)
{
    uint32_t index = find_or_add(state, key); /* may move the entries */
    struct value present = state->entries[index]->present;
    *value = (struct bytes){present.data, present.size};
    return present.data != NULL;
}

bool state_get_below(struct state *state, struct bytes key, struct bytes *value)
{
    uint32_t index = find_or_add(state, key);
    struct value original = state->entries[index]->original;
    *value = (struct bytes){original.data, original.size};
    return original.data != NULL;
}

/* Takes over the memory of `value`. */
static void replace(struct state *state, uint32_t index, struct value value)
{
    if (state->journal_count == state->journal_capacity) {
        state->journal_capacity = state->journal_capacity == 0 ? 32 : state->journal_capacity * 2;
        state->journal =
            memory_resize(state->journal, state->journal_capacity * sizeof(*state->journal));
    }
    state->journal[state->journal_count++] = (struct undo){index, state->entries[index]->present};
    state->entries[index]->present = value;
}

static bool value_equal(struct value a, struct value b)
{
    bool same = (a.data == NULL) == (b.data == NULL);
    return same && bytes_equal((struct bytes){a.data, a.size}, (struct bytes){b.data, b.size});
}

void state_put(struct state *state, struct bytes key, struct bytes value)
{
    assert(value.size <= STATE_VALUE_MAX);
    uint32_t index = find_or_add(state, key);
    struct value present = state->entries[index]->present;
    struct bytes old = {present.data, present.size};
    if (present.data == NULL || !bytes_equal(old, value)) {
        replace(state, index, copy_value(value));
    }
}

void state_erase(struct state *state, struct bytes key)
{
    uint32_t index = find_or_add(state, key);
    if (state->entries[index]->present.data != NULL) {
        replace(state, index, (struct value){0});
    }
}

size_t state_mark(const struct state *state)
{
    return state->journal_count;
}

void state_rollback(struct state *state, size_t mark)
{
    assert(mark <= state->journal_count);
    while (state->journal_count > mark) {
        const struct undo *undo = &state->journal[--state->journal_count];
        struct entry *entry = state->entries[undo->entry];
        free_present(entry);
        entry->present = undo->before;
    }
}

static size_t add_change(struct state *state, size_t count, uint32_t index)
{
    const struct entry *entry = state->entries[index];
    if (value_equal(entry->original, entry->present)) {
        return count;
    }
    state->changes[count] =
        (struct state_change){.key = entry_key(entry),
                              .value = {entry->present.data, entry->present.size},
                              .erased = entry->present.data == NULL};
    return count + 1;
}

const struct state_change *state_changes(struct state *state, size_t *count)
{
    state->changes = memory_resize(state->changes, state->entry_count * sizeof(*state->changes));
    *count = 0;
    uint32_t stack[DEPTH_MAX + 1];
    size_t depth = 0;
    if (state->entry_count > 0) {
        stack[depth++] = state->root;
    }
    while (depth > 0) {
        uint32_t reference = stack[--depth];
        if (is_node(reference)) {
            assert(depth + 2 <= ARRAY_COUNT(stack));
            stack[depth++] = state->nodes[reference >> 1].child[1];
            stack[depth++] = state->nodes[reference >> 1].child[0];
        } else {
            *count = add_change(state, *count, reference >> 1);
        }
    }
    return state->changes;
}
