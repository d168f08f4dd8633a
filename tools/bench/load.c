#include "tools/bench/load.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "tools/bench/machine.h"
#include "tools/client/http.h"
#include "tools/client/random.h"

#define EXPIRY_BLOCKS   90000 /* of the 100,000 that a pool allows where nothing else is set */
#define SEND_TIMEOUT_MS 20000L
#define ANSWER_MAX      65536
#define FOLLOW_WAIT_MS  500

/* Items by their id, for the follower. */
struct id_entry {
    uint64_t key; /* first bytes of the id */
    size_t item;
};

struct running {
    struct load *load;
    struct id_entry *index;
    uint64_t begin_us;
    pthread_mutex_t lock;  /* of first_fault */
    atomic_size_t decided; /* committed, or never to be */
    atomic_bool sent;      /* all workers are done */
    atomic_bool broken;    /* the follower lost the node */
    struct fault fault;    /* why */
};

struct worker {
    struct running *running;
    uint32_t number;
    pthread_t thread;
};

static void sign_item(struct load_item *item, const struct bench_accounts *accounts,
                      const struct chain_info *chain)
{
    struct bench_account *from = &accounts->list[item->account];
    const struct bench_account *to = &accounts->list[(item->account + 1) % accounts->count];
    const struct transfer_operand operand = {.to = to->address, .amount = 1};
    struct buffer program = {0};
    struct buffer envelope = {0};
    uint8_t random32[32];
    submit_program(&program, &(struct submit_native){NATIVE_TRANSFER, &operand}, 1);
    struct transaction transaction = {
        .chain_id = chain->chain_id,
        .nonce = from->nonce++,
        .gas_limit = accounts->gas_limit,
        .gas_price = accounts->gas_price,
        .expires_at = chain->height + EXPIRY_BLOCKS,
        .program = buffer_bytes(&program),
    };
    random_fill(random32, sizeof(random32));
    transaction_sign(&transaction, (struct bytes){0}, &from->key, random32);
    transaction_id(&item->id, &transaction);
    transaction_write_envelope(&envelope, &transaction, (struct bytes){0});
    item->envelope = memory_new(2 * envelope.size + 1);
    hex_encode(item->envelope, buffer_bytes(&envelope));
    buffer_close(&program);
    buffer_close(&envelope);
}

void load_sign(struct load *load, const struct bench_accounts *accounts,
               const struct chain_info *chain, const uint64_t *due_us)
{
    load->items = memory_new(load->count * sizeof(*load->items));
    for (size_t i = 0; i < load->count; i++) {
        load->items[i].due_us = due_us[i];
        load->items[i].account = (uint32_t)(i % accounts->count);
        sign_item(&load->items[i], accounts, chain);
    }
}

void load_close(struct load *load)
{
    for (size_t i = 0; load->items != NULL && i < load->count; i++) {
        free(load->items[i].envelope);
    }
    free(load->items);
    load->items = NULL;
}

static uint64_t key_of(const uint8_t id[32])
{
    uint64_t key;
    memcpy(&key, id, sizeof(key));
    return key;
}

static int compare_entries(const void *a, const void *b)
{
    uint64_t left = ((const struct id_entry *)a)->key;
    uint64_t right = ((const struct id_entry *)b)->key;
    return left < right ? -1 : left > right;
}

static void make_index(struct running *running)
{
    const struct load *load = running->load;
    running->index = memory_new(load->count * sizeof(*running->index));
    for (size_t i = 0; i < load->count; i++) {
        running->index[i] = (struct id_entry){key_of(load->items[i].id.bytes), i};
    }
    qsort(running->index, load->count, sizeof(*running->index), compare_entries);
}

static struct load_item *find_item(const struct running *running, const uint8_t id[32])
{
    const struct id_entry wanted = {.key = key_of(id)};
    const struct id_entry *found = bsearch(&wanted, running->index, running->load->count,
                                           sizeof(*running->index), compare_entries);
    return found == NULL ? NULL : &running->load->items[found->item];
}

/* Workers. */

static void note_fault(struct running *running, const char *text)
{
    (void)pthread_mutex_lock(&running->lock);
    if (running->load->first_fault.text[0] == '\0') {
        (void)fault_set(&running->load->first_fault, "%.400s", text);
    }
    (void)pthread_mutex_unlock(&running->lock);
}

static void wait_until(uint64_t at_us)
{
    const struct timespec at = {.tv_sec = (time_t)(at_us / 1000000),
                                .tv_nsec = (long)(at_us % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
    }
}

/* What a worker sends in one request. */
struct batch {
    struct load_item *items[LOAD_BATCH_MAX];
    uint32_t count;
    struct buffer body;
    struct buffer answer;
};

static void fill_body(struct batch *batch)
{
    buffer_clear(&batch->body);
    buffer_append_text(&batch->body, batch->count > 1 ? "[" : "");
    for (uint32_t i = 0; i < batch->count; i++) {
        buffer_format(&batch->body,
                      "%s{\"jsonrpc\":\"2.0\",\"id\":%" PRIu32 ",\"method\":\"tx_send\","
                      "\"params\":{\"envelope\":\"",
                      i > 0 ? "," : "", i);
        buffer_append_text(&batch->body, batch->items[i]->envelope);
        buffer_append_text(&batch->body, "\"}}");
    }
    buffer_append_text(&batch->body, batch->count > 1 ? "]" : "");
}

static void take_answer(struct running *running, struct batch *batch, const json_t *answer)
{
    json_int_t place = json_integer_value(json_object_get(answer, "id"));
    if (json_object_get(answer, "result") == NULL) {
        note_fault(running, buffer_text(&batch->answer));
    } else if (place >= 0 && place < (json_int_t)batch->count) {
        batch->items[place]->outcome = LOAD_ACCEPTED;
    }
}

/* Each call of a batch has its own answer, in any order: the id is its place. */
static void take_answers(struct running *running, struct batch *batch)
{
    json_t *json = json_loadb((const char *)batch->answer.data, batch->answer.size, 0, NULL);
    size_t index;
    json_t *one;
    if (!json_is_array(json)) {
        take_answer(running, batch, json);
    }
    json_array_foreach(json, index, one)
    {
        take_answer(running, batch, one);
    }
    json_decref(json);
}

static void send_batch(struct running *running, struct batch *batch, struct http *http,
                       const char *url)
{
    struct fault fault = {""};
    long status = 0;
    fill_body(batch);
    const struct http_call call = {
        .method = "POST",
        .url = url,
        .content_type = "application/json",
        .body = buffer_bytes(&batch->body),
        .timeout_ms = SEND_TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
    };
    uint64_t sent_us = machine_now_us() - running->begin_us;
    bool answered = http_perform(http, &call, &status, &batch->answer, &fault);
    uint64_t answered_us = machine_now_us() - running->begin_us;
    for (uint32_t i = 0; i < batch->count; i++) {
        batch->items[i]->sent_us = sent_us;
        batch->items[i]->answered_us = answered_us;
        batch->items[i]->outcome = answered ? LOAD_REFUSED : LOAD_FAILED;
    }
    if (answered && status == 200) {
        take_answers(running, batch);
    } else {
        note_fault(running, answered ? buffer_text(&batch->answer) : fault.text);
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        if (batch->items[i]->outcome != LOAD_ACCEPTED) {
            (void)atomic_fetch_add(&running->decided, 1);
        }
    }
}

/* The worker's next item from *at on; NULL at the end. */
static struct load_item *next_item(const struct worker *worker, size_t *at)
{
    const struct load *load = worker->running->load;
    while (*at < load->count && load->items[*at].account % load->workers != worker->number) {
        (*at)++;
    }
    return *at < load->count ? &load->items[(*at)++] : NULL;
}

/* Wait for the next one, and take along what is due as well by then: nothing, for who is in time. */
static bool take_batch(const struct worker *worker, size_t *at, struct batch *batch)
{
    const struct load *load = worker->running->load;
    struct load_item *item = next_item(worker, at);
    if (item == NULL) {
        return false;
    }
    wait_until(worker->running->begin_us + item->due_us);
    uint64_t now_us = machine_now_us() - worker->running->begin_us;
    batch->items[0] = item;
    batch->count = 1;
    while (batch->count < load->batch) {
        size_t after = *at;
        item = next_item(worker, &after);
        if (item == NULL || item->due_us > now_us) {
            break;
        }
        batch->items[batch->count++] = item;
        *at = after;
    }
    return true;
}

static void *run_worker(void *context)
{
    const struct worker *worker = context;
    struct load *load = worker->running->load;
    struct http *http = http_new();
    struct batch batch = {.count = 0};
    size_t at = 0;
    const char *url = load->nodes[worker->number % load->node_count];
    while (take_batch(worker, &at, &batch)) {
        send_batch(worker->running, &batch, http, url);
    }
    buffer_close(&batch.body);
    buffer_close(&batch.answer);
    http_free(http);
    return NULL;
}

/* The follower. */

static void take_receipts(struct running *running, const json_t *receipts, uint64_t now_us)
{
    size_t index;
    json_t *receipt;
    size_t found = 0;
    json_array_foreach(receipts, index, receipt)
    {
        uint8_t id[32];
        const char *text = json_string_value(json_object_get(receipt, "transaction_id"));
        struct load_item *item =
            text != NULL && hex_decode(id, sizeof(id), text) ? find_item(running, id) : NULL;
        if (item != NULL && item->committed_us == 0) {
            item->committed_us = now_us;
            item->ok = json_is_true(json_object_get(receipt, "ok"));
            found++;
        }
    }
    (void)atomic_fetch_add(&running->decided, found);
    running->load->blocks += found > 0;
}

/* Read the receipts of the blocks after *height up to `last`, which were there at `now_us`. */
static bool take_blocks(struct running *running, struct rpc *rpc, uint64_t *height, uint64_t last,
                        uint64_t now_us, struct fault *fault)
{
    bool good = true;
    while (good && *height < last) {
        char text[24];
        (void)snprintf(text, sizeof(text), "%" PRIu64, *height + 1);
        json_t *answer = rpc_call(rpc, "chain_receipts", json_pack("{s:s}", "height", text), fault);
        good = answer != NULL;
        if (good) {
            take_receipts(running, json_object_get(answer, "receipts"), now_us);
            (*height)++;
        }
        json_decref(answer);
    }
    return good;
}

static bool await_block(struct rpc *rpc, uint64_t height, uint64_t *last, struct fault *fault)
{
    char cursor[64];
    (void)snprintf(cursor, sizeof(cursor), "%" PRIu64 ".%" PRIu32 ".%" PRIu32, height, UINT32_MAX,
                   UINT32_MAX);
    json_t *answer = rpc_call_within(
        rpc, "events_list",
        json_pack("{s:s, s:i, s:i}", "after", cursor, "limit", 1, "wait_ms", FOLLOW_WAIT_MS),
        FOLLOW_WAIT_MS + 20000, fault);
    bool good = answer != NULL && rpc_u64(last, answer, "height", fault);
    json_decref(answer);
    return good;
}

static bool follow_ends(struct running *running)
{
    const struct load *load = running->load;
    uint64_t now_us = machine_now_us() - running->begin_us;
    return atomic_load(&running->decided) >= load->count ||
           (atomic_load(&running->sent) &&
            now_us > load->items[load->count - 1].due_us + load->drain_us);
}

static void *run_follower(void *context)
{
    struct running *running = context;
    struct rpc *rpc = rpc_new(running->load->nodes[0]);
    uint64_t height = running->load->first_height;
    while (!follow_ends(running)) {
        uint64_t last = height;
        bool good = await_block(rpc, height, &last, &running->fault);
        uint64_t now_us = machine_now_us() - running->begin_us;
        if (!good || !take_blocks(running, rpc, &height, last, now_us, &running->fault)) {
            atomic_store(&running->broken, true);
            break;
        }
    }
    rpc_free(rpc);
    return NULL;
}

bool load_run(struct load *load, struct fault *fault)
{
    struct running running = {.load = load};
    pthread_t follower;
    struct worker *workers = memory_new(load->workers * sizeof(*workers));
    (void)pthread_mutex_init(&running.lock, NULL);
    make_index(&running);
    running.begin_us = machine_now_us();
    int failed = pthread_create(&follower, NULL, run_follower, &running);
    assert(failed == 0 && "threads are to be had");
    for (uint32_t i = 0; i < load->workers; i++) {
        workers[i] = (struct worker){.running = &running, .number = i};
        failed = pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]);
        assert(failed == 0 && "threads are to be had");
    }
    for (uint32_t i = 0; i < load->workers; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    atomic_store(&running.sent, true);
    (void)pthread_join(follower, NULL);
    (void)pthread_mutex_destroy(&running.lock);
    free(running.index);
    free(workers);
    return !atomic_load(&running.broken) || fault_set(fault, "%s", running.fault.text);
}
