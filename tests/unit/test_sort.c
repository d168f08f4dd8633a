#include "tests/lib/check_run.h"

#include <string.h>

#include "market/sort.h"

struct item {
    uint8_t before;
    uint8_t key[4];
    uint8_t after;
};

START_TEST(sorts_by_the_key_and_moves_whole_items)
{
    uint64_t random = 1;
    for (size_t count = 0; count <= 200; count++) {
        struct item items[200];
        unsigned sum = 0;
        for (size_t i = 0; i < count; i++) {
            check_random_fill(&random, items[i].key, sizeof(items[i].key));
            items[i].key[0] &= 3; /* repeats */
            items[i].before = items[i].key[3];
            items[i].after = (uint8_t)(items[i].key[3] ^ 0x5a);
            sum += items[i].key[3];
        }
        sort_items(items, count, sizeof(items[0]), offsetof(struct item, key), 4);
        for (size_t i = 0; i < count; i++) {
            ck_assert(i == 0 || memcmp(items[i - 1].key, items[i].key, 4) <= 0);
            ck_assert_uint_eq(items[i].before, items[i].key[3]);
            ck_assert_uint_eq(items[i].after, items[i].key[3] ^ 0x5a);
            sum -= items[i].key[3];
        }
        ck_assert_uint_eq(sum, 0);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sort");
    tcase_add_test(tests, sorts_by_the_key_and_moves_whole_items);
    return check_run("sorting", tests);
}
