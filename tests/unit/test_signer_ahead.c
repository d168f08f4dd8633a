/* The mark of what may be signed goes ahead of the chain, however fast that is. */
#include <stdlib.h>

#include "base/memory.h"
#include "node/consensus_state.h"
#include "node/home.h"
#include "node/signer.h"
#include "node/signer_mark.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static char home[FIXTURE_PATH_MAX];
static char error[512];
static struct node *node;
static struct glue *glue;

static void on_durable(void *context, uint64_t sequence)
{
    (void)context;
    (void)sequence;
}

static void set_up(void)
{
    char path[FIXTURE_PATH_MAX];
    fixture_directory(home);
    ck_assert_msg(home_create(home, error, sizeof(error)), "%s", error);
    ck_assert_msg(signer_mark_begin(home, error, sizeof(error)), "%s", error);
    node = memory_new(sizeof(*node));
    node->home = home;
    node->genesis = memory_new(sizeof(*node->genesis));
    node->genesis->chain_id = (struct hash){{1}};
    node->votes = true;
    node->glue = glue = memory_new(sizeof(*glue));
    glue->stopped = true; /* it has nothing to send */
    ck_assert_int_eq(uv_loop_init(&node->loop), 0);
    fixture_path(path, home, HOME_WAL);
    const struct wal_options options = {
        .directory = path, .loop = &node->loop, .on_durable = on_durable};
    ck_assert_msg(wal_open(&node->wal, &options, error, sizeof(error)) == WAL_OK, "%s", error);
    ck_assert_msg(signer_open(&node->signer, node, error, sizeof(error)), "%s", error);
}

static void tear_down(void)
{
    wal_close(node->wal, NULL, NULL);
    (void)uv_run(&node->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&node->loop), 0);
    signer_free(node->signer);
    free(node->genesis);
    free(glue);
    free(node);
    fixture_remove(home);
}

static void decide(uint64_t height)
{
    glue->decided = height;
    signer_decided(node->signer, height);
}

/* Until no write is under way. */
static void await_writes(void)
{
    while (uv_loop_alive(&node->loop) && node->loop.active_reqs.count > 0) {
        (void)uv_run(&node->loop, UV_RUN_ONCE);
    }
}

START_TEST(goes_ahead_by_half_a_step_at_least)
{
    ck_assert_uint_eq(signer_height(node->signer), SIGNER_MARK_STEP);
    decide(SIGNER_MARK_STEP / 2 - 1);
    await_writes();
    ck_assert_uint_eq(signer_height(node->signer), SIGNER_MARK_STEP);
    decide(SIGNER_MARK_STEP / 2);
    await_writes();
    ck_assert_uint_eq(signer_height(node->signer), SIGNER_MARK_STEP + SIGNER_MARK_STEP / 2);
}
END_TEST

/* Who catches up decides hundreds of heights while one mark is written. No other decision may come without the vote
 * that waits for the mark. */
START_TEST(follows_what_was_decided_while_it_was_written)
{
    decide(40);
    decide(300);
    await_writes();
    ck_assert_uint_eq(signer_height(node->signer), 300 + SIGNER_MARK_STEP);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("signer ahead");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, goes_ahead_by_half_a_step_at_least);
    tcase_add_test(tests, follows_what_was_decided_while_it_was_written);
    return check_run("signer ahead", tests);
}
