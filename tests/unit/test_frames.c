#include "node/frames.h"

#include <string.h>

#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"

static struct block block;
static struct certificate certificate;
static bool malformed;

START_TEST(takes_apart_the_blocks_it_wrote)
{
    struct chain chain;
    struct buffer body = {0};
    struct buffer wire = {0};
    struct buffer encoded = {0};
    struct buffer encoded_certificate = {0};
    size_t offset;
    uint64_t request;
    chain_init(&chain, 2);
    chain_transfer(&chain, &body, 0, 1, 5, (struct bytes){NULL, 0});
    chain_block(&chain, &block, &certificate, buffer_bytes(&body));
    block_encode(&encoded, &block);
    certificate_encode(&encoded_certificate, &certificate);
    frames_begin_blocks(&wire, 77);
    frames_append_block(&wire, buffer_bytes(&encoded), buffer_bytes(&encoded_certificate));
    ck_assert(frames_read_request(buffer_bytes(&wire), &offset, &request));
    ck_assert_uint_eq(request, 77);
    memset(&block, 0, sizeof(block));
    ck_assert(frames_next_block(buffer_bytes(&wire), &offset, &block, &certificate, &malformed));
    ck_assert_uint_eq(block.header.height, 1);
    ck_assert(bytes_equal(block.body, buffer_bytes(&body)));
    ck_assert(!frames_next_block(buffer_bytes(&wire), &offset, &block, &certificate, &malformed));
    ck_assert(!malformed);
    wire.size--; /* cut */
    ck_assert(frames_read_request(buffer_bytes(&wire), &offset, &request));
    ck_assert(!frames_next_block(buffer_bytes(&wire), &offset, &block, &certificate, &malformed));
    ck_assert(malformed);
    buffer_close(&body);
    buffer_close(&wire);
    buffer_close(&encoded);
    buffer_close(&encoded_certificate);
    chain_close(&chain);
}
END_TEST

START_TEST(refuses_what_is_no_block)
{
    const uint8_t text[] = {1, 0, 0, 0, 0, 0, 0, 0, 1, 9, 1, 9};
    size_t offset;
    uint64_t request;
    ck_assert(!frames_read_request((struct bytes){text, 7}, &offset, &request));
    ck_assert(frames_read_request(BYTES_OF(text), &offset, &request));
    ck_assert(!frames_next_block(BYTES_OF(text), &offset, &block, &certificate, &malformed));
    ck_assert(malformed);
}
END_TEST

START_TEST(allows_its_types_within_their_caps)
{
    struct frame_table table;
    uint32_t allowed = 0;
    frames_table(&table);
    for (size_t i = 0; i < FRAME_TYPE_COUNT; i++) {
        allowed += table.types[i].allowed ? 1 : 0;
    }
    ck_assert_uint_eq(allowed, 14);
    ck_assert_uint_eq(table.types[FRAME_STATUS].size_max, schema_size_max(&frame_status_schema));
    ck_assert_uint_eq(table.types[FRAME_GET_BLOCKS].size_max,
                      schema_size_max(&frame_get_blocks_schema));
    ck_assert_uint_eq(table.types[FRAME_GET_BLOB].size_max,
                      schema_size_max(&frame_get_blob_schema));
    ck_assert_uint_eq(table.types[FRAME_BLOB].size_max, schema_size_max(&frame_blob_schema));
    ck_assert_uint_ge(table.types[FRAME_TXS].size_max, ENVELOPE_SIZE_MAX + 8);
    /* An answer ends when it has gathered what is wanted, and so may hold one block more. */
    ck_assert_uint_ge(table.types[FRAME_BLOCKS].size_max,
                      FRAME_BLOCKS_WANTED + BLOCK_BODY_SIZE_MAX);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("frames");
    tcase_add_test(tests, takes_apart_the_blocks_it_wrote);
    tcase_add_test(tests, refuses_what_is_no_block);
    tcase_add_test(tests, allows_its_types_within_their_caps);
    return check_run("frames", tests);
}
