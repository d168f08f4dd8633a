#include "node/blob_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/frames.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

#define PEERS    3u
#define SEGMENTS 9u
#define SIZE     2102152u /* eight segments and 5000 bytes */
#define QUEUE    256

/* Requests that were sent and are not answered yet. */
static struct {
    uint32_t peer;
    uint32_t segment;
} queue[QUEUE];
static size_t queued;
static uint32_t asked[PEERS]; /* requests so far */
static bool takes[PEERS];     /* can be sent to */

static char directory[FIXTURE_PATH_MAX];
static struct blob_store *store;
static struct blob_fetch *fetch;
static struct blob_writer *completed;
static struct hash root;
static struct hash segments[SEGMENTS];
static uint8_t *data;

static bool send_request(void *context, uint32_t peer, const struct hash *wanted, uint32_t size,
                         uint32_t segment)
{
    (void)context;
    if (!takes[peer]) {
        return false;
    }
    ck_assert(hash_equal(wanted, &root));
    ck_assert_uint_eq(size, SIZE);
    ck_assert_uint_lt(queued, QUEUE);
    queue[queued].peer = peer;
    queue[queued].segment = segment;
    queued++;
    asked[peer]++;
    return true;
}

static void complete(void *context, const struct hash *wanted, struct blob_writer *writer)
{
    (void)context;
    ck_assert(hash_equal(wanted, &root));
    ck_assert_ptr_null(completed);
    completed = writer;
}

static void start(void)
{
    char error[200];
    fixture_directory(directory);
    const struct blob_store_options store_options = {.directory = directory,
                                                     .quota = 3 * (uint64_t)SIZE};
    ck_assert(blob_store_open(&store, &store_options, error, sizeof(error)));
    const struct blob_fetch_options options = {
        .store = store, .peer_count = PEERS, .send = send_request, .complete = complete};
    fetch = blob_fetch_new(&options);
    data = memory_new(SIZE);
    for (uint32_t i = 0; i < SIZE; i++) {
        data[i] = (uint8_t)(i / 4096 * 3 + i);
    }
    merkle_blob_root(&root, (struct bytes){data, SIZE});
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        uint32_t at = i * MERKLE_SEGMENT_SIZE;
        uint32_t left = SIZE - at;
        merkle_segment(
            &segments[i], i,
            (struct bytes){data + at, left < MERKLE_SEGMENT_SIZE ? left : MERKLE_SEGMENT_SIZE});
    }
    queued = 0;
    completed = NULL;
    memset(asked, 0, sizeof(asked));
    for (uint32_t i = 0; i < PEERS; i++) {
        takes[i] = true;
        blob_fetch_peer_up(fetch, i, 1);
    }
}

static void stop(void)
{
    blob_writer_close(completed);
    blob_fetch_free(fetch);
    blob_store_close(store);
    fixture_remove(directory);
    free(data);
}

static void want(void)
{
    ck_assert(blob_fetch_want(fetch, &root, SIZE, false, 1, NULL));
}

static struct bytes answer_to(uint32_t segment)
{
    if (segment == FRAME_BLOB_LIST) {
        return BYTES_OF(segments);
    }
    uint32_t at = segment * MERKLE_SEGMENT_SIZE;
    uint32_t left = SIZE - at;
    return (struct bytes){data + at, left < MERKLE_SEGMENT_SIZE ? left : MERKLE_SEGMENT_SIZE};
}

/* Answer what is queued, also what the answers bring about, as `answer` says: 0 honestly, 1 "I do not
 * have it", 2 wrong bytes, 3 too few, 4 not at all. */
static void answer_all(const unsigned answer[PEERS], uint64_t now_ms, bool expected[PEERS])
{
    for (size_t i = 0; i < queued; i++) {
        uint32_t peer = queue[i].peer;
        uint32_t segment = queue[i].segment;
        struct bytes bytes = answer_to(segment);
        static uint8_t wrong[MERKLE_SEGMENT_SIZE];
        memcpy(wrong, bytes.data, bytes.size);
        wrong[bytes.size - 1] ^= 1;
        if (answer[peer] == 1) {
            bytes.size = 0;
        } else if (answer[peer] == 2) {
            bytes.data = wrong;
        } else if (answer[peer] == 3) {
            bytes.size--;
        }
        if (answer[peer] != 4) {
            bool honest = blob_fetch_receive(fetch, peer, &root, segment, bytes, now_ms);
            expected[peer] = expected[peer] && honest;
        }
    }
    queued = 0;
}

static void finish(void)
{
    ck_assert_ptr_nonnull(completed);
    ck_assert_int_eq(blob_writer_finish(completed), BLOB_OK);
    blob_writer_close(completed);
    completed = NULL;
    blob_fetch_finished(fetch, &root);
    ck_assert(!blob_fetch_wants(fetch, &root));
    struct bytes held;
    ck_assert(blob_store_map(store, &root, &held));
    ck_assert(bytes_equal(held, (struct bytes){data, SIZE}));
    blob_store_unmap(held);
}

START_TEST(fetches_from_several_peers_at_once)
{
    const unsigned answer[PEERS] = {0};
    bool honest[PEERS] = {true, true, true};
    want();
    want(); /* once more is the same */
    ck_assert_uint_eq(blob_fetch_count(fetch), 1);
    ck_assert_uint_eq(queued, 1);
    answer_all(answer, 2, honest);
    finish();
    for (uint32_t i = 0; i < PEERS; i++) {
        ck_assert(honest[i]);
        ck_assert_uint_ge(asked[i], 2);
    }
}
END_TEST

START_TEST(a_liar_is_named_and_asked_for_nothing_more)
{
    for (unsigned how = 2; how <= 3; how++) {
        const unsigned answer[PEERS] = {how, 0, how};
        bool honest[PEERS] = {true, true, true};
        stop();
        start();
        want();
        answer_all(answer, 2, honest);
        ck_assert(!honest[0] && honest[1] && !honest[2]);
        uint32_t before = asked[0];
        blob_fetch_peer_down(fetch, 0, 3);
        blob_fetch_peer_up(fetch, 0, 3);
        blob_fetch_tick(fetch, 100000);
        ck_assert_uint_eq(asked[0], before);
        finish();
    }
}
END_TEST

START_TEST(who_does_not_have_it_is_asked_again_later)
{
    const unsigned nobody[PEERS] = {1, 1, 1};
    const unsigned one[PEERS] = {1, 0, 1};
    bool honest[PEERS] = {true, true, true};
    want();
    answer_all(nobody, 2, honest);
    ck_assert_uint_eq(asked[0] + asked[1] + asked[2], PEERS);
    blob_fetch_tick(fetch, 2 + BLOB_FETCH_AGAIN_MS - 1);
    ck_assert_uint_eq(queued, 0);
    for (uint64_t now_ms = 2 + BLOB_FETCH_AGAIN_MS; completed == NULL; now_ms += 1000) {
        blob_fetch_tick(fetch, now_ms);
        answer_all(one, now_ms, honest);
        ck_assert_uint_lt(now_ms, 100000);
    }
    ck_assert(honest[0] && honest[1] && honest[2]);
    finish();
}
END_TEST

START_TEST(who_is_silent_costs_its_time_alone)
{
    const unsigned answer[PEERS] = {4, 4, 0};
    bool honest[PEERS] = {true, true, true};
    want();
    for (uint64_t now_ms = 2; completed == NULL; now_ms += 500) {
        blob_fetch_tick(fetch, now_ms);
        answer_all(answer, now_ms, honest);
        ck_assert_uint_lt(now_ms, 100000);
    }
    finish();
}
END_TEST

START_TEST(goes_on_where_a_peer_was_lost)
{
    const unsigned answer[PEERS] = {4, 0, 0};
    bool honest[PEERS] = {true, true, true};
    blob_fetch_peer_down(fetch, 1, 1);
    blob_fetch_peer_down(fetch, 2, 1);
    want();
    ck_assert_uint_eq(queued, 1);
    ck_assert(blob_fetch_receive(fetch, 0, &root, FRAME_BLOB_LIST, BYTES_OF(segments), 2));
    ck_assert_uint_eq(queued, 1 + BLOB_FETCH_PEER_MAX);
    ck_assert(
        blob_fetch_receive(fetch, 0, &root, queue[1].segment, answer_to(queue[1].segment), 2));
    queued = 0;
    blob_fetch_peer_down(fetch, 0, 3);
    ck_assert_uint_eq(queued, 0);
    blob_fetch_peer_up(fetch, 1, 4);
    blob_fetch_peer_up(fetch, 2, 4);
    answer_all(answer, 5, honest);
    ck_assert_uint_eq(asked[1] + asked[2], SEGMENTS - 1); /* the list and one segment are here */
    finish();
}
END_TEST

START_TEST(answers_nobody_asked_for_are_dropped)
{
    want();
    uint8_t wrong[32] = {1};
    ck_assert(blob_fetch_receive(fetch, (queue[0].peer + 1) % PEERS, &root, FRAME_BLOB_LIST,
                                 BYTES_OF(wrong), 2));
    ck_assert(blob_fetch_receive(fetch, queue[0].peer, &root, 0, BYTES_OF(wrong), 2));
    ck_assert(blob_fetch_receive(fetch, queue[0].peer, &segments[0], 0, BYTES_OF(wrong), 2));
    ck_assert_uint_eq(blob_fetch_count(fetch), 1);
}
END_TEST

START_TEST(a_want_without_news_is_given_up_and_its_room_is_free)
{
    struct blob_usage usage;
    enum blob_status status = BLOB_OK;
    const struct hash other = {{7}};
    const struct hash another = {{8}};
    want();
    takes[0] = takes[1] = takes[2] = false;
    ck_assert(blob_fetch_want(fetch, &other, SIZE, false, 1, &status));
    ck_assert(blob_fetch_want(fetch, &another, SIZE, false, 1, &status));
    ck_assert(!blob_fetch_want(fetch, &segments[0], SIZE, false, 1, &status));
    ck_assert_int_eq(status, BLOB_QUOTA);
    want();
    blob_fetch_tick(fetch, BLOB_FETCH_PATIENCE_MS);
    ck_assert_uint_eq(blob_fetch_count(fetch), 3);
    blob_fetch_tick(fetch, BLOB_FETCH_PATIENCE_MS + 1);
    ck_assert_uint_eq(blob_fetch_count(fetch), 0);
    blob_store_read_usage(store, &usage);
    ck_assert_uint_eq(usage.open_bytes, 0);
}
END_TEST

START_TEST(a_list_for_another_size_is_no_lie_of_ours)
{
    /* The list of a blob of SIZE bytes does not give the root of one of SIZE - 1. */
    struct hash scratch[SEGMENTS];
    struct hash found;
    memcpy(scratch, segments, sizeof(scratch));
    merkle_segments_root(&found, scratch, SIZE);
    ck_assert(hash_equal(&found, &root));
    memcpy(scratch, segments, sizeof(scratch));
    merkle_segments_root(&found, scratch, SIZE - 1);
    ck_assert(!hash_equal(&found, &root));
}
END_TEST

/* Another blob than the one of these tests, whose bytes nobody has. */
static bool want_other(uint32_t number, bool needed, uint64_t now_ms)
{
    struct hash other = {{1}};
    memcpy(other.bytes + 1, &number, sizeof(number));
    return blob_fetch_want(fetch, &other, 70000, needed, now_ms, NULL);
}

static void take_all_places(bool needed)
{
    for (uint32_t i = 0; i < PEERS; i++) {
        takes[i] = false;
    }
    for (uint32_t i = 0; i < BLOB_FETCH_WANTS_MAX; i++) {
        ck_assert(want_other(i, needed, 100 + i));
    }
}

START_TEST(what_a_block_needs_takes_the_place_of_what_none_does)
{
    take_all_places(false);
    ck_assert(!want_other(1000, false, 200));
    ck_assert(want_other(1001, true, 200));
    ck_assert_uint_eq(blob_fetch_count(fetch), BLOB_FETCH_WANTS_MAX);
    struct hash oldest = {{1}};
    ck_assert(!blob_fetch_wants(fetch, &oldest));
}
END_TEST

/* Whoever goes on needing a blob goes on saying so. */
START_TEST(what_no_block_asks_for_any_more_makes_room)
{
    take_all_places(true);
    ck_assert(!want_other(1000, true, 200));
    ck_assert(want_other(0, true, 590));
    ck_assert(want_other(1000, true, 601)); /* in place of number 1 */
    ck_assert(!want_other(1001, true, 601));
    ck_assert(want_other(0, true, 601));
    ck_assert_uint_eq(blob_fetch_count(fetch), BLOB_FETCH_WANTS_MAX);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("blob_fetch");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, fetches_from_several_peers_at_once);
    tcase_add_test(tests, a_liar_is_named_and_asked_for_nothing_more);
    tcase_add_test(tests, who_does_not_have_it_is_asked_again_later);
    tcase_add_test(tests, who_is_silent_costs_its_time_alone);
    tcase_add_test(tests, goes_on_where_a_peer_was_lost);
    tcase_add_test(tests, answers_nobody_asked_for_are_dropped);
    tcase_add_test(tests, a_want_without_news_is_given_up_and_its_room_is_free);
    tcase_add_test(tests, a_list_for_another_size_is_no_lie_of_ours);
    tcase_add_test(tests, what_a_block_needs_takes_the_place_of_what_none_does);
    tcase_add_test(tests, what_no_block_asks_for_any_more_makes_room);
    return check_run("blob fetch", tests);
}
