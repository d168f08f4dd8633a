#include "node/http_range.h"

#include "tests/lib/check_run.h"

START_TEST(a_range_is_cut_to_the_whole)
{
    static const struct {
        const char *text;
        uint64_t first;
        uint64_t last;
    } rows[] = {{"bytes=0-0", 0, 0},   {"bytes=5-9", 5, 9},
                {"bytes=5-", 5, 99},   {"bytes=-5", 95, 99},
                {"bytes=-500", 0, 99}, {"bytes=99-500", 99, 99},
                {"bytes=007-8", 7, 8}, {"bytes=0-999999999999999", 0, 99}};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct http_range range;
        ck_assert_msg(http_range_read(&range, rows[i].text, 100), "%s", rows[i].text);
        ck_assert_uint_eq(range.first, rows[i].first);
        ck_assert_uint_eq(range.last, rows[i].last);
        ck_assert_uint_eq(range.total, 100);
    }
}
END_TEST

START_TEST(refuses_what_is_no_range)
{
    static const char *const texts[] = {
        "",           "bytes",      "bytes=",      "bytes=-",
        "bytes=-0",   "bytes=100-", "bytes=9-5",   "bytes=1-2,4-",
        "bytes= 1-2", "bytes=1 -2", "items=1-2",   "bytes=+1-2",
        "bytes=1-2x", "Bytes=1-2",  "bytes=1-0x2", "bytes=1000000000000000-"};
    struct http_range range;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        ck_assert_msg(!http_range_read(&range, texts[i], 100), "%s", texts[i]);
    }
    ck_assert(!http_range_read(&range, "bytes=0-0", 0));
}
END_TEST

START_TEST(a_piece_names_its_place_in_the_whole)
{
    struct http_range range;
    bool asks = true;
    ck_assert(http_range_read_content(&range, "bytes 5-9/10", &asks));
    ck_assert(!asks && range.first == 5 && range.last == 9 && range.total == 10);
    ck_assert(http_range_read_content(&range, "bytes */10", &asks));
    ck_assert(asks && range.total == 10);
    static const char *const texts[] = {"",
                                        "bytes",
                                        "bytes 5-9",
                                        "bytes 5-9/",
                                        "bytes 5-9/*",
                                        "bytes 9-5/10",
                                        "bytes 5-10/10",
                                        "bytes 5-/10",
                                        "bytes */",
                                        "bytes *-9/10",
                                        "bytes=5-9/10",
                                        "bytes 5-9/10 ",
                                        "bytes  5-9/10",
                                        "bytes 5-9/1000000000000000"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        ck_assert_msg(!http_range_read_content(&range, texts[i], &asks), "%s", texts[i]);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("http_range");
    tcase_add_test(tests, a_range_is_cut_to_the_whole);
    tcase_add_test(tests, refuses_what_is_no_range);
    tcase_add_test(tests, a_piece_names_its_place_in_the_whole);
    return check_run("HTTP ranges", tests);
}
