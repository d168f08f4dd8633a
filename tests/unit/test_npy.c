#include "tools/client/npy.h"

#include <float.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/check_run.h"

#define HEAD(descr, order, shape)                                                                  \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }"

/* A file of version 1 or 2 with a header of the caller's and `data` behind it. */
static void make(struct buffer *out, uint8_t version, const char *header, struct bytes data)
{
    size_t length = strlen(header) + 1;
    const uint8_t prefix[12] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', version, 0, (uint8_t)length, (uint8_t)(length >> 8), 0, 0};
    buffer_clear(out);
    buffer_append(out, (struct bytes){prefix, version == 2 ? 12 : 10});
    buffer_append_text(out, header);
    buffer_append_text(out, "\n");
    buffer_append(out, data);
}

static void check_refused(struct bytes file, const char *expected)
{
    struct npy npy;
    struct fault fault = {""};
    ck_assert_msg(!npy_decode(&npy, file, "m.npy", &fault), "accepted: %s", expected);
    ck_assert_ptr_null(npy.values);
    ck_assert_msg(strncmp(fault.text, "m.npy: ", 7) == 0, "%s", fault.text);
    ck_assert_msg(strstr(fault.text, expected) != NULL, "%s", fault.text);
}

static void check_header_refused(const char *header, const char *expected)
{
    static const double values[4] = {1, 2, 3, 4};
    struct buffer file = {0};
    make(&file, 1, header, BYTES_OF(values));
    check_refused(buffer_bytes(&file), expected);
    buffer_close(&file);
}

START_TEST(reads_both_versions_of_float64)
{
    static const double values[6] = {0, -1.5, DBL_MAX, DBL_MIN, 3, 1e-300};
    struct buffer file = {0};
    struct npy npy;
    struct fault fault;
    for (uint8_t version = 1; version <= 2; version++) {
        make(&file, version, HEAD("<f8", "False", "(2, 3)"), BYTES_OF(values));
        ck_assert_msg(npy_decode(&npy, buffer_bytes(&file), "m", &fault), "%s", fault.text);
        ck_assert_uint_eq(npy.count, 6);
        ck_assert_uint_eq(npy.dimensions, 2);
        ck_assert_uint_eq(npy.shape[0], 2);
        ck_assert_uint_eq(npy.shape[1], 3);
        ck_assert_mem_eq(npy.values, values, sizeof(values));
        npy_close(&npy);
    }
    buffer_close(&file);
}
END_TEST

START_TEST(reads_float32_scalars_and_empty_arrays)
{
    static const float narrow[2] = {0.25F, -8.0F};
    struct buffer file = {0};
    struct npy npy;
    struct fault fault;
    make(&file, 1, HEAD("<f4", "False", "(2,)"), BYTES_OF(narrow));
    ck_assert(npy_decode(&npy, buffer_bytes(&file), "m", &fault));
    ck_assert(npy.count == 2 && npy.values[0] >= 0.25 && npy.values[0] <= 0.25);
    ck_assert(npy.values[1] >= -8.0 && npy.values[1] <= -8.0);
    npy_close(&npy);
    make(&file, 1, HEAD("<f4", "False", "()"), (struct bytes){(const uint8_t *)narrow, 4});
    ck_assert(npy_decode(&npy, buffer_bytes(&file), "m", &fault));
    ck_assert_uint_eq(npy.count, 1);
    npy_close(&npy);
    make(&file, 1, HEAD("<f8", "False", "(0,)"), (struct bytes){0});
    ck_assert(npy_decode(&npy, buffer_bytes(&file), "m", &fault));
    ck_assert_uint_eq(npy.count, 0);
    npy_close(&npy);
    buffer_close(&file);
}
END_TEST

START_TEST(a_vector_may_be_in_fortran_order)
{
    static const double values[2] = {1, 2};
    struct buffer file = {0};
    struct npy npy;
    struct fault fault;
    make(&file, 1, HEAD("<f8", "True", "(2,)"), BYTES_OF(values));
    ck_assert(npy_decode(&npy, buffer_bytes(&file), "m", &fault));
    npy_close(&npy);
    buffer_close(&file);
}
END_TEST

START_TEST(refuses_what_is_no_npy_file)
{
    struct buffer file = {0};
    static const double one[1] = {1};
    check_refused((struct bytes){0}, "no .npy file");
    check_refused(bytes_of_text("PK\003\004 some archive of arrays"), "no .npy file");
    make(&file, 3, HEAD("<f8", "False", "(1,)"), BYTES_OF(one));
    check_refused(buffer_bytes(&file), "no .npy file of version 1 or 2");
    make(&file, 1, HEAD("<f8", "False", "(1,)"), BYTES_OF(one));
    file.data[7] = 1; /* minor version */
    check_refused(buffer_bytes(&file), "no .npy file");
    make(&file, 1, HEAD("<f8", "False", "(1,)"), BYTES_OF(one));
    file.data[9] = 0xff; /* a header beyond the file, and beyond the bound */
    check_refused(buffer_bytes(&file), "no .npy file");
    buffer_close(&file);
}
END_TEST

START_TEST(refuses_every_truncation_and_trailing_bytes)
{
    static const double values[3] = {1, 2, 3};
    struct buffer file = {0};
    npy_encode(&file, values, 3);
    for (size_t size = 0; size < file.size; size++) {
        check_refused((struct bytes){file.data, size}, "");
    }
    buffer_append_text(&file, "x");
    check_refused(buffer_bytes(&file), "25 bytes of data, 24 are expected");
    buffer_close(&file);
}
END_TEST

START_TEST(refuses_other_types_and_orders)
{
    check_header_refused(HEAD(">f8", "False", "(4,)"), "little-endian");
    check_header_refused(HEAD("|O", "False", "(4,)"), "the elements are '|O'");
    check_header_refused(HEAD("<c16xxxx", "False", "(4,)"), "not understood");
    check_header_refused(HEAD("<i4", "False", "(4,)"),
                         "the elements are '<i4'; little-endian float32");
    check_header_refused(HEAD("<f2", "False", "(4,)"), "the elements are '<f2'");
    check_header_refused(HEAD("<f8", "True", "(2, 2)"), "Fortran order");
}
END_TEST

START_TEST(refuses_shapes_that_are_too_large)
{
    check_header_refused(HEAD("<f8", "False", "(16777217,)"), "at most 16777216");
    check_header_refused(HEAD("<f8", "False", "(65536, 65536, 65536, 65536)"), "not understood");
    check_header_refused(HEAD("<f8", "False", "(18446744073709551617,)"), "not understood");
    check_header_refused(HEAD("<f8", "False", "(1,1,1,1,1,1,1,1,4)"), "not understood");
    check_header_refused(HEAD("<f8", "False", "(-4,)"), "not understood");
    check_header_refused(HEAD("<f8", "False", "(3,)"), "32 bytes of data, 24 are expected");
}
END_TEST

START_TEST(refuses_headers_that_are_not_the_three_keys_once)
{
    check_header_refused("{}", "not understood");
    check_header_refused("", "not understood");
    check_header_refused("{'descr': '<f8', 'shape': (4,), }", "not understood");
    check_header_refused("{'descr': '<f8', 'descr': '<f8', 'shape': (4,), }", "not understood");
    check_header_refused("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), 'more': 1}",
                         "not understood");
    check_header_refused(HEAD("<f8", "False", "(4,)") " x", "not understood");
    check_header_refused("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (4,), }",
                         "not understood");
    check_header_refused("{'descr': '<f8', 'fortran_order': False, 'shape': (4", "not understood");
}
END_TEST

START_TEST(what_is_written_is_aligned_and_read_again)
{
    double values[100];
    struct buffer file = {0};
    struct npy npy;
    struct fault fault;
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        values[i] = (double)i / 7 - 5;
    }
    for (size_t count = 0; count <= ARRAY_COUNT(values); count++) {
        buffer_clear(&file);
        npy_encode(&file, values, count);
        ck_assert_uint_eq((file.size - count * 8) % 64, 0);
        ck_assert_msg(npy_decode(&npy, buffer_bytes(&file), "m", &fault), "%s", fault.text);
        ck_assert_uint_eq(npy.count, count);
        ck_assert(count == 0 || memcmp(npy.values, values, count * 8) == 0);
        npy_close(&npy);
    }
    buffer_close(&file);
}
END_TEST

START_TEST(files_pass_through_the_disk_and_a_missing_one_is_named)
{
    static const double values[2] = {1, 2};
    char path[] = "/tmp/souk_npy_XXXXXX";
    struct npy npy;
    struct fault fault;
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(close(descriptor), 0);
    ck_assert(npy_write(path, values, 2, &fault));
    ck_assert(npy_read(&npy, path, &fault));
    ck_assert_mem_eq(npy.values, values, sizeof(values));
    npy_close(&npy);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!npy_read(&npy, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, path));
    ck_assert_ptr_null(npy.values);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("npy");
    tcase_add_test(tests, reads_both_versions_of_float64);
    tcase_add_test(tests, reads_float32_scalars_and_empty_arrays);
    tcase_add_test(tests, a_vector_may_be_in_fortran_order);
    tcase_add_test(tests, refuses_what_is_no_npy_file);
    tcase_add_test(tests, refuses_every_truncation_and_trailing_bytes);
    tcase_add_test(tests, refuses_other_types_and_orders);
    tcase_add_test(tests, refuses_shapes_that_are_too_large);
    tcase_add_test(tests, refuses_headers_that_are_not_the_three_keys_once);
    tcase_add_test(tests, what_is_written_is_aligned_and_read_again);
    tcase_add_test(tests, files_pass_through_the_disk_and_a_missing_one_is_named);
    return check_run("npy", tests);
}
