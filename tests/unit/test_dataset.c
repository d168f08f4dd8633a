#include "tools/train/dataset.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"
#include "tools/client/file.h"

static bool parse(struct dataset *out, const char *text, double divisor, struct fault *fault)
{
    struct buffer buffer = {0};
    buffer_append_text(&buffer, text);
    bool good = dataset_parse(out, &buffer, "d.csv", divisor, fault);
    buffer_close(&buffer);
    return good;
}

static void check_refused(const char *text, const char *expected)
{
    struct dataset data;
    struct fault fault = {""};
    ck_assert_msg(!parse(&data, text, 1, &fault), "accepted '%s'", text);
    ck_assert_ptr_null(data.samples);
    ck_assert_ptr_null(data.labels);
    ck_assert_msg(strncmp(fault.text, "d.csv: ", 7) == 0, "%s", fault.text);
    ck_assert_msg(strstr(fault.text, expected) != NULL, "'%s': %s", text, fault.text);
}

static bool is(double got, double expected)
{
    return got >= expected && got <= expected;
}

START_TEST(reads_numbers_and_the_class_behind_them)
{
    struct dataset data;
    struct fault fault;
    ck_assert_msg(parse(&data, "1,-2.5,0\n16,1e2,3\n", 2, &fault), "%s", fault.text);
    ck_assert_uint_eq(data.count, 2);
    ck_assert_uint_eq(data.inputs, 2);
    ck_assert_uint_eq(data.classes, 4);
    ck_assert(is(data.samples[0], 0.5) && is(data.samples[1], -1.25));
    ck_assert(is(data.samples[2], 8) && is(data.samples[3], 50));
    ck_assert(data.labels[0] == 0 && data.labels[1] == 3);
    dataset_close(&data);
    ck_assert_ptr_null(data.samples);
}
END_TEST

START_TEST(line_ends_may_be_of_either_kind_and_the_last_may_be_missing)
{
    struct dataset data;
    struct fault fault;
    ck_assert(parse(&data, "1,2\r\n3,4", 1, &fault));
    ck_assert_uint_eq(data.count, 2);
    ck_assert_uint_eq(data.labels[1], 4);
    dataset_close(&data);
}
END_TEST

START_TEST(refuses_rows_that_do_not_fit)
{
    check_refused("", "0 rows");
    check_refused("5\n", "1 rows of 1 columns");
    check_refused("1,2,0\n1,0\n", "line 2, column 2");
    check_refused("1,0\n1,2,0\n", "line 2, column 2");
    check_refused("1,0\n\n1,0\n", "line 2, column 1");
    check_refused("1,0 \n", "line 1, column 2");
    check_refused("1;0,1\n", "line 1, column 1");
    check_refused("1,0\n1", "line 2, column 1");
}
END_TEST

START_TEST(refuses_what_is_no_finite_number)
{
    check_refused("a,0\n", "line 1, column 1");
    check_refused(",0\n", "line 1, column 1");
    check_refused("nan,0\n", "line 1, column 1");
    check_refused("inf,0\n", "line 1, column 1");
    check_refused("1e999,0\n", "line 1, column 1");
}
END_TEST

START_TEST(refuses_classes_that_are_no_small_whole_numbers)
{
    check_refused("1,-1\n", "line 1, column 2");
    check_refused("1,0.5\n", "line 1, column 2");
    check_refused("1,1000\n", "a class below 1000");
    check_refused("1,x\n", "line 1, column 2");
    check_refused("1,\n", "line 1, column 2");
}
END_TEST

START_TEST(a_number_never_runs_over_its_line)
{
    /* strtod skips white space, line ends too: the next line's number must not stand in. */
    check_refused("1,\n2,3\n", "line 1, column 2");
    check_refused("1,2,3\n4,\n5,6\n", "line 2, column 2");
}
END_TEST

START_TEST(refuses_zero_bytes_and_files_that_are_missing)
{
    static const uint8_t text[] = "1,0\n\0001,0\n";
    struct dataset data;
    struct fault fault;
    struct buffer buffer = {0};
    buffer_append(&buffer, BYTES_OF(text));
    ck_assert(!dataset_parse(&data, &buffer, "d.csv", 1, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "zero byte"));
    buffer_close(&buffer);
    ck_assert(!dataset_read(&data, "/nonexistent/d.csv", 1, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "No such file"));
}
END_TEST

START_TEST(a_part_is_written_in_the_order_given)
{
    static const size_t order[] = {2, 0, 1};
    struct scratch scratch;
    struct dataset data;
    struct dataset part;
    struct fault fault;
    ck_assert(parse(&data, "0.1,0\n0.2,1\n0.3,2\n", 1, &fault));
    scratch_open(&scratch);
    const char *path = scratch_path(&scratch, "part.csv");
    ck_assert(dataset_write(&data, order, 0, 2, path, &fault));
    ck_assert_msg(dataset_read(&part, path, 1, &fault), "%s", fault.text);
    ck_assert_uint_eq(part.count, 2);
    ck_assert(part.labels[0] == 2 && part.labels[1] == 0);
    ck_assert(is(part.samples[0], data.samples[2]) && is(part.samples[1], data.samples[0]));
    dataset_close(&part);
    dataset_close(&data);
    scratch_close(&scratch);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("dataset");
    tcase_add_test(tests, reads_numbers_and_the_class_behind_them);
    tcase_add_test(tests, line_ends_may_be_of_either_kind_and_the_last_may_be_missing);
    tcase_add_test(tests, refuses_rows_that_do_not_fit);
    tcase_add_test(tests, refuses_what_is_no_finite_number);
    tcase_add_test(tests, refuses_classes_that_are_no_small_whole_numbers);
    tcase_add_test(tests, a_number_never_runs_over_its_line);
    tcase_add_test(tests, refuses_zero_bytes_and_files_that_are_missing);
    tcase_add_test(tests, a_part_is_written_in_the_order_given);
    return check_run("dataset", tests);
}
