#include "node/frames.h"
#include "node/held.h"
#include "tests/lib/check_run.h"

static uint64_t take(struct held *held, uint64_t height)
{
    struct held_message *message = held_take(held, height);
    uint64_t found = message == NULL ? 0 : message->height;
    ck_assert(message == NULL || message->type == FRAME_CONSENSUS);
    if (message != NULL) {
        held_free(message);
    }
    return found;
}

START_TEST(gives_back_what_is_near_in_order_of_arrival)
{
    struct held held = {NULL};
    held_add(&held, 0, FRAME_CONSENSUS, 7, bytes_of_text("a"));
    held_add(&held, 1, FRAME_CONSENSUS, 6, bytes_of_text("b"));
    held_add(&held, 0, FRAME_CONSENSUS, 5, bytes_of_text("c"));
    ck_assert_uint_eq(take(&held, 6), 6);
    ck_assert_uint_eq(take(&held, 6), 5);
    ck_assert_uint_eq(take(&held, 6), 0);
    ck_assert_uint_eq(take(&held, 7), 7);
    held_close(&held);
}
END_TEST

START_TEST(gives_each_peer_its_own_room)
{
    struct held held = {NULL};
    for (size_t i = 0; i < (size_t)2 * HELD_COUNT_MAX; i++) {
        held_add(&held, 0, FRAME_CONSENSUS, 1, bytes_of_text("x"));
    }
    held_add(&held, 1, FRAME_CONSENSUS, 2, bytes_of_text("y"));
    for (size_t i = 0; i < HELD_COUNT_MAX; i++) {
        ck_assert_uint_eq(take(&held, 9), 1);
    }
    ck_assert_uint_eq(take(&held, 9), 2);
    ck_assert_uint_eq(take(&held, 9), 0);
}
END_TEST

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. */
START_TEST(bounds_the_bytes_of_a_peer)
{
    struct held held = {NULL};
    struct buffer large = {0};
    buffer_reserve(&large, HELD_BYTES_MAX);
    large.size = HELD_BYTES_MAX;
    held_add(&held, 0, FRAME_CONSENSUS, 1, buffer_bytes(&large));
    held_add(&held, 0, FRAME_CONSENSUS, 2, bytes_of_text("x"));
    ck_assert_uint_eq(take(&held, 9), 1);
    ck_assert_uint_eq(take(&held, 9), 0);
    buffer_close(&large);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("held");
    tcase_add_test(tests, gives_back_what_is_near_in_order_of_arrival);
    tcase_add_test(tests, gives_each_peer_its_own_room);
    tcase_add_test(tests, bounds_the_bytes_of_a_peer);
    return check_run("held", tests);
}
