#include "tools/sim/queue.h"

#include "tests/lib/check_run.h"
#include "tools/sim/random.h"

START_TEST(events_leave_in_order_of_time)
{
    struct queue queue = {0};
    struct sim_random random = {1};
    struct event event = {0};
    for (int i = 0; i < 1000; i++) {
        queue_add(&queue, &(struct event){.time_us = random_below(&random, 100)});
    }
    uint64_t last_us = 0;
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        ck_assert(queue_take(&queue, &event));
        ck_assert_uint_ge(event.time_us, last_us);
        /* Of one instant, in the order they were added. */
        ck_assert(event.time_us > last_us || event.sequence > last);
        last_us = event.time_us;
        last = event.sequence;
    }
    ck_assert(!queue_take(&queue, &event));
    queue_close(&queue);
}
END_TEST

START_TEST(closing_gives_payloads_back)
{
    struct queue queue = {0};
    struct payload *payload = payload_new(bytes_of_text("shared"));
    payload->references++;
    queue_add(&queue, &(struct event){.payload = payload});
    queue_close(&queue);
    ck_assert_uint_eq(payload->references, 1);
    payload_release(payload);
    payload_release(NULL);
}
END_TEST

START_TEST(chance_is_the_same_for_the_same_seed)
{
    /* First values of SplitMix64 from seed 1234567, as published with it. */
    struct sim_random random = {1234567};
    ck_assert_uint_eq(random_next(&random), 6457827717110365317U);
    ck_assert_uint_eq(random_next(&random), 3203168211198807973U);
    ck_assert_uint_eq(random_below(&random, 0), 0);
    ck_assert(!random_chance(&random, 0));
    ck_assert(random_chance(&random, 1000));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sim queue");
    tcase_add_test(tests, events_leave_in_order_of_time);
    tcase_add_test(tests, closing_gives_payloads_back);
    tcase_add_test(tests, chance_is_the_same_for_the_same_seed);
    return check_run("sim queue", tests);
}
