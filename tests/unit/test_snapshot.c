#include "node/snapshot_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/executor.h"
#include "node/home.h"
#include "node/snapshot_write.h"
#include "node/state_freeze.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

#define USERS  200
#define FROZEN 10 /* height of the snapshot */

static struct chain chain;
static struct genesis_file genesis_file;
static char home[FIXTURE_PATH_MAX];
static char snapshots[FIXTURE_PATH_MAX];
static char made[DISK_PATH_MAX]; /* the snapshot's directory */
static struct snapshot_trust trust;
static char error[512];
static struct block_store *blocks;
static struct state_store *states;
static struct executor *executor;

static void path_of(char out[FIXTURE_PATH_MAX], const char *name)
{
    ck_assert(home_path(out, home, name, error, sizeof error));
}

static void set_up(void)
{
    char data[FIXTURE_PATH_MAX];
    char blocks_path[FIXTURE_PATH_MAX];
    char state_path[FIXTURE_PATH_MAX];
    fixture_directory(home);
    path_of(data, HOME_DATA);
    path_of(blocks_path, HOME_BLOCKS);
    path_of(state_path, HOME_STATE);
    path_of(snapshots, HOME_SNAPSHOTS);
    ck_assert_int_eq(disk_make_directory(data), 0);
    chain_init(&chain, USERS);
    genesis_file.genesis = *chain.genesis;
    genesis_file.chain_id = chain.chain_id;
    genesis_file.validators = chain.validators;
    const struct block_store_options block_options = {.directory = blocks_path};
    const struct state_store_options state_options = {.directory = state_path,
                                                      .genesis = chain.genesis};
    ck_assert_int_eq(block_store_open(&blocks, &block_options, error, sizeof error),
                     BLOCK_STORE_OK);
    ck_assert_int_eq(state_store_open(&states, &state_options, error, sizeof error),
                     STATE_STORE_OK);
    const struct executor_options options = {
        .state_store = states, .block_store = blocks, .chain_id = chain.chain_id};
    executor = executor_new(&options);
    executor_head(executor, &chain.head);
    snapshot_directory(made, snapshots, FROZEN);
    snapshot_trust_genesis(&trust, &genesis_file);
}

static void tear_down(void)
{
    executor_close(executor, NULL, NULL);
    state_store_close(states);
    block_store_close(blocks);
    chain_close(&chain);
    fixture_remove(home);
}

/* A block with transfers between users. */
static void run_one(void)
{
    struct buffer body = {0};
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    const struct bytes none = {0};
    for (uint32_t i = 0; i < 9; i++) {
        uint32_t from = (uint32_t)(chain.head.height * 31 + i * UINT64_C(7)) % USERS;
        chain_transfer(&chain, &body, from, (from + 1 + i) % USERS, 100 + i, none);
    }
    chain_block(&chain, block, certificate, buffer_bytes(&body));
    const struct executor_report *report;
    ck_assert_msg(executor_run(executor, block, certificate, &report, error, sizeof error), "%s",
                  error);
    chain_advance(&chain, &report->head, certificate);
    buffer_close(&body);
    free(certificate);
    free(block);
}

static bool add_pair(void *context, struct bytes key, struct bytes value)
{
    snapshot_write_pair(context, key, value);
    return true;
}

static void dump(struct buffer *out)
{
    struct state_snapshot *snapshot = state_snapshot_open(states);
    const struct bytes first = {0};
    state_snapshot_walk(snapshot, first, add_pair, out);
    state_snapshot_close(snapshot);
}

START_TEST(a_frozen_state_stays_while_blocks_go_on)
{
    struct buffer expected = {0};
    struct buffer found = {0};
    struct buffer from = {0};
    uint64_t keys = 0;
    bool more = true;
    int pieces = 0;
    for (int i = 0; i < FROZEN; i++) {
        run_one();
    }
    dump(&expected);
    ck_assert(state_freeze_begin(states, &chain.head));
    ck_assert(!state_freeze_begin(states, &chain.head));
    while (more) {
        run_one();
        run_one();
        ck_assert(state_freeze_read(states, &from, found.size + 700, &found, &keys, &more));
        pieces++;
    }
    state_freeze_end(states);
    ck_assert_int_gt(pieces, 10);
    ck_assert(bytes_equal(buffer_bytes(&found), buffer_bytes(&expected)));
    buffer_clear(&expected);
    dump(&expected);
    ck_assert(!bytes_equal(buffer_bytes(&found), buffer_bytes(&expected)));
    ck_assert(!state_freeze_read(states, &from, 1, &found, &keys, &more)); /* it is over */
    buffer_close(&expected);
    buffer_close(&found);
    buffer_close(&from);
}
END_TEST

/* The snapshot of height FROZEN; the chain is at FROZEN + 1 then. */
static void make_snapshot(void)
{
    struct snapshot_writer writer;
    while (chain.head.height < FROZEN) {
        run_one();
    }
    ck_assert(state_freeze_begin(states, &chain.head));
    ck_assert(snapshot_writer_begin(&writer, snapshots, &chain.head, error, sizeof error));
    run_one();
    while (!writer.done) {
        ck_assert_msg(snapshot_writer_chunk(&writer, states, error, sizeof error), "%s", error);
    }
    state_freeze_end(states);
    ck_assert_msg(snapshot_writer_finish(&writer, snapshots, &chain.chain_id, states, blocks, error,
                                         sizeof error),
                  "%s", error);
    writer.directory[0] = '\0';
    snapshot_writer_close(&writer);
}

static bool verify(void)
{
    error[0] = '\0';
    return snapshot_verify(home, &genesis_file, &trust, made, error, sizeof error);
}

START_TEST(a_snapshot_is_verified_and_becomes_stores)
{
    uint64_t heights[4];
    make_snapshot();
    ck_assert_uint_eq(snapshot_list(snapshots, heights, 4), 1);
    ck_assert_uint_eq(heights[0], FROZEN);
    ck_assert_msg(verify(), "%s", error);
    struct snapshot_opened opened;
    ck_assert(snapshot_open(&opened, made, error, sizeof error));
    const struct hash root = opened.manifest.state_root;
    snapshot_close(&opened);

    executor_close(executor, NULL, NULL);
    state_store_close(states);
    block_store_close(blocks);
    bool found;
    ck_assert_msg(snapshot_restore(home, &genesis_file, &trust, made, error, sizeof error), "%s",
                  error);
    ck_assert_msg(restore_finish(home, &found, error, sizeof error), "%s", error);
    ck_assert(found);
    ck_assert_msg(restore_finish(home, &found, error, sizeof error), "%s", error);
    ck_assert(!found);
    char blocks_path[FIXTURE_PATH_MAX];
    char state_path[FIXTURE_PATH_MAX];
    path_of(blocks_path, HOME_BLOCKS);
    path_of(state_path, HOME_STATE);
    const struct block_store_options block_options = {.directory = blocks_path};
    const struct state_store_options state_options = {.directory = state_path,
                                                      .genesis = chain.genesis};
    ck_assert_int_eq(block_store_open(&blocks, &block_options, error, sizeof error),
                     BLOCK_STORE_OK);
    ck_assert_msg(state_store_open(&states, &state_options, error, sizeof error) == STATE_STORE_OK,
                  "%s", error);
    const struct executor_options options = {
        .state_store = states, .block_store = blocks, .chain_id = chain.chain_id};
    executor = executor_new(&options);
    ck_assert_msg(executor_replay(executor, NULL, error, sizeof error), "%s", error);
    struct state_head head;
    executor_head(executor, &head);
    ck_assert_uint_eq(head.height, FROZEN);
    ck_assert(hash_equal(&head.state_root, &root));
    ck_assert_uint_eq(block_store_first_height(blocks), FROZEN);
}
END_TEST

/* Classes 27 and 37 of docs/testing.md: CometBFT issues 5549 and 2319. */
START_TEST(every_damaged_byte_is_found)
{
    char path[DISK_PATH_MAX];
    struct buffer content = {0};
    make_snapshot();
    for (uint32_t file = 0; file < 3; file++) {
        if (file == 2) {
            snapshot_manifest_file(path, made);
        } else {
            snapshot_file(path, made, file);
        }
        fixture_read_file(path, &content);
        for (size_t i = 0; i < content.size; i += content.size / 25 + 1) {
            content.data[i] ^= 4;
            fixture_write_file(path, buffer_bytes(&content));
            ck_assert_msg(!verify(), "file %u byte %zu", file, i);
            ck_assert_uint_gt(strlen(error), 0);
            content.data[i] ^= 4;
        }
        fixture_write_file(path, (struct bytes){content.data, content.size - 1});
        ck_assert(!verify());
        fixture_write_file(path, buffer_bytes(&content));
    }
    ck_assert_msg(verify(), "%s", error);
    buffer_close(&content);
}
END_TEST

/* A manifest that fits its chunks, but whose state nobody certified. Class 37 of docs/testing.md:
 * Tendermint issue 5511, CometBFT issue 2319. */
START_TEST(a_state_that_nobody_certified_is_refused)
{
    char path[DISK_PATH_MAX];
    struct buffer content = {0};
    struct buffer chunk = {0};
    struct snapshot_manifest manifest;
    struct hash hash;
    make_snapshot();
    snapshot_file(path, made, 1);
    fixture_read_file(path, &chunk);
    chunk.data[chunk.size - 1] ^= 1;
    fixture_write_file(path, buffer_bytes(&chunk));
    snapshot_manifest_file(path, made);
    fixture_read_file(path, &content);
    ck_assert(snapshot_manifest_decode(&manifest, buffer_bytes(&content), error, sizeof error));
    snapshot_chunk_hash(&hash, buffer_bytes(&chunk));
    manifest.chunks = BYTES_OF(hash.bytes);
    struct buffer forged = {0};
    schema_write(&forged, &snapshot_manifest_schema, &manifest);
    fixture_write_file(path, buffer_bytes(&forged));
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "another state root"));
    buffer_close(&content);
    buffer_close(&chunk);
    buffer_close(&forged);
}
END_TEST

/* Class 37 of docs/testing.md, cosmos-sdk issue 20990: the root of trust is the genesis, or the block that is named. */
START_TEST(trusts_the_genesis_or_the_named_block)
{
    struct snapshot_opened opened;
    struct validators *others = malloc(sizeof *others);
    make_snapshot();
    ck_assert(snapshot_open(&opened, made, error, sizeof error));
    *others = chain.validators;
    others->count--;
    trust.validators = others; /* the set has changed since */
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "do not lead from the genesis"));
    trust.block = opened.manifest.block;
    trust.height = opened.manifest.height;
    ck_assert_msg(verify(), "%s", error);
    trust.height--;
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "not of the height that is trusted"));
    trust.height++;
    trust.block.bytes[3] ^= 1;
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "not the block that is trusted"));
    trust.block = (struct hash){{0}}; /* a hash like any other, not the lack of one */
    trust.validators = &chain.validators;
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "not the block that is trusted"));
    snapshot_close(&opened);
    free(others);
}
END_TEST

/* Three of the chain's four validators are the genesis's set, which hands over to all in this block. */
static void make_link(struct buffer *out, struct validators *first, uint64_t height)
{
    struct certificate *certificate = malloc(sizeof *certificate);
    struct block_header header = {
        .version = BLOCK_VERSION, .chain_id = chain.chain_id, .height = height};
    struct vote vote = {.type = VOTE_COMMIT, .height = height};
    *first = chain.validators;
    first->count = 3;
    validators_hash(&header.validators_hash, first);
    validators_hash(&header.next_validators_hash, &chain.validators);
    block_digest(&vote.digest, &header);
    certificate_init(certificate, height, 0, &vote.digest);
    for (uint32_t i = 0; i < first->count; i++) {
        vote_sign(&vote, &chain.chain_id, &chain.validator_keys[i]);
        certificate_add(certificate, i, &vote.signature);
    }
    handover_write(out, &header, certificate, &chain.validators);
    free(certificate);
}

/* Write the base anew, with these handovers. */
static void rewrite_base(struct bytes handovers)
{
    char path[DISK_PATH_MAX];
    struct buffer content = {0};
    struct buffer changed = {0};
    struct snapshot_base *base = malloc(sizeof *base);
    snapshot_file(path, made, 0);
    fixture_read_file(path, &content);
    ck_assert(snapshot_base_read(base, buffer_bytes(&content), error, sizeof error));
    base->handovers = handovers;
    snapshot_base_write(&changed, base);
    fixture_write_file(path, buffer_bytes(&changed));
    free(base);
    buffer_close(&content);
    buffer_close(&changed);
}

/* Class 37 of docs/testing.md, CometBFT issue 2319: the sets may have changed between the genesis and the snapshot. */
START_TEST(handovers_lead_from_the_genesis_to_the_snapshot)
{
    struct validators *first = malloc(sizeof *first);
    struct buffer link = {0};
    make_snapshot();
    trust.validators = first;
    make_link(&link, first, 5);
    rewrite_base(buffer_bytes(&link));
    ck_assert_msg(verify(), "%s", error);
    rewrite_base((struct bytes){link.data, link.size - 1});
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "not the one encoding of a link"));
    link.data[200] ^= 1;
    rewrite_base(buffer_bytes(&link));
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "handover: "));
    buffer_clear(&link);
    make_link(&link, first, FROZEN + 1);
    rewrite_base(buffer_bytes(&link));
    ck_assert(!verify());
    ck_assert_ptr_nonnull(strstr(error, "a handover is above the block"));

    /* What was restored has the link for its own proofs. */
    buffer_clear(&link);
    make_link(&link, first, FROZEN);
    rewrite_base(buffer_bytes(&link));
    char path[FIXTURE_PATH_MAX];
    struct state_store *restored;
    struct buffer found = {0};
    ck_assert_msg(snapshot_restore(home, &genesis_file, &trust, made, error, sizeof error), "%s",
                  error);
    path_of(path, HOME_RESTORE "/state");
    const struct state_store_options options = {
        .directory = path, .genesis = chain.genesis, .read_only = true};
    ck_assert_int_eq(state_store_open(&restored, &options, error, sizeof error), STATE_STORE_OK);
    struct state_snapshot *snapshot = state_snapshot_open(restored);
    state_snapshot_handovers(snapshot, FROZEN, &found);
    ck_assert_uint_eq(found.size, 0);
    state_snapshot_handovers(snapshot, FROZEN + 1, &found);
    ck_assert(bytes_equal(buffer_bytes(&found), buffer_bytes(&link)));
    state_snapshot_close(snapshot);
    state_store_close(restored);
    buffer_close(&found);
    buffer_close(&link);
    free(first);
}
END_TEST

/* Class 27 of docs/testing.md: CometBFT issue 5549, GHSA-pcv4-pxhv-99m7. */
START_TEST(manifests_are_bounded)
{
    static uint8_t hashes[SNAPSHOT_CHUNKS_MAX * 32];
    struct buffer wire = {0};
    struct snapshot_manifest manifest = {.version = SNAPSHOT_VERSION, .height = 5};
    struct snapshot_manifest found;
    const size_t sizes[] = {0, 31, 33, sizeof hashes};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        buffer_clear(&wire);
        manifest.chunks = (struct bytes){hashes, sizes[i]};
        schema_write(&wire, &snapshot_manifest_schema, &manifest);
        ck_assert(!snapshot_manifest_decode(&found, buffer_bytes(&wire), error, sizeof error));
    }
    buffer_close(&wire);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("snapshot");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_frozen_state_stays_while_blocks_go_on);
    tcase_add_test(tests, a_snapshot_is_verified_and_becomes_stores);
    tcase_add_test(tests, every_damaged_byte_is_found);
    tcase_add_test(tests, a_state_that_nobody_certified_is_refused);
    tcase_add_test(tests, trusts_the_genesis_or_the_named_block);
    tcase_add_test(tests, handovers_lead_from_the_genesis_to_the_snapshot);
    tcase_add_test(tests, manifests_are_bounded);
    return check_run("snapshot", tests);
}
