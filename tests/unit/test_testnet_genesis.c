#include <string.h>

#include "base/memory.h"
#include "p2p/json_schema.h"
#include "tests/lib/check_run.h"
#include "tools/client/file.h"
#include "tools/client/random.h"
#include "tools/testnet/genesis.h"

static struct fault fault;

static void random_account(struct public_key *key, struct point *point, struct address *address)
{
    struct secret_key secret;
    random_secret_key(&secret);
    public_key_of(key, &secret);
    point_of(point, &secret);
    address_of(address, key);
}

START_TEST(writes_a_genesis_that_reads_back)
{
    const struct net net = {.validators = 2, .empty_block_interval_ms = 100};
    struct genesis *genesis = memory_new(sizeof(*genesis));
    struct genesis *read = memory_new(sizeof(*read));
    struct genesis_names *names = memory_new(sizeof(*names));
    struct json_arena arena = {NULL, 0};
    struct buffer text = {0};
    struct public_key key;
    struct point point;
    struct address address = {0};
    char error[200];
    genesis_begin(genesis, &net, 1700000000000);
    for (uint32_t i = 1; i <= 2; i++) {
        struct part part = {.index = i, .name = "node-0"};
        part.name[5] = (char)('0' + i);
        random_account(&key, &point, &address);
        genesis_add_validator(genesis, names, &part, &key, &point);
    }
    genesis->parameters.treasury = address;
    ck_assert(!genesis_write(&text, genesis, &fault));
    ck_assert_str_eq(fault.text, "genesis: number of accounts is 0, expected 1 to 4096");
    genesis_add_account(genesis, &address, 1000, ROLE_ADMIN);
    ck_assert_msg(genesis_write(&text, genesis, &fault), "%s", fault.text);
    json_t *json = json_text_parse(buffer_bytes(&text), error, sizeof(error));
    ck_assert_msg(json != NULL, "%s", error);
    ck_assert_msg(
        json_schema_read(&genesis_schema, read, json, NET_PREFIX, &arena, error, sizeof(error)),
        "%s", error);
    struct hash written;
    struct hash back;
    genesis_chain_id(&written, genesis);
    genesis_chain_id(&back, read);
    ck_assert(hash_equal(&written, &back));
    json_arena_close(&arena);
    json_decref(json);
    buffer_close(&text);
    free(names);
    free(read);
    free(genesis);
}
END_TEST

/* The documented example is a genesis that a node takes. */
START_TEST(the_example_at_the_root_is_valid)
{
    struct buffer text = {0};
    struct genesis *read = memory_new(sizeof(*read));
    struct json_arena arena = {NULL, 0};
    char error[200];
    ck_assert_msg(file_read(&text, "genesis.json", 1 << 20, &fault), "%s", fault.text);
    json_t *json = json_text_parse(buffer_bytes(&text), error, sizeof(error));
    ck_assert_msg(json != NULL, "%s", error);
    ck_assert_msg(
        json_schema_read(&genesis_schema, read, json, NET_PREFIX, &arena, error, sizeof(error)),
        "%s", error);
    ck_assert_msg(genesis_check(read, error, sizeof(error)), "%s", error);
    json_arena_close(&arena);
    json_decref(json);
    buffer_close(&text);
    free(read);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("testnet_genesis");
    tcase_add_test(tests, writes_a_genesis_that_reads_back);
    tcase_add_test(tests, the_example_at_the_root_is_valid);
    return check_run("testnet_genesis", tests);
}
