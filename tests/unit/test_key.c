#include "crypto/key.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vectors.h"

/* Order of the group, big-endian. */
static const char order_hex[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

static void key_from_number(struct secret_key *out, uint8_t number)
{
    uint8_t bytes[32] = {0};
    bytes[31] = number;
    ck_assert(secret_key_init(out, bytes));
}

static void read_fixed(uint8_t *out, size_t size, const char *hex)
{
    ck_assert_msg(hex_decode(out, size, hex), "%s", hex);
}

/* index, secret key, public key, aux_rand, message, signature, result, comment */
static bool check_vector(char *line)
{
    char *columns[8] = {0};
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        columns[i] = strsep(&line, ",");
    }
    /* Souk signs hashes, which have 32 bytes; the vectors have other lengths too. */
    if (strlen(columns[4]) != 64) {
        return false;
    }
    struct public_key public_key;
    struct hash message;
    struct signature signature;
    read_fixed(public_key.bytes, 32, columns[2]);
    read_fixed(message.bytes, 32, columns[4]);
    read_fixed(signature.bytes, 64, columns[5]);
    bool expected = strcmp(columns[6], "TRUE") == 0;
    ck_assert_msg(signature_check(&signature, &public_key, &message) == expected, "%s", columns[0]);
    if (*columns[1] != '\0') {
        uint8_t bytes[32];
        uint8_t random[32];
        struct secret_key secret;
        struct public_key derived;
        struct signature made;
        read_fixed(bytes, 32, columns[1]);
        read_fixed(random, 32, columns[3]);
        ck_assert(secret_key_init(&secret, bytes));
        public_key_of(&derived, &secret);
        ck_assert(bytes_equal(BYTES_OF(derived), BYTES_OF(public_key)));
        signature_make(&made, &secret, &message, random);
        ck_assert(bytes_equal(BYTES_OF(made), BYTES_OF(signature)));
        struct signing_key ready;
        signing_key_init(&ready, &secret);
        ck_assert(bytes_equal(BYTES_OF(ready.public_key), BYTES_OF(public_key)));
        for (unsigned again = 0; again < 2; again++) {
            signing_key_sign(&made, &ready, &message, random);
            ck_assert(bytes_equal(BYTES_OF(made), BYTES_OF(signature)));
        }
        signing_key_close(&ready);
        static const struct signing_key gone;
        ck_assert(bytes_equal(BYTES_OF(ready), BYTES_OF(gone)));
    }
    return true;
}

START_TEST(follows_the_published_vectors)
{
    struct buffer file = {0};
    if (!vectors_read(&file, "bip340_schnorr.csv")) {
        return;
    }
    (void)buffer_text(&file);
    char *cursor = (char *)file.data;
    char *line;
    unsigned checked = 0;
    ck_assert(vectors_line(&line, &cursor)); /* the header */
    while (vectors_line(&line, &cursor)) {
        checked += check_vector(line) ? 1 : 0;
    }
    ck_assert_uint_eq(checked, 15);
    buffer_close(&file);
}
END_TEST

START_TEST(refuses_secrets_outside_the_group)
{
    struct secret_key key;
    uint8_t bytes[32] = {0};
    ck_assert(!secret_key_init(&key, bytes));
    read_fixed(bytes, 32, order_hex);
    ck_assert(!secret_key_init(&key, bytes));
    bytes[31]--;
    ck_assert(secret_key_init(&key, bytes));
    memset(bytes, 0xff, sizeof(bytes));
    ck_assert(!secret_key_init(&key, bytes));
    ck_assert_uint_eq(key.bytes[0], 0);
}
END_TEST

START_TEST(any_changed_bit_breaks_a_signature)
{
    struct secret_key secret;
    struct public_key key;
    struct signature signature;
    struct hash message;
    static const uint8_t zeros[32];
    key_from_number(&secret, 77);
    public_key_of(&key, &secret);
    hash_plain(&message, bytes_of_text("hello"));
    signature_make(&signature, &secret, &message, zeros);
    ck_assert(signature_check(&signature, &key, &message));
    for (size_t i = 0; i < 512; i += 5) {
        signature.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        ck_assert(!signature_check(&signature, &key, &message));
        signature.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t i = 0; i < 32; i++) {
        message.bytes[i] ^= 1;
        ck_assert(!signature_check(&signature, &key, &message));
        message.bytes[i] ^= 1;
        key.bytes[i] ^= 1;
        ck_assert(!signature_check(&signature, &key, &message));
        key.bytes[i] ^= 1;
    }
}
END_TEST

/* 32 keys that begin like a good one, on the curve or not, have its place among the known points. */
START_TEST(keys_that_begin_alike_are_told_apart)
{
    struct secret_key secret;
    struct public_key key;
    struct signature signature;
    struct hash message;
    static const uint8_t zeros[32];
    key_from_number(&secret, 78);
    public_key_of(&key, &secret);
    hash_plain(&message, bytes_of_text("hello"));
    signature_make(&signature, &secret, &message, zeros);
    uint32_t on_curve = 0;
    for (uint8_t i = 1; i <= 32; i++) {
        struct public_key other = key;
        other.bytes[31] ^= i;
        on_curve += public_key_valid(&other) ? 1 : 0;
        ck_assert(!signature_check(&signature, &other, &message));
        ck_assert(!signature_check(&signature, &other, &message));
        ck_assert(signature_check(&signature, &key, &message));
        ck_assert(signature_check(&signature, &key, &message));
    }
    ck_assert(on_curve > 0 && on_curve < 32);
}
END_TEST

START_TEST(both_sides_of_a_key_exchange_agree)
{
    struct secret_key a;
    struct secret_key b;
    struct point a_point;
    struct point b_point;
    struct point ab;
    struct point ba;
    struct point product;
    struct secret_key thirty_five;
    key_from_number(&a, 5);
    key_from_number(&b, 7);
    key_from_number(&thirty_five, 35);
    point_of(&a_point, &a);
    point_of(&b_point, &b);
    ck_assert(ecdh_point(&ab, &a, &b_point));
    ck_assert(ecdh_point(&ba, &b, &a_point));
    ck_assert(bytes_equal(BYTES_OF(ab), BYTES_OF(ba)));
    /* 5 * 7 G = 35 G: it is the point itself, not a hash of it. */
    point_of(&product, &thirty_five);
    ck_assert(bytes_equal(BYTES_OF(ab), BYTES_OF(product)));
}
END_TEST

START_TEST(refuses_points_off_the_curve)
{
    struct secret_key key;
    struct point point = {{0}};
    struct point out;
    struct public_key x_only = {{0}};
    key_from_number(&key, 1);
    ck_assert(!point_valid(&point));
    ck_assert(!ecdh_point(&out, &key, &point));
    point_of(&point, &key);
    ck_assert(point_valid(&point));
    point.bytes[0] = 4;
    ck_assert(!point_valid(&point));
    x_only.bytes[31] = 5; /* x = 5 has no y */
    ck_assert(!public_key_valid(&x_only));
    ck_assert(!point_of_public_key(&out, &x_only));
    memset(x_only.bytes, 0xff, sizeof(x_only.bytes));
    ck_assert(!public_key_valid(&x_only));
}
END_TEST

START_TEST(adding_a_tweak_agrees_on_both_sides)
{
    struct secret_key key;
    struct point point;
    struct point expected;
    uint8_t tweak[32] = {0};
    key_from_number(&key, 11);
    point_of(&point, &key);
    tweak[31] = 4;
    ck_assert(secret_key_add(&key, tweak));
    ck_assert_uint_eq(key.bytes[31], 15);
    ck_assert(point_add_scalar(&point, tweak));
    point_of(&expected, &key);
    ck_assert(bytes_equal(BYTES_OF(point), BYTES_OF(expected)));
    /* 15 + (n - 15) = 0 is no key. */
    read_fixed(tweak, 32, order_hex);
    tweak[31] = (uint8_t)(tweak[31] - 15);
    ck_assert(!point_add_scalar(&point, tweak));
    ck_assert(!secret_key_add(&key, tweak));
    key_from_number(&key, 11);
    point_of(&point, &key);
    memset(tweak, 0xff, sizeof(tweak));
    ck_assert(!secret_key_add(&key, tweak));
    ck_assert(!point_add_scalar(&point, tweak));
}
END_TEST

START_TEST(an_even_key_has_the_same_public_key)
{
    unsigned changed = 0;
    for (uint8_t number = 1; number < 50; number++) {
        struct secret_key key;
        struct secret_key even;
        struct public_key before;
        struct public_key after;
        struct point point;
        struct point lifted;
        key_from_number(&key, number);
        even = key;
        public_key_of(&before, &key);
        secret_key_make_even(&even);
        public_key_of(&after, &even);
        point_of(&point, &even);
        ck_assert(bytes_equal(BYTES_OF(before), BYTES_OF(after)));
        ck_assert_uint_eq(point.bytes[0], 2);
        ck_assert(point_of_public_key(&lifted, &before));
        ck_assert(bytes_equal(BYTES_OF(lifted), BYTES_OF(point)));
        changed += bytes_equal(BYTES_OF(even), BYTES_OF(key)) ? 0 : 1;
    }
    ck_assert_uint_gt(changed, 10);
    ck_assert_uint_lt(changed, 40);
}
END_TEST

START_TEST(a_closed_key_is_zero)
{
    struct secret_key key;
    static const struct secret_key zero;
    key_from_number(&key, 3);
    secret_key_close(&key);
    ck_assert(memcmp(&key, &zero, sizeof(key)) == 0);
}
END_TEST

START_TEST(stops_at_a_secret_that_was_never_made)
{
    struct secret_key key = {{0}};
    struct public_key out;
    public_key_of(&out, &key);
}
END_TEST

static void scalar_of(uint8_t out[32], uint8_t number)
{
    memset(out, 0, 32);
    out[31] = number;
}

START_TEST(points_are_multiplied_and_subtracted)
{
    struct secret_key keys[3]; /* 2, 3 and 6 */
    struct point points[3];
    struct point result;
    uint8_t scalar[32];
    for (unsigned i = 0; i < 3; i++) {
        scalar_of(scalar, i == 2 ? 6 : (uint8_t)(2 + i));
        ck_assert(secret_key_init(&keys[i], scalar));
        point_of(&points[i], &keys[i]);
    }
    scalar_of(scalar, 3);
    ck_assert(point_multiply(&result, &points[0], scalar));
    ck_assert_mem_eq(&result, &points[2], sizeof(result));
    ck_assert(point_subtract(&result, &points[2], &points[1]));
    ck_assert_mem_eq(&result, &points[1], sizeof(result));       /* 6 - 3 */
    ck_assert(!point_subtract(&result, &points[1], &points[1])); /* infinity */
    scalar_of(scalar, 0);
    ck_assert(!point_multiply(&result, &points[0], scalar));
    memset(scalar, 0xff, sizeof(scalar));
    ck_assert(!point_multiply(&result, &points[0], scalar));
    points[0].bytes[0] = 7;
    scalar_of(scalar, 3);
    ck_assert(!point_multiply(&result, &points[0], scalar));
    ck_assert(!point_subtract(&result, &points[0], &points[1]));
}
END_TEST

START_TEST(scalars_are_combined)
{
    struct secret_key keys[3]; /* 2, 5, and 2 * 3 + 5 */
    struct secret_key result;
    uint8_t scalar[32];
    static const uint8_t values[3] = {2, 5, 11};
    for (unsigned i = 0; i < 3; i++) {
        scalar_of(scalar, values[i]);
        ck_assert(secret_key_init(&keys[i], scalar));
    }
    scalar_of(scalar, 3);
    ck_assert(secret_key_combine(&result, &keys[0], scalar, &keys[1]));
    ck_assert_mem_eq(&result, &keys[2], sizeof(result));
    scalar_of(scalar, 0);
    ck_assert(!secret_key_combine(&result, &keys[0], scalar, &keys[1]));
    static const struct secret_key zero;
    ck_assert_mem_eq(&result, &zero, sizeof(zero));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("key");
    tcase_add_test(tests, follows_the_published_vectors);
    tcase_add_test(tests, refuses_secrets_outside_the_group);
    tcase_add_test(tests, any_changed_bit_breaks_a_signature);
    tcase_add_test(tests, keys_that_begin_alike_are_told_apart);
    tcase_add_test(tests, both_sides_of_a_key_exchange_agree);
    tcase_add_test(tests, refuses_points_off_the_curve);
    tcase_add_test(tests, adding_a_tweak_agrees_on_both_sides);
    tcase_add_test(tests, an_even_key_has_the_same_public_key);
    tcase_add_test(tests, a_closed_key_is_zero);
    tcase_add_test(tests, points_are_multiplied_and_subtracted);
    tcase_add_test(tests, scalars_are_combined);
    tcase_add_test_raise_signal(tests, stops_at_a_secret_that_was_never_made, 6);
    return check_run("key", tests);
}
