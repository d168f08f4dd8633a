/* The frame of a unit test program, and reproducible pseudo-random numbers for property tests. */
#ifndef TESTS_LIB_CHECK_RUN_H
#define TESTS_LIB_CHECK_RUN_H

#include <check.h>
#include <stdlib.h>

#include "base/bytes.h"

/* Run one test case of a suite, each test within `timeout_s`; returns the exit status of the program.
 * The bound is there to end what hangs, also on a busy machine: it judges no speed. */
static inline int check_run_within(const char *name, TCase *tests, double timeout_s)
{
    Suite *suite = suite_create(name);
    tcase_set_timeout(tests, timeout_s);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline int check_run(const char *name, TCase *tests)
{
    return check_run_within(name, tests, 300);
}

/* SplitMix64: the same numbers for the same seed on every machine. */
static inline uint64_t check_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline void check_random_fill(uint64_t *state, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)check_random(state);
    }
}

#endif /* TESTS_LIB_CHECK_RUN_H */
