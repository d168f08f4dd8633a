#include "tools/client/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bcs.h"
#include "tests/lib/check_run.h"
#include "tools/client/file.h"
#include "tools/client/npy.h"

static void make(struct buffer *out, const char *header, struct bytes data)
{
    buffer_clear(out);
    bcs_write_u64(out, strlen(header));
    buffer_append_text(out, header);
    buffer_append(out, data);
}

static void check_decode_refused(struct bytes file, const char *expected)
{
    struct tensors tensors;
    struct fault fault = {""};
    ck_assert_msg(!safetensors_decode(&tensors, file, "m", &fault), "accepted: %s", expected);
    ck_assert_ptr_null(tensors.values);
    ck_assert_ptr_null(tensors.parts);
    ck_assert_msg(strncmp(fault.text, "m: ", 3) == 0, "%s", fault.text);
    ck_assert_msg(strstr(fault.text, expected) != NULL, "%s, expected: %s", fault.text, expected);
}

/* With 32 bytes of data behind the header. */
static void check_refused(const char *header, const char *expected)
{
    static const double values[4] = {1, 2, 3, 4};
    struct buffer file = {0};
    make(&file, header, BYTES_OF(values));
    check_decode_refused(buffer_bytes(&file), expected);
    buffer_close(&file);
}

START_TEST(elements_come_in_order_of_the_names)
{
    struct buffer file = {0};
    struct buffer data = {0};
    struct tensors tensors;
    struct fault fault;
    char place[TENSORS_PLACE_MAX];
    static const float narrow[2] = {0.5F, -3.0F};
    static const double wide[6] = {1, 2, 3, 4, 5, 6};
    buffer_append(&data, BYTES_OF(wide));
    buffer_append(&data, BYTES_OF(narrow));
    make(&file,
         "{\"__metadata__\":{\"format\":\"pt\"},"
         "\"w\":{\"dtype\":\"F64\",\"shape\":[2,3],\"data_offsets\":[0,48]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[48,56]}}  ",
         buffer_bytes(&data));
    ck_assert_msg(safetensors_decode(&tensors, buffer_bytes(&file), "m", &fault), "%s", fault.text);
    ck_assert_uint_eq(tensors.count, 8);
    ck_assert_uint_eq(tensors.part_count, 2);
    ck_assert_str_eq(tensors.parts[0].name, "b");
    ck_assert(tensors.values[0] >= 0.5 && tensors.values[0] <= 0.5);
    ck_assert(tensors.values[1] >= -3.0 && tensors.values[1] <= -3.0);
    ck_assert_mem_eq(tensors.values + 2, wide, sizeof(wide));
    tensors_place(&tensors, 1, place);
    ck_assert_str_eq(place, "element [1] of 'b'");
    tensors_place(&tensors, 2 + 4, place);
    ck_assert_str_eq(place, "element [1, 1] of 'w'");
    tensors_close(&tensors);
    buffer_close(&data);
    buffer_close(&file);
}
END_TEST

START_TEST(scalars_and_empty_tensors_are_tensors)
{
    struct buffer file = {0};
    struct tensors tensors;
    struct fault fault;
    char place[TENSORS_PLACE_MAX];
    static const float one = 7;
    make(&file,
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
         "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}",
         (struct bytes){(const uint8_t *)&one, sizeof(one)});
    ck_assert_msg(safetensors_decode(&tensors, buffer_bytes(&file), "m", &fault), "%s", fault.text);
    ck_assert_uint_eq(tensors.count, 1);
    tensors_place(&tensors, 0, place);
    ck_assert_str_eq(place, "element [] of 's'");
    tensors_close(&tensors);
    make(&file, "{}", (struct bytes){0});
    ck_assert_msg(safetensors_decode(&tensors, buffer_bytes(&file), "m", &fault), "%s", fault.text);
    ck_assert_uint_eq(tensors.count, 0);
    tensors_close(&tensors);
    buffer_close(&file);
}
END_TEST

#define ENTRY(type, shape, offsets)                                                                \
    "{\"w\":{\"dtype\":" type ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

START_TEST(refuses_what_is_no_safetensors_file)
{
    uint8_t bytes[16] = {0xff, 0xff, 0xff, 0xff};
    check_decode_refused((struct bytes){0}, "no .safetensors file");
    check_decode_refused(BYTES_OF(bytes), "no .safetensors file");
    memset(bytes, 0xff, 8);
    check_decode_refused(BYTES_OF(bytes), "no .safetensors file");
    check_refused("", "no JSON");
    check_refused("[]", "no JSON object");
    check_refused("{\"w\":1", "no JSON");
    check_refused("{} x", "no JSON");
    check_refused("{\"w\":{},\"w\":{}}", "no JSON: duplicate object key");
}
END_TEST

START_TEST(refuses_every_truncation_and_trailing_bytes)
{
    static const double values[4] = {1, 2, 3, 4};
    struct buffer file = {0};
    make(&file, ENTRY("\"F64\"", "[4]", "[0,32]"), BYTES_OF(values));
    for (size_t size = 0; size < file.size; size++) {
        check_decode_refused((struct bytes){file.data, size}, "");
    }
    buffer_append_text(&file, "x");
    check_decode_refused(buffer_bytes(&file), "1 bytes of data belong to no tensor");
    buffer_close(&file);
}
END_TEST

START_TEST(refuses_entries_that_are_not_exactly_the_three_members)
{
    check_refused("{\"w\":1}", "'w': the members");
    check_refused("{\"w\":{\"dtype\":\"F64\",\"shape\":[4]}}", "'w': the members");
    check_refused("{\"w\":{\"dtype\":\"F64\",\"shape\":[4],\"data_offsets\":[0,32],\"x\":1}}",
                  "'w': the members");
    check_refused(ENTRY("64", "[4]", "[0,32]"), "'w': the members");
    check_refused(ENTRY("\"F16\"", "[16]", "[0,32]"), "dtype is F16, F32 or F64 is expected");
    check_refused(ENTRY("\"I64\"", "[4]", "[0,32]"), "dtype is I64");
    check_refused("{\"__metadata__\":{\"a\":1}}", "no object of strings");
    check_refused("{\"__metadata__\":[]}", "no object of strings");
}
END_TEST

START_TEST(refuses_shapes_and_places_that_do_not_fit)
{
    check_refused(ENTRY("\"F64\"", "4", "[0,32]"), "shape is no list");
    check_refused(ENTRY("\"F64\"", "[-4]", "[0,32]"), "shape is no list");
    check_refused(ENTRY("\"F64\"", "[4.0]", "[0,32]"), "shape is no list");
    check_refused(ENTRY("\"F64\"", "[16777217]", "[0,32]"), "shape is no list");
    check_refused(ENTRY("\"F64\"", "[65536,65536,65536,65536]", "[0,32]"), "shape is no list");
    check_refused(ENTRY("\"F64\"", "[1,1,1,1,1,1,1,1,4]", "[0,32]"), "shape is no list");
    check_refused(ENTRY("\"F64\"", "[4]", "[0]"), "no two places");
    check_refused(ENTRY("\"F64\"", "[4]", "[0,33]"), "no two places");
    check_refused(ENTRY("\"F64\"", "[4]", "[-1,31]"), "no two places");
    check_refused(ENTRY("\"F64\"", "[4]", "[32,0]"), "not the size");
    check_refused(ENTRY("\"F64\"", "[3]", "[0,32]"), "not the size");
    check_refused(ENTRY("\"F64\"", "[3]", "[8,32]"), "does not begin where");
    check_refused("{\"a\":{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[0,24]},"
                  "\"b\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[16,32]}}",
                  "'b': its data does not begin where");
}
END_TEST

START_TEST(a_file_is_read_by_its_content)
{
    static const double values[4] = {1, 2, 3, 4};
    char path[] = "/tmp/souk_tensors_XXXXXX";
    char place[TENSORS_PLACE_MAX];
    struct buffer file = {0};
    struct tensors tensors;
    struct fault fault;
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(close(descriptor), 0);
    make(&file, ENTRY("\"F64\"", "[2,2]", "[0,32]"), BYTES_OF(values));
    ck_assert(file_write(path, buffer_bytes(&file), 0600, &fault));
    ck_assert_msg(tensors_read(&tensors, path, &fault), "%s", fault.text);
    ck_assert_mem_eq(tensors.values, values, sizeof(values));
    tensors_close(&tensors);
    ck_assert(npy_write(path, values, 4, &fault));
    ck_assert_msg(tensors_read(&tensors, path, &fault), "%s", fault.text);
    ck_assert_mem_eq(tensors.values, values, sizeof(values));
    tensors_place(&tensors, 3, place);
    ck_assert_str_eq(place, "element [3]");
    tensors_close(&tensors);
    ck_assert(file_write(path, bytes_of_text("1,2,3,4,5\n"), 0600, &fault));
    ck_assert(!tensors_read(&tensors, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "neither an .npy nor a .safetensors file"));
    ck_assert_int_eq(unlink(path), 0);
    buffer_close(&file);
}
END_TEST

START_TEST(what_is_written_is_read_again_by_the_suffix)
{
    static const double values[3] = {1.5, -2, 1e300};
    static const char *const names[] = {"sum.safetensors", "sum.npy", ".safetensors"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[64];
        struct tensors tensors;
        struct fault fault;
        (void)snprintf(path, sizeof(path), "/tmp/souk-%d-%s", (int)getpid(), names[i]);
        ck_assert_msg(tensors_write(path, values, 3, &fault), "%s", fault.text);
        ck_assert_msg(tensors_read(&tensors, path, &fault), "%s", fault.text);
        ck_assert_uint_eq(tensors.count, 3);
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): a number's bytes
        ck_assert_mem_eq(tensors.values, values, sizeof(values));
        ck_assert((tensors.parts[0].name != NULL) == (i != 1));
        tensors_close(&tensors);
        (void)unlink(path);
    }
    struct fault fault;
    ck_assert(!tensors_write("/nowhere/x.safetensors", values, 3, &fault));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("safetensors");
    tcase_add_test(tests, elements_come_in_order_of_the_names);
    tcase_add_test(tests, scalars_and_empty_tensors_are_tensors);
    tcase_add_test(tests, refuses_what_is_no_safetensors_file);
    tcase_add_test(tests, refuses_every_truncation_and_trailing_bytes);
    tcase_add_test(tests, refuses_entries_that_are_not_exactly_the_three_members);
    tcase_add_test(tests, refuses_shapes_and_places_that_do_not_fit);
    tcase_add_test(tests, a_file_is_read_by_its_content);
    tcase_add_test(tests, what_is_written_is_read_again_by_the_suffix);
    return check_run("safetensors", tests);
}
