#include "vm/refusal.h"

#include <string.h>

#include "tests/lib/check_run.h"

static const struct refusal_text own[] = {
    {100, "STAKE_TOO_SMALL", "stake is {got}, at least {want} is required", NULL}};

static void check_text(struct refusal refusal, const char *want)
{
    char line[200];
    refusal_print(line, sizeof(line), &refusal, own, ARRAY_COUNT(own));
    ck_assert_str_eq(line, want);
}

START_TEST(prints_a_sentence_with_the_numbers)
{
    check_text((struct refusal){100, 5, 10}, "stake is 5, at least 10 is required");
    check_text((struct refusal){VM_NONCE, 1, UINT64_MAX},
               "nonce is 1, the account's next is 18446744073709551615");
    check_text((struct refusal){0, 0, 0}, "not refused");
    check_text((struct refusal){999, 1, 2}, "refused (1, 2) with the unknown code 999");
}
END_TEST

START_TEST(cuts_what_does_not_fit)
{
    struct refusal refusal = {100, 1234567, 10};
    for (size_t size = 1; size < 60; size++) {
        char line[64];
        memset(line, 'x', sizeof(line));
        refusal_print(line, size, &refusal, own, ARRAY_COUNT(own));
        ck_assert_uint_lt(strlen(line), size);
        ck_assert(line[size] == 'x');
        ck_assert(strncmp(line, "stake is 1234567, at least 10 is required", strlen(line)) == 0);
    }
    refusal_print(NULL, 0, &refusal, NULL, 0);
}
END_TEST

START_TEST(names_codes)
{
    ck_assert_str_eq(refusal_name(100, own, 1), "STAKE_TOO_SMALL");
    ck_assert_str_eq(refusal_name(VM_GAS, own, 1), "VM_GAS");
    ck_assert_str_eq(refusal_name(100, NULL, 0), "UNKNOWN");
}
END_TEST

START_TEST(keeps_the_machines_codes_distinct_and_below_100)
{
    size_t count;
    const struct refusal_text *texts = vm_refusal_texts(&count);
    for (size_t i = 0; i < count; i++) {
        ck_assert(texts[i].code > 0 && texts[i].code < 100);
        ck_assert(i == 0 || texts[i].code > texts[i - 1].code);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("refusal");
    tcase_add_test(tests, prints_a_sentence_with_the_numbers);
    tcase_add_test(tests, cuts_what_does_not_fit);
    tcase_add_test(tests, names_codes);
    tcase_add_test(tests, keeps_the_machines_codes_distinct_and_below_100);
    return check_run("refusal", tests);
}
