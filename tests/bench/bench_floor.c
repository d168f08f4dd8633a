/* The floor under the latency of a block: four processes that only sign, send, check and sync.
 *
 * A client's signed request goes to the leader, which checks and proposes it; everybody checks the
 * proposal, syncs a record, sends PREPARE to all; with a quorum syncs another, sends COMMIT to all;
 * with a quorum of those the leader answers. Nothing is ordered, executed or stored. What a real
 * network takes beyond this, on the same machine in the same minute, is the node's own doing. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/key.h"
#include "node/disk.h"
#include "tests/lib/storage_fixture.h"

#define NODES       4
#define QUORUM      3
#define ROUNDS      400
#define SLOTS       8          /* heights under way */
#define FILE_SIZE   (4u << 20) /* overwritten in a circle, so that a sync changes no metadata */
#define RECORD_SIZE 4096
#define PAUSE_NS    8000000 /* between two requests: low load */

enum kind { REQUEST, PROPOSE, PREPARE, COMMIT, DONE };

struct wire {
    uint32_t kind;
    uint32_t sender;
    uint64_t height;
    struct signature signature;
};

struct slot {
    uint64_t height;
    uint32_t prepares;
    uint32_t commits;
    bool voted;
    bool committed;
    bool decided;
};

struct node {
    uint32_t self;
    uint32_t syncs;         /* on the path of a block */
    int sockets[NODES + 1]; /* by peer; the last is the client's */
    int file;
    uint64_t offset;
    struct slot slots[SLOTS];
};

static struct secret_key secrets[NODES + 1];
static struct public_key keys[NODES + 1];

static uint64_t now_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void must(bool good, const char *what)
{
    if (!good) {
        perror(what);
        _exit(1);
    }
}

static void digest_of(struct hash *out, const struct wire *wire)
{
    uint8_t head[16];
    memcpy(head, wire, sizeof(head));
    hash_tagged(out, "souk/bench/v1", BYTES_OF(head));
}

static void sign(struct wire *out, enum kind kind, uint32_t sender, uint64_t height)
{
    static const uint8_t zeros[32];
    struct hash digest;
    memset(out, 0, sizeof(*out));
    out->kind = kind;
    out->sender = sender;
    out->height = height;
    digest_of(&digest, out);
    signature_make(&out->signature, &secrets[sender], &digest, zeros);
}

static void put(int socket, const struct wire *wire)
{
    must(send(socket, wire, sizeof(*wire), MSG_NOSIGNAL) == (ssize_t)sizeof(*wire), "send");
}

static bool get(int socket, struct wire *out)
{
    ssize_t size = recv(socket, out, sizeof(*out), MSG_WAITALL);
    struct hash digest;
    if (size == 0) {
        return false;
    }
    must(size == (ssize_t)sizeof(*out) && out->sender <= NODES, "recv");
    digest_of(&digest, out);
    must(signature_check(&out->signature, &keys[out->sender], &digest), "signature");
    return true;
}

static void say(struct node *node, enum kind kind, uint64_t height)
{
    struct wire wire;
    sign(&wire, kind, node->self, height);
    for (uint32_t i = 0; i < NODES; i++) {
        if (i != node->self) {
            put(node->sockets[i], &wire);
        }
    }
}

static void record(struct node *node)
{
    static const uint8_t page[RECORD_SIZE] = {1};
    int error = disk_write(node->file, BYTES_OF(page), node->offset);
    must(error == 0 && disk_sync(node->file) == 0, "sync");
    node->offset = (node->offset + RECORD_SIZE) % FILE_SIZE;
}

static void advance(struct node *node, struct slot *slot)
{
    uint32_t self = 1U << node->self;
    if (slot->voted && !slot->committed && __builtin_popcount(slot->prepares) >= QUORUM) {
        slot->committed = true;
        if (node->syncs >= 2) {
            record(node);
        }
        slot->commits |= self;
        say(node, COMMIT, slot->height);
    }
    if (!slot->decided && __builtin_popcount(slot->commits) >= QUORUM) {
        slot->decided = true;
        if (slot->height % NODES == node->self) {
            struct wire done;
            sign(&done, DONE, node->self, slot->height);
            put(node->sockets[NODES], &done);
        }
    }
}

static void take(struct node *node, const struct wire *wire)
{
    struct slot *slot = &node->slots[wire->height % SLOTS];
    uint32_t from = 1U << wire->sender;
    if (slot->height != wire->height) {
        *slot = (struct slot){.height = wire->height};
    }
    if (wire->kind == REQUEST) {
        say(node, PROPOSE, wire->height);
    } else if (wire->kind == PREPARE) {
        slot->prepares |= from;
    } else if (wire->kind == COMMIT) {
        slot->commits |= from;
    }
    if (wire->kind == REQUEST || wire->kind == PROPOSE) {
        if (node->syncs >= 1) {
            record(node);
        }
        slot->voted = true;
        slot->prepares |= 1U << node->self;
        say(node, PREPARE, wire->height);
    }
    advance(node, slot);
}

static void run_node(struct node *node)
{
    struct pollfd polls[NODES + 1];
    for (uint32_t i = 0; i <= NODES; i++) {
        polls[i] = (struct pollfd){.fd = i == node->self ? -1 : node->sockets[i], .events = POLLIN};
    }
    for (;;) {
        must(poll(polls, NODES + 1, -1) > 0, "poll");
        for (uint32_t i = 0; i <= NODES; i++) {
            struct wire wire;
            if ((polls[i].revents & (POLLIN | POLLHUP)) == 0) {
                continue;
            }
            if (!get(node->sockets[i], &wire)) {
                _exit(0); /* the client is done */
            }
            take(node, &wire);
        }
    }
}

/* Two ends of a TCP connection over loopback. */
static void connect_pair(int *a, int *b)
{
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(listener, (struct sockaddr *)&address, size) == 0, "bind");
    must(listen(listener, 1) == 0, "listen");
    must(getsockname(listener, (struct sockaddr *)&address, &size) == 0, "getsockname");
    must(connect(*a, (struct sockaddr *)&address, size) == 0, "connect");
    *b = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    must(*b >= 0, "accept");
    (void)close(listener);
    (void)setsockopt(*a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)setsockopt(*b, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void make_keys(void)
{
    for (uint32_t i = 0; i <= NODES; i++) {
        uint8_t seed[32] = {1, (uint8_t)i, 7};
        must(secret_key_init(&secrets[i], seed), "key");
        public_key_of(&keys[i], &secrets[i]);
    }
}

static int make_file(const char *directory, uint32_t number)
{
    static const uint8_t zeros[FILE_SIZE];
    char name[16];
    char path[FIXTURE_PATH_MAX];
    (void)snprintf(name, sizeof(name), "log%u", number);
    fixture_path(path, directory, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(file >= 0 && disk_write(file, BYTES_OF(zeros), 0) == 0 && disk_sync(file) == 0, path);
    return file;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return *first < *second ? -1 : *first > *second;
}

static void run_client(const int *sockets, uint64_t *spent_ns)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (uint64_t height = 0; height < ROUNDS; height++) {
        struct wire request;
        struct wire done;
        sign(&request, REQUEST, NODES, height + 1);
        (void)nanosleep(&pause, NULL);
        uint64_t begin = now_ns();
        put(sockets[(height + 1) % NODES], &request);
        must(get(sockets[(height + 1) % NODES], &done), "answer");
        spent_ns[height] = now_ns() - begin;
    }
}

static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void bench(const char *directory, uint32_t syncs)
{
    static struct node nodes[NODES];
    static uint64_t spent_ns[ROUNDS];
    int client[NODES];
    double cpu = cpu_seconds();
    memset(nodes, 0, sizeof(nodes));
    for (uint32_t i = 0; i < NODES; i++) {
        nodes[i].self = i;
        nodes[i].syncs = syncs;
        nodes[i].file = make_file(directory, i);
        connect_pair(&client[i], &nodes[i].sockets[NODES]);
        for (uint32_t j = i + 1; j < NODES; j++) {
            connect_pair(&nodes[i].sockets[j], &nodes[j].sockets[i]);
        }
    }
    pid_t processes[NODES];
    for (uint32_t i = 0; i < NODES; i++) {
        processes[i] = fork();
        must(processes[i] >= 0, "fork");
        if (processes[i] == 0) {
            /* The other end of the client's connections must not be kept open here. */
            for (uint32_t j = 0; j < NODES; j++) {
                (void)close(client[j]);
            }
            run_node(&nodes[i]);
        }
    }
    run_client(client, spent_ns);
    for (uint32_t i = 0; i < NODES; i++) {
        (void)close(client[i]);
        for (uint32_t j = 0; j <= NODES; j++) {
            if (j != i) {
                (void)close(nodes[i].sockets[j]);
            }
        }
        (void)close(nodes[i].file);
    }
    for (uint32_t i = 0; i < NODES; i++) {
        (void)waitpid(processes[i], NULL, 0);
    }
    cpu = cpu_seconds() - cpu;
    qsort(spent_ns, ROUNDS, sizeof(spent_ns[0]), by_value);
    size_t middle = ROUNDS / 2;
    size_t tenth = ROUNDS * 9 / 10;
    size_t last = ROUNDS * 99 / 100;
    (void)printf("floor, %u syncs in sequence: p50 %6.3f ms  p90 %6.3f ms  p99 %6.3f ms; "
                 "%.3f ms of CPU, four nodes together\n",
                 syncs, (double)spent_ns[middle] / 1e6, (double)spent_ns[tenth] / 1e6,
                 (double)spent_ns[last] / 1e6, cpu * 1e3 / ROUNDS);
    (void)fflush(stdout);
}

int main(void)
{
    char directory[FIXTURE_PATH_MAX];
    fixture_directory(directory);
    make_keys();
    for (uint32_t syncs = 0; syncs <= 2; syncs++) {
        bench(directory, syncs);
    }
    fixture_remove(directory);
    return 0;
}
