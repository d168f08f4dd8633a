#include "vm/state.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"

static struct bytes text(const char *characters)
{
    return bytes_of_text(characters);
}

static void check_value(struct state *state, const char *key, const char *want)
{
    struct bytes value;
    bool found = state_get(state, text(key), &value);
    ck_assert(found == (want != NULL));
    ck_assert(bytes_equal(value, want == NULL ? (struct bytes){0} : text(want)));
}

START_TEST(reads_through_to_the_snapshot_once)
{
    struct fixture_store store = {0};
    fixture_set(&store, text("a"), text("one"));
    struct state_source source = fixture_source(&store);
    struct state *state = state_new(&source);
    check_value(state, "a", "one");
    check_value(state, "a", "one");
    check_value(state, "b", NULL);
    check_value(state, "b", NULL);
    ck_assert_uint_eq(store.gets, 2);
    state_free(state);
    fixture_close(&store);
}
END_TEST

START_TEST(keeps_borrowed_values_of_other_keys_while_reading)
{
    struct fixture_store store = {0};
    struct state_source source = fixture_source(&store);
    struct state *state = state_new(&source);
    state_put(state, text("first"), text("value"));
    struct bytes first;
    ck_assert(state_get(state, text("first"), &first));
    for (unsigned i = 0; i < 1000; i++) {
        struct bytes other;
        ck_assert(!state_get(state, BYTES_OF(i), &other));
    }
    ck_assert(bytes_equal(first, text("value")));
    state_free(state);
}
END_TEST

START_TEST(writes_erases_and_lists_changes_in_order)
{
    struct fixture_store store = {0};
    fixture_set(&store, text("b"), text("old"));
    fixture_set(&store, text("same"), text("same"));
    fixture_set(&store, text("gone"), text("gone"));
    struct state_source source = fixture_source(&store);
    struct state *state = state_new(&source);
    state_put(state, text("bb"), text("1"));
    state_put(state, text("b"), text("new"));
    state_put(state, text(""), text("empty key"));
    state_put(state, text("same"), text("other"));
    state_put(state, text("same"), text("same"));
    state_put(state, text("a"), text(""));
    state_put(state, text("passing"), text("x"));
    state_erase(state, text("passing"));
    state_erase(state, text("gone"));
    state_erase(state, text("never"));
    check_value(state, "gone", NULL);
    check_value(state, "a", "");
    struct bytes below;
    ck_assert(state_get_below(state, text("b"), &below));
    ck_assert(bytes_equal(below, text("old")));
    ck_assert(!state_get_below(state, text("a"), &below));
    static const char *const keys[] = {"", "a", "b", "bb", "gone"};
    size_t count;
    const struct state_change *changes = state_changes(state, &count);
    ck_assert_uint_eq(count, ARRAY_COUNT(keys));
    for (size_t i = 0; i < count; i++) {
        ck_assert(bytes_equal(changes[i].key, text(keys[i])));
        ck_assert(changes[i].erased == (i == 4));
    }
    ck_assert(bytes_equal(changes[2].value, text("new")));
    fixture_apply(&store, changes, count);
    state_reset(state);
    (void)state_changes(state, &count);
    ck_assert_uint_eq(count, 0);
    check_value(state, "b", "new");
    check_value(state, "gone", NULL);
    state_free(state);
    fixture_close(&store);
}
END_TEST

START_TEST(rolls_back_to_nested_marks)
{
    struct fixture_store store = {0};
    fixture_set(&store, text("k"), text("0"));
    struct state_source source = fixture_source(&store);
    struct state *state = state_new(&source);
    size_t outer = state_mark(state);
    state_put(state, text("k"), text("1"));
    size_t inner = state_mark(state);
    state_erase(state, text("k"));
    state_put(state, text("l"), text("2"));
    state_rollback(state, inner);
    check_value(state, "k", "1");
    check_value(state, "l", NULL);
    state_put(state, text("l"), text("3"));
    state_rollback(state, outer);
    check_value(state, "k", "0");
    check_value(state, "l", NULL);
    state_free(state);
    state_free(NULL);
    fixture_close(&store);
}
END_TEST

/* A model of the view: arrays indexed by key number, copied whole at each mark. */
#define MODEL_KEYS  40
#define MODEL_MARKS 6

struct model {
    int value[MODEL_KEYS]; /* -1: absent */
};

static size_t key_of(uint8_t out[4], unsigned number)
{
    /* Keys that share prefixes and are prefixes of each other. */
    size_t size = 1 + number % 4;
    out[0] = (uint8_t)(number / 16);
    out[1] = (uint8_t)(number / 4 % 4 * 64);
    out[2] = 0;
    out[3] = (uint8_t)number;
    return size;
}

static unsigned distinct(unsigned number)
{
    uint8_t wanted[4];
    size_t size = key_of(wanted, number);
    for (unsigned i = 0; i < number; i++) {
        uint8_t other[4];
        if (key_of(other, i) == size && memcmp(other, wanted, size) == 0) {
            return i;
        }
    }
    return number;
}

struct history {
    uint64_t *seed;
    struct fixture_store store;
    struct state *state;
    struct model models[MODEL_MARKS + 1];
    size_t marks[MODEL_MARKS];
    size_t depth;
};

static unsigned any_key(struct history *history)
{
    return distinct((unsigned)(check_random(history->seed) % MODEL_KEYS));
}

static void commit(struct history *history)
{
    size_t count;
    const struct state_change *changes = state_changes(history->state, &count);
    for (size_t i = 1; i < count; i++) {
        ck_assert_int_lt(bytes_compare(changes[i - 1].key, changes[i].key), 0);
    }
    fixture_apply(&history->store, changes, count);
    state_reset(history->state);
}

static void step(struct history *history)
{
    uint8_t key[4];
    unsigned number = any_key(history);
    struct bytes bytes = {key, key_of(key, number)};
    unsigned action = (unsigned)(check_random(history->seed) % 16);
    size_t depth = history->depth;
    if (action < 6) {
        uint8_t value = (uint8_t)(check_random(history->seed) % 3);
        state_put(history->state, bytes, BYTES_OF(value));
        history->models[depth].value[number] = value;
    } else if (action < 8) {
        state_erase(history->state, bytes);
        history->models[depth].value[number] = -1;
    } else if (action == 8 && depth < MODEL_MARKS) {
        history->marks[depth] = state_mark(history->state);
        history->models[depth + 1] = history->models[depth];
        history->depth++;
    } else if (action == 9 && depth > 0) {
        history->depth--;
        state_rollback(history->state, history->marks[depth - 1]);
    } else if (action == 10 && depth == 0) {
        commit(history);
    }
}

static void compare(struct history *history)
{
    uint8_t key[4];
    unsigned number = any_key(history);
    struct bytes bytes = {key, key_of(key, number)};
    int want = history->models[history->depth].value[number];
    struct bytes value;
    bool found = state_get(history->state, bytes, &value);
    ck_assert(found == (want >= 0));
    ck_assert(!found || value.data[0] == want);
}

START_TEST(agrees_with_a_plain_model_over_random_histories)
{
    uint64_t seed = 4;
    for (unsigned i = 0; i < 300; i++) {
        struct history history = {.seed = &seed};
        struct state_source source = fixture_source(&history.store);
        history.state = state_new(&source);
        memset(history.models[0].value, 0xff, sizeof(history.models[0].value));
        for (unsigned j = 0; j < 200; j++) {
            step(&history);
            compare(&history);
        }
        state_free(history.state);
        fixture_close(&history.store);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("state");
    tcase_add_test(tests, reads_through_to_the_snapshot_once);
    tcase_add_test(tests, keeps_borrowed_values_of_other_keys_while_reading);
    tcase_add_test(tests, writes_erases_and_lists_changes_in_order);
    tcase_add_test(tests, rolls_back_to_nested_marks);
    tcase_add_test(tests, agrees_with_a_plain_model_over_random_histories);
    return check_run("state", tests);
}
