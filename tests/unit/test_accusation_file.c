#include "node/accusation_file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consensus/vote.h"
#include "node/home.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static const struct hash chain = {{1, 2, 3}};
static const struct hash other_chain = {{9}};
static char home[FIXTURE_PATH_MAX];
static char path[FIXTURE_PATH_MAX];
static char error[512];
static struct accusations held;
static struct accusations found;
static struct buffer content;

static void set_up(void)
{
    fixture_directory(home);
    ck_assert_msg(home_create(home, error, sizeof error), "%s", error);
    fixture_path(path, home, HOME_EVIDENCE);
    memset(&held, 0, sizeof held);
    memset(&found, 0xff, sizeof found);
}

static void tear_down(void)
{
    buffer_close(&content);
    fixture_remove(home);
}

/* The validator with this number signs two values for `height`. */
static struct public_key accuse(uint8_t number, uint64_t height)
{
    const uint8_t seed[32] = {[0] = 1, [31] = number};
    struct vote first = {.type = VOTE_COMMIT, .height = height, .round = 3, .digest = {{1}}};
    struct vote second = {.type = VOTE_COMMIT, .height = height, .round = 3, .digest = {{2}}};
    struct secret_key secret;
    struct public_key key;
    struct conflict conflict;
    ck_assert(secret_key_init(&secret, seed));
    public_key_of(&key, &secret);
    vote_sign(&first, &chain, &secret);
    vote_sign(&second, &chain, &secret);
    vote_conflict(&conflict, &first, &second);
    ck_assert_ptr_nonnull(accusations_hold(&held, &key, &conflict, 0));
    return key;
}

static void store(void)
{
    buffer_clear(&content);
    accusations_encode(&content, &held);
    ck_assert_msg(accusations_store(home, buffer_bytes(&content), error, sizeof error), "%s",
                  error);
}

static bool load(const struct hash *chain_id)
{
    error[0] = 0;
    return accusations_load(&found, home, chain_id, error, sizeof error);
}

START_TEST(a_home_without_the_file_holds_nothing)
{
    ck_assert(load(&chain));
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(what_was_stored_is_found)
{
    struct public_key keys[3];
    for (uint8_t i = 0; i < 3; i++) {
        keys[i] = accuse(i, 10u + i);
    }
    ck_assert(accusations_forget(&held, &held.list[1])); /* a place in the list is free */
    held.list[2].nonce = 7;
    held.list[2].wait_blocks = 64;
    store();
    ck_assert_msg(load(&chain), "%s", error);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_mem_eq(&found.list[0].validator, &keys[0], sizeof keys[0]);
    ck_assert_mem_eq(&found.list[1].validator, &keys[2], sizeof keys[2]);
    ck_assert_uint_eq(found.list[1].conflict.height, 12);
    /* Nothing is known of reports of an earlier life: the next one is due. */
    ck_assert(accusation_due(&found.list[1], 0, 0, 0));
    ck_assert_uint_eq(found.list[1].wait_blocks, 1);
}
END_TEST

START_TEST(as_many_as_may_vote_fit)
{
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++) {
        (void)accuse((uint8_t)i, 10);
    }
    store();
    ck_assert_msg(load(&chain), "%s", error);
    ck_assert_uint_eq(found.count, VALIDATORS_MAX);
}
END_TEST

START_TEST(nothing_to_hold_is_no_file)
{
    (void)accuse(1, 10);
    store();
    ck_assert(access(path, F_OK) == 0);
    ck_assert(accusations_store(home, (struct bytes){0}, error, sizeof error));
    ck_assert(access(path, F_OK) != 0);
    ck_assert(accusations_store(home, (struct bytes){0}, error, sizeof error));
}
END_TEST

START_TEST(a_damaged_file_is_told_and_holds_nothing)
{
    (void)accuse(1, 10);
    store();
    for (size_t size = 0; size < content.size; size++) {
        if (size != sizeof(uint32_t)) { /* the version alone: of nobody */
            fixture_write_file(path, (struct bytes){content.data, size});
            ck_assert(!load(&chain));
            ck_assert_uint_eq(found.count, 0);
            ck_assert_ptr_nonnull(strstr(error, HOME_EVIDENCE ": is damaged"));
        }
    }
    content.data[0] = 2; /* the version */
    fixture_write_file(path, buffer_bytes(&content));
    ck_assert(!load(&chain));
}
END_TEST

START_TEST(a_validator_comes_once)
{
    struct buffer twice = {0};
    (void)accuse(1, 10);
    store();
    buffer_append(&twice, buffer_bytes(&content));
    buffer_append(&twice, (struct bytes){content.data + 4, content.size - 4});
    ck_assert(!accusations_decode(&found, buffer_bytes(&twice)));
    buffer_close(&twice);
}
END_TEST

START_TEST(what_proves_nothing_is_dropped)
{
    struct public_key good = accuse(1, 10);
    (void)accuse(2, 11);
    held.list[1].conflict.height = 12;
    store();
    ck_assert(!load(&chain));
    ck_assert_ptr_nonnull(strstr(error, "proves nothing on this chain"));
    ck_assert_uint_eq(found.count, 1);
    ck_assert_mem_eq(&found.list[0].validator, &good, sizeof good);
    ck_assert(!load(&other_chain));
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_or_read_is_told)
{
    const struct bytes some = bytes_of_text("x");
    ck_assert(mkdir(path, 0700) == 0);
    ck_assert(!load(&chain));
    ck_assert_ptr_nonnull(strstr(error, HOME_EVIDENCE ": "));
    ck_assert(!accusations_store(home, some, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, HOME_EVIDENCE ": "));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("accusation file");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_home_without_the_file_holds_nothing);
    tcase_add_test(tests, what_was_stored_is_found);
    tcase_add_test(tests, as_many_as_may_vote_fit);
    tcase_add_test(tests, nothing_to_hold_is_no_file);
    tcase_add_test(tests, a_damaged_file_is_told_and_holds_nothing);
    tcase_add_test(tests, a_validator_comes_once);
    tcase_add_test(tests, what_proves_nothing_is_dropped);
    tcase_add_test(tests, a_place_that_cannot_be_written_or_read_is_told);
    return check_run("accusation file", tests);
}
