#include "node/signer_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/disk.h"
#include "node/home.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static char home[FIXTURE_PATH_MAX];
static char error[512];
static const struct hash chain = {{1, 2, 3}};
static const struct hash other = {{9}};
static struct signer_mark mark;

static void make(const char *name)
{
    char path[HOME_PATH_MAX];
    ck_assert(home_path(path, home, name, error, sizeof error));
    ck_assert_int_eq(disk_make_directory(path), 0);
}

static void set_up(void)
{
    fixture_directory(home);
    make(HOME_CONFIG);
    make(HOME_DATA);
    make(HOME_WAL);
    mark = (struct signer_mark){.chain_id = chain, .height = 100, .sequence = 7};
}

static void tear_down(void)
{
    fixture_remove(home);
}

/* A file of the log, in place of one of the same name. */
static void put_log(const char *name)
{
    char path[HOME_PATH_MAX];
    ck_assert(home_path(path, home, name, error, sizeof error));
    ck_assert_int_eq(disk_create(path, bytes_of_text("x"), 0), 0);
}

#define FIRST  HOME_WAL "/wal-0000000000000001.log"
#define SECOND HOME_WAL "/wal-0000000000000005.log"
#define THIRD  HOME_WAL "/wal-0000000000000009.log"

static void identify(void)
{
    ck_assert_msg(signer_mark_identify(&mark, home, error, sizeof error), "%s", error);
}

static enum signer_trust judge(uint64_t sequence)
{
    enum signer_trust trust;
    ck_assert_msg(signer_mark_judge(&trust, &mark, &chain, home, sequence, error, sizeof error),
                  "%s", error);
    return trust;
}

START_TEST(trusts_the_log_it_was_written_for)
{
    put_log(FIRST);
    put_log(SECOND);
    identify();
    ck_assert_uint_eq(mark.segment, 5);
    ck_assert_int_eq(judge(7), SIGNER_TRUSTED);
    ck_assert_int_eq(judge(8), SIGNER_TRUSTED);
    put_log(THIRD); /* it grew since */
    ck_assert_int_eq(judge(12), SIGNER_TRUSTED);
}
END_TEST

START_TEST(trusts_a_log_whose_old_files_were_deleted)
{
    char path[HOME_PATH_MAX];
    put_log(SECOND);
    identify();
    put_log(THIRD);
    ck_assert(home_path(path, home, SECOND, error, sizeof error));
    ck_assert_int_eq(disk_remove(path), 0);
    ck_assert_int_eq(judge(12), SIGNER_TRUSTED);
}
END_TEST

/* Class 8 of docs/testing.md: Tendermint issue 3418, BSC issue 2598. */
START_TEST(refuses_a_lost_log)
{
    put_log(SECOND);
    identify();
    fixture_remove(home);
    set_up();
    mark.segment = 5;
    put_log(FIRST);
    ck_assert_int_eq(judge(0), SIGNER_NO_LOG);
}
END_TEST

/* Class 8 of docs/testing.md: Tendermint issue 3418, BSC issue 2598. */
START_TEST(refuses_an_old_log)
{
    put_log(FIRST);
    put_log(SECOND);
    identify();
    ck_assert_int_eq(judge(6), SIGNER_OLD_LOG);
    char path[HOME_PATH_MAX];
    ck_assert(home_path(path, home, SECOND, error, sizeof error));
    ck_assert_int_eq(disk_remove(path), 0);
    ck_assert_int_eq(judge(7), SIGNER_OLD_LOG);
}
END_TEST

/* Even where it holds all that was durable when the mark was written, it may lack what came after. */
START_TEST(refuses_a_copy)
{
    put_log(FIRST);
    identify();
    put_log(FIRST);
    ck_assert_int_eq(judge(7), SIGNER_COPY);
}
END_TEST

START_TEST(refuses_where_nothing_is_known)
{
    enum signer_trust trust;
    put_log(FIRST);
    ck_assert(signer_mark_judge(&trust, NULL, &chain, home, 7, error, sizeof error));
    ck_assert_int_eq(trust, SIGNER_NO_MARK);
    identify();
    mark.sequence = SIGNER_MARK_NEVER;
    ck_assert_int_eq(judge(7), SIGNER_DISTRUST);
}
END_TEST

START_TEST(another_chain_means_nothing_here)
{
    put_log(FIRST);
    mark.chain_id = other;
    ck_assert_int_eq(judge(0), SIGNER_TRUSTED);
}
END_TEST

START_TEST(is_kept_beside_the_key)
{
    struct signer_mark found;
    bool there;
    ck_assert(signer_mark_load(&found, &there, home, error, sizeof error));
    ck_assert(!there);
    ck_assert(signer_mark_begin(home, error, sizeof error));
    ck_assert(signer_mark_load(&found, &there, home, error, sizeof error));
    ck_assert(there && found.height == 0 && hash_is_zero(&found.chain_id));
    ck_assert(signer_mark_store(home, &mark, error, sizeof error));
    ck_assert(signer_mark_begin(home, error, sizeof error)); /* is kept */
    ck_assert(signer_mark_load(&found, &there, home, error, sizeof error));
    ck_assert(there && found.height == 100 && found.sequence == 7);
    ck_assert(hash_equal(&found.chain_id, &chain));
}
END_TEST

START_TEST(refuses_a_damaged_mark)
{
    char path[HOME_PATH_MAX];
    struct signer_mark found;
    bool there;
    struct buffer content = {0};
    ck_assert(signer_mark_store(home, &mark, error, sizeof error));
    ck_assert(home_path(path, home, HOME_SIGNER_MARK, error, sizeof error));
    fixture_read_file(path, &content);
    for (size_t i = 0; i < content.size; i++) {
        content.data[i] ^= 1;
        fixture_write_file(path, buffer_bytes(&content));
        ck_assert(!signer_mark_load(&found, &there, home, error, sizeof error));
        content.data[i] ^= 1;
    }
    ck_assert_ptr_nonnull(strstr(error, "damaged"));
    content.size--;
    fixture_write_file(path, buffer_bytes(&content));
    ck_assert(!signer_mark_load(&found, &there, home, error, sizeof error));
    buffer_close(&content);
}
END_TEST

struct death {
    uint64_t operation;
    int error; /* 0: the process ends amid the operation */
};

#define WRITTEN 77 /* exit code of a child that was told that the mark is durable */

static void write_ahead_in_child(void *context)
{
    const struct death *death = context;
    mark.height = 164;
    mark.sequence = 9;
    disk_inject(death->operation, death->error);
    bool good = signer_mark_store(home, &mark, error, sizeof error);
    ck_assert(good || error[0] != '\0');
    _exit(good ? WRITTEN : 1);
}

/* Marking ahead is cut off at each operation of the disk, by a crash or an error: the mark is the old one or
 * the new one, never none; and the new one where votes up to it were allowed. */
static void cut_off_everywhere(int failure)
{
    bool seen[2] = {false, false};
    struct death death = {.error = failure};
    for (int code = 0; code != WRITTEN; death.operation++) {
        struct signer_mark found;
        bool is_there;
        ck_assert(signer_mark_store(home, &mark, error, sizeof error));
        code = fixture_child(write_ahead_in_child, &death, NULL);
        ck_assert_int_eq(code, code == WRITTEN ? WRITTEN : failure == 0 ? DISK_CRASH_CODE : 1);
        ck_assert_msg(signer_mark_load(&found, &is_there, home, error, sizeof error), "%s", error);
        ck_assert(is_there);
        bool ahead = found.height == 164;
        ck_assert_uint_eq(found.height, ahead ? 164 : 100);
        ck_assert_uint_eq(found.sequence, ahead ? 9 : 7);
        ck_assert(ahead || code != WRITTEN);
        seen[ahead] = true;
    }
    ck_assert(seen[false] && seen[true]);
    ck_assert_uint_gt(death.operation, 3); /* written, synced, renamed at least */
}

START_TEST(a_crash_amid_marking_leaves_a_whole_mark)
{
    cut_off_everywhere(0);
}
END_TEST

START_TEST(a_failing_disk_amid_marking_leaves_a_whole_mark)
{
    cut_off_everywhere(EIO);
    cut_off_everywhere(ENOSPC);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("signer_mark");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, trusts_the_log_it_was_written_for);
    tcase_add_test(tests, trusts_a_log_whose_old_files_were_deleted);
    tcase_add_test(tests, refuses_a_lost_log);
    tcase_add_test(tests, refuses_an_old_log);
    tcase_add_test(tests, refuses_a_copy);
    tcase_add_test(tests, refuses_where_nothing_is_known);
    tcase_add_test(tests, another_chain_means_nothing_here);
    tcase_add_test(tests, is_kept_beside_the_key);
    tcase_add_test(tests, refuses_a_damaged_mark);
    tcase_add_test(tests, a_crash_amid_marking_leaves_a_whole_mark);
    tcase_add_test(tests, a_failing_disk_amid_marking_leaves_a_whole_mark);
    return check_run("signer_mark", tests);
}
