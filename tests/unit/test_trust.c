/* What a client reads out of a genesis is what a node reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/genesis_file.h"
#include "p2p/json_schema.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"
#include "tools/client/trust.h"

static struct buffer text; /* a good genesis.json */
static struct fault fault;

static void open_genesis(void)
{
    struct chain chain;
    chain_init(&chain, 3);
    json_t *json = json_schema_write(&genesis_schema, chain.genesis, "tsouk");
    char *printed = json_dumps(json, JSON_INDENT(1));
    ck_assert_ptr_nonnull(printed);
    buffer_append_text(&text, printed);
    free(printed);
    json_decref(json);
    chain_close(&chain);
}

static void close_genesis(void)
{
    buffer_close(&text);
}

static void check_same(const struct trust *trust, const struct genesis_file *file)
{
    struct hash ours;
    struct hash theirs;
    validators_hash(&ours, &trust->validators);
    validators_hash(&theirs, &file->validators);
    ck_assert(hash_equal(&ours, &theirs));
    ck_assert(hash_equal(&trust->chain_id, &file->chain_id));
    ck_assert_str_eq(trust->prefix, file->prefix);
}

START_TEST(a_client_believes_in_the_chain_of_the_node)
{
    struct trust trust;
    struct genesis_file *file = NULL;
    char error[200];
    ck_assert_msg(trust_parse(&trust, buffer_bytes(&text), &fault), "%s", fault.text);
    ck_assert_msg(genesis_file_parse(&file, buffer_bytes(&text), error, sizeof(error)), "%s",
                  error);
    check_same(&trust, file);
    ck_assert_str_eq(trust.network, "fixture");
    genesis_file_free(file);
    trust_close(&trust);
}
END_TEST

/* Replace `from` by `to`, once; what is refused names `words`, and the node refuses it, too. */
static void check_refused(const char *from, const char *to, const char *words)
{
    struct buffer changed = {0};
    struct trust trust;
    struct genesis_file *file = NULL;
    char error[200];
    const char *whole = buffer_text(&text);
    const char *at = strstr(whole, from);
    ck_assert_msg(at != NULL, "the genesis has no %s", from);
    buffer_append(&changed, (struct bytes){(const uint8_t *)whole, (size_t)(at - whole)});
    buffer_append_text(&changed, to);
    buffer_append_text(&changed, at + strlen(from));
    ck_assert_msg(!trust_parse(&trust, buffer_bytes(&changed), &fault), "accepted: %s", to);
    ck_assert_msg(strstr(fault.text, words) != NULL, "'%s', not '%s'", fault.text, words);
    ck_assert(!genesis_file_parse(&file, buffer_bytes(&changed), error, sizeof(error)));
    trust_close(&trust);
    buffer_close(&changed);
}

START_TEST(a_genesis_that_no_node_takes_is_not_believed)
{
    check_refused("{", "", "expected near");
    check_refused("\"address_prefix\": \"tsouk\",", "", "address_prefix: missing");
    check_refused("\"address_prefix\": \"tsouk\"", "\"address_prefix\": \"\"", "address_prefix");
    check_refused("\"address_prefix\": \"tsouk\"", "\"address_prefix\": \"TSOUK\"",
                  "address_prefix");
    check_refused("\"address_prefix\": \"tsouk\"", "\"address_prefix\": \"other\"", "prefix");
    check_refused("\"version\": 1", "\"version\": 2", "version");
    check_refused("\"network\": \"fixture\"", "\"network\": \"\"", "network");
    check_refused("\"name\": \"bell\"", "\"name\": \"ada\"", "name");
}
END_TEST

START_TEST(files_are_named_in_what_is_refused)
{
    char home[FIXTURE_PATH_MAX];
    char path[FIXTURE_PATH_MAX];
    struct trust trust;
    fixture_directory(home);
    fixture_path(path, home, "genesis.json");
    ck_assert(!trust_load(&trust, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "genesis.json: No such file"));
    fixture_write_file(path, bytes_of_text("[]"));
    ck_assert(!trust_load(&trust, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "genesis.json: address_prefix: missing"));
    trust_close(&trust);
    fixture_write_file(path, buffer_bytes(&text));
    ck_assert_msg(trust_load(&trust, path, &fault), "%s", fault.text);
    ck_assert_uint_eq(trust.validators.count, CHAIN_VALIDATORS);
    trust_close(&trust);
    fixture_remove(home);
}
END_TEST

static void make_header(struct block_header *header, const struct trust *trust)
{
    *header = (struct block_header){
        .version = BLOCK_VERSION, .chain_id = trust->chain_id, .height = 70, .time_ms = 5};
    validators_hash(&header->validators_hash, &trust->validators);
}

/* Replace `from` by `to`, once, in a trust file; what is refused names `words`. */
static void check_header_refused(const struct buffer *file, const char *from, const char *to,
                                 const char *words)
{
    struct buffer changed = {0};
    struct buffer whole = {0};
    struct trust trust;
    buffer_append(&whole, buffer_bytes(file));
    const char *at = strstr(buffer_text(&whole), from);
    ck_assert_msg(at != NULL, "the file has no %s", from);
    buffer_append(&changed, (struct bytes){whole.data, (size_t)(at - buffer_text(&whole))});
    buffer_append_text(&changed, to);
    buffer_append_text(&changed, at + strlen(from));
    ck_assert_msg(!trust_parse_header(&trust, buffer_bytes(&changed), &fault), "accepted: %s", to);
    ck_assert_msg(strstr(fault.text, words) != NULL, "'%s', not '%s'", fault.text, words);
    trust_close(&trust);
    buffer_close(&changed);
    buffer_close(&whole);
}

START_TEST(a_header_is_trusted_with_its_validators)
{
    struct trust genesis;
    struct trust later;
    struct block_header header;
    struct buffer file = {0};
    struct hash set;
    ck_assert(trust_parse(&genesis, buffer_bytes(&text), &fault));
    ck_assert_uint_eq(genesis.header.height, 0);
    make_header(&header, &genesis);
    trust_write(&file, &genesis, &header, &genesis.validators);
    ck_assert_msg(trust_parse_header(&later, buffer_bytes(&file), &fault), "%s", fault.text);
    ck_assert(hash_equal(&later.chain_id, &genesis.chain_id));
    ck_assert_str_eq(later.network, genesis.network);
    ck_assert_str_eq(later.prefix, genesis.prefix);
    struct hash ours;
    struct hash theirs;
    block_digest(&ours, &header);
    block_digest(&theirs, &later.header);
    ck_assert(hash_equal(&ours, &theirs));
    validators_hash(&set, &later.validators);
    ck_assert(hash_equal(&set, &header.validators_hash));
    trust_close(&later);
    check_header_refused(&file, "{", "", "expected near");
    check_header_refused(&file, "\"network\": \"fixture\",", "", "network");
    check_header_refused(&file, "\"tsouk\"", "\"\"", "address_prefix");
    check_header_refused(&file, "\"version\": 1", "\"version\": 2", "header.version: not 1");
    check_header_refused(&file, "\"height\": \"70\"", "\"height\": \"0\"", "header.height: 0");
    check_header_refused(&file, "\"name\": \"bell\"", "\"name\": \"bess\"",
                         "validators: not the set that the header names");
    buffer_close(&file);
    trust_close(&genesis);
}
END_TEST

/* That header and set agree is not enough. */
START_TEST(a_set_that_cannot_run_a_chain_is_not_trusted)
{
    struct trust genesis;
    struct trust later;
    struct block_header header;
    struct buffer file = {0};
    ck_assert(trust_parse(&genesis, buffer_bytes(&text), &fault));
    genesis.validators.list[1] = genesis.validators.list[0];
    make_header(&header, &genesis);
    trust_write(&file, &genesis, &header, &genesis.validators);
    ck_assert(!trust_parse_header(&later, buffer_bytes(&file), &fault));
    trust_close(&later);
    genesis.validators.count = 0;
    make_header(&header, &genesis);
    buffer_clear(&file);
    trust_write(&file, &genesis, &header, &genesis.validators);
    ck_assert(!trust_parse_header(&later, buffer_bytes(&file), &fault));
    trust_close(&later);
    trust_close(&genesis);
    buffer_close(&file);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("trust");
    tcase_add_unchecked_fixture(tests, open_genesis, close_genesis);
    tcase_add_test(tests, a_client_believes_in_the_chain_of_the_node);
    tcase_add_test(tests, a_genesis_that_no_node_takes_is_not_believed);
    tcase_add_test(tests, files_are_named_in_what_is_refused);
    tcase_add_test(tests, a_header_is_trusted_with_its_validators);
    tcase_add_test(tests, a_set_that_cannot_run_a_chain_is_not_trusted);
    return check_run("trust", tests);
}
