#include "consensus/compact.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "consensus/compact_state.h"
#include "tests/lib/check_run.h"

enum { LEADER = 3, OTHER = 5, ITEMS = 10 };

/* A proposal of ITEMS items, and a pool that has some of them. */
static struct buffer wire;
static struct buffer brief;
static struct hash ids[ITEMS];
static struct buffer items[ITEMS];
static bool held[ITEMS];
static struct compact *compact;
static struct compact_result result;

static void make_wire(struct buffer *out, uint64_t height, uint32_t round)
{
    struct message *message = memory_new(sizeof(*message));
    struct buffer body = {0};
    for (size_t i = 0; i < ITEMS; i++) {
        bcs_write_bytes(&body, buffer_bytes(&items[i]));
    }
    message->vote = (struct vote){
        .type = VOTE_PROPOSE, .sender = 1, .height = height, .round = round, .digest = {{7, 8, 9}}};
    message->block.header.height = height;
    message->block.body = buffer_bytes(&body);
    message->has_block = true;
    buffer_clear(out);
    message_encode(out, message);
    buffer_close(&body);
    free(message);
}

static void setup(void)
{
    for (size_t i = 0; i < ITEMS; i++) {
        buffer_format(&items[i], "item %zu of a body", i);
        hash_plain(&ids[i], buffer_bytes(&items[i]));
        held[i] = true;
    }
    make_wire(&wire, 4, 0);
    ck_assert(compact_write(&brief, buffer_bytes(&wire), ids, ITEMS));
    compact = compact_new();
}

static void teardown(void)
{
    for (size_t i = 0; i < ITEMS; i++) {
        buffer_close(&items[i]);
    }
    buffer_close(&wire);
    buffer_close(&brief);
    compact_free(compact);
}

static void walk(void *context, void (*each)(void *data, const struct hash *id, struct bytes item),
                 void *data)
{
    const struct hash *twice = context;
    static const struct hash foreign = {{99}};
    each(data, &foreign, bytes_of_text("of nobody"));
    for (size_t i = 0; i < ITEMS; i++) {
        if (held[i]) {
            each(data, &ids[i], buffer_bytes(&items[i]));
        }
    }
    if (twice != NULL) {
        each(data, twice, bytes_of_text("another with the same short id"));
    }
}

static const struct compact_pool pool = {NULL, walk};

static void receive(void)
{
    compact_receive(compact, LEADER, buffer_bytes(&brief), &pool, &result);
}

static void lack(size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        held[i] = false;
    }
}

static void assert_whole(uint32_t fetched)
{
    ck_assert_int_eq(result.outcome, COMPACT_WHOLE);
    ck_assert(bytes_equal(result.bytes, buffer_bytes(&wire)));
    ck_assert_uint_eq(result.peer, LEADER);
    ck_assert_uint_eq(result.count, ITEMS);
    ck_assert_uint_eq(result.fetched, fetched);
}

static void assert_ask(uint32_t peer, bool all)
{
    ck_assert_int_eq(result.outcome, COMPACT_ASK);
    ck_assert_uint_eq(result.peer, peer);
    ck_assert_int_eq(result.all, all);
    ck_assert(compact_waits(compact, 4));
}

/* What another replica, that has the proposal, says to what was just asked. */
static void answer(struct buffer *out, bool own)
{
    struct compact *another = compact_new();
    struct compact_result said;
    compact_keep(another, buffer_bytes(&wire), own);
    compact_answer(another, result.bytes, &said);
    ck_assert_int_eq(said.outcome, result.all ? COMPACT_WHOLE : COMPACT_ASK);
    buffer_clear(out);
    buffer_append(out, said.bytes);
    compact_free(another);
}

START_TEST(a_pool_that_has_all_gives_the_proposal_byte_for_byte)
{
    ck_assert_uint_lt(brief.size, wire.size);
    receive();
    assert_whole(0);
    receive();
    ck_assert_int_eq(result.outcome, COMPACT_NOTHING);
}
END_TEST

START_TEST(what_the_pool_lacks_is_asked_for_by_its_place)
{
    struct buffer said = {0};
    lack(2, 2);
    lack(9, 1);
    receive();
    assert_ask(LEADER, false);
    answer(&said, true);
    compact_take(compact, OTHER, buffer_bytes(&said), &result);
    ck_assert_int_eq(result.outcome, COMPACT_NOTHING);
    compact_take(compact, LEADER, buffer_bytes(&said), &result);
    assert_whole(3);
    ck_assert(!compact_waits(compact, 4));
    buffer_close(&said);
}
END_TEST

START_TEST(a_pool_that_lacks_most_asks_for_all)
{
    struct buffer said = {0};
    lack(0, 6);
    receive();
    assert_ask(LEADER, true);
    answer(&said, true);
    ck_assert(bytes_equal(buffer_bytes(&said), buffer_bytes(&wire)));
    buffer_close(&said);
}
END_TEST

START_TEST(a_proposer_that_never_answers_is_asked_for_all_and_then_others_for_items)
{
    struct buffer said = {0};
    lack(1, 1);
    receive();
    assert_ask(LEADER, false);
    compact_expire(compact, 4, OTHER, &result);
    assert_ask(LEADER, true);
    compact_expire(compact, 4, OTHER, &result);
    assert_ask(OTHER, false);
    answer(&said, false);
    compact_take(compact, OTHER, buffer_bytes(&said), &result);
    assert_whole(1);
    buffer_close(&said);
}
END_TEST

START_TEST(asking_ends)
{
    lack(1, 1);
    receive();
    for (uint32_t asks = 1; asks < COMPACT_ASKS_MAX; asks++) {
        ck_assert_int_eq(result.outcome, COMPACT_ASK);
        compact_expire(compact, 4, OTHER, &result);
    }
    compact_expire(compact, 4, OTHER, &result);
    ck_assert_int_eq(result.outcome, COMPACT_GIVE_UP);
    ck_assert(!compact_waits(compact, 4));
    compact_expire(compact, 4, OTHER, &result);
    ck_assert_int_eq(result.outcome, COMPACT_NOTHING);
}
END_TEST

/* Both have the short id, so neither is taken. */
START_TEST(items_of_a_pool_that_collide_are_asked_for)
{
    const struct compact_pool two = {&ids[4], walk};
    compact_receive(compact, LEADER, buffer_bytes(&brief), &two, &result);
    assert_ask(LEADER, false);
    struct buffer said = {0};
    answer(&said, true);
    compact_take(compact, LEADER, buffer_bytes(&said), &result);
    assert_whole(1);
    buffer_close(&said);
}
END_TEST

START_TEST(a_proposal_with_one_id_twice_is_asked_for_whole)
{
    struct hash same[ITEMS];
    memcpy(same, ids, sizeof(same));
    same[7] = same[2];
    buffer_clear(&brief);
    ck_assert(compact_write(&brief, buffer_bytes(&wire), same, ITEMS));
    receive();
    assert_ask(LEADER, true);
    compact_expire(compact, 4, OTHER, &result);
    ck_assert_int_eq(result.outcome, COMPACT_GIVE_UP);
}
END_TEST

/* Class 26 of docs/testing.md, celo issues 182 and 183: ids are the leader's to choose, and a table that they all fall into one end of would
 * cost their number squared. */
START_TEST(ids_that_were_chosen_to_collide_cost_no_more_than_others)
{
    struct buffer chosen = {0};
    struct bcs_reader reader;
    struct timespec begin;
    struct timespec end;
    bcs_reader_init(&reader, buffer_bytes(&brief));
    bcs_write_bytes(&chosen, bcs_read_bytes(&reader, COMPACT_REST_MAX));
    bcs_write_length(&chosen, COMPACT_COUNT_MAX);
    for (uint64_t i = 0; i < COMPACT_COUNT_MAX; i++) {
        bcs_write_u64(&chosen, i << 32);
    }
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    compact_receive(compact, LEADER, buffer_bytes(&chosen), &pool, &result);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    assert_ask(LEADER, true);
    int64_t ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    ck_assert_int_lt(ms, 200);
    buffer_close(&chosen);
}
END_TEST

/* Ids of other items than the body's: what comes out does not verify. */
START_TEST(a_proposal_that_came_out_wrong_is_asked_for_whole_once)
{
    receive();
    assert_whole(0);
    compact_refuse(compact, 4, &result);
    ck_assert_int_eq(result.outcome, COMPACT_ASK);
    ck_assert(result.all);
    compact_refuse(compact, 4, &result);
    ck_assert_int_eq(result.outcome, COMPACT_GIVE_UP);
    compact_refuse(compact, 4, &result);
    ck_assert_int_eq(result.outcome, COMPACT_NOTHING);
}
END_TEST

START_TEST(a_second_proposal_of_a_height_leaves_the_first_alone)
{
    struct buffer other = {0};
    lack(1, 1);
    receive();
    assert_ask(LEADER, false);
    buffer_append(&other, buffer_bytes(&brief));
    struct vote vote;
    ck_assert(compact_peek(&vote, buffer_bytes(&other)));
    uint8_t *at = memmem(other.data, other.size, vote.digest.bytes, sizeof(vote.digest.bytes));
    at[0] ^= 1; /* another digest, another key: nothing matches */
    compact_receive(compact, LEADER, buffer_bytes(&other), &pool, &result);
    assert_ask(LEADER, true);
    at[0] ^= 2; /* two prove the lie, a third only costs */
    compact_receive(compact, LEADER, buffer_bytes(&other), &pool, &result);
    ck_assert_int_eq(result.outcome, COMPACT_NOTHING);
    compact_expire(compact, 4, OTHER, &result);
    assert_ask(LEADER, true);
    buffer_close(&other);
}
END_TEST

START_TEST(a_decided_height_is_forgotten)
{
    lack(1, 1);
    receive();
    compact_forget(compact, 3);
    ck_assert(compact_waits(compact, 4));
    compact_forget(compact, 4);
    ck_assert(!compact_waits(compact, 4));
    receive();
    compact_close(compact, 6);
    ck_assert(compact_waits(compact, 4));
    compact_close(compact, 4);
    ck_assert(!compact_waits(compact, 4));
}
END_TEST

static void assert_malformed(struct bytes payload)
{
    compact_receive(compact, LEADER, payload, &pool, &result);
    ck_assert_int_eq(result.outcome, COMPACT_MALFORMED);
}

START_TEST(short_forms_that_are_none_are_refused)
{
    struct buffer bad = {0};
    struct vote vote;
    for (size_t size = 0; size < brief.size; size++) {
        struct bytes cut = {brief.data, size};
        ck_assert(!compact_peek(&vote, cut));
        assert_malformed(cut);
    }
    buffer_append(&bad, buffer_bytes(&brief));
    bcs_write_u8(&bad, 0);
    assert_malformed(buffer_bytes(&bad));
    /* With its body, of another type, of a later round. */
    buffer_clear(&bad);
    bcs_write_bytes(&bad, buffer_bytes(&wire));
    bcs_write_length(&bad, 0);
    assert_malformed(buffer_bytes(&bad));
    buffer_clear(&bad);
    buffer_append(&bad, buffer_bytes(&brief));
    bad.data[2] = VOTE_BODY; /* after the two bytes of the length */
    assert_malformed(buffer_bytes(&bad));
    make_wire(&wire, 4, 1);
    buffer_clear(&bad);
    ck_assert(!compact_write(&bad, buffer_bytes(&wire), ids, ITEMS));
    ck_assert_uint_eq(bad.size, 0);
    buffer_close(&bad);
}
END_TEST

START_TEST(ids_that_are_not_of_the_body_are_not_written)
{
    struct buffer out = {0};
    ck_assert(!compact_write(&out, buffer_bytes(&wire), ids, ITEMS - 1));
    ck_assert(!compact_write(&out, buffer_bytes(&wire), ids, COMPACT_COUNT_MAX + 1));
    wire.size -= 100;
    ck_assert(!compact_write(&out, (struct bytes){wire.data, 100}, ids, ITEMS));
    ck_assert_uint_eq(out.size, 0);
}
END_TEST

static void write_head(struct buffer *out, uint8_t digest, uint64_t height, size_t count)
{
    const struct compact_head head = {{{digest, 8, 9}}, height};
    buffer_clear(out);
    schema_write(out, &compact_head_schema, &head);
    bcs_write_length(out, count);
}

static void assert_taken(struct buffer *said, enum compact_outcome outcome)
{
    compact_take(compact, LEADER, buffer_bytes(said), &result);
    ck_assert_int_eq(result.outcome, outcome);
}

START_TEST(wrong_answers_change_nothing)
{
    struct buffer said = {0};
    struct buffer right = {0};
    lack(1, 2);
    receive();
    answer(&right, true);
    write_head(&said, 7, 4, 1); /* fewer than were asked for */
    bcs_write_bytes(&said, buffer_bytes(&items[1]));
    assert_taken(&said, COMPACT_MALFORMED);
    write_head(&said, 7, 4, 2); /* one is missing */
    bcs_write_bytes(&said, buffer_bytes(&items[1]));
    assert_taken(&said, COMPACT_MALFORMED);
    bcs_write_bytes(&said, buffer_bytes(&items[2]));
    bcs_write_u8(&said, 0);
    assert_taken(&said, COMPACT_MALFORMED);
    write_head(&said, 6, 4, 2); /* of another block, of another height */
    assert_taken(&said, COMPACT_NOTHING);
    write_head(&said, 7, 6, 2);
    assert_taken(&said, COMPACT_NOTHING);
    said.size = 39;
    assert_taken(&said, COMPACT_MALFORMED);
    ck_assert(compact_waits(compact, 4));
    compact_take(compact, LEADER, buffer_bytes(&right), &result);
    assert_whole(2);
    buffer_close(&said);
    buffer_close(&right);
}
END_TEST

START_TEST(a_body_that_is_too_large_is_asked_for_whole)
{
    struct buffer said = {0};
    lack(1, 1);
    receive();
    write_head(&said, 7, 4, 1);
    bcs_write_length(&said, BLOCK_BODY_SIZE_MAX - 150);
    buffer_reserve(&said, BLOCK_BODY_SIZE_MAX);
    memset(said.data + said.size, 1, BLOCK_BODY_SIZE_MAX - 150);
    said.size += BLOCK_BODY_SIZE_MAX - 150;
    assert_taken(&said, COMPACT_ASK);
    assert_ask(LEADER, true);
    compact_expire(compact, 4, OTHER, &result);
    ck_assert_int_eq(result.outcome, COMPACT_GIVE_UP);
    buffer_close(&said);
}
END_TEST

/* The ids are a leader's lie: items of the pool besides those of the body. Who answers with what was asked for is
 * not to blame for what that makes together. */
START_TEST(items_that_are_more_than_a_body_with_the_others_are_nobodys_lie)
{
    const size_t size = BLOCK_BODY_SIZE_MAX - 100;
    struct buffer said = {0};
    lack(1, 2);
    receive();
    write_head(&said, 7, 4, 2);
    bcs_write_length(&said, size);
    buffer_reserve(&said, size + 64);
    memset(said.data + said.size, 1, size);
    said.size += size;
    bcs_write_bytes(&said, buffer_bytes(&items[2]));
    assert_taken(&said, COMPACT_ASK);
    assert_ask(LEADER, true);
    buffer_clear(&said);
    answer(&said, true);
    ck_assert(bytes_equal(buffer_bytes(&said), buffer_bytes(&wire)));
    buffer_close(&said);
}
END_TEST

static void assert_answer(struct buffer *question, enum compact_outcome outcome)
{
    compact_answer(compact, buffer_bytes(question), &result);
    ck_assert_int_eq(result.outcome, outcome);
}

START_TEST(questions_are_answered_from_what_is_kept)
{
    struct buffer question = {0};
    write_head(&question, 7, 4, 0);
    assert_answer(&question, COMPACT_NOTHING);
    compact_keep(compact, buffer_bytes(&wire), false);
    assert_answer(&question, COMPACT_NOTHING); /* only the proposer's own comes whole */
    compact_keep(compact, buffer_bytes(&wire), true);
    assert_answer(&question, COMPACT_WHOLE);
    write_head(&question, 6, 4, 0);
    assert_answer(&question, COMPACT_NOTHING);
    write_head(&question, 7, 4, 2); /* places must ascend */
    bcs_write_u32(&question, 3);
    bcs_write_u32(&question, 3);
    assert_answer(&question, COMPACT_MALFORMED);
    /* A leader that names more ids than its body has makes an honest replica ask for them. */
    write_head(&question, 7, 4, 2);
    bcs_write_u32(&question, 3);
    bcs_write_u32(&question, ITEMS);
    assert_answer(&question, COMPACT_NOTHING);
    write_head(&question, 7, 4, 2);
    bcs_write_u32(&question, 0);
    assert_answer(&question, COMPACT_MALFORMED);
    write_head(&question, 7, 4, COMPACT_COUNT_MAX + 1);
    assert_answer(&question, COMPACT_MALFORMED);
    make_wire(&wire, 6, 0); /* takes the place of height 4 */
    compact_keep(compact, buffer_bytes(&wire), true);
    write_head(&question, 7, 4, 0);
    assert_answer(&question, COMPACT_NOTHING);
    buffer_close(&question);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("compact");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_pool_that_has_all_gives_the_proposal_byte_for_byte);
    tcase_add_test(tests, what_the_pool_lacks_is_asked_for_by_its_place);
    tcase_add_test(tests, a_pool_that_lacks_most_asks_for_all);
    tcase_add_test(tests, a_proposer_that_never_answers_is_asked_for_all_and_then_others_for_items);
    tcase_add_test(tests, asking_ends);
    tcase_add_test(tests, items_of_a_pool_that_collide_are_asked_for);
    tcase_add_test(tests, a_proposal_with_one_id_twice_is_asked_for_whole);
    tcase_add_test(tests, ids_that_were_chosen_to_collide_cost_no_more_than_others);
    tcase_add_test(tests, a_proposal_that_came_out_wrong_is_asked_for_whole_once);
    tcase_add_test(tests, a_second_proposal_of_a_height_leaves_the_first_alone);
    tcase_add_test(tests, a_decided_height_is_forgotten);
    tcase_add_test(tests, short_forms_that_are_none_are_refused);
    tcase_add_test(tests, ids_that_are_not_of_the_body_are_not_written);
    tcase_add_test(tests, wrong_answers_change_nothing);
    tcase_add_test(tests, a_body_that_is_too_large_is_asked_for_whole);
    tcase_add_test(tests, items_that_are_more_than_a_body_with_the_others_are_nobodys_lie);
    tcase_add_test(tests, questions_are_answered_from_what_is_kept);
    return check_run("compact", tests);
}
