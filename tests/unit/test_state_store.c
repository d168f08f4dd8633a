#include "node/state_store.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/disk.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static struct chain chain;
static char home[FIXTURE_PATH_MAX];
static char directory[FIXTURE_PATH_MAX];
static char data_path[FIXTURE_PATH_MAX];
static char error[1024];

static void set_up(void)
{
    fixture_directory(home);
    fixture_path(directory, home, "state");
    fixture_path(data_path, directory, "data.mdb");
    chain_init(&chain, 20);
}

static void tear_down(void)
{
    chain_close(&chain);
    fixture_remove(home);
}

static enum state_store_status try_open(struct state_store **store, const struct genesis *genesis)
{
    struct state_store_options options = {.directory = directory, .genesis = genesis};
    return state_store_open(store, &options, error, sizeof error);
}

static struct state_store *must_open(void)
{
    struct state_store *store;
    ck_assert_msg(try_open(&store, chain.genesis) == STATE_STORE_OK, "%s", error);
    return store;
}

/* Commit `count` keys of `value_size` bytes as block `height`. */
static void commit(struct state_store *store, uint64_t height, uint32_t count, size_t value_size)
{
    struct state_snapshot *snapshot = state_snapshot_open(store);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    struct state_change *changes = calloc(count, sizeof *changes);
    uint8_t *keys = calloc(count, 8);
    uint8_t *value = calloc(1, value_size);
    uint64_t random = height;
    check_random_fill(&random, value, value_size);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(keys + (size_t)8 * i, &i, sizeof i);
        changes[i] = (struct state_change){{keys + (size_t)8 * i, 8}, {value, value_size}, false};
    }
    struct state_batch *batch = state_batch_new(snapshot);
    state_batch_state(batch, changes, count, &head.state_root);
    head.height = height;
    state_batch_head(batch, &head);
    state_store_commit(store, batch);
    free(value);
    free(keys);
    free(changes);
}

static uint64_t height_of(struct state_store *store)
{
    struct state_head head;
    struct state_snapshot *snapshot = state_snapshot_open(store);
    state_snapshot_head(snapshot, &head);
    state_snapshot_close(snapshot);
    return head.height;
}

START_TEST(begins_with_the_genesis)
{
    struct state_store *store = must_open();
    struct state_snapshot *snapshot = state_snapshot_open(store);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    ck_assert_uint_eq(head.height, 0);
    ck_assert(hash_equal(&head.digest, &chain.chain_id));
    ck_assert(!hash_is_zero(&head.state_root));
    ck_assert(hash_is_zero(&head.receipts_root));
    struct buffer found = {0};
    struct buffer expected = {0};
    state_snapshot_genesis(snapshot, &found);
    schema_write(&expected, &genesis_schema, chain.genesis);
    ck_assert(bytes_equal(buffer_bytes(&found), buffer_bytes(&expected)));
    struct market_key key;
    key_account(&key, &chain.addresses[3]);
    buffer_clear(&found);
    ck_assert(state_snapshot_get(snapshot, (struct bytes){key.data, key.size}, &found));
    ck_assert(!state_snapshot_get(snapshot, bytes_of_text("nothing"), &found));
    buffer_close(&found);
    buffer_close(&expected);
    state_snapshot_close(snapshot);
    state_store_close(store);
}
END_TEST

START_TEST(a_snapshot_keeps_its_height)
{
    struct state_store *store = must_open();
    struct state_snapshot *old = state_snapshot_open(store);
    commit(store, 1, 10, 100);
    struct state_head head;
    state_snapshot_head(old, &head);
    ck_assert_uint_eq(head.height, 0);
    ck_assert_uint_eq(height_of(store), 1);
    uint8_t key[8] = {5};
    struct buffer value = {0};
    ck_assert(!state_snapshot_get(old, BYTES_OF(key), &value));
    state_snapshot_close(old);
    buffer_close(&value);
    state_store_close(store);
    store = must_open();
    ck_assert_uint_eq(height_of(store), 1);
    state_store_close(store);
}
END_TEST

/* Lay one written and one erased key over the state as block `height`. */
static void lay(struct state_store *store, uint64_t height, uint32_t written, uint32_t erased)
{
    struct state_snapshot *snapshot = state_snapshot_open_newest(store);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    uint8_t keys[2][8] = {{(uint8_t)written}, {(uint8_t)erased}};
    struct state_change changes[2] = {{BYTES_OF(keys[0]), bytes_of_text("new"), false},
                                      {BYTES_OF(keys[1]), {0}, true}};
    struct state_batch *batch = state_batch_new(snapshot);
    state_batch_state(batch, changes, 2, &head.state_root);
    head.height = height;
    state_batch_head(batch, &head);
    state_store_add(store, batch);
}

static bool collect(void *context, struct bytes key, struct bytes value)
{
    struct buffer *text = context;
    if (key.size == 8) {
        buffer_format(text, "%u%s ", key.data[0], value.size == 3 ? "new" : "");
    }
    return true;
}

/* The numbered keys that a snapshot has, by a walk; each must be what a look-up finds. */
static const char *keys_of(struct state_snapshot *snapshot)
{
    static struct buffer text;
    struct buffer value = {0};
    struct buffer looked = {0};
    buffer_clear(&text);
    state_snapshot_walk(snapshot, (struct bytes){0}, collect, &text);
    for (uint8_t i = 0; i < 30; i++) {
        uint8_t key[8] = {i};
        buffer_clear(&value);
        if (state_snapshot_get(snapshot, BYTES_OF(key), &value)) {
            (void)collect(&looked, BYTES_OF(key), buffer_bytes(&value));
        }
    }
    ck_assert_str_eq(buffer_text(&text), buffer_text(&looked));
    buffer_close(&value);
    buffer_close(&looked);
    return buffer_text(&text);
}

static void sees(struct state_store *store, uint64_t height, const char *keys)
{
    struct state_snapshot *snapshot = state_snapshot_open(store);
    ck_assert_uint_eq(height_of(store), height);
    ck_assert_str_eq(keys_of(snapshot), keys);
    state_snapshot_close(snapshot);
}

START_TEST(layers_lie_over_the_database)
{
    struct state_store *store = must_open();
    commit(store, 1, 4, 100);
    lay(store, 2, 20, 2);
    lay(store, 3, 2, 20);
    lay(store, 4, 1, 3);
    sees(store, 1, "0 1 2 3 ");
    state_store_show(store, 2);
    sees(store, 2, "0 1 3 20new ");
    struct state_snapshot *old = state_snapshot_open(store);
    state_store_show(store, 3);
    sees(store, 3, "0 1 2new 3 ");
    state_store_flush(store);
    sees(store, 3, "0 1 2new 3 ");
    ck_assert_str_eq(keys_of(old), "0 1 3 20new ");
    state_snapshot_close(old);
    state_store_show(store, 4);
    sees(store, 4, "0 1new 2new ");
    state_store_flush(store);
    sees(store, 4, "0 1new 2new ");
    state_store_close(store);
    store = must_open();
    sees(store, 4, "0 1new 2new ");
    state_store_close(store);
}
END_TEST

START_TEST(what_is_not_written_to_the_database_ends_with_the_process)
{
    struct state_store *store = must_open();
    commit(store, 1, 4, 100);
    lay(store, 2, 20, 2);
    state_store_flush(store);
    state_store_show(store, 2);
    state_store_close(store);
    store = must_open();
    sees(store, 1, "0 1 2 3 ");
    state_store_close(store);
}
END_TEST

START_TEST(erases_keys)
{
    struct state_store *store = must_open();
    commit(store, 1, 10, 100);
    uint8_t key[8] = {5};
    struct state_change change = {BYTES_OF(key), {0}, true};
    struct state_snapshot *snapshot = state_snapshot_open(store);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    struct state_batch *batch = state_batch_new(snapshot);
    state_batch_state(batch, &change, 1, &head.state_root);
    state_batch_head(batch, &head);
    state_store_commit(store, batch);
    snapshot = state_snapshot_open(store);
    struct buffer value = {0};
    ck_assert(!state_snapshot_get(snapshot, BYTES_OF(key), &value));
    key[0] = 6;
    ck_assert(state_snapshot_get(snapshot, BYTES_OF(key), &value));
    state_snapshot_close(snapshot);
    buffer_close(&value);
    state_store_close(store);
}
END_TEST

START_TEST(grows_its_map_when_it_is_full)
{
    struct state_store_options options = {
        .directory = directory, .genesis = chain.genesis, .map_size = (size_t)256 * 1024};
    struct state_store *store;
    ck_assert_msg(state_store_open(&store, &options, error, sizeof error) == STATE_STORE_OK, "%s",
                  error);
    for (uint64_t height = 1; height <= 5; height++) {
        commit(store, height, 500, 2000);
    }
    struct state_store_usage usage;
    state_store_read_usage(store, &usage);
    ck_assert_uint_gt(usage.map_size, 1000000);
    ck_assert_uint_gt(usage.used_bytes, 1000000);
    ck_assert_uint_eq(height_of(store), 5);
    state_store_close(store);
    /* Opened with the small size again, it takes the size of what is there. */
    ck_assert_int_eq(state_store_open(&store, &options, error, sizeof error), STATE_STORE_OK);
    commit(store, 6, 1000, 2000);
    ck_assert_uint_eq(height_of(store), 6);
    state_store_close(store);
}
END_TEST

START_TEST(refuses_another_chain)
{
    state_store_close(must_open());
    chain.genesis->time_ms++;
    struct state_store *store;
    ck_assert_int_eq(try_open(&store, chain.genesis), STATE_STORE_WRONG_CHAIN);
    ck_assert_ptr_null(store);
    ck_assert_ptr_nonnull(strstr(error, data_path));
    ck_assert_ptr_nonnull(strstr(error, "the state is of chain"));
}
END_TEST

START_TEST(refuses_nothing_without_a_genesis)
{
    struct state_store *store;
    ck_assert_int_eq(try_open(&store, NULL), STATE_STORE_IO);
    struct state_store_options options = {.directory = directory, .read_only = true};
    ck_assert_int_eq(state_store_open(&store, &options, error, sizeof error), STATE_STORE_IO);
    state_store_close(must_open());
    ck_assert_int_eq(try_open(&store, NULL), STATE_STORE_OK);
    state_store_close(store);
    ck_assert_int_eq(state_store_open(&store, &options, error, sizeof error), STATE_STORE_OK);
    ck_assert_uint_eq(height_of(store), 0);
    state_store_close(store);
}
END_TEST

/* The remedy for damage is to remove the state: nobody may hear of it because a disk is full. */
START_TEST(a_full_disk_is_no_damage)
{
    struct state_store *store = NULL;
    uint64_t failed = 0;
    for (bool opened = false; !opened; failed += opened ? 0 : 1) {
        disk_inject(failed, ENOSPC);
        opened = try_open(&store, chain.genesis) == STATE_STORE_OK;
        disk_inject(UINT64_MAX, 0);
        ck_assert_msg(opened || strstr(error, "No space left") != NULL, "%s", error);
    }
    ck_assert_uint_ge(failed, 1);
    state_store_close(store);
    char path[FIXTURE_PATH_MAX];
    struct stat lock;
    fixture_path(path, directory, "lock.mdb");
    ck_assert_int_eq(stat(path, &lock), 0);
    ck_assert_int_ge(lock.st_blocks * 512, lock.st_size); /* no holes to be filled through memory */
}
END_TEST

START_TEST(an_empty_file_is_damage)
{
    char path[FIXTURE_PATH_MAX];
    struct state_store *store;
    struct state_store_options options = {.directory = directory, .read_only = true};
    state_store_close(must_open());
    fixture_path(path, directory, "data.mdb");
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_int_eq(state_store_open(&store, &options, error, sizeof error), STATE_STORE_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error, "remove data/state"));
}
END_TEST

START_TEST(refuses_another_version)
{
    state_store_close(must_open());
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi meta;
    char name[] = "schema";
    uint8_t number[4] = {3};
    MDB_val key = {6, name};
    MDB_val value = {sizeof number, number};
    ck_assert_int_eq(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 8);
    ck_assert_int_eq(mdb_env_open(env, directory, 0, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, "meta", 0, &meta), 0);
    ck_assert_int_eq(mdb_put(txn, meta, &key, &value, 0), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    struct state_store *store;
    ck_assert_int_eq(try_open(&store, chain.genesis), STATE_STORE_WRONG_VERSION);
    ck_assert_ptr_nonnull(strstr(error, "table version 3, this program reads 2"));
}
END_TEST

static bool touch(void *context, struct bytes key, struct bytes value)
{
    uint64_t *sum = context;
    for (size_t i = 0; i < value.size; i++) {
        *sum += value.data[i];
    }
    *sum += key.size;
    return true;
}

/* Open and read everything; a refusal prints its line and exits with 1, as a node does. */
static void read_everything(void *context)
{
    (void)context;
    alarm(10);
    struct state_store *store;
    if (try_open(&store, chain.genesis) != STATE_STORE_OK) {
        (void)fprintf(stderr, "%s\n", error);
        _exit(1);
    }
    uint64_t sum = 0;
    struct state_snapshot *snapshot = state_snapshot_open(store);
    state_snapshot_walk(snapshot, (struct bytes){0}, touch, &sum);
    state_snapshot_close(snapshot);
    state_store_close(store);
    store = must_open();
    commit(store, height_of(store) + 1, 50, 50);
    state_store_close(store);
}

START_TEST(a_damaged_file_is_refused_and_never_a_crash)
{
    struct state_store *store = must_open();
    for (uint64_t height = 1; height <= 3; height++) {
        commit(store, height, 300, 200);
    }
    state_store_close(store);
    struct buffer content = {0};
    struct buffer damaged = {0};
    struct buffer output = {0};
    fixture_read_file(data_path, &content);
    uint64_t random = 1;
    int refused = 0;
    for (int i = 0; i < 150; i++) {
        buffer_clear(&damaged);
        buffer_append(&damaged, buffer_bytes(&content));
        /* Overwrite one piece: the meta pages, the trees, or anywhere; or cut the file. */
        size_t range = i % 3 == 0 ? 8192 : damaged.size;
        size_t at = (size_t)(check_random(&random) % (range - 64));
        if (i % 10 == 9) {
            damaged.size = at;
        } else {
            check_random_fill(&random, damaged.data + at, 1 + (size_t)check_random(&random) % 64);
        }
        fixture_write_file(data_path, buffer_bytes(&damaged));
        int code = fixture_child(read_everything, NULL, &output);
        ck_assert_msg(code == 0 || code == 1, "damage %d at %zu: code %d, %s", i, at, code,
                      buffer_text(&output));
        if (code == 1) {
            refused++;
            ck_assert_msg(strstr(buffer_text(&output), "data.mdb") != NULL, "%s",
                          buffer_text(&output));
        }
    }
    ck_assert_int_gt(refused, 10);
    buffer_close(&content);
    buffer_close(&damaged);
    buffer_close(&output);
}
END_TEST

/* In a child: with too little address space for the map. */
static void open_in_little_space(void *context)
{
    (void)context;
    const struct rlimit limit = {(rlim_t)600 << 20, (rlim_t)600 << 20};
    struct state_store *store;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    enum state_store_status status = try_open(&store, chain.genesis);
    (void)fprintf(stderr, "%s\n", error);
    _exit(status == STATE_STORE_IO ? 7 : status == STATE_STORE_CORRUPT ? 8 : 9);
}

START_TEST(little_address_space_is_no_damage)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return; /* its shadow needs more */
#else
    struct buffer output = {0};
    struct state_store *store = must_open();
    commit(store, 1, 10, 20);
    state_store_close(store);
    int code = fixture_child(open_in_little_space, NULL, &output);
    ck_assert_msg(code == 7, "code %d: %s", code, buffer_text(&output));
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "does not suffice for its map of 1024 MiB"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "keep data/"));
    ck_assert_ptr_null(strstr(buffer_text(&output), "remove"));
    buffer_close(&output);
    store = must_open();
    state_store_close(store);
#endif
}
END_TEST

/* A file that says it has more pages than it has is: the last page's number of both meta pages (lmdb's mm_last_pg). */
START_TEST(an_impossible_map_is_damage)
{
    struct buffer content = {0};
    struct state_store *store = must_open();
    commit(store, 1, 10, 20);
    state_store_close(store);
    fixture_read_file(data_path, &content);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    content.data[136 + 5] = 0x10;
    content.data[page + 136 + 5] = 0x10;
    fixture_write_file(data_path, buffer_bytes(&content));
    ck_assert_int_eq(try_open(&store, chain.genesis), STATE_STORE_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error, "remove data/state"));
    buffer_close(&content);
}
END_TEST

static void fill_disk(void *context)
{
    (void)context;
    struct state_store *store = must_open();
    for (uint64_t height = 1; height <= 100; height++) {
        commit(store, height, 200, 2000);
    }
    state_store_close(store);
}

START_TEST(a_full_disk_stops_the_process)
{
    if (!fixture_mount_small(home, (size_t)1024 * 1024)) {
        return;
    }
    struct buffer output = {0};
    ck_assert_int_eq(fixture_child(fill_disk, NULL, &output), 1);
    ck_assert_msg(strstr(buffer_text(&output), "No space left") != NULL, "%s",
                  buffer_text(&output));
    buffer_close(&output);
    fixture_unmount(home);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("state_store");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, begins_with_the_genesis);
    tcase_add_test(tests, a_snapshot_keeps_its_height);
    tcase_add_test(tests, layers_lie_over_the_database);
    tcase_add_test(tests, what_is_not_written_to_the_database_ends_with_the_process);
    tcase_add_test(tests, erases_keys);
    tcase_add_test(tests, grows_its_map_when_it_is_full);
    tcase_add_test(tests, refuses_another_chain);
    tcase_add_test(tests, refuses_nothing_without_a_genesis);
    tcase_add_test(tests, a_full_disk_is_no_damage);
    tcase_add_test(tests, an_empty_file_is_damage);
    tcase_add_test(tests, refuses_another_version);
    tcase_add_test(tests, little_address_space_is_no_damage);
    tcase_add_test(tests, an_impossible_map_is_damage);
    tcase_add_test(tests, a_damaged_file_is_refused_and_never_a_crash);
    tcase_add_test(tests, a_full_disk_stops_the_process);
    return check_run("state_store", tests);
}
