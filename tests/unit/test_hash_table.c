#include "node/hash_table.h"

#include "tests/lib/check_run.h"

struct item {
    struct hash_table_entry entry;
    uint64_t key;
};

START_TEST(finds_what_was_added_and_not_removed)
{
    static struct item items[1000];
    struct hash_table table;
    hash_table_init(&table, sizeof(uint64_t));
    uint64_t absent = 7;
    ck_assert_ptr_null(hash_table_find(&table, &absent));
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        items[i].key = i * 64; /* many fall into one bucket */
        hash_table_add(&table, &items[i].entry, &items[i].key);
    }
    for (size_t i = 0; i < ARRAY_COUNT(items); i += 2) {
        hash_table_remove(&table, &items[i].entry);
    }
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        const struct hash_table_entry *found = hash_table_find(&table, &items[i].key);
        ck_assert_ptr_eq(found, i % 2 == 0 ? NULL : &items[i].entry);
    }
    ck_assert_uint_eq(table.count, ARRAY_COUNT(items) / 2);
    hash_table_close(&table);
}
END_TEST

START_TEST(walks_over_each_once_while_they_are_removed)
{
    static struct item items[100];
    struct hash_table table;
    struct hash_table_walk walk;
    struct hash_table_entry *entry;
    size_t count = 0;
    hash_table_init(&table, sizeof(uint64_t));
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        items[i].key = i;
        hash_table_add(&table, &items[i].entry, &items[i].key);
    }
    hash_table_walk_init(&walk, &table);
    while ((entry = hash_table_walk_next(&walk)) != NULL) {
        hash_table_remove(&table, entry);
        count++;
    }
    ck_assert_uint_eq(count, ARRAY_COUNT(items));
    ck_assert_uint_eq(table.count, 0);
    hash_table_close(&table);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hash_table");
    tcase_add_test(tests, finds_what_was_added_and_not_removed);
    tcase_add_test(tests, walks_over_each_once_while_they_are_removed);
    return check_run("hash_table", tests);
}
