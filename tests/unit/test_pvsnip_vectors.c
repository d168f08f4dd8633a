#include "tests/lib/pvsnip_vectors.h"

#include <stdio.h>

#include "tests/lib/check_run.h"

static void read_file(struct buffer *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is missing", path);
    uint8_t block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buffer_append(out, (struct bytes){block, got});
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void write_file(struct bytes text, const char *path)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    ck_assert_uint_eq(fwrite(text.data, 1, text.size, file), text.size);
    ck_assert_int_eq(fclose(file), 0);
}

/* A changed vector is a changed protocol. With SOUK_VECTORS_WRITE set the files are written. */
static void check_vectors(const struct pvsnip_vectors *vectors)
{
    struct buffer computed = {0};
    struct buffer stored = {0};
    vectors->write(&computed);
    if (getenv("SOUK_VECTORS_WRITE") != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        write_file(buffer_bytes(&computed), vectors->path);
    }
    read_file(&stored, vectors->path);
    ck_assert_msg(bytes_equal(buffer_bytes(&computed), buffer_bytes(&stored)),
                  "%s differs from what the code computes", vectors->path);
    buffer_close(&computed);
    buffer_close(&stored);
}

START_TEST(the_vectors_are_what_the_code_computes)
{
    check_vectors(&pvsnip_vectors[_i]);
}
END_TEST

/* Each is refused by the product's functions while it is made. */
START_TEST(what_must_be_refused_is)
{
    check_vectors(&pvsnip_refused[_i]);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pvsnip_vectors");
    tcase_add_loop_test(tests, the_vectors_are_what_the_code_computes, 0, PVSNIP_VECTORS_COUNT);
    tcase_add_loop_test(tests, what_must_be_refused_is, 0, PVSNIP_REFUSED_COUNT);
    return check_run("pvsnip_vectors", tests);
}
