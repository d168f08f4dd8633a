#include "node/open_files.h"

#include <string.h>
#include <sys/resource.h>

#include "tests/lib/check_run.h"

static char error[200];

/* Each test runs in a process of its own, so the limit is not missed. */
static void limit_files(rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = {soft, hard};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(raises_the_soft_limit)
{
    struct rlimit limit;
    uint32_t connections_max = 100;
    limit_files(64, 400);
    ck_assert_msg(open_files_fit(&connections_max, 3, error, sizeof error), "%s", error);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, 400);
    ck_assert_uint_eq(connections_max, 100);
}
END_TEST

START_TEST(keeps_the_nodes_share_back)
{
    uint32_t connections_max = 1024;
    limit_files(400, 400);
    ck_assert_msg(open_files_fit(&connections_max, 4, error, sizeof error), "%s", error);
    ck_assert_uint_eq(connections_max, 400 - OPEN_FILES_OWN - 4 * OPEN_FILES_PER_PEER);
}
END_TEST

START_TEST(refuses_a_limit_that_is_too_low)
{
    uint32_t connections_max = 1024;
    limit_files(100, 100);
    ck_assert(!open_files_fit(&connections_max, 3, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "limit of open files is 100"));
    ck_assert_uint_eq(connections_max, 1024);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("open_files");
    tcase_add_test(tests, raises_the_soft_limit);
    tcase_add_test(tests, keeps_the_nodes_share_back);
    tcase_add_test(tests, refuses_a_limit_that_is_too_low);
    return check_run("open_files", tests);
}
