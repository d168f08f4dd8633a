/* JSON of structures that a schema describes: one table serves the wire, the RPC, genesis.json and
 * the events, so they cannot disagree.
 *
 * Integers of 64 bits are decimal strings, smaller ones JSON numbers; a reader takes both forms for
 * all of them. Byte strings are hexadecimal, addresses bech32m, enumerations their names. A reader
 * refuses unknown, missing and double keys, wrong types and values out of range, naming the path. */
#ifndef P2P_JSON_SCHEMA_H
#define P2P_JSON_SCHEMA_H

#include "base/schema.h"
#include "crypto/address.h"

#include <jansson.h>

#define JSON_PATH_MAX 160 /* characters of a path in an error */

/* Memory of the byte strings that a reader decoded. All zero is empty. */
struct json_arena {
    void **blocks;
    size_t count;
};
void json_arena_close(struct json_arena *arena);

/* Parse a whole text. NULL with one line in `error` where it is no JSON, holds a key twice in an
 * object, or is followed by more. The caller owns the result: json_decref(). */
json_t *json_text_parse(struct bytes text, char *error, size_t error_size);

/* Walk the keys of an object (NULL: none): *at is NULL at first, the answer is NULL at the end. */
const char *json_next_key(const json_t *object, void **at);

/* The object of *value. `prefix` is the human-readable part of addresses. Owned by the caller. */
json_t *json_schema_write(const struct schema *schema, const void *value, const char *prefix);

/* Fill *value, a struct of the schema's type, from an object. Texts are borrowed from `json`, byte
 * strings from `arena`. False with one line in `error`, for example
 * "validators[2].public_key: 63 characters, 64 hexadecimal digits expected"; *value is then
 * unspecified. */
NODISCARD bool json_schema_read(const struct schema *schema, void *value, const json_t *json,
                                const char *prefix, struct json_arena *arena, char *error,
                                size_t error_size);

/* Single values. On false `error` begins with `name`. */
json_t *json_u64(uint64_t value);     /* decimal string */
json_t *json_hex(struct bytes bytes); /* lower case */
json_t *json_text(struct bytes text); /* printable ASCII */
json_t *json_address(const struct address *address, const char *prefix);
NODISCARD bool json_read_u64(uint64_t *out, const json_t *json, uint64_t max, const char *name,
                             char *error, size_t error_size);
NODISCARD bool json_read_hex(uint8_t *out, size_t size, const json_t *json, const char *name,
                             char *error, size_t error_size);

#endif /* P2P_JSON_SCHEMA_H */
