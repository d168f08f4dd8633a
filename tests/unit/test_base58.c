#include "crypto/base58.h"

#include <string.h>

#include "tests/lib/check_run.h"

START_TEST(payloads_of_every_size_survive_a_round_trip)
{
    uint64_t seed = 21;
    for (size_t size = 0; size <= BASE58_SIZE_MAX; size++) {
        uint8_t data[BASE58_SIZE_MAX];
        uint8_t back[BASE58_SIZE_MAX];
        char text[BASE58_TEXT_MAX];
        check_random_fill(&seed, data, size);
        memset(data, 0, size < size % 5 ? size : size % 5);
        base58_print(text, (struct bytes){data, size});
        ck_assert_int_eq(base58_parse(back, size, text), BASE58_OK);
        ck_assert(bytes_equal((struct bytes){data, size}, (struct bytes){back, size}));
        if (size > 0) {
            ck_assert_int_ne(base58_parse(back, size - 1, text), BASE58_OK);
        }
    }
}
END_TEST

START_TEST(gives_the_known_texts)
{
    /* An address of Bitcoin's genesis block, and a payload of zeros. */
    uint8_t payload[21];
    uint8_t zeros[2] = {0};
    char text[BASE58_TEXT_MAX];
    ck_assert(hex_decode(payload, sizeof(payload), "0062e907b15cbf27d5425399ebf6f0fb50ebb88f18"));
    base58_print(text, BYTES_OF(payload));
    ck_assert_str_eq(text, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
    base58_print(text, BYTES_OF(zeros));
    ck_assert(strncmp(text, "11", 2) == 0);
}
END_TEST

START_TEST(refuses_bad_texts)
{
    uint8_t out[21];
    ck_assert_int_eq(base58_parse(out, 21, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"), BASE58_CHECKSUM);
    ck_assert_int_eq(base58_parse(out, 21, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN0"), BASE58_CHARACTER);
    ck_assert_int_eq(base58_parse(out, 21, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN "), BASE58_CHARACTER);
    ck_assert_int_eq(base58_parse(out, 21, "11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), BASE58_LENGTH);
    ck_assert_int_eq(base58_parse(out, 21, "A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), BASE58_LENGTH);
    ck_assert_int_eq(base58_parse(out, 21, ""), BASE58_LENGTH);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("base58");
    tcase_add_test(tests, payloads_of_every_size_survive_a_round_trip);
    tcase_add_test(tests, gives_the_known_texts);
    tcase_add_test(tests, refuses_bad_texts);
    return check_run("base58", tests);
}
