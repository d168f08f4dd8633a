#include "node/genesis_file.h"

#include "base/memory.h"
#include "node/disk.h"
#include "node/state_genesis.h"
#include "p2p/json_schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fail(char *error, size_t error_size, const char *name, const char *what)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s: %s", name, what);
    }
    return false;
}

/* The prefix is needed to read the addresses beside it. */
static bool find_prefix(char out[ADDRESS_PREFIX_MAX + 1], const json_t *json, char *error,
                        size_t error_size)
{
    const char *prefix = json_string_value(json_object_get(json, "address_prefix"));
    if (prefix == NULL || prefix[0] == '\0' || strlen(prefix) > ADDRESS_PREFIX_MAX) {
        return fail(error, error_size, "address_prefix", "1 to 16 lower-case letters are expected");
    }
    for (const char *c = prefix; *c != '\0'; c++) {
        if (*c < 'a' || *c > 'z') {
            return fail(error, error_size, "address_prefix",
                        "1 to 16 lower-case letters are expected");
        }
    }
    (void)snprintf(out, ADDRESS_PREFIX_MAX + 1, "%s", prefix);
    return true;
}

/* Keep the genesis by its own encoding, so that nothing borrows the JSON. */
static bool keep(struct genesis_file *file, const struct genesis *read, char *error,
                 size_t error_size)
{
    if (!genesis_check(read, error, error_size)) {
        return false;
    }
    schema_write(&file->bcs, &genesis_schema, read);
    if (!schema_decode(&genesis_schema, &file->genesis, buffer_bytes(&file->bcs), error,
                       error_size)) {
        return false;
    }
    genesis_chain_id(&file->chain_id, &file->genesis);
    genesis_validators(&file->validators, &file->genesis);
    return validators_check(&file->validators, error, error_size);
}

bool genesis_file_parse(struct genesis_file **out, struct bytes text, char *error,
                        size_t error_size)
{
    _Static_assert(GENESIS_VALIDATORS_MAX <= VALIDATORS_MAX, "consensus bears every genesis");
    *out = NULL;
    json_t *json = json_text_parse(text, error, error_size);
    if (json == NULL) {
        return false;
    }
    struct genesis_file *file = memory_new(sizeof(*file));
    struct genesis *read = memory_new(sizeof(*read));
    struct json_arena arena = {NULL, 0};
    bool good =
        find_prefix(file->prefix, json, error, error_size) &&
        json_schema_read(&genesis_schema, read, json, file->prefix, &arena, error, error_size) &&
        keep(file, read, error, error_size);
    json_arena_close(&arena);
    json_decref(json);
    free(read);
    if (!good) {
        genesis_file_free(file);
        return false;
    }
    *out = file;
    return true;
}

bool genesis_file_load(struct genesis_file **out, const char *path, char *error, size_t error_size)
{
    *out = NULL;
    int file;
    int failure = disk_open_input(path, &file);
    if (failure != 0) {
        return fail(error, error_size, path, disk_error_text(failure));
    }
    size_t size;
    uint8_t *text = memory_new(GENESIS_FILE_SIZE_MAX + 1);
    failure = disk_read_input(file, text, GENESIS_FILE_SIZE_MAX + 1, &size);
    (void)close(file);
    bool good = failure == 0;
    char line[320];
    if (!good) {
        (void)fail(error, error_size, path, disk_error_text(failure));
    } else if (size > GENESIS_FILE_SIZE_MAX) {
        good = fail(error, error_size, path, "larger than 4 MiB");
    } else if (!genesis_file_parse(out, (struct bytes){text, size}, line, sizeof(line))) {
        good = fail(error, error_size, path, line);
    }
    free(text);
    return good;
}

void genesis_file_free(struct genesis_file *file)
{
    if (file != NULL) {
        buffer_close(&file->bcs);
        free(file);
    }
}
