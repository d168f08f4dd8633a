/* What the simulator remembers of checks is what the checks say. */
#include <string.h>

#include "crypto/key.h"
#include "tests/lib/check_run.h"

// NOLINTNEXTLINE(readability-identifier-naming): the linker's name
bool __real_public_key_valid(const struct public_key *key);

START_TEST(a_bit_of_what_was_checked_makes_another_question)
{
    const uint8_t one[32] = {[31] = 1};
    struct secret_key secret;
    struct public_key key;
    struct signature signature;
    struct hash message = {{7}};
    ck_assert(secret_key_init(&secret, one));
    public_key_of(&key, &secret);
    signature_make(&signature, &secret, &message, one);
    for (int round = 0; round < 2; round++) {
        ck_assert(signature_check(&signature, &key, &message));
        for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
            signature.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            ck_assert(!signature_check(&signature, &key, &message));
            signature.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
            key.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            ck_assert(!signature_check(&signature, &key, &message));
            key.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            message.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            ck_assert(!signature_check(&signature, &key, &message));
            message.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}
END_TEST

/* Half of all x are on the curve. More keys than there are places: answers make room for others. */
START_TEST(a_forgotten_answer_is_found_anew)
{
    enum { KEYS = 100000 };
    struct public_key key = {{0}};
    bool good[KEYS];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < KEYS; i++) {
            memcpy(key.bytes, &i, sizeof(i));
            good[i] = round == 0 ? __real_public_key_valid(&key) : good[i];
            ck_assert_int_eq(public_key_valid(&key), good[i]);
        }
    }
}
END_TEST

/* The same bytes as a point and as a key are two questions. */
START_TEST(a_point_is_not_taken_for_a_key)
{
    struct public_key key = {{2}};
    struct point point;
    unsigned differ = 0;
    for (uint32_t i = 0; i < 64; i++) {
        key.bytes[31] = (uint8_t)i;
        memcpy(point.bytes, key.bytes, sizeof(key.bytes));
        point.bytes[32] = 0;
        struct point known;
        bool valid = public_key_valid(&key);
        ck_assert_int_eq(valid, point_of_public_key(&known, &key));
        differ += valid != point_valid(&point) ? 1 : 0;
    }
    ck_assert_uint_gt(differ, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("check_memo");
    tcase_add_test(tests, a_bit_of_what_was_checked_makes_another_question);
    tcase_add_test(tests, a_forgotten_answer_is_found_anew);
    tcase_add_test(tests, a_point_is_not_taken_for_a_key);
    return check_run_within("check_memo", tests, 120);
}
