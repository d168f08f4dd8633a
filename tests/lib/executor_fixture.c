#include "tests/lib/executor_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/trie_memory.h"
#include "node/state_trie.h"

void executor_fixture_init(struct executor_fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture_directory(fixture->home);
    fixture_path(fixture->blocks_path, fixture->home, "blocks");
    fixture_path(fixture->state_path, fixture->home, "state");
    chain_init(&fixture->chain, EXECUTOR_USERS);
    fixture->chain.genesis->parameters.window_max = 10;
    executor_fixture_open(fixture);
    executor_head(fixture->executor, &fixture->chain.head);
    executor_fixture_shut(fixture);
}

void executor_fixture_close(struct executor_fixture *fixture)
{
    chain_close(&fixture->chain);
    fixture_remove(fixture->home);
}

void executor_fixture_open_on(struct executor_fixture *fixture, uv_loop_t *loop,
                              const struct executor_options *options)
{
    const struct block_store_options block_options = {.directory = fixture->blocks_path,
                                                      .segment_size = 20000};
    const struct state_store_options state_options = {.directory = fixture->state_path,
                                                      .genesis = fixture->chain.genesis,
                                                      .map_size = fixture->map_size};
    struct executor_options own = {0};
    if (options != NULL) {
        own = *options;
    }
    if (block_store_open(&fixture->blocks, &block_options, fixture->error, sizeof fixture->error) !=
            BLOCK_STORE_OK ||
        state_store_open(&fixture->states, &state_options, fixture->error, sizeof fixture->error) !=
            STATE_STORE_OK) {
        (void)fprintf(stderr, "%s\n", fixture->error);
        _exit(3);
    }
    own.state_store = fixture->states;
    own.block_store = fixture->blocks;
    own.chain_id = fixture->chain.chain_id;
    own.loop = loop;
    fixture->executor = executor_new(&own);
}

void executor_fixture_open(struct executor_fixture *fixture)
{
    executor_fixture_open_on(fixture, NULL, NULL);
}

void executor_fixture_shut(struct executor_fixture *fixture)
{
    executor_close(fixture->executor, NULL, NULL);
    state_store_close(fixture->states);
    block_store_close(fixture->blocks);
}

void executor_fixture_body(struct executor_fixture *fixture, struct buffer *body, uint64_t height)
{
    static uint8_t blob[5000];
    if (height % 7 == 0) {
        return;
    }
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t from = (uint32_t)(height * 3 + i) % EXECUTOR_USERS;
        struct bytes sidecar = {0};
        if (height % 5 == 0 && i == 3) {
            memset(blob, (int)height, sizeof blob);
            sidecar = BYTES_OF(blob);
        }
        /* The last one cannot pay what it promises. */
        uint64_t amount = i == 7 ? UINT64_MAX / 2 : 100 + i;
        chain_transfer(&fixture->chain, body, from, (from + 1) % EXECUTOR_USERS, amount, sidecar);
    }
}

const struct executor_report *executor_fixture_run_body(struct executor_fixture *fixture,
                                                        struct bytes body)
{
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    const struct executor_report *report;
    chain_block(&fixture->chain, block, certificate, body);
    bool good = executor_run(fixture->executor, block, certificate, &report, fixture->error,
                             sizeof fixture->error);
    ck_assert_msg(good, "%s", fixture->error);
    chain_advance(&fixture->chain, &report->head, certificate);
    free(certificate);
    free(block);
    return report;
}

const struct executor_report *executor_fixture_run(struct executor_fixture *fixture)
{
    struct buffer body = {0};
    executor_fixture_body(fixture, &body, fixture->chain.head.height + 1);
    const struct executor_report *report = executor_fixture_run_body(fixture, buffer_bytes(&body));
    buffer_close(&body);
    return report;
}

void executor_fixture_run_many(struct executor_fixture *fixture, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        (void)executor_fixture_run(fixture);
    }
}

struct state_head executor_fixture_replay(struct executor_fixture *fixture)
{
    struct state_head head;
    if (!executor_replay(fixture->executor, NULL, fixture->error, sizeof fixture->error)) {
        (void)fprintf(stderr, "%s\n", fixture->error);
        _exit(4);
    }
    executor_head(fixture->executor, &head);
    return head;
}

struct collect {
    struct trie_memory memory;
    struct hash root;
    uint64_t keys;
};

static bool collect_key(void *context, struct bytes key, struct bytes value)
{
    struct collect *collect = context;
    struct trie_store trie = trie_memory_store(&collect->memory);
    struct state_change change = {key, value, false};
    state_trie_update(&trie, &change, 1, &collect->root);
    collect->keys++;
    return true;
}

struct hash executor_fixture_root(const struct executor_fixture *fixture)
{
    struct collect collect = {0};
    struct state_snapshot *snapshot = state_snapshot_open(fixture->states);
    state_snapshot_walk(snapshot, (struct bytes){0}, collect_key, &collect);
    state_snapshot_close(snapshot);
    trie_memory_close(&collect.memory);
    ck_assert_uint_gt(collect.keys, EXECUTOR_USERS);
    return collect.root;
}
