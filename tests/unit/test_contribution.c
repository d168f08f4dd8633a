#include "tools/wallet/contribution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"
#include "tools/client/file.h"

#define DIMENSION 100

static struct share_round share_round;
static struct public_key owner;

static void make_key(struct secret_key *out, uint8_t number)
{
    uint8_t bytes[32] = {0};
    bytes[31] = number;
    ck_assert(secret_key_init(out, bytes));
}

static void open_all(void)
{
    struct secret_key key;
    memset(&share_round, 0, sizeof(share_round));
    share_round.dimension = DIMENSION;
    share_round.server_count = 4;
    share_round.degree = 1;
    for (uint8_t j = 0; j < 4; j++) {
        make_key(&key, (uint8_t)(10 + j));
        point_of(&share_round.servers[j], &key);
    }
    make_key(&key, 7);
    public_key_of(&owner, &key);
}

static void make(struct contribution *out)
{
    struct fault fault;
    int64_t *vector = memory_new(DIMENSION * sizeof(*vector));
    for (int64_t k = 0; k < DIMENSION; k++) {
        vector[k] = 30854650 * (k % 3 - 1) + k;
    }
    ck_assert_msg(contribution_make(out, &share_round, &owner, vector, &fault), "%s", fault.text);
}

START_TEST(what_is_kept_makes_the_same_ciphertexts_again)
{
    struct scratch scratch;
    struct fault fault;
    struct contribution first;
    struct contribution again;
    struct ciphertexts a;
    struct ciphertexts b;
    struct hash root;
    struct stat status;
    scratch_open(&scratch);
    const char *path = scratch_path(&scratch, "a.share");
    make(&first);
    ck_assert_msg(contribution_write(&first, path, &fault), "%s", fault.text);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    ck_assert_msg(contribution_read(&again, path, &fault), "%s", fault.text);
    ck_assert_mem_eq(again.vector, first.vector, DIMENSION * sizeof(int64_t));
    ck_assert(contribution_share(&first, &share_round, &owner, scratch.folder, &a, &fault));
    ck_assert(contribution_share(&again, &share_round, &owner, scratch.folder, &b, &fault));
    ck_assert_mem_eq(a.roots, b.roots, 3 * sizeof(struct hash));
    for (size_t i = 0; i < 3; i++) {
        struct buffer one = {0};
        struct buffer other = {0};
        ck_assert(ciphertexts_load(&one, &a, (unsigned)i, &fault));
        ck_assert(ciphertexts_load(&other, &b, (unsigned)i, &fault));
        ck_assert_uint_eq(one.size, DIMENSION * sizeof(uint64_t));
        ck_assert(bytes_equal(buffer_bytes(&one), buffer_bytes(&other)));
        buffer_close(&one);
        buffer_close(&other);
    }
    share_root(&root, &share_round.context, &owner, &again.commitment.ephemeral, b.roots, 3);
    ck_assert(hash_equal(&root, &again.commitment.root));
    ck_assert(share_commitment_valid(&again.commitment, &share_round.context, &owner));
    ciphertexts_close(&a);
    ciphertexts_close(&b);
    contribution_close(&first);
    contribution_close(&again);
    scratch_close(&scratch);
}
END_TEST

START_TEST(no_two_contributions_share_a_key_or_a_seed)
{
    struct contribution a;
    struct contribution b;
    make(&a);
    make(&b);
    ck_assert(memcmp(&a.ephemeral, &b.ephemeral, sizeof(a.ephemeral)) != 0);
    ck_assert(memcmp(a.seed, b.seed, sizeof(a.seed)) != 0);
    ck_assert(hash_equal(&a.update, &b.update));
    contribution_close(&a);
    contribution_close(&b);
}
END_TEST

START_TEST(refuses_every_change_truncation_and_trailing_bytes)
{
    struct contribution first;
    struct contribution again;
    struct buffer content = {0};
    char error[200];
    make(&first);
    contribution_encode(&content, &first);
    for (size_t size = 0; size < content.size; size++) {
        error[0] = '\0';
        ck_assert(
            !contribution_decode(&again, (struct bytes){content.data, size}, error, sizeof(error)));
        ck_assert_str_ne(error, "");
        ck_assert_ptr_null(again.vector);
    }
    content.data[0] = 9; /* version */
    ck_assert(!contribution_decode(&again, buffer_bytes(&content), error, sizeof(error)));
    content.data[0] = 1;
    content.data[40] ^= 1; /* the key, which is not that of EK then */
    ck_assert(!contribution_decode(&again, buffer_bytes(&content), error, sizeof(error)));
    content.data[40] ^= 1;
    content.data[content.size - 1] ^= 1; /* the vector, which has another hash then */
    ck_assert(!contribution_decode(&again, buffer_bytes(&content), error, sizeof(error)));
    content.data[content.size - 1] ^= 1;
    ck_assert(contribution_decode(&again, buffer_bytes(&content), error, sizeof(error)));
    contribution_close(&again);
    buffer_append_text(&content, "x");
    ck_assert(!contribution_decode(&again, buffer_bytes(&content), error, sizeof(error)));
    buffer_close(&content);
    contribution_close(&first);
}
END_TEST

START_TEST(a_damaged_file_is_named)
{
    struct scratch scratch;
    struct contribution contribution;
    struct fault fault;
    scratch_open(&scratch);
    const char *path = scratch_path(&scratch, "a.share");
    ck_assert(file_write(path, bytes_of_text("short"), 0600, &fault));
    ck_assert(!contribution_read(&contribution, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, path));
    ck_assert_ptr_nonnull(strstr(fault.text, "remove it if the round is over"));
    ck_assert(!contribution_read(&contribution, scratch_path(&scratch, "none"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "No such file"));
    scratch_close(&scratch);
}
END_TEST

START_TEST(a_round_that_cannot_be_is_refused)
{
    struct contribution contribution;
    struct fault fault;
    int64_t *vector = memory_new(DIMENSION * sizeof(*vector));
    share_round.server_count = 2;
    ck_assert(!contribution_make(&contribution, &share_round, &owner, vector, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "the servers are not"));
    contribution_close(&contribution);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("contribution");
    tcase_add_checked_fixture(tests, open_all, NULL);
    tcase_add_test(tests, what_is_kept_makes_the_same_ciphertexts_again);
    tcase_add_test(tests, no_two_contributions_share_a_key_or_a_seed);
    tcase_add_test(tests, refuses_every_change_truncation_and_trailing_bytes);
    tcase_add_test(tests, a_damaged_file_is_named);
    tcase_add_test(tests, a_round_that_cannot_be_is_refused);
    return check_run("contribution", tests);
}
