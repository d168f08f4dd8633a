#include "tools/server/sweep.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/fake_node.h"
#include "tests/lib/scratch.h"
#include "tools/client/file.h"

static struct fake_node node;
static struct scratch scratch;
static struct aggregation_server server;
static struct rpc *rpc;
static const struct address owner = {{1, 2, 3}};

static void start(void)
{
    fake_node_open(&node);
    scratch_open(&scratch);
    struct fault fault;
    server.home = scratch.folder;
    ck_assert_msg(spool_open(server.home, &fault), "%s", fault.text);
    rpc = rpc_new(node.url);
}

static void stop(void)
{
    rpc_free(rpc);
    fake_node_close(&node);
    scratch_close(&scratch);
}

static void keep(uint64_t model, uint32_t number)
{
    struct fault fault;
    const struct vault_round name = {model, number};
    struct spool_file *file = spool_new(server.home);
    ck_assert(file != NULL && spool_write(file, bytes_of_text("ciphertext")));
    ck_assert(vault_keep_delivery(&server, &name, VAULT_X, &owner, file, &fault));
    spool_close(file);
}

static bool kept(uint64_t model, uint32_t number)
{
    const struct vault_round name = {model, number};
    return vault_has_delivery(&server, &name, VAULT_X, &owner);
}

static void put_round(uint64_t model, uint32_t number, enum round_phase phase)
{
    struct market_key key;
    const struct round round = {.model = model,
                                .number = number,
                                .phase = (uint8_t)phase,
                                .value_count = MARKET_SERVERS_MAX};
    key_round(&key, model, number);
    fake_node_put(&node, &key, &round_schema, &round);
}

START_TEST(erases_what_is_kept_of_rounds_that_are_over)
{
    struct fault fault;
    const enum round_phase phases[] = {PHASE_SETTLED, PHASE_ABORTED, PHASE_COMMIT, PHASE_CHECK};
    for (uint32_t i = 0; i < ARRAY_COUNT(phases); i++) {
        keep(7, i + 1);
        put_round(7, i + 1, phases[i]);
    }
    ck_assert(sweep(&server, rpc, &fault));
    ck_assert(!kept(7, 1));
    ck_assert(!file_exists(scratch_path(&scratch, "rounds/7-1")));
    ck_assert(!kept(7, 2));
    ck_assert(kept(7, 3));
    ck_assert(kept(7, 4));
}
END_TEST

START_TEST(keeps_a_round_of_which_the_chain_says_nothing)
{
    struct fault fault;
    keep(8, 1);
    keep(9, 1);
    put_round(9, 1, PHASE_SETTLED);
    ck_assert(!sweep(&server, rpc, &fault));
    ck_assert_str_eq(fault.text, "model 8 has no round 1");
    ck_assert(kept(8, 1));
    ck_assert(!kept(9, 1));
}
END_TEST

START_TEST(leaves_alone_what_is_no_round)
{
    struct fault fault;
    static const char *const names[] = {"rounds/notes", "rounds/1", "rounds/01-1", "rounds/1-1x",
                                        "rounds/-1"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        ck_assert(file_make_folder(scratch_path(&scratch, names[i]), &fault));
    }
    ck_assert(sweep(&server, rpc, &fault));
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        ck_assert(file_exists(scratch_path(&scratch, names[i])));
    }
}
END_TEST

START_TEST(has_nothing_to_do_before_the_first_round)
{
    struct fault fault;
    ck_assert(sweep(&server, rpc, &fault));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sweep");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, erases_what_is_kept_of_rounds_that_are_over);
    tcase_add_test(tests, keeps_a_round_of_which_the_chain_says_nothing);
    tcase_add_test(tests, leaves_alone_what_is_no_round);
    tcase_add_test(tests, has_nothing_to_do_before_the_first_round);
    return check_run("erasing what is left of rounds", tests);
}
