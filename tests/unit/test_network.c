#include "p2p/network.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tests/lib/ports.h"

#define NODES_MAX   4
#define DEADLINE_MS 120000
#define DATA        7 /* frame types */
#define SMALL       8

/* A node under test and what its callbacks saw. */
struct node {
    uv_loop_t *loop;
    struct network *network;
    uint64_t frames;
    uint64_t random;
    struct buffer last;
    struct network_config config;
    struct network_peer peers[NODES_MAX];
    uint32_t refused;
    enum network_reason refused_reason;
    struct point refused_key; /* all zero: none was proven */
    uint32_t dials_failed;
    uint32_t up[NODES_MAX];
    uint32_t down[NODES_MAX];
    enum network_reason reasons[NODES_MAX];
    struct frame_table table;
    struct secret_key key;
    uint16_t port;
    bool closed;
};

static uv_loop_t loop;
static struct node nodes[NODES_MAX];
static bool late;

static void on_late(uv_timer_t *timer)
{
    (void)timer;
    late = true;
}

/* Run the loop until `expression` holds; the test fails where it does not in time. */
#define AWAIT(expression)                                                                          \
    do {                                                                                           \
        uv_timer_t deadline;                                                                       \
        late = false;                                                                              \
        ck_assert(uv_timer_init(&loop, &deadline) == 0);                                           \
        ck_assert(uv_timer_start(&deadline, on_late, DEADLINE_MS, 0) == 0);                        \
        while (!(expression)) {                                                                    \
            ck_assert_msg(!late, "in vain: %s", #expression);                                      \
            (void)uv_run(&loop, UV_RUN_ONCE);                                                      \
        }                                                                                          \
        uv_close((uv_handle_t *)&deadline, NULL);                                                  \
        (void)uv_run(&loop, UV_RUN_NOWAIT);                                                        \
    } while (0)

static void on_peer_up(void *context, uint32_t peer)
{
    struct node *node = context;
    node->up[peer]++;
    ck_assert(network_statistics(node->network, peer)->state == NETWORK_PEER_UP);
}

static void on_peer_down(void *context, uint32_t peer, enum network_reason reason)
{
    struct node *node = context;
    node->down[peer]++;
    node->reasons[peer] = reason;
    ck_assert_uint_le(node->down[peer], node->up[peer]);
    ck_assert(network_send(node->network, peer, DATA, bytes_of_text("")) == NETWORK_NOT_CONNECTED);
}

static void on_frame(void *context, uint32_t peer, uint8_t type, struct bytes payload)
{
    struct node *node = context;
    ck_assert_uint_gt(node->up[peer], node->down[peer]);
    node->frames++;
    buffer_clear(&node->last);
    buffer_append(&node->last, payload);
    buffer_append(&node->last, (struct bytes){&type, 1});
}

static void on_refused(void *context, const char *address, const struct point *key,
                       enum network_reason reason)
{
    struct node *node = context;
    ck_assert_str_eq(address, "127.0.0.1");
    node->refused++;
    node->refused_reason = reason;
    memset(&node->refused_key, 0, sizeof(node->refused_key));
    if (key != NULL) {
        node->refused_key = *key;
    }
}

static void on_dial_failed(void *context, uint32_t peer, enum network_reason reason)
{
    struct node *node = context;
    const struct network_statistics *statistics = network_statistics(node->network, peer);
    ck_assert(statistics->state != NETWORK_PEER_UP && statistics->last_reason == reason);
    node->dials_failed++;
}

static bool no_key_was_proven(const struct node *node)
{
    static const struct point none;
    return memcmp(&node->refused_key, &none, sizeof(none)) == 0;
}

static void on_random(void *context, uint8_t *out, size_t size)
{
    struct node *node = context;
    check_random_fill(&node->random, out, size);
}

static void on_closed(void *context)
{
    struct node *node = context;
    node->closed = true;
    node->network = NULL;
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address;
    ck_assert(uv_ip4_addr("127.0.0.1", port, &address) == 0);
    return address;
}

static void configure(struct node *node, uint32_t count)
{
    static const char *const labels[NODES_MAX] = {"ada", "bob", "cyd", "dan"};
    for (uint32_t i = 0; i < count; i++) {
        node->peers[i] =
            (struct network_peer){.host = "127.0.0.1", .port = nodes[i].port, .label = labels[i]};
        point_of(&node->peers[i].key, &nodes[i].key);
    }
    node->table.types[DATA].allowed = true;
    node->table.types[DATA].size_max = 1 << 20;
    node->table.types[SMALL].allowed = true;
    node->table.types[SMALL].size_max = 10;
    node->config = (struct network_config){
        .key = &node->key,
        .prologue = bytes_of_text("souk test chain"),
        .listen_host = "127.0.0.1",
        .listen_port = node->port,
        .peers = node->peers,
        .peer_count = count,
        .table = &node->table,
        .backoff_first_ms = 5,
        .backoff_max_ms = 50,
        .context = node,
        .on_peer_up = on_peer_up,
        .on_peer_down = on_peer_down,
        .on_frame = on_frame,
        .on_refused = on_refused,
        .on_dial_failed = on_dial_failed,
        .random = on_random,
    };
}

/* `count` nodes that know and dial each other, not opened yet. */
static void prepare(uint32_t count)
{
    ck_assert(uv_loop_init(&loop) == 0);
    memset(nodes, 0, sizeof(nodes));
    for (uint32_t i = 0; i < count; i++) {
        nodes[i].loop = &loop;
        nodes[i].random = i + 1;
        memset(nodes[i].key.bytes, (int)(0x31 + i), sizeof(nodes[i].key));
        nodes[i].port = port_free();
    }
    for (uint32_t i = 0; i < count; i++) {
        configure(&nodes[i], count);
    }
}

static void open_node(struct node *node)
{
    node->closed = false;
    ck_assert(network_open(&node->network, node->loop, &node->config) == NETWORK_OK);
}

static void close_node(struct node *node)
{
    network_close(node->network, on_closed, node);
    AWAIT(node->closed);
}

static void finish(void)
{
    for (uint32_t i = 0; i < NODES_MAX; i++) {
        if (nodes[i].network != NULL) {
            close_node(&nodes[i]);
        }
        buffer_close(&nodes[i].last);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(uv_loop_close(&loop) == 0);
}

static bool is_up(const struct node *node, uint32_t peer)
{
    return node->up[peer] > node->down[peer];
}

/* Two nodes of which the first dials: what happens where both do has tests of its own. */
static void open_pair(void)
{
    nodes[1].peers[0].host = NULL;
    open_node(&nodes[0]);
    open_node(&nodes[1]);
    AWAIT(is_up(&nodes[0], 1) && is_up(&nodes[1], 0));
}

static const struct network_statistics *statistics(uint32_t node, uint32_t peer)
{
    return network_statistics(nodes[node].network, peer);
}

START_TEST(two_nodes_shake_hands_and_exchange_frames)
{
    static uint8_t text[1 << 20];
    prepare(2);
    open_pair();
    ck_assert(network_send(nodes[0].network, 1, SMALL, bytes_of_text("hello")) == NETWORK_OK);
    AWAIT(nodes[1].frames == 1);
    ck_assert(bytes_equal(buffer_bytes(&nodes[1].last), bytes_of_text("hello\x08")));
    check_random_fill(&nodes[0].random, text, sizeof(text));
    ck_assert(network_send(nodes[1].network, 0, DATA, BYTES_OF(text)) == NETWORK_OK);
    AWAIT(nodes[0].frames == 1);
    ck_assert_uint_eq(nodes[0].last.size, sizeof(text) + 1);
    ck_assert(memcmp(nodes[0].last.data, text, sizeof(text)) == 0);
    ck_assert_uint_eq(statistics(1, 0)->frames_out[DATA], 1);
    ck_assert_uint_eq(statistics(0, 1)->frames_in[DATA], 1);
    AWAIT(statistics(0, 1)->bytes_in == statistics(1, 0)->bytes_out);
    ck_assert(network_send(nodes[0].network, 0, DATA, BYTES_OF(text)) == NETWORK_NOT_CONNECTED);
    ck_assert(statistics(0, 0)->state == NETWORK_PEER_SELF);
    ck_assert_str_eq(network_peer(nodes[0].network, 1)->label, "bob");
    finish();
}
END_TEST

/* Every node sends to every other; true once every pair has heard of each other on the connection
 * that both hold for theirs. */
static bool all_have_heard(uint32_t count)
{
    bool heard = true;
    for (uint32_t i = 0; i < count; i++) {
        (void)network_broadcast(nodes[i].network, SMALL, bytes_of_text("x"));
        for (uint32_t j = 0; j < count; j++) {
            heard = heard &&
                    (i == j || (is_up(&nodes[i], j) && statistics(i, j)->frames_in[SMALL] > 0));
        }
        for (uint32_t j = 0; j < i; j++) {
            heard = heard && statistics(i, j)->dialled_by_us != statistics(j, i)->dialled_by_us;
        }
    }
    return heard;
}

START_TEST(four_nodes_make_a_mesh_with_one_connection_for_each_pair)
{
    prepare(4);
    for (uint32_t i = 0; i < 4; i++) {
        nodes[i].config.backoff_first_ms = 1; /* connections cross */
        open_node(&nodes[i]);
    }
    AWAIT(all_have_heard(4));
    ck_assert_uint_eq(network_broadcast(nodes[0].network, SMALL, bytes_of_text("x")), 3);
    finish();
}
END_TEST

START_TEST(crossing_connections_leave_the_one_of_the_smaller_key)
{
    prepare(2);
    struct point keys[2];
    point_of(&keys[0], &nodes[0].key);
    point_of(&keys[1], &nodes[1].key);
    bool first_smaller = memcmp(&keys[0], &keys[1], sizeof(keys[0])) < 0;
    struct node *smaller = &nodes[first_smaller ? 0 : 1];
    struct node *larger = &nodes[first_smaller ? 1 : 0];
    uint32_t smaller_index = first_smaller ? 0 : 1;
    /* Only the larger one dials, until both are up; then the smaller one comes anew and dials. */
    smaller->peers[1 - smaller_index].host = NULL;
    open_node(smaller);
    open_node(larger);
    AWAIT(is_up(smaller, 1 - smaller_index) && is_up(larger, smaller_index));
    ck_assert(network_statistics(larger->network, smaller_index)->dialled_by_us);
    /* A second network with the same key stands for the smaller node's own dialling. */
    struct node *twin = &nodes[2];
    *twin = *smaller;
    memset(twin->up, 0, sizeof(twin->up));
    memset(&twin->last, 0, sizeof(twin->last));
    twin->network = NULL;
    twin->config.context = twin;
    twin->config.listen_host = NULL;
    twin->config.key = &twin->key;
    twin->config.peers = twin->peers;
    twin->config.table = &twin->table;
    twin->peers[1 - smaller_index].host = "127.0.0.1";
    open_node(twin);
    AWAIT(is_up(twin, 1 - smaller_index) && larger->down[smaller_index] == 1);
    ck_assert(larger->reasons[smaller_index] == NETWORK_REPLACED);
    ck_assert(!network_statistics(larger->network, smaller_index)->dialled_by_us);
    /* The larger one's next attempt must not displace it. */
    AWAIT(is_up(larger, smaller_index));
    finish();
}
END_TEST

START_TEST(frames_of_one_turn_leave_as_one_message)
{
    prepare(2);
    open_pair();
    uint64_t before = statistics(0, 1)->bytes_out;
    for (uint32_t i = 0; i < 100; i++) {
        ck_assert(network_send(nodes[0].network, 1, SMALL, bytes_of_text("123")) == NETWORK_OK);
    }
    AWAIT(nodes[1].frames == 100);
    ck_assert_uint_eq(statistics(0, 1)->bytes_out - before, 18 + 16 + 100 * (5 + 3));
    finish();
}
END_TEST

START_TEST(a_key_outside_the_list_is_refused)
{
    prepare(2);
    nodes[1].config.peer_count = 0; /* bob knows nobody */
    nodes[1].config.handshakes_max = 4;
    open_node(&nodes[0]);
    open_node(&nodes[1]);
    AWAIT(nodes[1].refused >= 2 && statistics(0, 1)->last_reason == NETWORK_CLOSED_BY_PEER);
    ck_assert(nodes[1].refused_reason == NETWORK_KEY_REFUSED);
    ck_assert_mem_eq(&nodes[1].refused_key, &nodes[1].peers[0].key, sizeof(struct point));
    ck_assert_uint_ge(nodes[0].dials_failed, 1);
    ck_assert_str_eq(statistics(0, 1)->last_error, "it has seen our key and does not let us in");
    ck_assert_uint_ge(network_refused_count(nodes[1].network, NETWORK_KEY_REFUSED), 2);
    ck_assert_uint_eq(nodes[0].up[1], 0);
    ck_assert_uint_ge(statistics(0, 1)->attempts, 2);
    finish();
}
END_TEST

START_TEST(another_key_than_expected_fails_the_handshake)
{
    prepare(2);
    struct secret_key other = {{9}};
    point_of(&nodes[0].peers[1].key, &other);
    nodes[1].peers[0].host = NULL;
    open_node(&nodes[0]);
    open_node(&nodes[1]);
    AWAIT(nodes[1].refused >= 1 && statistics(0, 1)->last_reason == NETWORK_CLOSED_BY_PEER);
    ck_assert(nodes[1].refused_reason == NETWORK_HANDSHAKE_FAILED);
    ck_assert(no_key_was_proven(&nodes[1]));
    ck_assert_uint_ge(nodes[0].dials_failed, 1);
    ck_assert(strncmp(statistics(0, 1)->last_error, "in the handshake: ", 18) == 0);
    ck_assert_uint_eq(nodes[0].up[1] + nodes[1].up[0], 0);
    finish();
}
END_TEST

START_TEST(a_node_of_another_chain_fails_the_handshake)
{
    prepare(2);
    nodes[1].config.prologue = bytes_of_text("souk other chain");
    open_node(&nodes[0]);
    open_node(&nodes[1]);
    AWAIT(nodes[0].refused >= 1 && nodes[1].refused >= 1);
    ck_assert(nodes[0].refused_reason == NETWORK_HANDSHAKE_FAILED);
    ck_assert(nodes[1].refused_reason == NETWORK_HANDSHAKE_FAILED);
    finish();
}
END_TEST

START_TEST(reconnects_after_the_other_node_came_back)
{
    prepare(2);
    open_pair();
    for (uint32_t round = 0; round < 3; round++) {
        close_node(&nodes[1]);
        ck_assert(nodes[1].reasons[0] == NETWORK_SHUTDOWN);
        AWAIT(!is_up(&nodes[0], 1));
        /* A ping that the other side did not read any more turns its close into a reset. */
        ck_assert(nodes[0].reasons[1] == NETWORK_CLOSED_BY_PEER ||
                  nodes[0].reasons[1] == NETWORK_BROKEN);
        AWAIT(statistics(0, 1)->last_reason == NETWORK_CONNECT_FAILED);
        open_node(&nodes[1]);
        AWAIT(is_up(&nodes[0], 1) && is_up(&nodes[1], 0));
    }
    ck_assert_uint_ge(statistics(0, 1)->connections, 4);
    finish();
}
END_TEST

START_TEST(a_frame_over_its_cap_closes_the_connection_with_the_reason)
{
    prepare(2);
    nodes[0].table.types[SMALL].size_max = 1000;
    open_pair();
    ck_assert(network_send(nodes[0].network, 1, SMALL, bytes_of_text("12345678901")) == NETWORK_OK);
    AWAIT(nodes[1].down[0] == 1 && nodes[0].down[1] == 1);
    ck_assert(nodes[1].reasons[0] == NETWORK_FRAME_TOO_LONG);
    ck_assert_uint_eq(nodes[1].frames, 0);
    AWAIT(is_up(&nodes[0], 1) && is_up(&nodes[1], 0));
    finish();
}
END_TEST

START_TEST(a_frame_of_unknown_type_closes_the_connection_with_the_reason)
{
    prepare(2);
    open_pair();
    ck_assert(network_send(nodes[0].network, 1, 99, bytes_of_text("")) == NETWORK_OK);
    AWAIT(nodes[1].down[0] == 1);
    ck_assert(nodes[1].reasons[0] == NETWORK_FRAME_UNKNOWN);
    finish();
}
END_TEST

START_TEST(a_full_queue_drops_the_connection)
{
    static uint8_t text[10000];
    enum network_status status = NETWORK_OK;
    uint32_t sent = 0;
    prepare(2);
    nodes[0].config.queue_max = 65536;
    open_pair();
    while (status == NETWORK_OK) {
        status = network_send(nodes[0].network, 1, DATA, BYTES_OF(text));
        sent++;
    }
    ck_assert(status == NETWORK_QUEUE_FULL);
    ck_assert_uint_eq(sent, 7); /* six times 10005 bytes fit */
    ck_assert_uint_eq(statistics(0, 1)->queue_size, 60030);
    ck_assert_uint_eq(nodes[0].down[1], 0); /* never from inside a call */
    ck_assert(network_send(nodes[0].network, 1, SMALL, bytes_of_text("")) == NETWORK_NOT_CONNECTED);
    AWAIT(nodes[0].down[1] == 1);
    ck_assert(nodes[0].reasons[1] == NETWORK_QUEUE_EXCEEDED);
    finish();
}
END_TEST

START_TEST(a_peer_over_its_budget_of_frames_has_to_wait)
{
    prepare(2);
    nodes[1].config.in_frames_max = 1000;
    open_pair();
    uint64_t begin_ms = uv_now(&loop);
    for (uint32_t i = 0; i < 1300; i++) {
        ck_assert(network_send(nodes[0].network, 1, SMALL, bytes_of_text("1")) == NETWORK_OK);
    }
    AWAIT(nodes[1].frames == 1300);
    ck_assert(network_send(nodes[0].network, 1, SMALL, bytes_of_text("2")) == NETWORK_OK);
    AWAIT(nodes[1].frames == 1301);
    ck_assert_uint_ge(uv_now(&loop) - begin_ms, 250);
    ck_assert_uint_ge(statistics(1, 0)->pauses, 1);
    ck_assert_uint_eq(nodes[1].down[0], 0);
    finish();
}
END_TEST

START_TEST(a_peer_over_its_budget_of_bytes_has_to_wait)
{
    static uint8_t text[300000];
    prepare(2);
    nodes[1].config.in_bytes_max = 200000;
    open_pair();
    uint64_t begin_ms = uv_now(&loop);
    ck_assert(network_send(nodes[0].network, 1, DATA, BYTES_OF(text)) == NETWORK_OK);
    AWAIT(nodes[1].frames == 1);
    ck_assert_uint_ge(uv_now(&loop) - begin_ms, 150);
    ck_assert_uint_ge(statistics(1, 0)->pauses, 1);
    finish();
}
END_TEST

START_TEST(a_dropped_peer_comes_back_later)
{
    prepare(2);
    open_pair();
    network_drop(nodes[0].network, 1);
    ck_assert_uint_eq(nodes[0].down[1], 0);
    AWAIT(nodes[0].down[1] == 1 && nodes[1].down[0] == 1);
    ck_assert(nodes[0].reasons[1] == NETWORK_DROPPED);
    AWAIT(is_up(&nodes[0], 1) && is_up(&nodes[1], 0));
    finish();
}
END_TEST

START_TEST(a_peer_that_is_not_permitted_any_more_is_dropped_and_kept_out)
{
    prepare(2);
    open_pair(); /* node 0 dials */
    network_permit(nodes[1].network, 0, false);
    network_permit(nodes[1].network, 0, false);
    ck_assert_uint_eq(nodes[1].down[0], 0); /* never from inside a call */
    AWAIT(nodes[1].down[0] == 1 && nodes[0].down[1] == 1);
    ck_assert(nodes[1].reasons[0] == NETWORK_KEY_REFUSED);
    AWAIT(network_refused_count(nodes[1].network, NETWORK_KEY_REFUSED) >= 2);
    ck_assert(!is_up(&nodes[1], 0));
    network_permit(nodes[1].network, 0, true);
    AWAIT(is_up(&nodes[1], 0) && is_up(&nodes[0], 1));
    network_permit(nodes[0].network, 1, false); /* the side that dials stops dialling */
    AWAIT(nodes[1].down[0] == 2);
    uint64_t attempts = statistics(0, 1)->attempts;
    network_permit(nodes[0].network, 1, true);
    AWAIT(is_up(&nodes[0], 1) && statistics(0, 1)->attempts > attempts);
    finish();
}
END_TEST

START_TEST(a_silent_peer_is_noticed_and_pings_keep_a_quiet_one)
{
    uv_loop_t other;
    prepare(2);
    ck_assert(uv_loop_init(&other) == 0);
    for (uint32_t i = 0; i < 2; i++) {
        nodes[i].config.ping_interval_ms = 20;
        nodes[i].config.idle_timeout_ms = 1000;
    }
    nodes[1].loop = &other;
    nodes[1].peers[0].host = NULL;
    open_node(&nodes[0]);
    open_node(&nodes[1]);
    AWAIT(uv_run(&other, UV_RUN_NOWAIT) >= 0 && is_up(&nodes[0], 1));
    uint64_t begin_ms = uv_now(&loop);
    AWAIT(uv_run(&other, UV_RUN_NOWAIT) >= 0 && uv_now(&loop) - begin_ms > 1300);
    ck_assert_uint_eq(nodes[0].down[1], 0);
    ck_assert_uint_gt(statistics(0, 1)->round_trip_us, 0);
    AWAIT(nodes[0].down[1] == 1); /* the other loop stands still */
    ck_assert(nodes[0].reasons[1] == NETWORK_IDLE);
    close_node(&nodes[0]);
    network_close(nodes[1].network, on_closed, &nodes[1]);
    (void)uv_run(&other, UV_RUN_DEFAULT);
    ck_assert(nodes[1].closed && uv_loop_close(&other) == 0);
    finish();
}
END_TEST

/* A plain socket that is connected to a node. */
static int dial_raw(const struct node *node)
{
    struct sockaddr_in address = loopback(node->port);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert(connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0);
    return descriptor;
}

/* Class 33 of docs/testing.md: CometBFT pull request 5433, issue 3519. */
START_TEST(a_handshake_that_takes_too_long_is_ended)
{
    prepare(1);
    nodes[0].config.handshake_timeout_ms = 30;
    open_node(&nodes[0]);
    int silent = dial_raw(&nodes[0]);
    AWAIT(nodes[0].refused == 1);
    ck_assert(nodes[0].refused_reason == NETWORK_HANDSHAKE_SLOW);
    ck_assert(close(silent) == 0);
    finish();
}
END_TEST

/* Class 33 of docs/testing.md: CometBFT pull request 5433, issue 3519. */
START_TEST(silent_connections_cannot_keep_a_peer_out)
{
    int silent[20];
    prepare(2);
    nodes[0].config.handshakes_max = 3;
    nodes[0].peers[1].host = NULL;
    open_node(&nodes[0]);
    for (size_t i = 0; i < ARRAY_COUNT(silent); i++) {
        silent[i] = dial_raw(&nodes[0]);
    }
    AWAIT(nodes[0].refused == ARRAY_COUNT(silent) - 3);
    open_node(&nodes[1]);
    AWAIT(is_up(&nodes[0], 1) && is_up(&nodes[1], 0));
    for (size_t i = 0; i < ARRAY_COUNT(silent); i++) {
        ck_assert(close(silent[i]) == 0);
    }
    finish();
}
END_TEST

START_TEST(noise_that_is_none_fails_the_handshake)
{
    static const uint8_t garbage[50] = {0, 2, 1};
    prepare(1);
    open_node(&nodes[0]);
    int raw = dial_raw(&nodes[0]);
    ck_assert(send(raw, garbage, sizeof(garbage), 0) == (ssize_t)sizeof(garbage));
    AWAIT(nodes[0].refused == 1);
    ck_assert(nodes[0].refused_reason == NETWORK_HANDSHAKE_FAILED);
    ck_assert(close(raw) == 0);
    finish();
}
END_TEST

START_TEST(a_host_may_be_a_name)
{
    prepare(2);
    nodes[0].peers[1].host = "localhost";
    open_pair();
    ck_assert(statistics(0, 1)->dialled_by_us);
    finish();
}
END_TEST

START_TEST(a_wrong_configuration_is_named)
{
    struct network *network;
    prepare(2);
    open_node(&nodes[0]);
    nodes[1].config.listen_host = "no address";
    ck_assert(network_open(&network, &loop, &nodes[1].config) == NETWORK_ADDRESS);
    ck_assert(network == NULL);
    nodes[1].config.listen_host = "127.0.0.1";
    nodes[1].config.listen_port = nodes[0].port;
    ck_assert(network_open(&network, &loop, &nodes[1].config) == NETWORK_LISTEN);
    nodes[1].peers[1].key = nodes[1].peers[0].key;
    ck_assert(network_open(&network, &loop, &nodes[1].config) == NETWORK_PEER_TWICE);
    nodes[1].peers[1].key.bytes[0] = 7;
    ck_assert(network_open(&network, &loop, &nodes[1].config) == NETWORK_PEER_KEY);
    finish();
}
END_TEST

START_TEST(closes_cleanly_at_any_moment)
{
    static uint8_t text[100000];
    prepare(4);
    for (uint32_t turns = 0; turns < 40; turns++) {
        for (uint32_t i = 0; i < 4; i++) {
            open_node(&nodes[i]);
        }
        for (uint32_t i = 0; i < turns; i++) {
            (void)uv_run(&loop, UV_RUN_NOWAIT);
            (void)network_broadcast(nodes[0].network, DATA, BYTES_OF(text));
        }
        for (uint32_t i = 0; i < 4; i++) {
            network_close(nodes[i].network, on_closed, &nodes[i]);
        }
        AWAIT(nodes[0].closed && nodes[1].closed && nodes[2].closed && nodes[3].closed);
    }
    finish();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("network");
    tcase_add_test(tests, two_nodes_shake_hands_and_exchange_frames);
    tcase_add_test(tests, four_nodes_make_a_mesh_with_one_connection_for_each_pair);
    tcase_add_test(tests, crossing_connections_leave_the_one_of_the_smaller_key);
    tcase_add_test(tests, frames_of_one_turn_leave_as_one_message);
    tcase_add_test(tests, a_key_outside_the_list_is_refused);
    tcase_add_test(tests, another_key_than_expected_fails_the_handshake);
    tcase_add_test(tests, a_node_of_another_chain_fails_the_handshake);
    tcase_add_test(tests, reconnects_after_the_other_node_came_back);
    tcase_add_test(tests, a_frame_over_its_cap_closes_the_connection_with_the_reason);
    tcase_add_test(tests, a_frame_of_unknown_type_closes_the_connection_with_the_reason);
    tcase_add_test(tests, a_full_queue_drops_the_connection);
    tcase_add_test(tests, a_peer_over_its_budget_of_frames_has_to_wait);
    tcase_add_test(tests, a_peer_over_its_budget_of_bytes_has_to_wait);
    tcase_add_test(tests, a_dropped_peer_comes_back_later);
    tcase_add_test(tests, a_peer_that_is_not_permitted_any_more_is_dropped_and_kept_out);
    tcase_add_test(tests, a_silent_peer_is_noticed_and_pings_keep_a_quiet_one);
    tcase_add_test(tests, a_handshake_that_takes_too_long_is_ended);
    tcase_add_test(tests, silent_connections_cannot_keep_a_peer_out);
    tcase_add_test(tests, noise_that_is_none_fails_the_handshake);
    tcase_add_test(tests, a_host_may_be_a_name);
    tcase_add_test(tests, a_wrong_configuration_is_named);
    tcase_add_test(tests, closes_cleanly_at_any_moment);
    return check_run("network", tests);
}
