#include "tests/lib/vm_fixture.h"

#include <string.h>

static size_t find(const struct fixture_store *store, struct bytes key)
{
    size_t i = 0;
    while (i < store->count && !bytes_equal(buffer_bytes(&store->keys[i]), key)) {
        i++;
    }
    return i;
}

static bool get(void *context, struct bytes key, struct buffer *value)
{
    struct fixture_store *store = context;
    store->gets++;
    size_t i = find(store, key);
    if (i == store->count) {
        return false;
    }
    buffer_append(value, buffer_bytes(&store->values[i]));
    return true;
}

struct state_source fixture_source(struct fixture_store *store)
{
    return (struct state_source){.context = store, .get = get};
}

void fixture_set(struct fixture_store *store, struct bytes key, struct bytes value)
{
    size_t i = find(store, key);
    if (i == store->count) {
        assert(store->count < FIXTURE_ENTRIES_MAX);
        store->count++;
        buffer_append(&store->keys[i], key);
    }
    buffer_clear(&store->values[i]);
    buffer_append(&store->values[i], value);
}

void fixture_erase(struct fixture_store *store, struct bytes key)
{
    size_t i = find(store, key);
    if (i == store->count) {
        return;
    }
    buffer_close(&store->keys[i]);
    buffer_close(&store->values[i]);
    store->count--;
    store->keys[i] = store->keys[store->count];
    store->values[i] = store->values[store->count];
    store->keys[store->count] = (struct buffer){0};
    store->values[store->count] = (struct buffer){0};
}

void fixture_apply(struct fixture_store *store, const struct state_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].erased) {
            fixture_erase(store, changes[i].key);
        } else {
            fixture_set(store, changes[i].key, changes[i].value);
        }
    }
}

void fixture_close(struct fixture_store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        buffer_close(&store->keys[i]);
        buffer_close(&store->values[i]);
    }
    store->count = 0;
}

static const struct field pair_fields[] = {
    SCHEMA_U8(struct fixture_pair, key),
    SCHEMA_U64(struct fixture_pair, value),
};
const struct schema fixture_pair_schema = SCHEMA("pair", struct fixture_pair, pair_fields);

static const struct field value_fields[] = {SCHEMA_U64(struct fixture_value, value)};
const struct schema fixture_value_schema = SCHEMA("value", struct fixture_value, value_fields);

static const struct schema empty_schema = {"empty", sizeof(struct fixture_value), NULL, 0};

static const char *const colours[] = {"red", "green", "blue"};
static const struct field item_fields[] = {
    SCHEMA_U16(struct fixture_item, kind),
    SCHEMA_TEXT(struct fixture_item, name, 20),
};
static const struct schema item_schema = SCHEMA("item", struct fixture_item, item_fields);

static const struct field rich_fields[] = {
    SCHEMA_ARRAY(struct fixture_rich, to, FORM_ADDRESS),
    SCHEMA_ARRAY(struct fixture_rich, root, FORM_HEX),
    SCHEMA_U8(struct fixture_rich, small),
    SCHEMA_U16(struct fixture_rich, medium),
    SCHEMA_U32(struct fixture_rich, large),
    SCHEMA_BOOL(struct fixture_rich, flag),
    SCHEMA_ENUM(struct fixture_rich, colour, colours),
    SCHEMA_BYTES(struct fixture_rich, blob, 40),
    SCHEMA_TEXT(struct fixture_rich, title, 30),
    SCHEMA_STRUCT(struct fixture_rich, item, &item_schema),
    SCHEMA_LIST(struct fixture_rich, servers, server_count, NULL, FORM_ADDRESS),
    SCHEMA_LIST(struct fixture_rich, items, item_count, &item_schema, FORM_NUMBER),
};
const struct schema fixture_rich_schema = SCHEMA("rich", struct fixture_rich, rich_fields);

static bool run_put(struct native_call *call)
{
    const struct fixture_pair *pair = call->operand;
    state_put(call->state, (struct bytes){&pair->key, 1}, BYTES_OF(pair->value));
    event_log_add(call->events, 1, &fixture_pair_schema, pair);
    return true;
}

static bool run_refuse(struct native_call *call)
{
    const struct fixture_value *operand = call->operand;
    static const uint8_t key = 7;
    state_put(call->state, (struct bytes){&key, 1}, BYTES_OF(operand->value));
    return native_refuse(call, 100, operand->value, 1);
}

static bool run_burn(struct native_call *call)
{
    const struct fixture_value *operand = call->operand;
    return native_charge(call, operand->value);
}

static bool run_rich(struct native_call *call)
{
    (void)call;
    return true;
}

static bool run_get(struct native_call *call)
{
    const struct fixture_value *operand = call->operand;
    uint8_t key = (uint8_t)operand->value;
    struct bytes value;
    if (state_get(call->state, (struct bytes){&key, 1}, &value)) {
        assert(value.size == sizeof(call->result));
        memcpy(&call->result, value.data, sizeof(call->result));
    }
    return true;
}

static bool run_height(struct native_call *call)
{
    call->result = call->block->height;
    return true;
}

static const struct native rows[] = {
    {FIXTURE_PUT, "PUT", &fixture_pair_schema, 100, false, run_put},
    {FIXTURE_REFUSE, "REFUSE", &fixture_value_schema, 50, false, run_refuse},
    {FIXTURE_BURN, "BURN", &fixture_value_schema, 10, false, run_burn},
    {FIXTURE_RICH, "RICH", &fixture_rich_schema, 10, false, run_rich},
    {FIXTURE_GET, "GET", &fixture_value_schema, 20, true, run_get},
    {FIXTURE_HEIGHT, "HEIGHT", &empty_schema, 20, true, run_height},
};
const struct native_table fixture_natives = {rows, ARRAY_COUNT(rows)};
