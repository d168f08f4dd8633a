#include "crypto/bech32m.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vectors.h"

static enum bech32m_status status_expected(const char *reason)
{
    static const struct {
        const char *reason;
        enum bech32m_status status;
    } table[] = {
        {"HRP character out of range", BECH32M_HRP_CHARACTER},
        {"overall max length", BECH32M_LENGTH},
        {"No separator", BECH32M_SEPARATOR},
        {"Empty HRP", BECH32M_HRP_EMPTY},
        {"empty HRP", BECH32M_HRP_EMPTY},
        {"Invalid data character", BECH32M_CHARACTER},
        {"Too short checksum", BECH32M_SHORT},
        {"Invalid character in checksum", BECH32M_CHARACTER},
        {"uppercase form", BECH32M_CHECKSUM},
    };
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if (strstr(reason, table[i].reason) != NULL) {
            return table[i].status;
        }
    }
    ck_assert_msg(false, "unknown reason %s", reason);
    return BECH32M_OK;
}

static void check_valid(const char *text)
{
    struct bech32m decoded;
    char again[BECH32M_TEXT_MAX + 1];
    ck_assert_msg(bech32m_decode(&decoded, text) == BECH32M_OK, "%s", text);
    bech32m_encode(again, decoded.hrp, decoded.values, decoded.value_count);
    ck_assert_msg(strcasecmp(again, text) == 0, "%s", text);
    /* One wrong character is always found. */
    for (size_t i = strlen(decoded.hrp) + 1; text[i] != '\0'; i++) {
        char changed[BECH32M_TEXT_MAX + 1];
        memcpy(changed, text, strlen(text) + 1);
        changed[i] = again[i] == 'q' ? 'p' : 'q';
        ck_assert_int_ne(bech32m_decode(&decoded, changed), BECH32M_OK);
    }
}

START_TEST(follows_the_published_vectors)
{
    struct buffer file = {0};
    if (!vectors_read(&file, "bip350_bech32m.txt")) {
        return;
    }
    (void)buffer_text(&file);
    char *cursor = (char *)file.data;
    char *line;
    unsigned valid = 0;
    unsigned invalid = 0;
    while (vectors_line(&line, &cursor)) {
        if (*line == '#' || *line == '\0') {
            continue;
        }
        const char *verdict = strsep(&line, " ");
        const char *hex = strsep(&line, " ");
        struct buffer text = {0};
        struct bech32m decoded;
        vectors_hex(&text, hex);
        if (strcmp(verdict, "valid") == 0) {
            check_valid(buffer_text(&text));
            valid++;
        } else {
            enum bech32m_status status = bech32m_decode(&decoded, buffer_text(&text));
            ck_assert_msg(status == status_expected(line), "%s: %s", line,
                          bech32m_status_text(status));
            invalid++;
        }
        buffer_close(&text);
    }
    ck_assert_uint_eq(valid, 7);
    ck_assert_uint_eq(invalid, 14);
    buffer_close(&file);
}
END_TEST

START_TEST(refuses_mixed_case)
{
    struct bech32m decoded;
    ck_assert_int_eq(bech32m_decode(&decoded, "A1lqfn3a"), BECH32M_CASE);
    ck_assert_uint_eq(decoded.error_index, 2);
    ck_assert_int_eq(bech32m_decode(&decoded, "a1LQFN3A"), BECH32M_CASE);
}
END_TEST

START_TEST(refuses_bech32_of_the_first_version)
{
    struct bech32m decoded;
    ck_assert_int_eq(bech32m_decode(&decoded, "a12uel5l"), BECH32M_CHECKSUM);
}
END_TEST

START_TEST(bytes_of_every_length_survive_a_round_trip)
{
    uint64_t seed = 5;
    for (size_t size = 0; size <= 48; size++) {
        uint8_t data[48];
        uint8_t back[48];
        char text[BECH32M_TEXT_MAX + 1];
        struct bech32m decoded;
        check_random_fill(&seed, data, size);
        bech32m_encode_bytes(text, "souk", (struct bytes){data, size});
        ck_assert_int_eq(bech32m_decode(&decoded, text), BECH32M_OK);
        ck_assert_int_eq(bech32m_to_bytes(back, size, &decoded), BECH32M_OK);
        ck_assert(bytes_equal((struct bytes){data, size}, (struct bytes){back, size}));
        if (size > 0) {
            ck_assert_int_eq(bech32m_to_bytes(back, size - 1, &decoded), BECH32M_SIZE);
        }
    }
}
END_TEST

START_TEST(refuses_padding_that_is_not_zero)
{
    struct bech32m decoded = {.value_count = 2, .values = {31, 0}};
    uint8_t byte;
    for (uint8_t last = 0; last < 32; last++) {
        decoded.values[1] = last;
        enum bech32m_status status = bech32m_to_bytes(&byte, 1, &decoded);
        ck_assert_int_eq(status, last % 4 == 0 ? BECH32M_OK : BECH32M_PADDING);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bech32m");
    tcase_add_test(tests, follows_the_published_vectors);
    tcase_add_test(tests, refuses_mixed_case);
    tcase_add_test(tests, refuses_bech32_of_the_first_version);
    tcase_add_test(tests, bytes_of_every_length_survive_a_round_trip);
    tcase_add_test(tests, refuses_padding_that_is_not_zero);
    return check_run("bech32m", tests);
}
