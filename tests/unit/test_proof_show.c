#include "tools/client/proof_show.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/proof_fixture.h"

static struct proof_fixture fixture;
static struct proof proof;
static struct fault fault;

static void open_fixture(void)
{
    proof_fixture_init(&fixture);
}

static void close_fixture(void)
{
    proof_fixture_close(&fixture);
}

static void check(const struct buffer *encoded)
{
    ck_assert_msg(proof_verify(&proof, buffer_bytes(encoded), &fixture.trust, &fault), "%s",
                  fault.text);
}

static void check_words(struct bytes key, const char *text)
{
    struct buffer words = {0};
    proof_show_key(&words, key, "tsouk");
    ck_assert_str_eq(buffer_text(&words), text);
    buffer_close(&words);
}

START_TEST(keys_are_told_in_words)
{
    struct market_key key;
    key_round(&key, 7, 2);
    check_words(key_bytes(&key), "model 7, round 2");
    key_participant(&key, 7, 2, 300);
    check_words(key_bytes(&key), "model 7, round 2, participant 300");
    key_chain(&key);
    check_words(key_bytes(&key), "chain record");
    key_server_index(&key, 3);
    check_words(key_bytes(&key), "server number 3");
    key_model(&key, UINT64_MAX);
    check_words(key_bytes(&key), "model 18446744073709551615");
    key.size--;
    check_words(key_bytes(&key), "key 04ffffffffffffff");
    static const uint8_t unknown[] = {0xee, 1};
    check_words(BYTES_OF(unknown), "key ee01");
    check_words((struct bytes){0}, "key ");
    key_chain(&key);
    key.data[1] = 0;
    key.size = 2;
    check_words(key_bytes(&key), "key 0000");
}
END_TEST

START_TEST(what_is_proved_is_told)
{
    struct buffer encoded = {0};
    struct buffer sentence = {0};
    proof_fixture_account(&fixture, 2, &encoded);
    check(&encoded);
    proof_show_sentence(&sentence, &proof, &fixture.trust);
    const char *text = buffer_text(&sentence);
    ck_assert_ptr_nonnull(strstr(text, "account tsouk1"));
    ck_assert_ptr_nonnull(strstr(text, "has this value after block 1. Certified by block 2, of "
                                       "2023-11-14 22:13:22 UTC, which ada, bell, curie, dirac "
                                       "signed: 4 of the 4 validators of 'fixture', 3 are needed"));
    json_t *json = proof_show_json(&proof, &fixture.trust);
    const json_t *value = json_object_get(json, "value");
    ck_assert_str_eq(json_string_value(json_object_get(value, "nonce")), "1");
    ck_assert_str_eq(json_string_value(json_object_get(json, "height")), "1");
    ck_assert_str_eq(json_string_value(json_object_get(json, "time_ms")), "1700000002000");
    json_decref(json);
    buffer_clear(&encoded);
    buffer_clear(&sentence);
    proof_fixture_transaction(&fixture, 4, &encoded);
    check(&encoded);
    proof_show_sentence(&sentence, &proof, &fixture.trust);
    ck_assert_ptr_nonnull(strstr(buffer_text(&sentence),
                                 " is number 4 of block 1, of 2023-11-14 22:13:21 UTC: done. "));
    json = proof_show_json(&proof, &fixture.trust);
    const json_t *events = json_object_get(json_object_get(json, "receipt"), "events");
    ck_assert_uint_eq(json_array_size(events), 1);
    json_decref(json);
    buffer_close(&sentence);
    buffer_close(&encoded);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("proof show");
    tcase_add_unchecked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, keys_are_told_in_words);
    tcase_add_test(tests, what_is_proved_is_told);
    return check_run("proof show", tests);
}
