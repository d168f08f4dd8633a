#include "crypto/field.h"

#include <gmp.h>
#include <string.h>

#include "tests/lib/check_run.h"

static const uint64_t edges[] = {
    0,
    1,
    2,
    7,
    UINT64_C(0xfffffffe),
    UINT64_C(0xffffffff),
    UINT64_C(0x100000000),
    UINT64_C(0x100000001),
    UINT64_C(0x7fffffff80000000), /* (p-1)/2 */
    UINT64_C(0x7fffffff80000001),
    UINT64_C(0x8000000000000000),
    FIELD_MODULUS - UINT64_C(0x100000000),
    FIELD_MODULUS - 2,
    FIELD_MODULUS - 1,
};

static uint64_t pick(uint64_t *state, size_t turn)
{
    if (turn < ARRAY_COUNT(edges)) {
        return edges[turn];
    }
    return check_random(state) % FIELD_MODULUS;
}

static uint64_t value_of(const mpz_t z)
{
    uint64_t value = 0;
    size_t count = 0;
    mpz_export(&value, &count, -1, sizeof(value), 0, 0, z);
    return value;
}

static void mpz_of(mpz_t z, uint64_t value)
{
    mpz_import(z, 1, -1, sizeof(value), 0, 0, &value);
}

START_TEST(arithmetic_agrees_with_big_integers)
{
    uint64_t state = 1;
    mpz_t p, x, y, z;
    mpz_inits(p, x, y, z, NULL);
    mpz_of(p, FIELD_MODULUS);
    size_t turns = ARRAY_COUNT(edges) + 60;
    for (size_t i = 0; i < turns; i++) {
        for (size_t k = 0; k < turns; k++) {
            uint64_t a = pick(&state, i);
            uint64_t b = pick(&state, k);
            mpz_of(x, a);
            mpz_of(y, b);
            mpz_add(z, x, y);
            mpz_mod(z, z, p);
            ck_assert_uint_eq(field_add(a, b), value_of(z));
            mpz_sub(z, x, y);
            mpz_mod(z, z, p);
            ck_assert_uint_eq(field_sub(a, b), value_of(z));
            mpz_mul(z, x, y);
            mpz_mod(z, z, p);
            ck_assert_uint_eq(field_mul(a, b), value_of(z));
        }
    }
    mpz_clears(p, x, y, z, NULL);
}
END_TEST

START_TEST(reduction_takes_every_wide_integer)
{
    uint64_t state = 2;
    static const uint64_t words[] = {0,
                                     1,
                                     0xffffffff,
                                     UINT64_C(0xffffffff00000000),
                                     FIELD_MODULUS - 1,
                                     FIELD_MODULUS,
                                     UINT64_MAX - 1,
                                     UINT64_MAX};
    for (size_t i = 0; i < 4000; i++) {
        uint64_t high = i < 64 ? words[i / 8] : check_random(&state);
        uint64_t low = i < 64 ? words[i % 8] : check_random(&state);
        field_wide wide = (field_wide)high << 64 | low;
        ck_assert_uint_eq(field_reduce(wide), (uint64_t)(wide % FIELD_MODULUS));
    }
}
END_TEST

START_TEST(sums_of_products_agree_with_single_products)
{
    uint64_t state = 3;
    struct field_sum sum = {0};
    uint64_t expected = 0;
    for (size_t i = 0; i < 5000; i++) {
        uint64_t a = i < 2500 ? FIELD_MODULUS - 1 : check_random(&state) % FIELD_MODULUS;
        uint64_t b = i < 2500 ? FIELD_MODULUS - 1 : check_random(&state) % FIELD_MODULUS;
        field_sum_add(&sum, a, b);
        expected = field_add(expected, field_mul(a, b));
        ck_assert_uint_eq(field_sum_value(&sum), expected);
    }
}
END_TEST

START_TEST(powers_and_inverses)
{
    uint64_t state = 4;
    ck_assert_uint_eq(field_pow(7, 0), 1);
    ck_assert_uint_eq(field_pow(2, 64), FIELD_EPSILON);
    ck_assert_uint_eq(field_pow(2, 96), FIELD_MODULUS - 1);
    /* 7 is no square (Euler), which makes X^2 - 7 irreducible. */
    ck_assert_uint_eq(field_pow(7, (FIELD_MODULUS - 1) / 2), FIELD_MODULUS - 1);
    ck_assert_uint_eq(field_inverse(0), 0);
    for (size_t i = 1; i < 200; i++) {
        uint64_t a = pick(&state, i);
        ck_assert_uint_eq(field_mul(a, field_inverse(a)), 1);
        ck_assert_uint_eq(field_add(a, field_negate(a)), 0);
    }
}
END_TEST

START_TEST(signed_integers_come_back)
{
    static const int64_t values[] = {
        0, 1, -1, 1 << 20, -(1 << 20), INT64_C(0x7fffffff80000000), -INT64_C(0x7fffffff80000000),
    };
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        uint64_t element = field_from_signed(values[i]);
        ck_assert_uint_lt(element, FIELD_MODULUS);
        ck_assert_int_eq(field_to_signed(element), values[i]);
    }
    ck_assert_uint_eq(field_from_signed(-1), FIELD_MODULUS - 1);
    ck_assert_uint_lt(field_from_signed(INT64_MIN), FIELD_MODULUS);
    ck_assert_uint_lt(field_from_signed(INT64_MAX), FIELD_MODULUS);
}
END_TEST

START_TEST(refuses_elements_that_are_not_below_p)
{
    static const uint64_t bad[] = {FIELD_MODULUS, FIELD_MODULUS + 1, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        uint8_t bytes[3 * FIELD_SIZE] = {0};
        uint64_t element = 5;
        uint64_t three[3];
        uint64_t index = 9;
        struct field_ext pair = {1, 2};
        field_write(bytes + FIELD_SIZE, bad[i]);
        ck_assert(!field_read(&element, bytes + FIELD_SIZE));
        ck_assert_uint_eq(element, 0);
        ck_assert(!field_ext_read(&pair, bytes));
        ck_assert(field_ext_equal(pair, field_ext_of(0)));
        ck_assert(!field_ext_read(&pair, bytes + FIELD_SIZE));
        ck_assert(!field_read_all(three, BYTES_OF(bytes), &index));
        ck_assert_uint_eq(index, 1);
        ck_assert(!field_read_all(three, BYTES_OF(bytes), NULL));
    }
}
END_TEST

START_TEST(encodings_come_back)
{
    uint64_t state = 5;
    for (size_t i = 0; i < 100; i++) {
        struct field_ext in = {pick(&state, i), pick(&state, 99 - i)};
        struct field_ext out;
        uint64_t both[2];
        uint8_t bytes[FIELD_EXT_SIZE];
        uint8_t again[FIELD_EXT_SIZE];
        field_ext_write(bytes, in);
        ck_assert(field_ext_read(&out, bytes));
        ck_assert(field_ext_equal(in, out));
        ck_assert(field_read_all(both, BYTES_OF(bytes), NULL));
        ck_assert(both[0] == in.a && both[1] == in.b);
        field_write_all(again, both, 2);
        ck_assert_mem_eq(bytes, again, sizeof(bytes));
    }
    uint8_t one[FIELD_SIZE];
    field_write(one, UINT64_C(0x0807060504030201));
    ck_assert_mem_eq(one, "\1\2\3\4\5\6\7\10", FIELD_SIZE);
}
END_TEST

START_TEST(the_extension_is_a_field)
{
    uint64_t state = 6;
    struct field_ext one = field_ext_of(1);
    struct field_ext root = {0, 1};
    ck_assert(field_ext_equal(field_ext_mul(root, root), field_ext_of(7)));
    ck_assert(field_ext_equal(field_ext_inverse(field_ext_of(0)), field_ext_of(0)));
    for (size_t i = 0; i < 300; i++) {
        struct field_ext x = {pick(&state, i), pick(&state, (i * 5) % 40)};
        struct field_ext y = {pick(&state, i / 2), pick(&state, (i * 3) % 40)};
        struct field_ext z = {pick(&state, i / 3), pick(&state, (i * 7) % 40)};
        ck_assert(field_ext_equal(field_ext_mul(x, y), field_ext_mul(y, x)));
        ck_assert(field_ext_equal(field_ext_mul(field_ext_mul(x, y), z),
                                  field_ext_mul(x, field_ext_mul(y, z))));
        ck_assert(field_ext_equal(field_ext_mul(x, field_ext_add(y, z)),
                                  field_ext_add(field_ext_mul(x, y), field_ext_mul(x, z))));
        ck_assert(field_ext_equal(field_ext_sub(field_ext_add(x, y), y), x));
        ck_assert(field_ext_equal(field_ext_scale(x, y.a), field_ext_mul(x, field_ext_of(y.a))));
        if (!field_ext_equal(x, field_ext_of(0))) {
            ck_assert(field_ext_equal(field_ext_mul(x, field_ext_inverse(x)), one));
        }
    }
}
END_TEST

START_TEST(a_hash_gives_its_halves_modulo_p)
{
    struct hash hash;
    memset(hash.bytes, 0xff, sizeof(hash.bytes));
    field_wide half = ~(field_wide)0;
    uint64_t expected = (uint64_t)(half % FIELD_MODULUS);
    struct field_ext x = field_ext_of_hash(&hash);
    ck_assert(x.a == expected && x.b == expected);
    memset(hash.bytes, 0, sizeof(hash.bytes));
    hash.bytes[0] = 3;
    hash.bytes[24] = 1; /* 2^64 in the second half */
    x = field_ext_of_hash(&hash);
    ck_assert(x.a == 3 && x.b == FIELD_EPSILON);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("field");
    tcase_add_test(tests, arithmetic_agrees_with_big_integers);
    tcase_add_test(tests, reduction_takes_every_wide_integer);
    tcase_add_test(tests, sums_of_products_agree_with_single_products);
    tcase_add_test(tests, powers_and_inverses);
    tcase_add_test(tests, signed_integers_come_back);
    tcase_add_test(tests, refuses_elements_that_are_not_below_p);
    tcase_add_test(tests, encodings_come_back);
    tcase_add_test(tests, the_extension_is_a_field);
    tcase_add_test(tests, a_hash_gives_its_halves_modulo_p);
    return check_run("field", tests);
}
