#include "node/base_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bcs.h"
#include "tests/lib/check_run.h"
#include "tests/lib/proof_fixture.h"

static char home[FIXTURE_PATH_MAX];
static char path[FIXTURE_PATH_MAX];
static char error[256];

static void set_up(void)
{
    fixture_directory(home);
    fixture_path(path, home, "base_state");
}

static void tear_down(void)
{
    fixture_remove(home);
}

static void write_file(struct bytes content)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content.data, 1, content.size, file), content.size);
    ck_assert_int_eq(fclose(file), 0);
}

static void add(struct buffer *out, const char *key, const char *value)
{
    bcs_write_bytes(out, bytes_of_text(key));
    bcs_write_bytes(out, bytes_of_text(value));
}

static void refused(struct bytes content, const char *expected)
{
    struct base_state base = {0};
    write_file(content);
    ck_assert(!base_state_load(&base, path, error, sizeof(error)));
    ck_assert_msg(strncmp(error, path, strlen(path)) == 0 && strstr(error, expected) != NULL, "%s",
                  error);
    base_state_close(&base);
}

/* What is left to be found, in the order of the keys. */
struct expected {
    const struct state_change *entries;
    size_t count;
};

static bool expect_pair(void *context, struct bytes key, struct bytes value)
{
    struct expected *expected = context;
    ck_assert_uint_gt(expected->count, 0);
    ck_assert(bytes_equal(expected->entries->key, key));
    ck_assert(bytes_equal(expected->entries->value, value));
    expected->entries++;
    expected->count--;
    return true;
}

START_TEST(what_is_written_is_read_again)
{
    struct proof_fixture *fixture = malloc(sizeof(*fixture));
    struct base_state base = {0};
    struct stat written;
    proof_fixture_init(fixture);
    struct state_snapshot *snapshot = state_snapshot_open(fixture->states);
    ck_assert_msg(base_state_write(path, snapshot, error, sizeof(error)), "%s", error);
    ck_assert_int_eq(stat(path, &written), 0);
    ck_assert_uint_eq(written.st_mode & 0777, 0600);
    ck_assert_msg(base_state_load(&base, path, error, sizeof(error)), "%s", error);
    ck_assert_uint_gt(base.count, PROOF_USERS);
    struct expected expected = {base.entries, base.count};
    state_snapshot_walk(snapshot, (struct bytes){0}, expect_pair, &expected);
    ck_assert_uint_eq(expected.count, 0);
    /* It replaces nothing. */
    ck_assert(!base_state_write(path, snapshot, error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "File exists"));
    base_state_close(&base);
    state_snapshot_close(snapshot);
    proof_fixture_close(fixture);
    free(fixture);
}
END_TEST

START_TEST(refuses_what_is_no_list_of_ascending_keys)
{
    struct buffer good = {0};
    struct buffer bad = {0};
    add(&good, "a", "1");
    add(&good, "b", "");
    for (size_t size = 1; size < good.size; size++) {
        if (size != 4) { /* the first pair alone is whole */
            refused((struct bytes){good.data, size}, "is not a list of keys and values");
        }
    }
    refused((struct bytes){0}, "is empty");
    add(&bad, "b", "1");
    add(&bad, "b", "1");
    refused(buffer_bytes(&bad), "has keys that do not ascend");
    buffer_clear(&bad);
    add(&bad, "b", "1");
    add(&bad, "a", "1");
    refused(buffer_bytes(&bad), "has keys that do not ascend");
    buffer_clear(&bad);
    add(&bad, "", "1");
    refused(buffer_bytes(&bad), "is not a list of keys and values");
    buffer_clear(&bad);
    bcs_write_bytes(&bad, (struct bytes){(const uint8_t *)error, STATE_KEY_MAX + 1});
    add(&bad, "1", "2");
    refused(buffer_bytes(&bad), "is not a list of keys and values");
    buffer_close(&good);
    buffer_close(&bad);
}
END_TEST

START_TEST(says_which_file_cannot_be_read_or_written)
{
    struct base_state base = {0};
    ck_assert(!base_state_load(&base, path, error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "base_state: No such file"));
    base_state_close(&base);
    ck_assert(!base_state_load(&base, home, error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "Is a directory"));
    base_state_close(&base);
    ck_assert(!base_state_load(&base, "/dev/zero", error, sizeof(error)));
    ck_assert_str_eq(error, "/dev/zero: not a regular file");
    base_state_close(&base);
    ck_assert(!base_state_write("/nowhere/base_state", NULL, error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "/nowhere/base_state: No such file"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("base_state");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_is_written_is_read_again);
    tcase_add_test(tests, refuses_what_is_no_list_of_ascending_keys);
    tcase_add_test(tests, says_which_file_cannot_be_read_or_written);
    return check_run("the state that a chain goes on from", tests);
}
