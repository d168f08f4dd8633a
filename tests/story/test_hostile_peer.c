/* A node of its own process, and a validator that means it harm on the other end of the connection. */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "consensus/message.h"
#include "node/config.h"
#include "node/executor.h"
#include "node/frames.h"
#include "node/home.h"
#include "node/keys.h"
#include "node/node.h"
#include "p2p/json_schema.h"
#include "p2p/network.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"
#include "tests/lib/ports.h"
#include "tests/lib/storage_fixture.h"
#include "vm/opcodes.h"
#include "vm/program.h"

#define SIDECARS    16 /* in a block */
#define BLOCKS      7  /* we lead the next height */
#define DEADLINE_MS 120000

static char home[FIXTURE_PATH_MAX];
static char error[512];
static struct chain chain;
static pid_t child;
static uint16_t p2p_port;
static uint16_t rpc_port;

/* Our side of the connection: we are validator 0, or 1 where the node is a validator. */
static uint32_t us;
static uv_loop_t loop;
static struct network *network;
static uint32_t ups;
static uint32_t downs;
static uint32_t answers; /* BLOCKS frames */
static uint32_t asks;    /* GET_BLOB frames */
static bool honest;      /* we answer them as they should be */
static bool silent;      /* we do not answer them */
static uint32_t prepares;

/* A blob that a transaction of ours names. */
#define BLOB_SIZE 300000u /* two segments */
static uint8_t blob[BLOB_SIZE];

static void on_up(void *context, uint32_t peer)
{
    (void)context;
    (void)peer;
    ups++;
}

static void on_down(void *context, uint32_t peer, enum network_reason reason)
{
    (void)context;
    (void)peer;
    (void)reason;
    downs++;
}

/* The answer to GET_BLOB: right, or with one bit wrong. */
static void answer_blob(uint32_t peer, const struct frame_get_blob *wanted)
{
    struct hash list[2];
    struct buffer wire = {0};
    struct bytes whole = {blob, BLOB_SIZE};
    struct bytes parts[2] = {{whole.data, MERKLE_SEGMENT_SIZE},
                             {whole.data + MERKLE_SEGMENT_SIZE, BLOB_SIZE - MERKLE_SEGMENT_SIZE}};
    merkle_segment(&list[0], 0, parts[0]);
    merkle_segment(&list[1], 1, parts[1]);
    list[1].bytes[0] ^= honest ? 0 : 1;
    struct frame_blob answer = {wanted->root, wanted->segment, BYTES_OF(list)};
    if (wanted->segment != FRAME_BLOB_LIST) {
        ck_assert_uint_lt(wanted->segment, 2);
        answer.data = parts[wanted->segment];
    }
    schema_write(&wire, &frame_blob_schema, &answer);
    (void)!network_send(network, peer, FRAME_BLOB, buffer_bytes(&wire));
    buffer_close(&wire);
}

static void on_frame(void *context, uint32_t peer, uint8_t type, struct bytes payload)
{
    struct frame_get_blob wanted;
    (void)context;
    answers += type == FRAME_BLOCKS ? 1 : 0;
    if (type == FRAME_GET_BLOB) {
        asks++;
        ck_assert(schema_decode(&frame_get_blob_schema, &wanted, payload, NULL, 0));
        ck_assert_uint_eq(wanted.size, BLOB_SIZE);
        if (!silent) {
            answer_blob(peer, &wanted);
        }
    }
    struct vote vote;
    if (type == FRAME_CONSENSUS && message_peek(&vote, payload)) {
        prepares += vote.type == VOTE_PREPARE ? 1 : 0;
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
static void run_loop(uint64_t ms, const uint32_t *count, uint32_t wanted)
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
    json_t *json = json_schema_write(&genesis_schema, chain.genesis, "tsouk");
    char *text = json_dumps(json, 0);
    fixture_path(path, home, HOME_GENESIS);
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
    memset(sidecar, (int)chain.head.height, sizeof(sidecar));
    for (int i = 0; i < SIDECARS; i++) {
        chain_transfer(&chain, &body, 0, 1, 5, BYTES_OF(sidecar));
    }
    chain_block(&chain, block, certificate, buffer_bytes(&body));
    ck_assert_msg(executor_run(executor, block, certificate, &report, error, sizeof(error)), "%s",
                  error);
    chain_advance(&chain, &report->head, certificate);
    buffer_close(&body);
    free(certificate);
    free(block);
}

/* A home with blocks of 1 MiB each, as if the chain had gone on for a while. */
static void fill_stores(int blocks)
{
    char blocks_path[FIXTURE_PATH_MAX];
    char state_path[FIXTURE_PATH_MAX];
    fixture_path(blocks_path, home, HOME_BLOCKS);
    fixture_path(state_path, home, HOME_STATE);
    const struct block_store_options block_options = {.directory = blocks_path};
    const struct state_store_options state_options = {.directory = state_path,
                                                      .genesis = chain.genesis};
    struct executor_options options = {.chain_id = chain.chain_id};
    ck_assert(block_store_open(&options.block_store, &block_options, error, sizeof(error)) ==
              BLOCK_STORE_OK);
    ck_assert(state_store_open(&options.state_store, &state_options, error, sizeof(error)) ==
              STATE_STORE_OK);
    struct executor *executor = executor_new(&options);
    executor_head(executor, &chain.head);
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
    rpc_port = port_free();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        char path[FIXTURE_PATH_MAX];
        struct config *config = memory_new(sizeof(*config));
        fixture_path(path, home, "log");
        if (freopen(path, "w", stdout) == NULL || freopen(path, "a", stderr) == NULL) {
            _exit(9);
        }
        config_init(config);
        (void)snprintf(config->p2p_listen.host, CONFIG_HOST_MAX, "127.0.0.1");
        (void)snprintf(config->rpc_listen.host, CONFIG_HOST_MAX, "127.0.0.1");
        config->p2p_listen.port = p2p_port;
        config->rpc_listen.port = rpc_port;
        config->consensus_round_timeout_ms = 30000; /* rounds are not what is tested here */
        config->mempool_expiry_max = 1000000;       /* the fixture's transactions live long */
        _exit(node_run(home, config));
    }
}

static void dial(void)
{
    static struct network_peer peer;
    struct frame_table table;
    uint8_t prologue[4 + sizeof(struct hash)] = {'s', 'o', 'u', 'k'};
    memcpy(prologue + 4, &chain.chain_id, sizeof(struct hash));
    frames_table(&table);
    peer = (struct network_peer){.host = "127.0.0.1", .port = p2p_port};
    ck_assert_msg(keys_show_node(&peer.key, home, error, sizeof(error)), "%s", error);
    const struct network_config config = {.key = &chain.validator_keys[us],
                                          .prologue = BYTES_OF(prologue),
                                          .peers = &peer,
                                          .peer_count = 1,
                                          .table = &table,
                                          .backoff_max_ms = 200,
                                          .on_peer_up = on_up,
                                          .on_peer_down = on_down,
                                          .on_frame = on_frame,
                                          .random = random_bytes};
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert(network_open(&network, &loop, &config) == NETWORK_OK);
    run_loop(DEADLINE_MS, &ups, 1);
    ck_assert_uint_eq(ups, 1);
}

static void set_up(void)
{
    fixture_directory(home);
    chain_init(&chain, 2);
    ck_assert_msg(home_create(home, error, sizeof(error)), "%s", error);
    ck_assert_msg(keys_make(home, false, "tsouk", error, sizeof(error)), "%s", error);
    write_genesis();
    fill_stores(BLOCKS);
    start_node();
    dial();
}

/* The node is validator 0 of a chain that begins, and we lead its first height. */
static void set_up_validator(void)
{
    struct keys keys;
    fixture_directory(home);
    chain_init(&chain, 2);
    us = 1;
    ck_assert_msg(home_create(home, error, sizeof(error)), "%s", error);
    ck_assert_msg(keys_make(home, true, "tsouk", error, sizeof(error)), "%s", error);
    ck_assert_msg(keys_load(&keys, home, "", error, sizeof(error)), "%s", error);
    chain_set_validator(&chain, 0, &keys.validator, &keys.node);
    keys_close(&keys);
    write_genesis();
    fill_stores(0);
    start_node();
    dial();
}

/* Whatever was done to it, the node ends as it should when it is told to. */
static void tear_down(void)
{
    int status;
    network_close(network, NULL, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the node ended with %x", status);
    chain_close(&chain);
    fixture_remove(home);
}

static void send_frame(enum frame_type type, struct bytes payload)
{
    ck_assert(network_send(network, 0, (uint8_t)type, payload) == NETWORK_OK);
}

static void send_vote(struct vote *vote, uint32_t signer, bool spoil)
{
    struct buffer wire = {0};
    vote_sign(vote, &chain.chain_id, &chain.validator_keys[signer]);
    vote->signature.bytes[0] ^= spoil ? 1 : 0;
    schema_write(&wire, &vote_schema, vote);
    send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    buffer_close(&wire);
}

/* A connection to the RPC on which `request` was sent. */
static int ask(struct bytes request)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(rpc_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(send(client, request.data, request.size, 0), (ssize_t)request.size);
    return client;
}

/* All that comes until the node closes the connection. */
static void hear(int client, struct buffer *page)
{
    char part[4096];
    ssize_t size;
    while ((size = recv(client, part, sizeof(part), 0)) > 0) {
        buffer_append(page, (struct bytes){(const uint8_t *)part, (size_t)size});
    }
    (void)close(client);
}

/* The node's metrics page holds `line`. */
static bool metrics_hold(const char *line)
{
    struct buffer page = {0};
    hear(
        ask(bytes_of_text("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")),
        &page);
    bool held = strstr(buffer_text(&page), line) != NULL;
    buffer_close(&page);
    return held;
}

/* The value after `name` on the page. */
static uint64_t metric(const char *name)
{
    struct buffer page = {0};
    hear(
        ask(bytes_of_text("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")),
        &page);
    const char *found = strstr(buffer_text(&page), name);
    ck_assert_msg(found != NULL, "%s", name);
    uint64_t value = strtoull(found + strlen(name), NULL, 10);
    buffer_close(&page);
    return value;
}

START_TEST(a_vote_in_anothers_name_ends_the_connection)
{
    struct vote vote = {.type = VOTE_COMMIT, .sender = 1, .height = BLOCKS + 1};
    send_vote(&vote, 1, false); /* as if another validator's vote were passed on, or replayed */
    run_loop(DEADLINE_MS, &downs, 1);
    ck_assert_uint_eq(downs, 1);
    run_loop(DEADLINE_MS, &ups, 2);
    ck_assert_uint_eq(ups, 2);
}
END_TEST

START_TEST(a_wrong_signature_ends_the_connection)
{
    struct vote vote = {.type = VOTE_COMMIT, .sender = 0, .height = BLOCKS + 1};
    send_vote(&vote, 0, false);
    run_loop(300, &downs, 1);
    ck_assert_uint_eq(downs, 0);
    vote.digest.bytes[0] = 1;
    send_vote(&vote, 0, true);
    run_loop(DEADLINE_MS, &downs, 1);
    ck_assert_uint_eq(downs, 1);
}
END_TEST

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. */
START_TEST(a_flood_of_status_costs_no_signatures)
{
    struct buffer wire = {0};
    struct message *status = memory_new(sizeof(*status));
    status->vote = (struct vote){.type = VOTE_STATUS, .height = BLOCKS};
    status->key = chain.validators.list[0].key;
    status->vote.digest = chain.head.digest;
    vote_sign(&status->vote, &chain.chain_id, &chain.validator_keys[0]);
    message_encode(&wire, status);
    for (int i = 0; i < 5000; i++) {
        send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    }
    /* Some hundreds are looked at in each second that the flood takes. */
    for (int i = 0; i < 2400 && metric("\nconsensus_messages_ignored_total ") < 4000; i++) {
        run_loop(50, NULL, 0);
    }
    ck_assert_uint_ge(metric("\nconsensus_messages_ignored_total "), 4000);
    ck_assert_uint_eq(downs, 0);
    buffer_close(&wire);
    free(status);
}
END_TEST

static bool log_holds(const char *text)
{
    char path[FIXTURE_PATH_MAX];
    struct buffer log = {0};
    fixture_path(path, home, "log");
    fixture_read_file(path, &log);
    bool held = strstr(buffer_text(&log), text) != NULL;
    buffer_close(&log);
    return held;
}

/* Class 32 of docs/testing.md: NTP jumps of many chains. */
START_TEST(a_clock_that_is_wrong_is_named)
{
    struct buffer wire = {0};
    struct certificate *certificate = memory_new(sizeof(*certificate));
    struct message *proposal = memory_new(sizeof(*proposal));
    /* The fixture's time is years ago. */
    chain_block(&chain, &proposal->block, certificate, (struct bytes){0});
    proposal->has_block = true;
    proposal->vote = (struct vote){.type = VOTE_PROPOSE, .height = BLOCKS + 1};
    block_digest(&proposal->vote.digest, &proposal->block.header);
    vote_sign(&proposal->vote, &chain.chain_id, &chain.validator_keys[0]);
    message_encode(&wire, proposal);
    send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    for (int i = 0; i < 2400 && !log_holds("event=proposal_refused"); i++) {
        run_loop(50, NULL, 0);
    }
    ck_assert(log_holds("ms behind this clock"));
    ck_assert_uint_eq(downs, 0); /* clocks go wrong without a lie */
    buffer_close(&wire);
    free(certificate);
    free(proposal);
}
END_TEST

/* A call of tx_simulate with a program that runs until its gas is used up. */
static void write_simulation(struct buffer *request)
{
    static const uint8_t code[] = {OP_JUMP, 0, 0};
    static const uint8_t no_randomness[32];
    const struct program program = {.version = 1, .code = BYTES_OF(code)};
    struct buffer encoded = {0};
    struct buffer envelope = {0};
    struct buffer body = {0};
    schema_write(&encoded, &program_schema, &program);
    struct transaction tx = {.chain_id = chain.chain_id,
                             .gas_limit = 250000000,
                             .gas_price = 1,
                             .expires_at = 1000,
                             .program = buffer_bytes(&encoded)};
    transaction_sign(&tx, (struct bytes){0}, &chain.users[1], no_randomness);
    transaction_write_envelope(&envelope, &tx, (struct bytes){0});
    char *text = memory_new(2 * envelope.size + 1);
    hex_encode(text, buffer_bytes(&envelope));
    buffer_format(&body,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tx_simulate\",\"params\":{"
                  "\"envelope\":\"%s\"}}",
                  text);
    buffer_format(request,
                  "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                  body.size, buffer_text(&body));
    free(text);
    buffer_close(&body);
    buffer_close(&envelope);
    buffer_close(&encoded);
}

START_TEST(long_simulations_do_not_stop_the_node)
{
    struct buffer request = {0};
    struct buffer page = {0};
    int clients[3];
    write_simulation(&request);
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        clients[i] = ask(buffer_bytes(&request));
    }
    ck_assert(metrics_hold("consensus_height 7\n"));
    bool all_answered = true;
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        struct pollfd answer = {.fd = clients[i], .events = POLLIN};
        all_answered &= poll(&answer, 1, 0) == 1;
    }
    ck_assert(!all_answered); /* who came after them was answered before */
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        buffer_clear(&page);
        hear(clients[i], &page);
        ck_assert_msg(strstr(buffer_text(&page), "\"gas_used\":\"250000000\"") != NULL, "%s",
                      buffer_text(&page));
    }
    buffer_close(&page);
    buffer_close(&request);
}
END_TEST

/* Class 28 of docs/testing.md: ASA-2025-001, ASA-2024-008. */
START_TEST(a_flood_of_requests_for_blocks_is_answered_in_part)
{
    uint64_t begin_ms = uv_hrtime() / 1000000;
    for (uint64_t i = 1; i <= 2000; i++) {
        struct buffer wire = {0};
        const struct frame_get_blocks request = {i, 1, BLOCKS};
        schema_write(&wire, &frame_get_blocks_schema, &request);
        send_frame(FRAME_GET_BLOCKS, buffer_bytes(&wire));
        buffer_close(&wire);
    }
    uint32_t before;
    do {
        before = answers;
        run_loop(1500, NULL, 0);
    } while (answers != before || answers < 2);
    uint64_t seconds = (uv_hrtime() / 1000000 - begin_ms) / 1000;
    ck_assert_uint_eq(downs, 0);
    ck_assert_uint_le(answers, 100 * (seconds + 1)); /* so many in a second */
    struct buffer wire = {0};
    const struct frame_get_blocks request = {5000, 1, BLOCKS};
    schema_write(&wire, &frame_get_blocks_schema, &request);
    send_frame(FRAME_GET_BLOCKS, buffer_bytes(&wire));
    buffer_close(&wire);
    run_loop(DEADLINE_MS, &answers, before + 1);
    ck_assert_uint_eq(answers, before + 1);
}
END_TEST

static void fill_blob(void)
{
    for (uint32_t i = 0; i < BLOB_SIZE; i++) {
        blob[i] = (uint8_t)(i / 4096 + i);
    }
}

/* Another validator's transaction whose blob the node does not hold. */
static void send_blob_transaction(uint32_t user, uint64_t amount)
{
    struct buffer body = {0};
    fill_blob();
    chain_transfer(&chain, &body, user, 0, amount, BYTES_OF(blob));
    send_frame(FRAME_TXS, buffer_bytes(&body));
    buffer_close(&body);
}

static void await_metric(const char *line)
{
    for (int i = 0; i < 2400 && !metrics_hold(line); i++) {
        run_loop(50, NULL, 0);
    }
    ck_assert_msg(metrics_hold(line), "%s", line);
}

START_TEST(a_blob_that_was_fetched_brings_its_transaction_into_the_pool)
{
    honest = true;
    send_blob_transaction(1, 5);
    await_metric("\nmempool_size 1\n");
    ck_assert(metrics_hold("\nblob_store_blobs 1\n"));
    ck_assert_uint_eq(asks, 3); /* the list, and two segments */
    ck_assert_uint_eq(downs, 0);
}
END_TEST

START_TEST(wrong_bytes_of_a_blob_end_the_connection)
{
    honest = false;
    send_blob_transaction(1, 5);
    run_loop(DEADLINE_MS, &downs, 1);
    ck_assert_uint_eq(downs, 1);
    run_loop(DEADLINE_MS, &ups, 2);
    ck_assert(metrics_hold("\nblob_refused_total 1\n"));
    honest = true; /* nobody asks a liar for this blob again */
    run_loop(1500, NULL, 0);
    ck_assert_uint_eq(asks, 1);
    ck_assert(metrics_hold("\nmempool_size 0\n"));
    ck_assert(metrics_hold("\nblob_fetching 1\n"));
}
END_TEST

/* Nobody has a blob moved for a transaction that cannot be paid. */
START_TEST(a_blob_is_not_fetched_for_a_transaction_that_is_refused)
{
    honest = true;
    chain.nonces[1] += 5000; /* beyond the window */
    send_blob_transaction(1, 5);
    await_metric("mempool_failed_txs_total{reason=\"invalid\"} 1\n");
    ck_assert_uint_eq(asks, 0);
    ck_assert(metrics_hold("\nblob_fetching 0\n"));
}
END_TEST

/* A leader that withholds a blob gets no vote, and gets it once the blob has come: whoever has it. */
START_TEST(a_proposal_is_voted_for_once_its_blob_is_here)
{
    struct buffer wire = {0};
    struct buffer body = {0};
    struct certificate *certificate = memory_new(sizeof(*certificate));
    struct message *proposal = memory_new(sizeof(*proposal));
    struct timespec now;
    silent = true;
    fill_blob();
    chain_transfer(&chain, &body, 1, 0, 5, BYTES_OF(blob));
    chain_block(&chain, &proposal->block, certificate, buffer_bytes(&body));
    (void)clock_gettime(CLOCK_REALTIME, &now);
    proposal->block.header.time_ms = (uint64_t)now.tv_sec * 1000;
    proposal->has_block = true;
    proposal->vote = (struct vote){.type = VOTE_PROPOSE, .sender = us, .height = 1};
    block_digest(&proposal->vote.digest, &proposal->block.header);
    vote_sign(&proposal->vote, &chain.chain_id, &chain.validator_keys[us]);
    message_encode(&wire, proposal);
    send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    run_loop(DEADLINE_MS, &asks, 1);
    ck_assert_uint_eq(asks, 1);
    run_loop(500, &prepares, 1);
    ck_assert_uint_eq(prepares, 0);
    silent = false;
    honest = true; /* the request that was not answered is made again */
    run_loop(DEADLINE_MS, &prepares, 1);
    ck_assert_uint_ge(prepares, 1);
    ck_assert(metrics_hold("\nblob_store_blobs 1\n"));
    ck_assert_uint_eq(downs, 0);
    buffer_close(&wire);
    buffer_close(&body);
    free(certificate);
    free(proposal);
}
END_TEST

START_TEST(a_request_for_no_segment_ends_the_connection)
{
    struct buffer wire = {0};
    const struct frame_get_blob request = {.size = BLOB_SIZE, .segment = 2};
    schema_write(&wire, &frame_get_blob_schema, &request);
    send_frame(FRAME_GET_BLOB, buffer_bytes(&wire));
    run_loop(DEADLINE_MS, &downs, 1);
    ck_assert_uint_eq(downs, 1);
    buffer_close(&wire);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hostile_peer");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_vote_in_anothers_name_ends_the_connection);
    tcase_add_test(tests, a_wrong_signature_ends_the_connection);
    tcase_add_test(tests, a_flood_of_status_costs_no_signatures);
    tcase_add_test(tests, a_clock_that_is_wrong_is_named);
    tcase_add_test(tests, long_simulations_do_not_stop_the_node);
    tcase_add_test(tests, a_flood_of_requests_for_blocks_is_answered_in_part);
    tcase_add_test(tests, a_blob_that_was_fetched_brings_its_transaction_into_the_pool);
    tcase_add_test(tests, wrong_bytes_of_a_blob_end_the_connection);
    tcase_add_test(tests, a_blob_is_not_fetched_for_a_transaction_that_is_refused);
    tcase_add_test(tests, a_request_for_no_segment_ends_the_connection);
    TCase *votes = tcase_create("hostile_leader");
    tcase_set_timeout(votes, 60);
    tcase_add_checked_fixture(votes, set_up_validator, tear_down);
    tcase_add_test(votes, a_proposal_is_voted_for_once_its_blob_is_here);
    int peers = check_run("hostile_peer", tests);
    int leaders = check_run("hostile_leader", votes);
    return peers == EXIT_SUCCESS ? leaders : peers;
}
