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

bool trust_load(struct trust *out, const char *path, struct fault *fault)
{
    struct buffer text = {0};
    struct fault inner;
    memset(out, 0, sizeof(*out));
    bool good = file_read(&text, path, TRUST_FILE_MAX, fault);
    if (good && !trust_parse(out, buffer_bytes(&text), &inner)) {
        good = fault_set(fault, "%.200s: %.300s", path, inner.text);
    }
    buffer_close(&text);
    return good;
}
