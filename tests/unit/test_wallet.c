#include "tools/client/wallet.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"
#include "tools/client/file.h"

static const struct keystore_cost cheap = {.n = 16, .r = 8, .p = 1};
static const struct wallet_password password = {"correct horse"};
static struct scratch scratch;

static void open_scratch(void)
{
    scratch_open(&scratch);
}

static void close_scratch(void)
{
    scratch_close(&scratch);
}

static struct keystore_secret seed(uint8_t fill)
{
    struct keystore_secret secret = {.kind = KEYSTORE_SEED};
    secret.is.entropy.size = BIP39_ENTROPY_MAX;
    memset(secret.is.entropy.bytes, fill, BIP39_ENTROPY_MAX);
    return secret;
}

static void make_wallet(char path[WALLET_PATH_MAX], const char *name, uint8_t fill)
{
    struct fault fault;
    const struct keystore_secret secret = seed(fill);
    ck_assert(wallet_path(path, scratch.folder, name, &fault));
    ck_assert_msg(wallet_create(path, &secret, "tsouk", &password, &cheap, &fault), "%s",
                  fault.text);
}

START_TEST(a_wallet_opens_with_its_password)
{
    char path[WALLET_PATH_MAX];
    struct fault fault;
    struct secret_key key;
    struct secret_key expected;
    struct keystore keystore;
    struct stat status;
    const struct keystore_secret secret = seed(5);
    make_wallet(path, "mine", 5);
    for (uint32_t account = 0; account < 3; account++) {
        ck_assert_msg(wallet_open(&key, path, &password, account, &fault), "%s", fault.text);
        ck_assert(keystore_account(&expected, &secret, account));
        ck_assert_mem_eq(key.bytes, expected.bytes, sizeof(key.bytes));
    }
    ck_assert(wallet_load(&keystore, path, &fault));
    ck_assert_str_eq(keystore.prefix, "tsouk");
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_wrong_password_is_refused)
{
    char path[WALLET_PATH_MAX];
    struct fault fault;
    struct secret_key key;
    const struct wallet_password wrong = {"correct horsf"};
    make_wallet(path, "mine", 5);
    ck_assert(!wallet_open(&key, path, &wrong, 0, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "wrong password"));
}
END_TEST

START_TEST(a_wallet_is_never_replaced)
{
    char path[WALLET_PATH_MAX];
    struct fault fault;
    struct secret_key before;
    struct secret_key after;
    const struct keystore_secret other = seed(6);
    make_wallet(path, "mine", 5);
    ck_assert(wallet_open(&before, path, &password, 0, &fault));
    ck_assert(!wallet_create(path, &other, "tsouk", &password, &cheap, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "already"));
    ck_assert(wallet_open(&after, path, &password, 0, &fault));
    ck_assert_mem_eq(before.bytes, after.bytes, sizeof(before.bytes));
}
END_TEST

START_TEST(names_are_letters_digits_dash_and_underscore)
{
    static const char *const wrong[] = {"",         "a b",  "../x", "a/b", "a.key",
                                        "\xc3\xa4", "a\nb", "~",    "."};
    char path[WALLET_PATH_MAX];
    char name[66];
    struct fault fault;
    ck_assert(wallet_path(path, "/home/me", "Az09-_", &fault));
    ck_assert_str_eq(path, "/home/me/wallets/Az09-_.key");
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        ck_assert_msg(!wallet_path(path, "/h", wrong[i], &fault), "%s", wrong[i]);
        ck_assert_ptr_nonnull(strstr(fault.text, "1 to 64 letters"));
    }
    memset(name, 'a', sizeof(name));
    name[65] = '\0';
    ck_assert(!wallet_path(path, "/h", name, &fault));
    name[64] = '\0';
    ck_assert(wallet_path(path, "/h", name, &fault));
    char home[WALLET_PATH_MAX + 1];
    memset(home, 'h', sizeof(home));
    home[WALLET_PATH_MAX] = '\0';
    ck_assert(!wallet_path(path, home, "a", &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "hhh"));
}
END_TEST

START_TEST(prefixes_are_lower_case_letters)
{
    static const char *const wrong[] = {
        "",
        "SOUK",
        "souk1",
        "so uk",
        "s\xc3\xb6uk",
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")};
    struct fault fault;
    ck_assert(wallet_prefix_check("souk", "--prefix", &fault));
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        ck_assert_msg(!wallet_prefix_check(wrong[i], "--prefix", &fault), "%s", wrong[i]);
        ck_assert_ptr_nonnull(strstr(fault.text, "--prefix is '"));
    }
}
END_TEST

START_TEST(missing_and_damaged_wallets_are_named)
{
    char path[WALLET_PATH_MAX];
    struct fault fault;
    struct keystore keystore;
    ck_assert(wallet_path(path, scratch.folder, "none", &fault));
    ck_assert(!wallet_load(&keystore, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "there is no wallet"));
    const char *damaged = scratch_path(&scratch, "damaged.key");
    ck_assert(file_write(damaged, bytes_of_text("version = 9\n"), 0600, &fault));
    ck_assert(!wallet_load(&keystore, damaged, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, damaged));
}
END_TEST

START_TEST(a_key_of_a_kind_without_accounts_has_account_0_only)
{
    char path[WALLET_PATH_MAX];
    struct fault fault;
    struct secret_key key;
    struct keystore_secret secret = {.kind = KEYSTORE_KEY};
    static const uint8_t bytes[32] = {9};
    ck_assert(secret_key_init(&secret.is.key, bytes));
    ck_assert(wallet_path(path, scratch.folder, "one", &fault));
    ck_assert(wallet_create(path, &secret, "souk", &password, &cheap, &fault));
    ck_assert(wallet_open(&key, path, &password, 0, &fault));
    ck_assert(!wallet_open(&key, path, &password, 1, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "no account 1"));
}
END_TEST

static void check_password(const char *content, const char *expected, const char *refusal)
{
    struct fault fault;
    struct wallet_password got;
    const char *path = scratch_path(&scratch, "password");
    ck_assert(file_write(path, bytes_of_text(content), 0600, &fault));
    bool good = wallet_password_get(&got, path, true, &fault);
    ck_assert_msg(good == (expected != NULL), "'%s'", content);
    if (good) {
        ck_assert_str_eq(got.text, expected);
        wallet_password_close(&got);
        ck_assert_int_eq(got.text[0], 0);
    } else {
        ck_assert_msg(strstr(fault.text, refusal) != NULL, "%s", fault.text);
    }
}

START_TEST(a_password_is_the_first_line_of_a_file)
{
    char longest[300];
    check_password("secret", "secret", NULL);
    check_password("secret\nmore\n", "secret", NULL);
    check_password("with space \r\n", "with space ", NULL);
    check_password("", NULL, "the first line is empty");
    check_password("\nsecond", NULL, "the first line is empty");
    memset(longest, 'x', sizeof(longest));
    longest[255] = '\0';
    check_password(longest, longest, NULL);
    longest[255] = 'x';
    longest[256] = '\0';
    check_password(longest, NULL, "larger than the 255 bytes");
}
END_TEST

START_TEST(the_environment_may_name_the_password_file)
{
    struct fault fault;
    struct wallet_password got;
    const char *path = scratch_path(&scratch, "password");
    ck_assert(file_write(path, bytes_of_text("from afar\n"), 0600, &fault));
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    ck_assert_int_eq(setenv("SOUK_PASSWORD_FILE", path, 1), 0);
    ck_assert(wallet_password_get(&got, NULL, false, &fault));
    ck_assert_str_eq(got.text, "from afar");
    ck_assert(!wallet_password_get(&got, scratch_path(&scratch, "none"), false, &fault));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("wallet");
    tcase_add_checked_fixture(tests, open_scratch, close_scratch);
    tcase_add_test(tests, a_wallet_opens_with_its_password);
    tcase_add_test(tests, a_wrong_password_is_refused);
    tcase_add_test(tests, a_wallet_is_never_replaced);
    tcase_add_test(tests, names_are_letters_digits_dash_and_underscore);
    tcase_add_test(tests, prefixes_are_lower_case_letters);
    tcase_add_test(tests, missing_and_damaged_wallets_are_named);
    tcase_add_test(tests, a_key_of_a_kind_without_accounts_has_account_0_only);
    tcase_add_test(tests, a_password_is_the_first_line_of_a_file);
    tcase_add_test(tests, the_environment_may_name_the_password_file);
    return check_run("wallet", tests);
}
