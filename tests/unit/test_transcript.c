#include "crypto/transcript.h"

#include <string.h>

#include "tests/lib/check_run.h"

static struct hash plain(const uint8_t *data, size_t size)
{
    struct hash out;
    hash_plain(&out, (struct bytes){data, size});
    return out;
}

/* h = H(h || LE8 size of label || label || LE64 size of data || data), challenges E(H(h || "C" || LE32 n)). */
START_TEST(states_and_challenges_are_the_hashes_of_the_text)
{
    struct transcript transcript;
    uint8_t message[32 + 1 + 3 + 8 + 5] = {0};
    uint8_t question[32 + 1 + 4] = {0};
    transcript_init(&transcript);
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes to be hashed
    memcpy(message + 32, "\3abc\5\0\0\0\0\0\0\0hello", 17);
    transcript_absorb(&transcript, "abc", bytes_of_text("hello"));
    struct hash state = plain(message, sizeof(message));
    ck_assert(hash_equal(&transcript.state, &state));
    for (uint8_t n = 0; n < 3; n++) {
        memcpy(question, state.bytes, 32);
        question[32] = 'C';
        question[33] = n;
        struct hash hash = plain(question, sizeof(question));
        ck_assert(field_ext_equal(transcript_challenge(&transcript), field_ext_of_hash(&hash)));
    }
    ck_assert(hash_equal(&transcript.state, &state)); /* challenges leave it */
    transcript_absorb(&transcript, "", (struct bytes){0});
    ck_assert_uint_eq(transcript.counter, 0);
    ck_assert(!hash_equal(&transcript.state, &state));
}
END_TEST

START_TEST(elements_are_absorbed_in_their_encoding)
{
    struct transcript one;
    struct transcript other;
    struct field_ext elements[2] = {{1, 2}, {3, FIELD_MODULUS - 1}};
    uint8_t encoded[32];
    field_ext_write(encoded, elements[0]);
    field_ext_write(encoded + 16, elements[1]);
    transcript_init(&one);
    transcript_init(&other);
    transcript_absorb_ext(&one, "rr", elements, 2);
    transcript_absorb(&other, "rr", BYTES_OF(encoded));
    ck_assert(hash_equal(&one.state, &other.state));
}
END_TEST

START_TEST(label_and_data_do_not_flow_into_each_other)
{
    struct transcript one;
    struct transcript other;
    transcript_init(&one);
    transcript_init(&other);
    transcript_absorb(&one, "ab", bytes_of_text("c"));
    transcript_absorb(&other, "a", bytes_of_text("bc"));
    ck_assert(!hash_equal(&one.state, &other.state));
}
END_TEST

START_TEST(stops_at_more_elements_than_it_holds)
{
    struct transcript transcript;
    struct field_ext elements[TRANSCRIPT_EXT_MAX + 1] = {{0, 0}};
    transcript_init(&transcript);
    transcript_absorb_ext(&transcript, "x", elements, TRANSCRIPT_EXT_MAX + 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("transcript");
    tcase_add_test(tests, states_and_challenges_are_the_hashes_of_the_text);
    tcase_add_test(tests, elements_are_absorbed_in_their_encoding);
    tcase_add_test(tests, label_and_data_do_not_flow_into_each_other);
    tcase_add_test_raise_signal(tests, stops_at_more_elements_than_it_holds, 6);
    return check_run("transcript", tests);
}
