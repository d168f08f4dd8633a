/* What the encrypted network costs over loopback, two nodes in two threads: the round trip of a small
 * frame, and how many frames of one kind arrive in a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "p2p/network.h"

#define ROUND_TRIPS 50000
#define FRAME_SIZE  200
#define TYPE_ECHO   1 /* frame types */
#define TYPE_FLOW   2
#define TYPE_DONE   3
#define QUEUE_LOW   ((size_t)1 << 20)

struct node {
    uv_loop_t loop;
    struct network *network;
    struct secret_key key;
    uint64_t random;
    bool first; /* the one that measures */
    bool up;
    bool finished;
    uint64_t *round_trips_ns;
    uint32_t round_trip_count;
    uint64_t sent_ns;
    uint64_t flow_count; /* frames to send, or received */
    uint64_t flow_left;
    uint32_t flow_size;
    uint64_t flow_ns;
    uv_idle_t pump;
};

static struct node nodes[2];
static uint8_t payload[1 << 16];

static void send_frame(struct node *node, uint8_t type, size_t size)
{
    if (network_send(node->network, node->first ? 1 : 0, type, (struct bytes){payload, size}) !=
        NETWORK_OK) {
        (void)fprintf(stderr, "bench_p2p: the connection is gone\n");
        abort();
    }
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void begin_flow(struct node *node, uint32_t size, uint64_t count);

static double quantile_us(const uint64_t *sorted_ns, size_t permille)
{
    size_t index = permille * ROUND_TRIPS / 1000;
    return (double)sorted_ns[index] / 1e3;
}

static void print_round_trips(struct node *node)
{
    uint64_t *ns = node->round_trips_ns;
    qsort(ns, ROUND_TRIPS, sizeof(*ns), compare_u64);
    printf("round trip, %d bytes: p50 %.1f us, p99 %.1f us, p99.9 %.1f us\n", FRAME_SIZE,
           quantile_us(ns, 500), quantile_us(ns, 990), quantile_us(ns, 999));
}

static void on_echo(struct node *node, size_t size)
{
    if (!node->first) {
        send_frame(node, TYPE_ECHO, size);
        return;
    }
    uint64_t now_ns = uv_hrtime();
    node->round_trips_ns[node->round_trip_count++] = now_ns - node->sent_ns;
    if (node->round_trip_count == ROUND_TRIPS) {
        print_round_trips(node);
        begin_flow(node, FRAME_SIZE, 2000000);
        return;
    }
    node->sent_ns = uv_hrtime();
    send_frame(node, TYPE_ECHO, FRAME_SIZE);
}

/* Keep the queue filled without letting it grow. */
static void on_pump(uv_idle_t *idle)
{
    struct node *node = idle->data;
    while (node->flow_left > 0 && network_statistics(node->network, 1)->queue_size < QUEUE_LOW) {
        send_frame(node, TYPE_FLOW, node->flow_size);
        node->flow_left--;
    }
    if (node->flow_left == 0) {
        send_frame(node, TYPE_DONE, 0);
        (void)uv_idle_stop(idle);
    }
}

static void begin_flow(struct node *node, uint32_t size, uint64_t count)
{
    node->flow_size = size;
    node->flow_count = count;
    node->flow_left = count;
    node->flow_ns = uv_hrtime();
    (void)uv_idle_start(&node->pump, on_pump);
}

static void finish(struct node *node)
{
    node->finished = true;
    uv_close((uv_handle_t *)&node->pump, NULL);
    network_close(node->network, NULL, NULL);
}

static void on_done(struct node *node)
{
    if (!node->first) {
        send_frame(node, TYPE_DONE, 0);
        return;
    }
    double seconds = (double)(uv_hrtime() - node->flow_ns) / 1e9;
    printf("one way, %u bytes: %.0f frames/s, %.0f MB/s\n", node->flow_size,
           (double)node->flow_count / seconds,
           (double)node->flow_count * node->flow_size / seconds / 1e6);
    if (node->flow_size == FRAME_SIZE) {
        begin_flow(node, sizeof(payload), 20000);
    } else {
        finish(node);
    }
}

static void on_frame(void *context, uint32_t peer, uint8_t type, struct bytes bytes)
{
    (void)peer;
    if (type == TYPE_ECHO) {
        on_echo(context, bytes.size);
    } else if (type == TYPE_DONE) {
        on_done(context);
    }
}

static void on_peer_up(void *context, uint32_t peer)
{
    struct node *node = context;
    (void)peer;
    if (node->first && !node->up) {
        node->sent_ns = uv_hrtime();
        send_frame(node, TYPE_ECHO, FRAME_SIZE);
    }
    node->up = true;
}

static void on_peer_down(void *context, uint32_t peer, enum network_reason reason)
{
    struct node *node = context;
    (void)peer;
    if (reason != NETWORK_SHUTDOWN && !node->finished) {
        finish(node);
    }
}

static void on_random(void *context, uint8_t *out, size_t size)
{
    struct node *node = context;
    for (size_t i = 0; i < size; i++) {
        node->random = node->random * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(node->random >> 56);
    }
}

static void open_node(struct node *node, uint16_t port)
{
    struct frame_table table;
    memset(&table, 0, sizeof(table));
    struct network_peer peers[2] = {{.host = NULL}, {.host = NULL}};
    for (uint8_t type = TYPE_ECHO; type <= TYPE_DONE; type++) {
        table.types[type].allowed = true;
        table.types[type].size_max = sizeof(payload);
    }
    for (size_t i = 0; i < 2; i++) {
        point_of(&peers[i].key, &nodes[i].key);
    }
    peers[1].host = node->first ? "127.0.0.1" : NULL;
    peers[1].port = port;
    struct network_config config = {
        .key = &node->key,
        .prologue = bytes_of_text("souk bench"),
        .listen_host = node->first ? NULL : "127.0.0.1",
        .peers = peers,
        .peer_count = 2,
        .table = &table,
        .in_bytes_max = (uint64_t)1 << 40,
        .in_frames_max = (uint64_t)1 << 40,
        .context = node,
        .on_peer_up = on_peer_up,
        .on_peer_down = on_peer_down,
        .on_frame = on_frame,
        .random = on_random,
    };
    (void)uv_loop_init(&node->loop);
    (void)uv_idle_init(&node->loop, &node->pump);
    node->pump.data = node;
    if (network_open(&node->network, &node->loop, &config) != NETWORK_OK) {
        (void)fprintf(stderr, "bench_p2p: cannot listen\n");
        abort();
    }
}

static void run_node(void *context)
{
    struct node *node = context;
    (void)uv_run(&node->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&node->loop);
}

int main(void)
{
    uv_thread_t threads[2];
    for (size_t i = 0; i < 2; i++) {
        nodes[i].key.bytes[31] = (uint8_t)(i + 1);
        nodes[i].random = i + 1;
        nodes[i].first = i == 0;
    }
    nodes[0].round_trips_ns = memory_new(ROUND_TRIPS * sizeof(uint64_t));
    open_node(&nodes[1], 0);
    open_node(&nodes[0], network_port(nodes[1].network));
    for (size_t i = 0; i < 2; i++) {
        if (uv_thread_create(&threads[i], run_node, &nodes[i]) != 0) {
            return EXIT_FAILURE;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        (void)uv_thread_join(&threads[i]);
    }
    free(nodes[0].round_trips_ns);
    return EXIT_SUCCESS;
}
