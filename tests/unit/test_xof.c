#include "crypto/xof.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vectors.h"

/* The string under a name of a flat JSON object, in hexadecimal. */
static void json_hex(struct buffer *out, char *text, const char *name)
{
    struct buffer label = {0};
    buffer_format(&label, "\"%s\": \"", name);
    char *start = strstr(text, buffer_text(&label));
    ck_assert_ptr_nonnull(start);
    start += label.size;
    size_t size = strcspn(start, "\"");
    struct buffer hex = {0};
    buffer_append(&hex, (struct bytes){(const uint8_t *)start, size});
    vectors_hex(out, buffer_text(&hex));
    buffer_close(&hex);
    buffer_close(&label);
}

START_TEST(gives_the_stream_of_the_standard_vector)
{
    struct buffer text = {0};
    if (!vectors_read(&text, "xof_hmac_sha256_aes128.json")) {
        return;
    }
    struct buffer parts[5] = {{0}};
    static const char *const names[] = {"seed", "dst", "binder", "derived_seed",
                                        "expanded_vec_field128"};
    (void)buffer_text(&text);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        json_hex(&parts[i], (char *)text.data, names[i]);
    }
    ck_assert_uint_eq(parts[0].size, XOF_SEED_SIZE);
    ck_assert_uint_eq(parts[4].size, 640);
    uint8_t stream[640];
    struct xof xof;
    xof_init(&xof, parts[0].data, buffer_text(&parts[1]), buffer_bytes(&parts[2]));
    xof_next(&xof, stream, 3); /* The parts in which it is read do not matter. */
    xof_next(&xof, stream + 3, 29);
    xof_next(&xof, stream + 32, sizeof(stream) - 32);
    xof_close(&xof);
    ck_assert_mem_eq(stream, parts[3].data, 32);
    ck_assert_mem_eq(stream, parts[4].data, sizeof(stream));
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        buffer_close(&parts[i]);
    }
    buffer_close(&text);
}
END_TEST

START_TEST(streams_differ_by_seed_label_and_binder)
{
    uint8_t seeds[2][XOF_SEED_SIZE] = {{0}, {1}};
    uint8_t out[4][16];
    struct xof xof;
    for (size_t i = 0; i < 4; i++) {
        struct bytes binder = {seeds[0], i == 2 ? 1 : 0};
        xof_init(&xof, seeds[i == 1], i == 3 ? "PVS1/y" : "PVS1/x", binder);
        xof_next(&xof, out[i], sizeof(out[i]));
        xof_close(&xof);
        for (size_t k = 0; k < i; k++) {
            ck_assert_mem_ne(out[i], out[k], sizeof(out[i]));
        }
    }
}
END_TEST

START_TEST(elements_are_the_words_of_the_stream)
{
    uint8_t seed[XOF_SEED_SIZE] = {3};
    uint8_t stream[80];
    uint64_t elements[10];
    struct xof xof;
    xof_init(&xof, seed, "PVS1/x", (struct bytes){0});
    xof_next(&xof, stream, sizeof(stream));
    xof_close(&xof);
    xof_init(&xof, seed, "PVS1/x", (struct bytes){0});
    xof_next_elements(&xof, elements, 4);
    struct field_ext pair = xof_next_ext(&xof);
    xof_close(&xof);
    elements[4] = pair.a;
    elements[5] = pair.b;
    for (size_t i = 0; i < 6; i++) {
        uint8_t bytes[FIELD_SIZE];
        field_write(bytes, elements[i]);
        ck_assert_mem_eq(bytes, stream + FIELD_SIZE * i, FIELD_SIZE);
    }
}
END_TEST

/* A key was searched for (2^32 words on average) whose stream has a word of p or more early on. */
START_TEST(skips_words_that_are_not_below_p)
{
    struct hash key = {{0x3f, 0xe9, 0x02}}; /* 190783, little-endian */
    uint8_t binder[4] = {0};
    uint8_t stream[FIELD_SIZE * 100];
    uint64_t elements[99];
    struct xof xof;
    struct prg prg;
    xof_init(&xof, key.bytes, "PVS1/x", BYTES_OF(binder));
    xof_next(&xof, stream, sizeof(stream));
    xof_close(&xof);
    prg_init(&prg, &key, "PVS1/x", 0);
    prg_next(&prg, elements, ARRAY_COUNT(elements));
    prg_close(&prg);
    uint64_t word;
    ck_assert(!field_read(&word, &stream[(size_t)87 * FIELD_SIZE]));
    for (size_t i = 0; i < ARRAY_COUNT(elements); i++) {
        ck_assert(field_read(&word, stream + FIELD_SIZE * (i + (i >= 87))));
        ck_assert_uint_eq(elements[i], word);
    }
}
END_TEST

START_TEST(the_generator_may_start_at_any_segment)
{
    static uint64_t whole[2 * PRG_SEGMENT_COUNT + 5];
    static uint64_t part[PRG_SEGMENT_COUNT + 5];
    struct hash key = {{1, 2, 3}};
    struct prg prg;
    prg_init(&prg, &key, "PVS1/x", 0);
    prg_next(&prg, whole, ARRAY_COUNT(whole));
    prg_close(&prg);
    prg_init(&prg, &key, "PVS1/x", 1);
    for (size_t k = 0; k < ARRAY_COUNT(part);) {
        size_t count = 1000 < ARRAY_COUNT(part) - k ? 1000 : ARRAY_COUNT(part) - k;
        prg_next(&prg, part + k, count);
        k += count;
    }
    prg_close(&prg);
    ck_assert_mem_eq(whole + PRG_SEGMENT_COUNT, part, sizeof(part));
    for (size_t k = 0; k < ARRAY_COUNT(whole); k++) {
        ck_assert_uint_lt(whole[k], FIELD_MODULUS);
    }
}
END_TEST

START_TEST(stops_at_a_binder_that_is_too_long)
{
    uint8_t binder[XOF_BINDER_MAX + 1] = {0};
    struct xof xof;
    xof_init(&xof, binder, "PVS1/x", BYTES_OF(binder));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("xof");
    tcase_add_test(tests, gives_the_stream_of_the_standard_vector);
    tcase_add_test(tests, streams_differ_by_seed_label_and_binder);
    tcase_add_test(tests, elements_are_the_words_of_the_stream);
    tcase_add_test(tests, skips_words_that_are_not_below_p);
    tcase_add_test(tests, the_generator_may_start_at_any_segment);
    tcase_add_test_raise_signal(tests, stops_at_a_binder_that_is_too_long, 6);
    return check_run("xof", tests);
}
