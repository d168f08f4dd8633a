#include "tests/lib/check_run.h"
#include "tests/lib/norm_fixture.h"

/* Honest owners, for several sharings, dimensions on both sides of the size of the bits, and bounds. */
START_TEST(accepts_an_honest_owner)
{
    static const unsigned profiles[][2] = {{3, 1}, {4, 1}, {7, 2}, {10, 3}};
    static const uint32_t dimensions[] = {64, 100, 700, 5000};
    static const uint32_t bounds[] = {200, 1 << 20, NORM_BOUND_MAX};
    for (unsigned i = 0; i < 12; i++) {
        const unsigned *profile = profiles[i % 4];
        struct norm_params params =
            norm_params_small(profile[0], profile[1], dimensions[i / 3], bounds[i % 3]);
        struct norm_fixture fixture;
        struct norm_owner owner;
        norm_fixture_init(&fixture, &params, 0, i);
        norm_owner_init(&owner, &fixture);
        norm_owner_honest(&owner, &fixture, 250);
        ck_assert_int_eq(norm_owner_verdict(&owner, &fixture, NORM_ABLATION_NONE), NORM_ACCEPTED);
        norm_owner_close(&owner);
        norm_fixture_close(&fixture);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("norm");
    tcase_add_test(tests, accepts_an_honest_owner);
    return check_run("norm", tests);
}
