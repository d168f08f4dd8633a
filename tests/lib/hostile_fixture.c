#include "tests/lib/hostile_fixture.h"

#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "node/config.h"
#include "node/executor.h"
#include "node/home.h"
#include "node/keys.h"
#include "node/node.h"
#include "p2p/json_schema.h"
#include "p2p/network.h"
#include "tests/lib/ports.h"

#define SIDECARS     16 /* in a block */
#define ASK_ALL_SIZE 41 /* digest, height, no places */

struct hostile hostile;

static char error[512];
static pid_t child;
static uint16_t p2p_port;
static uv_loop_t loop;
static struct network *networks[CHAIN_VALIDATORS]; /* those of the validators that we are */

static void on_up(void *context, uint32_t peer)
{
    (void)context;
    (void)peer;
    hostile.ups++;
}

static void on_down(void *context, uint32_t peer, enum network_reason reason)
{
    (void)context;
    (void)peer;
    (void)reason;
    hostile.downs++;
}

/* The answer to GET_BLOB: right, or with one bit wrong; nothing where it is of another blob. */
static void answer_blob(struct network *network, const struct frame_get_blob *wanted)
{
    struct hash list[2];
    struct hash root;
    struct buffer wire = {0};
    struct bytes whole = {hostile.blob, HOSTILE_BLOB_SIZE};
    struct bytes parts[2] = {
        {whole.data, MERKLE_SEGMENT_SIZE},
        {whole.data + MERKLE_SEGMENT_SIZE, HOSTILE_BLOB_SIZE - MERKLE_SEGMENT_SIZE}};
    merkle_segment(&list[0], 0, parts[0]);
    merkle_segment(&list[1], 1, parts[1]);
    list[1].bytes[0] ^= hostile.honest ? 0 : 1;
    struct frame_blob answer = {wanted->root, wanted->segment, BYTES_OF(list)};
    if (wanted->segment != FRAME_BLOB_LIST) {
        ck_assert_uint_lt(wanted->segment, 2);
        answer.data = parts[wanted->segment];
    }
    merkle_blob_root(&root, whole);
    if (hostile.lacking || !hash_equal(&root, &wanted->root)) {
        answer.data = (struct bytes){0};
    }
    schema_write(&wire, &frame_blob_schema, &answer);
    (void)!network_send(network, 0, FRAME_BLOB, buffer_bytes(&wire));
    buffer_close(&wire);
}

static void on_frame(void *context, uint32_t peer, uint8_t type, struct bytes payload)
{
    struct frame_get_blob wanted;
    struct network *const *network = context;
    (void)peer;
    hostile.answers += type == FRAME_BLOCKS ? 1 : 0;
    hostile.batches += type == FRAME_TXS ? 1 : 0;
    if (type == FRAME_BLOB) {
        hostile.blobs++;
        buffer_clear(&hostile.blob_answer);
        buffer_append(&hostile.blob_answer, payload);
    }
    if (type == FRAME_GET_BLOB) {
        hostile.asks++;
        ck_assert(schema_decode(&frame_get_blob_schema, &wanted, payload, NULL, 0));
        ck_assert_uint_eq(wanted.size, HOSTILE_BLOB_SIZE);
        if (!hostile.silent) {
            answer_blob(*network, &wanted);
        }
    }
    hostile.item_asks += type == FRAME_ASK && payload.size > ASK_ALL_SIZE ? 1 : 0;
    hostile.whole_asks += type == FRAME_ASK && payload.size == ASK_ALL_SIZE ? 1 : 0;
    struct vote vote;
    if (type == FRAME_CONSENSUS && message_peek(&vote, payload)) {
        hostile.prepares += vote.type == VOTE_PREPARE ? 1 : 0;
        hostile.proposals += vote.type == VOTE_PROPOSE ? 1 : 0;
        hostile.body_asks += vote.type == VOTE_GET_BODY ? 1 : 0;
        hostile.bodies += vote.type == VOTE_BODY ? 1 : 0;
        hostile.round = vote.type == VOTE_ROUND_CHANGE ? vote.round : hostile.round;
    }
}

static void random_bytes(void *context, uint8_t *out, size_t size)
{
    (void)context;
    keys_random(out, size);
}

static void set_flag(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* Run the loop for `ms`, or until *count reaches `wanted`. */
void hostile_run_loop(uint64_t ms, const uint32_t *count, uint32_t wanted)
{
    uv_timer_t timer;
    bool over = false;
    timer.data = &over;
    ck_assert_int_eq(uv_timer_init(&loop, &timer), 0);
    ck_assert_int_eq(uv_timer_start(&timer, set_flag, ms, 0), 0);
    while (!over && (count == NULL || *count < wanted)) {
        (void)uv_run(&loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
}

static void write_genesis(void)
{
    char path[FIXTURE_PATH_MAX];
    json_t *json = json_schema_write(&genesis_schema, hostile.chain.genesis, "tsouk");
    char *text = json_dumps(json, 0);
    fixture_path(path, hostile.home, HOME_GENESIS);
    fixture_write_file(path, bytes_of_text(text));
    free(text);
    json_decref(json);
}

static void run_block(struct executor *executor)
{
    static uint8_t sidecar[TRANSACTION_INLINE_MAX];
    struct buffer body = {0};
    struct block *block = memory_new(sizeof(*block));
    struct certificate *certificate = memory_new(sizeof(*certificate));
    const struct executor_report *report;
    memset(sidecar, (int)hostile.chain.head.height, sizeof(sidecar));
    for (int i = 0; i < SIDECARS; i++) {
        chain_transfer(&hostile.chain, &body, 0, 1, 5, BYTES_OF(sidecar));
    }
    chain_block(&hostile.chain, block, certificate, buffer_bytes(&body));
    ck_assert_msg(executor_run(executor, block, certificate, &report, error, sizeof(error)), "%s",
                  error);
    chain_advance(&hostile.chain, &report->head, certificate);
    buffer_close(&body);
    free(certificate);
    free(block);
}

/* A home with blocks of 1 MiB each, as if the chain had gone on for a while. */
static void fill_stores(int blocks)
{
    char blocks_path[FIXTURE_PATH_MAX];
    char state_path[FIXTURE_PATH_MAX];
    fixture_path(blocks_path, hostile.home, HOME_BLOCKS);
    fixture_path(state_path, hostile.home, HOME_STATE);
    const struct block_store_options block_options = {.directory = blocks_path};
    const struct state_store_options state_options = {.directory = state_path,
                                                      .genesis = hostile.chain.genesis};
    struct executor_options options = {.chain_id = hostile.chain.chain_id};
    ck_assert(block_store_open(&options.block_store, &block_options, error, sizeof(error)) ==
              BLOCK_STORE_OK);
    ck_assert(state_store_open(&options.state_store, &state_options, error, sizeof(error)) ==
              STATE_STORE_OK);
    struct executor *executor = executor_new(&options);
    executor_head(executor, &hostile.chain.head);
    for (int i = 0; i < blocks; i++) {
        run_block(executor);
    }
    executor_close(executor, NULL, NULL);
    state_store_close(options.state_store);
    block_store_close(options.block_store);
}

static void start_node(void)
{
    p2p_port = port_free();
    hostile.rpc_port = port_free();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        char path[FIXTURE_PATH_MAX];
        struct config *config = memory_new(sizeof(*config));
        fixture_path(path, hostile.home, "log");
        if (freopen(path, "w", stdout) == NULL || freopen(path, "a", stderr) == NULL) {
            _exit(9);
        }
        config_init(config);
        (void)snprintf(config->p2p_listen.host, CONFIG_HOST_MAX, "127.0.0.1");
        (void)snprintf(config->rpc_listen.host, CONFIG_HOST_MAX, "127.0.0.1");
        config->p2p_listen.port = p2p_port;
        config->rpc_listen.port = hostile.rpc_port;
        config->consensus_round_timeout_ms = 30000; /* rounds are not what is tested here */
        config->mempool_expiry_max = 1000000;       /* the fixture's transactions live long */
        _exit(node_run(hostile.home, config));
    }
}

/* As this validator. */
static void dial(uint32_t validator)
{
    static struct network_peer peer;
    struct frame_table table;
    uint32_t ups = hostile.ups;
    uint8_t prologue[4 + sizeof(struct hash)] = {'s', 'o', 'u', 'k'};
    memcpy(prologue + 4, &hostile.chain.chain_id, sizeof(struct hash));
    frames_table(&table);
    peer = (struct network_peer){.host = "127.0.0.1", .port = p2p_port};
    ck_assert_msg(keys_show_node(&peer.key, hostile.home, error, sizeof(error)), "%s", error);
    const struct network_config config = {.key = &hostile.chain.validator_keys[validator],
                                          .prologue = BYTES_OF(prologue),
                                          .peers = &peer,
                                          .peer_count = 1,
                                          .table = &table,
                                          .backoff_max_ms = 200,
                                          .in_bytes_max = UINT64_C(1) << 30,
                                          .context = &networks[validator],
                                          .on_peer_up = on_up,
                                          .on_peer_down = on_down,
                                          .on_frame = on_frame,
                                          .random = random_bytes};
    ck_assert(network_open(&networks[validator], &loop, &config) == NETWORK_OK);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.ups, ups + 1);
    ck_assert_uint_eq(hostile.ups, ups + 1);
}

void hostile_join(void)
{
    for (uint32_t i = 0; i < CHAIN_VALIDATORS; i++) {
        if (i > 0 && networks[i] == NULL) {
            dial(i);
        }
    }
}

void hostile_set_up(void)
{
    fixture_directory(hostile.home);
    chain_init(&hostile.chain, 2);
    ck_assert_msg(home_create(hostile.home, error, sizeof(error)), "%s", error);
    ck_assert_msg(keys_make(hostile.home, false, "tsouk", error, sizeof(error)), "%s", error);
    write_genesis();
    fill_stores(HOSTILE_BLOCKS);
    start_node();
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    dial(hostile.us);
}

/* The node is validator 0 of a chain that begins, and we lead its first height. */
void hostile_set_up_validator(void)
{
    struct keys keys;
    fixture_directory(hostile.home);
    chain_init(&hostile.chain, 2);
    hostile.us = 1;
    ck_assert_msg(home_create(hostile.home, error, sizeof(error)), "%s", error);
    ck_assert_msg(keys_make(hostile.home, true, "tsouk", error, sizeof(error)), "%s", error);
    ck_assert_msg(keys_load(&keys, hostile.home, "", error, sizeof(error)), "%s", error);
    chain_set_validator(&hostile.chain, 0, &keys.validator, &keys.node);
    keys_close(&keys);
    write_genesis();
    fill_stores(0);
    start_node();
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    dial(hostile.us);
}

/* Whatever was done to it, the node ends as it should when it is told to. */
void hostile_tear_down(void)
{
    int status;
    for (uint32_t i = 0; i < CHAIN_VALIDATORS; i++) {
        if (networks[i] != NULL) {
            network_close(networks[i], NULL, NULL);
        }
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the node ended with %x", status);
    buffer_close(&hostile.blob_answer);
    chain_close(&hostile.chain);
    fixture_remove(hostile.home);
}

void hostile_send_frame(enum frame_type type, struct bytes payload)
{
    ck_assert(network_send(networks[hostile.us], 0, (uint8_t)type, payload) == NETWORK_OK);
}

void hostile_send_as(uint32_t validator, struct bytes wire)
{
    ck_assert(network_send(networks[validator], 0, FRAME_CONSENSUS, wire) == NETWORK_OK);
}

void hostile_vote_as(uint32_t validator, struct vote *vote)
{
    struct buffer wire = {0};
    vote->sender = validator;
    vote_sign(vote, &hostile.chain.chain_id, &hostile.chain.validator_keys[validator]);
    schema_write(&wire, &vote_schema, vote);
    hostile_send_as(validator, buffer_bytes(&wire));
    buffer_close(&wire);
}

void hostile_send_vote(struct vote *vote, uint32_t signer, bool spoil)
{
    struct buffer wire = {0};
    vote_sign(vote, &hostile.chain.chain_id, &hostile.chain.validator_keys[signer]);
    vote->signature.bytes[0] ^= spoil ? 1 : 0;
    schema_write(&wire, &vote_schema, vote);
    hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    buffer_close(&wire);
}

/* A connection to the RPC on which `request` was sent. */
int hostile_ask(struct bytes request)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(hostile.rpc_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(send(client, request.data, request.size, 0), (ssize_t)request.size);
    return client;
}

/* All that comes until the node closes the connection. */
void hostile_hear(int client, struct buffer *page)
{
    char part[4096];
    ssize_t size;
    while ((size = recv(client, part, sizeof(part), 0)) > 0) {
        buffer_append(page, (struct bytes){(const uint8_t *)part, (size_t)size});
    }
    (void)close(client);
}

/* The node's metrics page holds `line`. */
bool hostile_metrics_hold(const char *line)
{
    struct buffer page = {0};
    hostile_hear(hostile_ask(bytes_of_text(
                     "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")),
                 &page);
    bool held = strstr(buffer_text(&page), line) != NULL;
    buffer_close(&page);
    return held;
}

/* The value after `name` on the page. */
static uint64_t hostile_metric(const char *name)
{
    struct buffer page = {0};
    hostile_hear(hostile_ask(bytes_of_text(
                     "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")),
                 &page);
    const char *found = strstr(buffer_text(&page), name);
    ck_assert_msg(found != NULL, "%s", name);
    uint64_t value = strtoull(found + strlen(name), NULL, 10);
    buffer_close(&page);
    return value;
}

void hostile_fill_blob(void)
{
    for (uint32_t i = 0; i < HOSTILE_BLOB_SIZE; i++) {
        hostile.blob[i] = (uint8_t)(i / 4096 + i);
    }
}

void hostile_await_metric(const char *line)
{
    for (int i = 0; i < 2400 && !hostile_metrics_hold(line); i++) {
        hostile_run_loop(50, NULL, 0);
    }
    ck_assert_msg(hostile_metrics_hold(line), "%s", line);
}

void hostile_await_ignored(uint64_t count)
{
    static const char name[] = "\nconsensus_messages_ignored_total ";
    for (int i = 0; i < 2400 && hostile_metric(name) < count; i++) {
        hostile_run_loop(50, NULL, 0);
    }
    ck_assert_uint_ge(hostile_metric(name), count);
}
