#include "tools/server/sum_message.h"

#include <string.h>

#include "crypto/field.h"
#include "tests/lib/check_run.h"

#define ELEMENTS 3
#define SIZE     (ELEMENTS * FIELD_SIZE)

static const struct hash context = {{7}};
static const uint8_t random32[32] = {1};
static struct secret_key key;
static struct address sender;
static uint8_t sum[SIZE];
static struct buffer wire;

static void address_of_key(struct address *out, const struct secret_key *secret)
{
    struct public_key public_key;
    public_key_of(&public_key, secret);
    address_of(out, &public_key);
}

static void write_with(const struct secret_key *secret)
{
    struct fault fault;
    struct source source = source_of_bytes(BYTES_OF(sum));
    const struct sum_message_signer signer = {&context, 3, secret};
    buffer_clear(&wire);
    ck_assert(sum_message_write(&wire, &signer, &source, random32, &fault));
    buffer_append(&wire, BYTES_OF(sum));
}

static void make(void)
{
    static const uint8_t secret[32] = {5};
    ck_assert(secret_key_init(&key, secret));
    address_of_key(&sender, &key);
    for (size_t i = 0; i < ELEMENTS; i++) {
        field_write(sum + FIELD_SIZE * i, FIELD_MODULUS - 1 - i);
    }
    write_with(&key);
}

static void drop(void)
{
    buffer_close(&wire);
}

static void check_refused(struct bytes input, const struct hash *ctx, unsigned j,
                          const struct address *who, size_t size, const char *expected)
{
    struct fault fault = {""};
    bool broken = true;
    struct source source = source_of_bytes(input);
    const struct sum_message_expected expectation = {ctx, j, who, size};
    ck_assert_msg(!sum_message_check(&source, &expectation, &broken, &fault), "accepted: %s",
                  expected);
    ck_assert_msg(strstr(fault.text, expected) != NULL, "%s", fault.text);
    ck_assert(!broken);
}

START_TEST(a_signed_sum_is_accepted)
{
    struct fault fault;
    bool broken = true;
    struct source source = source_of_bytes(buffer_bytes(&wire));
    const struct sum_message_expected expected = {&context, 3, &sender, SIZE};
    ck_assert_msg(sum_message_check(&source, &expected, &broken, &fault), "%s", fault.text);
    ck_assert_uint_eq(wire.size, sum_message_offset(SIZE) + SIZE);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_no_fault_of_the_sender)
{
    struct fault fault;
    bool broken = false;
    struct source source = source_of_file(-1, 0, wire.size);
    const struct sum_message_expected expected = {&context, 3, &sender, SIZE};
    ck_assert(!sum_message_check(&source, &expected, &broken, &fault));
    ck_assert(broken);
}
END_TEST

START_TEST(refuses_every_truncation_and_trailing_bytes)
{
    for (size_t size = 0; size < wire.size; size++) {
        check_refused((struct bytes){wire.data, size}, &context, 3, &sender, SIZE, "sum message: ");
    }
    buffer_append_text(&wire, "x");
    check_refused(buffer_bytes(&wire), &context, 3, &sender, SIZE,
                  "it has 122 bytes, 121 are expected");
}
END_TEST

START_TEST(refuses_a_sum_of_another_size)
{
    check_refused(buffer_bytes(&wire), &context, 3, &sender, SIZE + 8,
                  "it has 121 bytes, 129 are expected");
    check_refused(buffer_bytes(&wire), &context, 3, &sender, 0, "97 are expected");
    wire.data[96] = SIZE - 1;
    check_refused(buffer_bytes(&wire), &context, 3, &sender, SIZE,
                  "the length before the sum is not 24");
}
END_TEST

START_TEST(refuses_an_element_that_is_not_canonical)
{
    memset(wire.data + 97 + FIELD_SIZE, 0xff, FIELD_SIZE);
    check_refused(buffer_bytes(&wire), &context, 3, &sender, SIZE,
                  "element 1 is not below the field's prime");
}
END_TEST

START_TEST(a_sum_counts_for_one_round_and_one_server_only)
{
    static const struct hash other_round = {{8}};
    check_refused(buffer_bytes(&wire), &other_round, 3, &sender, SIZE, "not signed by server 3");
    check_refused(buffer_bytes(&wire), &context, 2, &sender, SIZE, "not signed by server 2");
}
END_TEST

START_TEST(refuses_a_stranger_who_signs_correctly)
{
    static const uint8_t secret[32] = {6};
    struct secret_key stranger;
    struct address address;
    ck_assert(secret_key_init(&stranger, secret));
    address_of_key(&address, &stranger);
    check_refused(buffer_bytes(&wire), &context, 3, &address, SIZE, "not signed by server 3");
    write_with(&stranger);
    check_refused(buffer_bytes(&wire), &context, 3, &sender, SIZE, "not signed by server 3");
}
END_TEST

START_TEST(every_changed_byte_is_refused)
{
    for (size_t i = 0; i < wire.size; i++) {
        wire.data[i] ^= 1;
        check_refused(buffer_bytes(&wire), &context, 3, &sender, SIZE, "");
        wire.data[i] ^= 1;
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sum message");
    tcase_add_checked_fixture(tests, make, drop);
    tcase_add_test(tests, a_signed_sum_is_accepted);
    tcase_add_test(tests, a_file_that_cannot_be_read_is_no_fault_of_the_sender);
    tcase_add_test(tests, refuses_every_truncation_and_trailing_bytes);
    tcase_add_test(tests, refuses_a_sum_of_another_size);
    tcase_add_test(tests, refuses_an_element_that_is_not_canonical);
    tcase_add_test(tests, a_sum_counts_for_one_round_and_one_server_only);
    tcase_add_test(tests, refuses_a_stranger_who_signs_correctly);
    tcase_add_test(tests, every_changed_byte_is_refused);
    return check_run("sum message", tests);
}
