#include <string.h>

#include "tests/lib/check_run.h"
#include "tools/bench/accounts.h"
#include "tools/bench/arrivals.h"
#include "tools/bench/machine.h"
#include "tools/bench/stats.h"
#include "tools/bench/tally.h"

#define COUNT 100000

static uint64_t times[COUNT];
static uint64_t again[COUNT];

START_TEST(percentiles_are_of_the_nearest_rank)
{
    uint64_t values[] = {10, 1, 9, 2, 8, 3, 7, 4, 6, 5};
    struct stats stats;
    stats_compute(&stats, values, 10);
    ck_assert_uint_eq(stats.count, 10);
    ck_assert_uint_eq(stats.p50, 5);
    ck_assert_uint_eq(stats.p90, 9);
    ck_assert_uint_eq(stats.p99, 10);
    ck_assert_uint_eq(stats.max, 10);
    stats_compute(&stats, values, 1);
    ck_assert_uint_eq(stats.p50, 1);
    stats_compute(&stats, values, 0);
    ck_assert_uint_eq(stats.max, 0);
}
END_TEST

START_TEST(arrivals_are_a_poisson_process)
{
    size_t long_gaps = 0;
    arrivals_draw(times, COUNT, 1000, 7);
    for (size_t i = 1; i < COUNT; i++) {
        ck_assert_uint_ge(times[i], times[i - 1]);
        long_gaps += times[i] - times[i - 1] >= 1000;
    }
    /* 100 s on average, with a deviation of 0.3 s; e^-1 of the gaps exceed their mean. */
    ck_assert_uint_ge(times[COUNT - 1], 98500000);
    ck_assert_uint_le(times[COUNT - 1], 101500000);
    ck_assert_uint_ge(long_gaps, COUNT * 36 / 100);
    ck_assert_uint_le(long_gaps, COUNT * 38 / 100);
}
END_TEST

START_TEST(a_seed_gives_the_same_arrivals)
{
    arrivals_draw(times, COUNT, 50, 1);
    arrivals_draw(again, COUNT, 50, 1);
    ck_assert_mem_eq(times, again, sizeof(times));
    arrivals_draw(again, COUNT, 50, 2);
    ck_assert_mem_ne(times, again, sizeof(times));
}
END_TEST

START_TEST(accounts_are_the_same_for_the_same_wallet)
{
    struct secret_key wallet = {{1}};
    struct bench_accounts first;
    struct bench_accounts second;
    accounts_derive(&first, &wallet, 3);
    accounts_derive(&second, &wallet, 3);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert(address_equal(&first.list[i].address, &second.list[i].address));
    }
    ck_assert(!address_equal(&first.list[0].address, &first.list[1].address));
    accounts_close(&second);
    wallet.bytes[0] = 2;
    accounts_derive(&second, &wallet, 1);
    ck_assert(!address_equal(&first.list[0].address, &second.list[0].address));
    accounts_close(&first);
    accounts_close(&second);
}
END_TEST

START_TEST(times_the_disk_of_a_folder)
{
    struct fault fault;
    struct stats stats;
    ck_assert_msg(machine_time_sync(&stats, "/tmp", 3, &fault), "%s", fault.text);
    ck_assert_uint_eq(stats.count, 3);
    ck_assert(!machine_time_sync(&stats, "/nonexistent", 3, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "/nonexistent"));
}
END_TEST

static struct load_item item_of(uint32_t account, enum load_outcome outcome, uint64_t committed_us)
{
    return (struct load_item){
        .account = account, .outcome = outcome, .committed_us = committed_us, .ok = true};
}

START_TEST(who_is_behind_a_refused_one_is_not_lost)
{
    struct load_item items[] = {
        item_of(0, LOAD_ACCEPTED, 5), item_of(1, LOAD_ACCEPTED, 0), item_of(2, LOAD_FAILED, 7),
        item_of(0, LOAD_REFUSED, 0),  item_of(1, LOAD_REFUSED, 0),  item_of(2, LOAD_ACCEPTED, 9),
        item_of(0, LOAD_ACCEPTED, 0), item_of(1, LOAD_ACCEPTED, 0), item_of(2, LOAD_ACCEPTED, 0),
        item_of(0, LOAD_REFUSED, 0),
    };
    const struct load load = {.items = items, .count = ARRAY_COUNT(items)};
    struct tally tally;
    items[5].ok = false;
    tally_load(&tally, &load);
    ck_assert_uint_eq(tally.committed, 3);
    ck_assert_uint_eq(tally.failed, 1);
    ck_assert_uint_eq(tally.refused, 2);
    ck_assert_uint_eq(tally.behind, 3);
    ck_assert_uint_eq(tally.lost, 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bench");
    tcase_add_test(tests, percentiles_are_of_the_nearest_rank);
    tcase_add_test(tests, arrivals_are_a_poisson_process);
    tcase_add_test(tests, a_seed_gives_the_same_arrivals);
    tcase_add_test(tests, accounts_are_the_same_for_the_same_wallet);
    tcase_add_test(tests, times_the_disk_of_a_folder);
    tcase_add_test(tests, who_is_behind_a_refused_one_is_not_lost);
    return check_run("bench", tests);
}
