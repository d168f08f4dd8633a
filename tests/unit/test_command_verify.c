#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bcs.h"
#include "consensus/handover.h"
#include "node/command.h"
#include "node/disk.h"
#include "node/executor.h"
#include "node/home.h"
#include "node/home_lock.h"
#include "node/state_batch.h"
#include "p2p/json_schema.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

#define HEIGHTS 6

static struct chain chain;
static char base[FIXTURE_PATH_MAX];
static char home[FIXTURE_PATH_MAX];
static char account[ADDRESS_TEXT_MAX];
static char state_root[65];

static void write_genesis(void)
{
    char path[FIXTURE_PATH_MAX];
    json_t *json = json_schema_write(&genesis_schema, chain.genesis, "tsouk");
    char *text = json_dumps(json, 0);
    fixture_path(path, home, HOME_GENESIS);
    fixture_write_file(path, bytes_of_text(text));
    free(text);
    json_decref(json);
}

static void run_blocks(struct executor *executor)
{
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    executor_head(executor, &chain.head);
    for (uint32_t height = 1; height <= HEIGHTS; height++) {
        char error[512];
        const struct executor_report *report;
        struct buffer body = {0};
        chain_transfer(&chain, &body, height, height + 1, 1000, (struct bytes){0});
        chain_block(&chain, block, certificate, buffer_bytes(&body));
        ck_assert(executor_run(executor, block, certificate, &report, error, sizeof error));
        chain_advance(&chain, &report->head, certificate);
        buffer_close(&body);
    }
    hex_encode(state_root, BYTES_OF(chain.head.state_root.bytes));
    free(certificate);
    free(block);
}

/* A stopped node with some blocks. */
static void set_up(void)
{
    char error[512];
    char blocks_path[FIXTURE_PATH_MAX];
    char state_path[FIXTURE_PATH_MAX];
    fixture_directory(base);
    fixture_path(home, base, "home");
    ck_assert(home_create(home, error, sizeof error));
    fixture_path(blocks_path, home, HOME_BLOCKS);
    fixture_path(state_path, home, HOME_STATE);
    chain_init(&chain, 10);
    address_print(account, "tsouk", &chain.addresses[1]);
    write_genesis();
    struct block_store_options block_options = {.directory = blocks_path};
    struct state_store_options state_options = {.directory = state_path, .genesis = chain.genesis};
    struct executor_options options = {.chain_id = chain.chain_id};
    ck_assert_int_eq(block_store_open(&options.block_store, &block_options, error, sizeof error),
                     BLOCK_STORE_OK);
    ck_assert_int_eq(state_store_open(&options.state_store, &state_options, error, sizeof error),
                     STATE_STORE_OK);
    struct executor *executor = executor_new(&options);
    run_blocks(executor);
    executor_close(executor, NULL, NULL);
    state_store_close(options.state_store);
    block_store_close(options.block_store);
}

static void tear_down(void)
{
    chain_close(&chain);
    fixture_remove(base);
}

struct call {
    int (*command)(int argc, char **argv);
    const char *words[4]; /* after --home DIR */
    bool without_home;
};

static void perform(void *context)
{
    const struct call *call = context;
    char storage[6][FIXTURE_PATH_MAX] = {"verb"};
    char *argv[8] = {storage[0]};
    int argc = 1;
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    if (!call->without_home) {
        (void)snprintf(storage[1], sizeof storage[1], "--home");
        (void)snprintf(storage[2], sizeof storage[2], "%s", home);
        argv[1] = storage[1];
        argv[2] = storage[2];
        argc = 3;
    }
    for (size_t i = 0; i < 3 && call->words[i] != NULL; i++) {
        (void)snprintf(storage[3 + i], sizeof storage[3 + i], "%s", call->words[i]);
        argv[argc++] = storage[3 + i];
    }
    int code = call->command(argc, argv);
    (void)fflush(stdout);
    _exit(code);
}

static void expect(struct call call, int code, const char *text)
{
    struct buffer output = {0};
    int found = fixture_child(perform, &call, &output);
    const char *said = buffer_text(&output);
    ck_assert_msg(found == code, "code %d: %s", found, said);
    ck_assert_msg(strstr(said, text) != NULL, "\"%s\" is not in: %s", text, said);
    buffer_close(&output);
}

START_TEST(verifies_a_good_home)
{
    expect((struct call){.command = command_verify}, 0, "good: 6 blocks, 6 transactions");
    expect((struct call){.command = command_verify}, 0, state_root);
    struct buffer names = {0};
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, home, HOME_DATA);
    ck_assert_int_eq(disk_list(path, "verify", "", &names), 0);
    ck_assert_uint_eq(names.size, 0);
    buffer_close(&names);
}
END_TEST

START_TEST(verifies_without_a_state_database)
{
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, home, HOME_STATE);
    fixture_remove(path);
    expect((struct call){.command = command_verify}, 0, "good: 6 blocks");
}
END_TEST

START_TEST(finds_a_damaged_block)
{
    char path[FIXTURE_PATH_MAX];
    char blocks[FIXTURE_PATH_MAX];
    fixture_path(blocks, home, HOME_BLOCKS);
    ck_assert(fixture_file(path, blocks, ".seg", 0));
    struct buffer content = {0};
    fixture_read_file(path, &content);
    content.data[content.size / 2] ^= 1;
    fixture_write_file(path, buffer_bytes(&content));
    expect((struct call){.command = command_verify}, 1, "damaged");
    buffer_close(&content);
}
END_TEST

START_TEST(finds_blocks_that_the_state_does_not_have)
{
    char path[FIXTURE_PATH_MAX];
    char blocks[FIXTURE_PATH_MAX];
    fixture_path(blocks, home, HOME_BLOCKS);
    ck_assert(fixture_file(path, blocks, ".seg", 0));
    struct buffer content = {0};
    fixture_read_file(path, &content);
    fixture_write_file(path, (struct bytes){content.data, content.size - 7});
    expect((struct call){.command = command_verify}, 1,
           "data/state is at height 6, the stored blocks end at 5");
    buffer_close(&content);
}
END_TEST

START_TEST(refuses_a_home_in_use)
{
    struct home_lock lock;
    char error[512];
    ck_assert(home_lock_take(&lock, home, error, sizeof error));
    expect((struct call){.command = command_verify}, 1, "in use by process");
    expect((struct call){.command = command_inspect}, 1, "in use by process");
    home_lock_release(&lock);
}
END_TEST

START_TEST(refuses_wrong_usage)
{
    expect((struct call){command_verify, {"more"}, false}, 2, "usage: soukd verify");
    expect((struct call){command_verify, {NULL}, true}, 2, "soukd: --home is missing");
    expect((struct call){command_verify, {"--fast"}, false}, 2, "unknown option");
    expect((struct call){command_inspect, {"weather"}, false}, 2, "usage: soukd inspect");
    expect((struct call){command_inspect, {"block"}, false}, 2, "usage: soukd inspect");
}
END_TEST

/* Leave the blocks from `first` on; `wrong` gets the certificate of the one before it. */
static void keep_blocks(uint64_t first, uint64_t wrong)
{
    char path[FIXTURE_PATH_MAX];
    char all_path[FIXTURE_PATH_MAX];
    char error[512];
    struct buffer storage = {0};
    struct buffer certificate = {0};
    struct block_store *all;
    struct block_store *kept;
    struct block_record record;
    fixture_path(path, home, HOME_BLOCKS);
    fixture_path(all_path, home, HOME_DATA "/all");
    ck_assert_int_eq(rename(path, all_path), 0);
    struct block_store_options options = {.directory = all_path, .read_only = true};
    ck_assert_int_eq(block_store_open(&all, &options, error, sizeof error), BLOCK_STORE_OK);
    options = (struct block_store_options){.directory = path};
    ck_assert_int_eq(block_store_open(&kept, &options, error, sizeof error), BLOCK_STORE_OK);
    for (uint64_t height = first; height <= HEIGHTS; height++) {
        if (height == wrong) {
            ck_assert_int_eq(block_store_read(all, height - 1, &storage, &record), BLOCK_STORE_OK);
            buffer_append(&certificate, record.certificate);
        }
        ck_assert_int_eq(block_store_read(all, height, &storage, &record), BLOCK_STORE_OK);
        if (height == wrong) {
            record.certificate = buffer_bytes(&certificate);
        }
        block_store_append(kept, &record);
    }
    block_store_close(kept);
    block_store_close(all);
    buffer_close(&storage);
    buffer_close(&certificate);
    fixture_remove(all_path);
}

/* Put a pair into a table of the stored state. */
static void write_state(enum state_table table, struct bytes key, struct bytes value)
{
    char path[FIXTURE_PATH_MAX];
    char error[512];
    struct state_store *states;
    fixture_path(path, home, HOME_STATE);
    const struct state_store_options options = {.directory = path, .genesis = chain.genesis};
    ck_assert_int_eq(state_store_open(&states, &options, error, sizeof error), STATE_STORE_OK);
    struct state_batch *batch = state_batch_new(state_snapshot_open(states));
    state_batch_write(batch, table, key, value);
    state_store_commit(states, batch);
    state_store_close(states);
}

/* As a node that has forgotten what is below `first`. */
static void forget_blocks(uint64_t first, uint64_t wrong)
{
    struct buffer base_height = {0};
    bcs_write_u64(&base_height, first);
    keep_blocks(first, wrong);
    write_state(STATE_TABLE_META, bytes_of_text(STATE_META_BASE), buffer_bytes(&base_height));
    buffer_close(&base_height);
}

START_TEST(finds_what_rotted_below_the_roots)
{
    static const uint8_t key[] = {0xfe};
    struct state_table_key place;
    write_state(STATE_TABLE_STATE, BYTES_OF(key), BYTES_OF(key));
    expect((struct call){.command = command_verify}, 1,
           "table state, key fe: not what the blocks lead to: remove data/state");
    tear_down();
    set_up();
    state_key_receipt(&place, 3, 0);
    write_state(STATE_TABLE_RECEIPTS, (struct bytes){place.data, place.size}, BYTES_OF(key));
    expect((struct call){.command = command_verify}, 1, "table receipts, key 0000000000000003");
    tear_down();
    set_up();
    write_state(STATE_TABLE_TRIE, (struct bytes){place.data, place.size}, BYTES_OF(key));
    expect((struct call){.command = command_verify}, 1, "table trie, key 0000000000000003");
    tear_down();
    set_up();
    state_key_height(&place, 3);
    write_state(STATE_TABLE_HANDOVERS, (struct bytes){place.data, place.size}, BYTES_OF(key));
    expect((struct call){.command = command_verify}, 1,
           "table handovers, key 0000000000000003: not what the blocks lead to");
}
END_TEST

START_TEST(finds_the_loss_of_the_oldest_blocks)
{
    keep_blocks(4, 0);
    expect((struct call){.command = command_verify}, 1,
           "data/blocks begins at block 4, data/state needs them from 1 on: remove data/blocks");
}
END_TEST

static void make_snapshot(const char *name, struct bytes manifest)
{
    char path[FIXTURE_PATH_MAX];
    char file[FIXTURE_PATH_MAX];
    fixture_path(path, home, HOME_SNAPSHOTS);
    ck_assert_int_eq(disk_make_directory(path), 0);
    fixture_path(file, path, name);
    ck_assert_int_eq(disk_make_directory(file), 0);
    fixture_path(path, file, "manifest");
    fixture_write_file(path, manifest);
}

START_TEST(names_the_damaged_file_of_each_snapshot)
{
    make_snapshot("00000000000000000003", bytes_of_text("xxxx"));
    make_snapshot("00000000000000000005", bytes_of_text(""));
    expect((struct call){command_snapshot, {"list"}, false}, 1, "00000000000000000003/manifest: ");
    expect((struct call){command_snapshot, {"list"}, false}, 1, "00000000000000000005/manifest: ");
    expect((struct call){command_snapshot, {"list"}, false}, 1, "remove its directory");
    expect((struct call){command_snapshot, {"verify", "3"}, false}, 1,
           "3/manifest: snapshot_manifest: ");
}
END_TEST

START_TEST(restores_over_no_blocks)
{
    char path[FIXTURE_PATH_MAX];
    expect((struct call){command_snapshot, {"restore", "3"}, false}, 1, "has a state or blocks");
    fixture_path(path, home, HOME_STATE);
    fixture_remove(path);
    expect((struct call){command_snapshot, {"restore", "3"}, false}, 1, "has a state or blocks");
    fixture_path(path, home, HOME_BLOCKS);
    fixture_remove(path);
    expect((struct call){command_snapshot, {"restore", "3"}, false}, 1, "3/manifest: No such file");
}
END_TEST

START_TEST(storage_commands_refuse_wrong_words)
{
    expect((struct call){command_compact, {"more"}, false}, 2, "compact takes no arguments");
    expect((struct call){command_reset, {"no"}, false}, 2, "'no' is not yes");
    expect((struct call){command_prune, {"99"}, false}, 2, "at least 100");
    expect((struct call){command_reset, {"yes"}, false}, 0, "{\"reset\":true}");
}
END_TEST

START_TEST(verifies_what_is_kept)
{
    forget_blocks(4, 0);
    expect((struct call){.command = command_verify}, 0, "good: blocks 4 to 6, state root");
    expect((struct call){.command = command_verify}, 0, state_root);
}
END_TEST

START_TEST(finds_a_kept_block_that_nobody_decided)
{
    forget_blocks(4, 5);
    expect((struct call){.command = command_verify}, 1, "block 5: ");
}
END_TEST

START_TEST(finds_a_changed_state_without_execution)
{
    static const uint8_t key[] = {0xfe};
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, home, HOME_STATE);
    forget_blocks(4, 0);
    write_state(STATE_TABLE_STATE, BYTES_OF(key), BYTES_OF(key));
    expect((struct call){.command = command_verify}, 1, "do not lead to its state root");
    fixture_remove(path);
    expect((struct call){.command = command_verify}, 1, "there is no data/state");
}
END_TEST

/* The chain's validators, or the first three of them. */
static void some_validators(struct validators *out, uint32_t count)
{
    *out = chain.validators;
    out->count = count;
}

/* Block since - 1 hands over from some validators to others; bit `flipped` of the link, from its end, is wrong. */
static void hand_over(uint64_t since, uint32_t from, uint32_t to, size_t flipped)
{
    struct state_table_key place;
    struct buffer link = {0};
    struct validators *first = malloc(sizeof *first);
    struct validators *second = malloc(sizeof *second);
    struct certificate *certificate = malloc(sizeof *certificate);
    struct block_header header = {
        .version = BLOCK_VERSION, .chain_id = chain.chain_id, .height = since - 1};
    struct vote vote = {.type = VOTE_COMMIT, .height = header.height};
    some_validators(first, from);
    some_validators(second, to);
    validators_hash(&header.validators_hash, first);
    validators_hash(&header.next_validators_hash, second);
    block_digest(&vote.digest, &header);
    certificate_init(certificate, header.height, 0, &vote.digest);
    for (uint32_t i = 0; i < from; i++) {
        vote_sign(&vote, &chain.chain_id, &chain.validator_keys[i]);
        certificate_add(certificate, i, &vote.signature);
    }
    handover_write(&link, &header, certificate, second);
    if (flipped > 0) {
        link.data[link.size - flipped] ^= 1;
    }
    state_key_height(&place, since);
    write_state(STATE_TABLE_HANDOVERS, (struct bytes){place.data, place.size}, buffer_bytes(&link));
    buffer_close(&link);
    free(certificate);
    free(second);
    free(first);
}

START_TEST(follows_the_handovers_above_the_first_block_too)
{
    forget_blocks(4, 0);
    hand_over(6, 4, 3, 0);
    expect((struct call){.command = command_verify}, 1,
           "the handovers do not lead to the validators of block 7");
    hand_over(7, 3, 4, 0);
    expect((struct call){.command = command_verify}, 0, "good: blocks 4 to 6");
    hand_over(7, 3, 4, 700); /* in the certificate */
    expect((struct call){.command = command_verify}, 1, "table handovers, key 0000000000000007: ");
    hand_over(7, 3, 4, 1); /* in the set */
    expect((struct call){.command = command_verify}, 1, "table handovers, key 0000000000000007: ");
}
END_TEST

/* The handovers before that block are not there, and what was forgotten since leaves one below the first. */
START_TEST(follows_what_a_start_from_a_named_block_has)
{
    forget_blocks(4, 0);
    hand_over(3, 3, 4, 0);
    expect((struct call){.command = command_verify}, 0, "good: blocks 4 to 6");
    hand_over(3, 3, 4, 1);
    expect((struct call){.command = command_verify}, 1, "table handovers, key 0000000000000003: ");
    hand_over(3, 4, 3, 0);
    expect((struct call){.command = command_verify}, 1,
           "the handovers do not lead to the validators of block 4");
}
END_TEST

START_TEST(shows_the_status)
{
    expect((struct call){command_inspect, {NULL}, false}, 0, "\"height\": \"6\"");
    expect((struct call){command_inspect, {"status"}, false}, 0, state_root);
    expect((struct call){command_inspect, {"status"}, false}, 0, "\"signer_mark\": null");
    expect((struct call){command_inspect, {"status"}, false}, 0, "\"snapshots\": []");
}
END_TEST

START_TEST(shows_the_validators)
{
    expect((struct call){command_inspect, {"validators", "8"}, false}, 0, "\"handovers\": []");
    expect((struct call){command_inspect, {"validators", "9"}, false}, 1, "no set of validators");
    expect((struct call){command_inspect, {"validators", "0"}, false}, 1, "no set of validators");
    expect((struct call){command_inspect, {"validators", "x"}, false}, 1, "decimal");
}
END_TEST

START_TEST(shows_a_block)
{
    expect((struct call){command_inspect, {"block", "3"}, false}, 0, "\"height\": \"3\"");
    expect((struct call){command_inspect, {"block", "7"}, false}, 1, "no block has this height");
    expect((struct call){command_inspect, {"block", "-1"}, false}, 2, "unknown option");
    expect((struct call){command_inspect, {"block", "3x"}, false}, 1, "decimal");
    expect((struct call){command_inspect, {"block", "99999999999999999999"}, false}, 1, "decimal");
}
END_TEST

START_TEST(shows_accounts_and_keys)
{
    expect((struct call){command_inspect, {"account", account}, false}, 0, "\"nonce\": \"1\"");
    expect((struct call){command_inspect, {"account", "tsouk1nothing"}, false}, 1, "tsouk1nothing");
    expect((struct call){command_inspect, {"state", "00"}, false}, 0, "\"value\"");
    expect((struct call){command_inspect, {"state", "0xff"}, false}, 1, "no such key");
    expect((struct call){command_inspect, {"state", "zz"}, false}, 1, "hexadecimal");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("command_verify");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, verifies_a_good_home);
    tcase_add_test(tests, verifies_without_a_state_database);
    tcase_add_test(tests, finds_a_damaged_block);
    tcase_add_test(tests, finds_blocks_that_the_state_does_not_have);
    tcase_add_test(tests, refuses_a_home_in_use);
    tcase_add_test(tests, refuses_wrong_usage);
    tcase_add_test(tests, finds_what_rotted_below_the_roots);
    tcase_add_test(tests, finds_the_loss_of_the_oldest_blocks);
    tcase_add_test(tests, names_the_damaged_file_of_each_snapshot);
    tcase_add_test(tests, restores_over_no_blocks);
    tcase_add_test(tests, storage_commands_refuse_wrong_words);
    tcase_add_test(tests, verifies_what_is_kept);
    tcase_add_test(tests, finds_a_kept_block_that_nobody_decided);
    tcase_add_test(tests, finds_a_changed_state_without_execution);
    tcase_add_test(tests, follows_the_handovers_above_the_first_block_too);
    tcase_add_test(tests, follows_what_a_start_from_a_named_block_has);
    tcase_add_test(tests, shows_the_status);
    tcase_add_test(tests, shows_the_validators);
    tcase_add_test(tests, shows_a_block);
    tcase_add_test(tests, shows_accounts_and_keys);
    return check_run("command_verify", tests);
}
