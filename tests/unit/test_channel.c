#include "p2p/channel.h"

#include <string.h>

#include "tests/lib/check_run.h"

struct pair {
    struct channel a; /* dials */
    struct channel b;
    struct buffer from_a;
    struct buffer from_b;
};

static void start(struct pair *pair)
{
    struct secret_key keys[4];
    struct point responder;
    memset(pair, 0, sizeof(*pair));
    for (uint8_t i = 0; i < 4; i++) {
        memset(keys[i].bytes, 0x11 * (i + 1), sizeof(keys[i]));
    }
    point_of(&responder, &keys[1]);
    ck_assert(channel_initiate(&pair->a, bytes_of_text("souk"), &keys[0], &keys[2], &responder,
                               &pair->from_a));
    channel_respond(&pair->b, bytes_of_text("souk"), &keys[1], &keys[3]);
}

static void stop(struct pair *pair)
{
    channel_close(&pair->a);
    channel_close(&pair->b);
    buffer_close(&pair->from_a);
    buffer_close(&pair->from_b);
}

/* Move `wire` into a channel in pieces and collect the plain text. */
static enum noise_status move(struct buffer *wire, struct channel *to, struct buffer *reply,
                              struct buffer *plain, size_t piece_max)
{
    size_t offset = 0;
    while (offset < wire->size) {
        size_t left = wire->size - offset;
        struct bytes input = {wire->data + offset, left < piece_max ? left : piece_max};
        offset += input.size;
        while (input.size > 0) {
            struct bytes got;
            enum noise_status status = channel_receive(to, &input, &got, reply);
            if (status != NOISE_OK) {
                return status;
            }
            buffer_append(plain, got);
        }
    }
    buffer_clear(wire);
    return NOISE_OK;
}

static void shake_hands(struct pair *pair, size_t piece_max)
{
    struct buffer plain = {0};
    ck_assert(move(&pair->from_a, &pair->b, &pair->from_b, &plain, piece_max) == NOISE_OK);
    ck_assert(!channel_open(&pair->a) && !channel_open(&pair->b));
    ck_assert(move(&pair->from_b, &pair->a, &pair->from_a, &plain, piece_max) == NOISE_OK);
    ck_assert(channel_open(&pair->a));
    ck_assert(move(&pair->from_a, &pair->b, &pair->from_b, &plain, piece_max) == NOISE_OK);
    ck_assert(channel_open(&pair->b));
    ck_assert_uint_eq(plain.size, 0);
    buffer_close(&plain);
}

START_TEST(carries_texts_of_any_size_for_any_split)
{
    static uint8_t text[200000];
    static const size_t piece_maxes[] = {1, 17, 1000, 65536, 1000000};
    static const size_t sizes[] = {0, 1, 65535, 65536, 200000};
    uint64_t seed = 3;
    check_random_fill(&seed, text, sizeof(text));
    for (size_t i = 0; i < ARRAY_COUNT(piece_maxes); i++) {
        struct pair pair;
        struct buffer plain = {0};
        start(&pair);
        shake_hands(&pair, piece_maxes[i]);
        for (size_t j = 0; j < ARRAY_COUNT(sizes); j++) {
            struct bytes sent = {text, sizes[j]};
            channel_send(&pair.a, &pair.from_a, sent);
            ck_assert(move(&pair.from_a, &pair.b, &pair.from_b, &plain, piece_maxes[i]) ==
                      NOISE_OK);
            ck_assert(bytes_equal(buffer_bytes(&plain), sent));
            buffer_clear(&plain);
            channel_send(&pair.b, &pair.from_b, sent);
            ck_assert(move(&pair.from_b, &pair.a, &pair.from_a, &plain, piece_maxes[i]) ==
                      NOISE_OK);
            ck_assert(bytes_equal(buffer_bytes(&plain), sent));
            buffer_clear(&plain);
        }
        buffer_close(&plain);
        stop(&pair);
    }
}
END_TEST

START_TEST(a_flipped_bit_anywhere_ends_the_channel)
{
    for (size_t at = 0; at < NOISE_HEADER_SIZE + 5 + NOISE_TAG_SIZE; at++) {
        struct pair pair;
        struct buffer plain = {0};
        start(&pair);
        shake_hands(&pair, 100);
        channel_send(&pair.a, &pair.from_a, bytes_of_text("hello"));
        pair.from_a.data[at] ^= 0x40;
        enum noise_status expected = at < NOISE_HEADER_SIZE ? NOISE_BAD_HEADER : NOISE_BAD_MESSAGE;
        ck_assert(move(&pair.from_a, &pair.b, &pair.from_b, &plain, 100) == expected);
        ck_assert_uint_eq(plain.size, 0);
        buffer_close(&plain);
        stop(&pair);
    }
}
END_TEST

START_TEST(text_right_behind_act_3_arrives)
{
    struct pair pair;
    struct buffer plain = {0};
    start(&pair);
    ck_assert(move(&pair.from_a, &pair.b, &pair.from_b, &plain, 100) == NOISE_OK);
    ck_assert(move(&pair.from_b, &pair.a, &pair.from_a, &plain, 100) == NOISE_OK);
    channel_send(&pair.a, &pair.from_a, bytes_of_text("hello"));
    ck_assert(move(&pair.from_a, &pair.b, &pair.from_b, &plain, 1000) == NOISE_OK);
    ck_assert(bytes_equal(buffer_bytes(&plain), bytes_of_text("hello")));
    buffer_close(&plain);
    stop(&pair);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("channel");
    tcase_add_test(tests, carries_texts_of_any_size_for_any_split);
    tcase_add_test(tests, a_flipped_bit_anywhere_ends_the_channel);
    tcase_add_test(tests, text_right_behind_act_3_arrives);
    return check_run("channel", tests);
}
