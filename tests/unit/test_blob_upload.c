#include "node/blob_upload.h"

#include "tests/lib/check_run.h"

START_TEST(a_place_is_lost_after_its_time_and_not_before_also_right_after_boot)
{
    ck_assert(!blob_upload_is_idle(0, 0));
    ck_assert(!blob_upload_is_idle(5, 6)); /* a clock that is younger than the time */
    ck_assert(!blob_upload_is_idle(5, BLOB_UPLOAD_IDLE_MS + 4));
    ck_assert(blob_upload_is_idle(5, BLOB_UPLOAD_IDLE_MS + 5));
    ck_assert(!blob_upload_is_idle(1000000, 1000000 + BLOB_UPLOAD_IDLE_MS - 1));
    ck_assert(blob_upload_is_idle(1000000, 1000000 + BLOB_UPLOAD_IDLE_MS));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("blob_upload");
    tcase_add_test(tests, a_place_is_lost_after_its_time_and_not_before_also_right_after_boot);
    return check_run("blob_upload", tests);
}
