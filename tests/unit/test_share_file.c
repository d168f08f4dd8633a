#include "tools/wallet/share_file.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"
#include "tools/client/file.h"

static void make(struct share_file *file, uint32_t blobs)
{
    memset(file, 0, sizeof(*file));
    memset(&file->update, 1, sizeof(file->update));
    memset(&file->commitment, 2, sizeof(file->commitment));
    file->blob_count = blobs;
    for (uint32_t i = 0; i < blobs; i++) {
        memset(&file->roots[i], (int)(3 + i), sizeof(file->roots[i]));
        for (uint32_t k = 0; k <= i; k++) {
            buffer_append_text(&file->blobs[i], "ciphertext");
        }
    }
}

static void check_same(const struct share_file *a, const struct share_file *b)
{
    ck_assert(hash_equal(&a->update, &b->update));
    ck_assert_mem_eq(&a->commitment, &b->commitment, sizeof(a->commitment));
    ck_assert_uint_eq(a->blob_count, b->blob_count);
    ck_assert_mem_eq(a->roots, b->roots, sizeof(a->roots));
    for (uint32_t i = 0; i < a->blob_count; i++) {
        ck_assert(bytes_equal(buffer_bytes(&a->blobs[i]), buffer_bytes(&b->blobs[i])));
    }
}

START_TEST(what_is_kept_is_read_again)
{
    struct scratch scratch;
    struct fault fault;
    scratch_open(&scratch);
    const char *path = scratch_path(&scratch, "a.share");
    for (uint32_t blobs = 0; blobs <= SHARE_BLOBS_MAX; blobs++) {
        struct share_file file;
        struct share_file again;
        make(&file, blobs);
        ck_assert_msg(share_file_write(&file, path, &fault), "%s", fault.text);
        ck_assert_msg(share_file_read(&again, path, &fault), "%s", fault.text);
        check_same(&file, &again);
        share_file_close(&file);
        share_file_close(&again);
    }
    scratch_close(&scratch);
}
END_TEST

START_TEST(refuses_every_truncation_and_trailing_bytes)
{
    struct share_file file;
    struct share_file again;
    struct buffer content = {0};
    char error[200];
    make(&file, 3);
    share_file_encode(&content, &file);
    for (size_t size = 0; size < content.size; size++) {
        error[0] = '\0';
        ck_assert(
            !share_file_decode(&again, (struct bytes){content.data, size}, error, sizeof(error)));
        ck_assert_ptr_nonnull(strstr(error, "the input ends too early"));
        ck_assert_uint_eq(again.blob_count, 0);
    }
    buffer_append_text(&content, "x");
    ck_assert(!share_file_decode(&again, buffer_bytes(&content), error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "bytes follow the value"));
    buffer_close(&content);
    share_file_close(&file);
}
END_TEST

START_TEST(refuses_more_ciphertexts_than_there_can_be)
{
    struct share_file file;
    struct share_file again;
    struct buffer content = {0};
    char error[200];
    make(&file, 0);
    share_file_encode(&content, &file);
    content.data[content.size - 1] = SHARE_BLOBS_MAX + 1;
    ck_assert(!share_file_decode(&again, buffer_bytes(&content), error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "longer than allowed"));
    buffer_close(&content);
    share_file_close(&file);
}
END_TEST

START_TEST(a_damaged_file_is_named)
{
    struct scratch scratch;
    struct share_file file;
    struct fault fault;
    scratch_open(&scratch);
    const char *path = scratch_path(&scratch, "a.share");
    ck_assert(file_write(path, bytes_of_text("short"), 0600, &fault));
    ck_assert(!share_file_read(&file, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, path));
    ck_assert_ptr_nonnull(strstr(fault.text, "remove it if the round is over"));
    ck_assert(!share_file_read(&file, scratch_path(&scratch, "none"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "No such file"));
    scratch_close(&scratch);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("share file");
    tcase_add_test(tests, what_is_kept_is_read_again);
    tcase_add_test(tests, refuses_every_truncation_and_trailing_bytes);
    tcase_add_test(tests, refuses_more_ciphertexts_than_there_can_be);
    tcase_add_test(tests, a_damaged_file_is_named);
    return check_run("share file", tests);
}
