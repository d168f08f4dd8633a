#include "p2p/frame.h"

#include <string.h>

#include "tests/lib/check_run.h"

#define SIZE_MAX_7 100000

static struct frame_table table(void)
{
    struct frame_table out;
    memset(&out, 0, sizeof(out));
    out.types[7].allowed = true;
    out.types[7].size_max = SIZE_MAX_7;
    out.types[8].allowed = true; /* only without a payload */
    return out;
}

static void fill(uint8_t *out, size_t size, uint64_t seed)
{
    check_random_fill(&seed, out, size);
}

START_TEST(a_frame_is_the_same_for_every_split_of_its_bytes)
{
    struct frame_table rules = table();
    uint8_t payload[40];
    struct buffer wire = {0};
    fill(payload, sizeof(payload), 1);
    frame_write(&wire, 7, BYTES_OF(payload));
    ck_assert_uint_eq(wire.size, FRAME_HEADER_SIZE + sizeof(payload));
    for (size_t cut = 0; cut <= wire.size; cut++) {
        struct frame_reader reader;
        struct frame frame;
        struct bytes input = {wire.data, cut};
        frame_reader_init(&reader, &rules);
        if (cut < wire.size) {
            ck_assert(frame_read(&reader, &input, &frame) == FRAME_MORE);
            ck_assert_uint_eq(input.size, 0);
            input = (struct bytes){wire.data + cut, wire.size - cut};
        }
        ck_assert(frame_read(&reader, &input, &frame) == FRAME_OK);
        ck_assert_uint_eq(frame.type, 7);
        ck_assert(bytes_equal(frame.payload, BYTES_OF(payload)));
        ck_assert(frame_read(&reader, &input, &frame) == FRAME_MORE);
        frame_reader_close(&reader);
    }
    buffer_close(&wire);
}
END_TEST

/* Read `wire` in pieces of at most `piece_max` bytes and expect the frames of `sizes`. */
static void read_pieces(const struct buffer *wire, const size_t *sizes, size_t count,
                        size_t piece_max, uint64_t seed)
{
    static uint8_t payload[SIZE_MAX_7];
    struct frame_table rules = table();
    struct frame_reader reader;
    size_t offset = 0;
    size_t got = 0;
    frame_reader_init(&reader, &rules);
    while (offset < wire->size) {
        size_t piece = 1 + (size_t)(check_random(&seed) % piece_max);
        piece = piece < wire->size - offset ? piece : wire->size - offset;
        struct bytes input = {wire->data + offset, piece};
        struct frame frame;
        offset += piece;
        while (frame_read(&reader, &input, &frame) == FRAME_OK) {
            ck_assert_uint_lt(got, count);
            fill(payload, sizes[got], got);
            ck_assert(bytes_equal(frame.payload, (struct bytes){payload, sizes[got]}));
            got++;
        }
        ck_assert(reader.status == FRAME_OK);
    }
    ck_assert_uint_eq(got, count);
    frame_reader_close(&reader);
}

START_TEST(a_stream_of_frames_survives_random_splits)
{
    static uint8_t payload[SIZE_MAX_7];
    static const size_t piece_maxes[] = {1, 7, 4096, 70000, 1000000};
    size_t sizes[40];
    struct buffer wire = {0};
    uint64_t seed = 5;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        uint64_t random = check_random(&seed);
        sizes[i] = i % 10 == 9 ? SIZE_MAX_7 - random % 3 : random % 300 * (i % 4);
        fill(payload, sizes[i], i);
        frame_write(&wire, sizes[i] == 0 ? 8 : 7, (struct bytes){payload, sizes[i]});
    }
    for (size_t i = 0; i < ARRAY_COUNT(piece_maxes); i++) {
        read_pieces(&wire, sizes, ARRAY_COUNT(sizes), piece_maxes[i], i);
    }
    buffer_close(&wire);
}
END_TEST

static enum frame_status read_header(uint8_t type, uint32_t size, struct frame_reader *reader)
{
    static struct frame_table rules;
    uint8_t header[FRAME_HEADER_SIZE] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                                         (uint8_t)(size >> 24), type};
    struct bytes input = BYTES_OF(header);
    struct frame frame;
    rules = table();
    frame_reader_init(reader, &rules);
    enum frame_status status = frame_read(reader, &input, &frame);
    ck_assert_uint_eq(frame.type, type);
    return status;
}

START_TEST(refuses_a_frame_over_its_cap_at_its_header)
{
    struct frame_reader reader;
    struct frame frame;
    struct bytes none = {NULL, 0};
    ck_assert(read_header(7, SIZE_MAX_7, &reader) == FRAME_MORE);
    ck_assert(read_header(7, SIZE_MAX_7 + 1, &reader) == FRAME_TOO_LONG);
    ck_assert(frame_read(&reader, &none, &frame) == FRAME_TOO_LONG); /* and stays so */
    ck_assert(read_header(7, UINT32_MAX, &reader) == FRAME_TOO_LONG);
    ck_assert(read_header(8, 0, &reader) == FRAME_OK);
    ck_assert(read_header(8, 1, &reader) == FRAME_TOO_LONG);
}
END_TEST

START_TEST(refuses_a_type_that_is_not_in_the_table)
{
    struct frame_reader reader;
    ck_assert(read_header(0, 0, &reader) == FRAME_UNKNOWN_TYPE);
    ck_assert(read_header(255, 0, &reader) == FRAME_UNKNOWN_TYPE);
    ck_assert_str_ne(frame_status_text(reader.status), "ok");
}
END_TEST

START_TEST(keeps_only_the_bytes_that_came)
{
    struct frame_reader reader;
    uint8_t part[1000] = {0};
    struct bytes input = BYTES_OF(part);
    struct frame frame;
    ck_assert(read_header(7, SIZE_MAX_7, &reader) == FRAME_MORE);
    ck_assert(frame_read(&reader, &input, &frame) == FRAME_MORE);
    ck_assert_uint_le(reader.payload.capacity, 2048);
    frame_reader_close(&reader);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("frame");
    tcase_add_test(tests, a_frame_is_the_same_for_every_split_of_its_bytes);
    tcase_add_test(tests, a_stream_of_frames_survives_random_splits);
    tcase_add_test(tests, refuses_a_frame_over_its_cap_at_its_header);
    tcase_add_test(tests, refuses_a_type_that_is_not_in_the_table);
    tcase_add_test(tests, keeps_only_the_bytes_that_came);
    return check_run("frame", tests);
}
