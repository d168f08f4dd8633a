#include "tools/client/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "p2p/json_schema.h"
#include "tools/client/file.h"
#include "tools/client/wallet.h"

void trust_close(struct trust *trust)
{
    buffer_close(&trust->bcs);
    memset(trust, 0, sizeof(*trust));
}

static void copy_text(char *out, size_t size, struct bytes text)
{
    (void)snprintf(out, size, "%.*s", (int)text.size, (const char *)text.data);
}

void trust_of(struct trust *out, const struct genesis *genesis)
{
    struct genesis *kept = memory_new(sizeof(*kept));
    memset(out, 0, sizeof(*out));
    genesis_chain_id(&out->chain_id, genesis);
    schema_write(&out->bcs, &genesis_schema, genesis);
    /* Read back, so that names borrow the encoding, which lives as long as the result. */
    bool good = schema_decode(&genesis_schema, kept, buffer_bytes(&out->bcs), NULL, 0);
    assert(good && "what was written can be read");
    copy_text(out->network, sizeof(out->network), kept->network);
    copy_text(out->prefix, sizeof(out->prefix), kept->address_prefix);
    genesis_validators(&out->validators, kept);
    free(kept);
}

/* The prefix is needed to read the addresses beside it. */
static bool read_genesis(struct trust *out, const json_t *json, struct fault *fault)
{
    struct json_arena arena = {NULL, 0};
    struct genesis *genesis = memory_new(sizeof(*genesis));
    const char *prefix = json_string_value(json_object_get(json, "address_prefix"));
    bool good = prefix == NULL ? fault_set(fault, "address_prefix: missing")
                               : wallet_prefix_check(prefix, "address_prefix", fault) &&
                                     json_schema_read(&genesis_schema, genesis, json, prefix,
                                                      &arena, fault->text, sizeof(fault->text)) &&
                                     genesis_check(genesis, fault->text, sizeof(fault->text));
    if (good) {
        trust_of(out, genesis);
        good = validators_check(&out->validators, fault->text, sizeof(fault->text));
    }
    json_arena_close(&arena);
    free(genesis);
    return good;
}

/* A trust file. Its header names the chain. */
struct trusted_point {
    struct bytes network;
    struct bytes address_prefix;
    struct block_header header;
    struct validator validators[VALIDATORS_MAX];
    uint32_t validator_count;
};

static const struct field trusted_fields[] = {
    SCHEMA_TEXT(struct trusted_point, network, GENESIS_NAME_MAX),
    SCHEMA_TEXT(struct trusted_point, address_prefix, ADDRESS_PREFIX_MAX),
    SCHEMA_STRUCT(struct trusted_point, header, &block_header_schema),
    SCHEMA_LIST(struct trusted_point, validators, validator_count, &validator_schema, FORM_HEX),
};
static const struct schema trusted_schema = SCHEMA("trust", struct trusted_point, trusted_fields);

void trust_write(struct buffer *out, const struct trust *trust, const struct block_header *header,
                 const struct validators *validators)
{
    struct trusted_point *point = memory_new(sizeof(*point));
    *point = (struct trusted_point){.network = bytes_of_text(trust->network),
                                    .address_prefix = bytes_of_text(trust->prefix),
                                    .header = *header,
                                    .validator_count = validators->count};
    memcpy(point->validators, validators->list, sizeof(point->validators));
    json_t *json = json_schema_write(&trusted_schema, point, trust->prefix);
    char *text = json_dumps(json, JSON_INDENT(2));
    assert(text != NULL && "memory suffices");
    buffer_append_text(out, text);
    buffer_append_text(out, "\n");
    free(text);
    json_decref(json);
    free(point);
}

/* Does the header name the set that is beside it, which can run a chain? */
static bool point_holds(const struct trust *trust, struct fault *fault)
{
    struct hash set;
    validators_hash(&set, &trust->validators);
    if (trust->header.version != BLOCK_VERSION) {
        return fault_set(fault, "header.version: not %d, the one this program knows",
                         BLOCK_VERSION);
    }
    if (trust->header.height == 0) {
        return fault_set(fault, "header.height: 0, at least 1 is expected");
    }
    if (!hash_equal(&trust->header.validators_hash, &set)) {
        return fault_set(fault, "validators: not the set that the header names");
    }
    return validators_check(&trust->validators, fault->text, sizeof(fault->text));
}

static void take_point(struct trust *out, const struct trusted_point *point)
{
    struct validators *set = memory_new(sizeof(*set));
    set->count = point->validator_count;
    memcpy(set->list, point->validators, sizeof(set->list));
    /* Read back, so that names borrow the encoding, which lives as long as the result. */
    schema_write(&out->bcs, &validators_schema, set);
    bool good =
        schema_decode(&validators_schema, &out->validators, buffer_bytes(&out->bcs), NULL, 0);
    assert(good && "what was written can be read");
    out->header = point->header;
    out->chain_id = point->header.chain_id;
    copy_text(out->network, sizeof(out->network), point->network);
    copy_text(out->prefix, sizeof(out->prefix), point->address_prefix);
    free(set);
}

bool trust_parse_header(struct trust *out, struct bytes text, struct fault *fault)
{
    struct json_arena arena = {NULL, 0};
    memset(out, 0, sizeof(*out));
    json_t *json = json_text_parse(text, fault->text, sizeof(fault->text));
    if (json == NULL) {
        return false;
    }
    struct trusted_point *point = memory_new(sizeof(*point));
    bool good = json_schema_read(&trusted_schema, point, json, "souk", &arena, fault->text,
                                 sizeof(fault->text));
    if (good) {
        take_point(out, point);
        good = wallet_prefix_check(out->prefix, "address_prefix", fault) && point_holds(out, fault);
    }
    free(point);
    json_arena_close(&arena);
    json_decref(json);
    return good;
}

bool trust_parse(struct trust *out, struct bytes text, struct fault *fault)
{
    memset(out, 0, sizeof(*out));
    json_t *json = json_text_parse(text, fault->text, sizeof(fault->text));
    if (json == NULL) {
        return false;
    }
    bool good = read_genesis(out, json, fault);
    json_decref(json);
    return good;
}

typedef bool parse(struct trust *out, struct bytes text, struct fault *fault);

static bool load(struct trust *out, const char *path, parse *parse_text, struct fault *fault)
{
    struct buffer text = {0};
    struct fault inner;
    memset(out, 0, sizeof(*out));
    bool good = file_read(&text, path, TRUST_FILE_MAX, fault);
    if (good && !parse_text(out, buffer_bytes(&text), &inner)) {
        good = fault_set(fault, "%.200s: %.300s", path, inner.text);
    }
    buffer_close(&text);
    return good;
}

bool trust_load(struct trust *out, const char *path, struct fault *fault)
{
    return load(out, path, trust_parse, fault);
}

bool trust_load_header(struct trust *out, const char *path, struct fault *fault)
{
    return load(out, path, trust_parse_header, fault);
}
