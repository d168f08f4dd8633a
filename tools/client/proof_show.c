#include "tools/client/proof_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "market/events.h"
#include "market/operands.h"
#include "p2p/json_schema.h"

/* Keys of the state in words: each part is '1' to '8', an integer of so many bytes, 'a' an address, or
 * 'x' bytes to the end. */
static const struct key_words {
    uint8_t kind;
    const char *parts;
    const char *names[3];        /* before each part */
    const struct schema *schema; /* of the value; NULL: shown as hexadecimal */
} key_rows[] = {
    {KEY_CHAIN, "", {"chain record"}, &chain_record_schema},
    {KEY_ACCOUNT, "a", {"account"}, &account_schema},
    {KEY_SERVER, "a", {"server"}, &server_schema},
    {KEY_SERVER_INDEX, "4", {"server number"}, NULL},
    {KEY_MODEL, "8", {"model"}, &model_schema},
    {KEY_ROUND, "84", {"model", "round"}, &round_schema},
    {KEY_PARTICIPANT, "842", {"model", "round", "participant"}, &participant_schema},
    {KEY_SEAT, "84a", {"model", "round", "seat of"}, NULL},
    {KEY_EPHEMERAL, "x", {"ephemeral key"}, NULL},
    {KEY_DEADLINE, "84", {"deadlines at", "number"}, &deadline_schema},
    {KEY_PARAMETERS, "", {"parameters"}, &parameters_schema},
    {KEY_ACK, "841", {"model", "round", "acknowledgements of server"}, NULL},
    {KEY_VALUES, "841", {"model", "round", "values of server"}, NULL},
    {KEY_PUBLISHER, "a", {"open rounds of"}, NULL},
};

static size_t part_size(char part, size_t left)
{
    if (part == 'a') {
        return sizeof(struct address);
    }
    return part == 'x' ? left : (size_t)(part - '0');
}

/* The row whose parts have exactly the key's size, or NULL. */
static const struct key_words *find_row(struct bytes key)
{
    for (size_t i = 0; i < ARRAY_COUNT(key_rows); i++) {
        size_t offset = 1;
        for (const char *part = key_rows[i].parts; *part != '\0' && offset <= key.size; part++) {
            offset += part_size(*part, key.size - offset);
        }
        if (key.size > 0 && key.data[0] == key_rows[i].kind && offset == key.size) {
            return &key_rows[i];
        }
    }
    return NULL;
}

static void append_hex(struct buffer *out, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        buffer_format(out, "%02x", bytes.data[i]);
    }
}

static void append_part(struct buffer *out, char part, struct bytes bytes, const char *prefix)
{
    uint64_t number = 0;
    if (part == 'a') {
        struct address address;
        char text[ADDRESS_TEXT_MAX];
        memcpy(&address, bytes.data, sizeof(address));
        address_print(text, prefix, &address);
        buffer_append_text(out, text);
        return;
    }
    if (part == 'x') {
        append_hex(out, bytes);
        return;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        number = number << 8 | bytes.data[i];
    }
    buffer_format(out, "%" PRIu64, number);
}

void proof_show_key(struct buffer *out, struct bytes key, const char *prefix)
{
    const struct key_words *row = find_row(key);
    if (row == NULL) {
        buffer_append_text(out, "key ");
        append_hex(out, key);
        return;
    }
    buffer_append_text(out, row->names[0]);
    size_t offset = 1;
    for (size_t i = 0; row->parts[i] != '\0'; i++) {
        size_t size = part_size(row->parts[i], key.size - offset);
        if (i > 0) {
            buffer_format(out, ", %s", row->names[i]);
        }
        buffer_append_text(out, " ");
        append_part(out, row->parts[i], (struct bytes){key.data + offset, size}, prefix);
        offset += size;
    }
}

static void set(json_t *json, const char *name, json_t *value)
{
    (void)json_object_set_new(json, name, value);
}

/* A record by its schema; the terms inside a model, too. */
static json_t *value_json(const struct claim_state *claim, const char *prefix)
{
    const struct key_words *row = find_row(claim->key);
    const struct schema *schema = row == NULL ? NULL : row->schema;
    if (schema == NULL) {
        return json_hex(claim->value);
    }
    void *record = memory_new(schema->size);
    json_t *json = schema_decode(schema, record, claim->value, NULL, 0)
                       ? json_schema_write(schema, record, prefix)
                       : json_hex(claim->value);
    struct model_terms *terms = memory_new(sizeof(*terms));
    if (schema == &model_schema &&
        schema_decode(&model_terms_schema, terms, ((struct model *)record)->terms, NULL, 0)) {
        set(json, "terms", json_schema_write(&model_terms_schema, terms, prefix));
    }
    free(terms);
    free(record);
    return json;
}

static json_t *events_json(struct bytes events, const char *prefix)
{
    json_t *list = json_array();
    size_t offset = 0;
    struct event event;
    while (receipt_next_event(events, &offset, &event)) {
        const struct schema *schema = event_schema(event.kind);
        const char *name = event_name(event.kind);
        void *value = memory_new(schema == NULL ? 1 : schema->size);
        bool known = schema != NULL && schema_decode(schema, value, event.data, NULL, 0);
        json_t *one = json_object();
        set(one, "name", json_string(name == NULL ? "unknown" : name));
        set(one, "data", known ? json_schema_write(schema, value, prefix) : json_hex(event.data));
        (void)json_array_append_new(list, one);
        free(value);
    }
    return list;
}

/* How it went, in words. */
static void outcome(char *out, size_t size, const struct receipt *receipt)
{
    size_t count;
    const struct refusal_text *texts = market_refusal_texts(&count);
    if (receipt->refusal.code == 0) {
        (void)snprintf(out, size, "done");
    } else {
        refusal_print(out, size, &receipt->refusal, texts, count);
    }
}

static void add_transaction(json_t *json, const struct proof *proof, const struct trust *trust)
{
    char text[256];
    outcome(text, sizeof(text), &proof->receipt);
    set(json, "id", json_hex(BYTES_OF(proof->transaction.id.bytes)));
    set(json, "index", json_integer(proof->transaction.index));
    json_t *receipt = json_object();
    set(receipt, "ok", json_boolean(proof->receipt.refusal.code == 0));
    set(receipt, "outcome", json_string(text));
    set(receipt, "gas_used", json_u64(proof->receipt.gas_used));
    set(receipt, "fee", json_u64(proof->receipt.fee));
    set(receipt, "events", events_json(proof->receipt.events, trust->prefix));
    set(json, "receipt", receipt);
}

static void add_state(json_t *json, const struct proof *proof, const struct trust *trust)
{
    struct buffer words = {0};
    proof_show_key(&words, proof->state.key, trust->prefix);
    set(json, "subject", json_string(buffer_text(&words)));
    set(json, "key", json_hex(proof->state.key));
    set(json, "found", json_boolean(proof->state.found));
    set(json, "value", proof->state.found ? value_json(&proof->state, trust->prefix) : json_null());
    buffer_close(&words);
}

json_t *proof_show_json(const struct proof *proof, const struct trust *trust)
{
    const struct block_header *last = light_certifying_header(&proof->light);
    json_t *json = json_object();
    json_t *signers = json_array();
    set(json, "kind", json_string(light_kind_text((enum light_kind)proof->light.kind)));
    if (proof->light.kind == LIGHT_STATE) {
        add_state(json, proof, trust);
    } else {
        add_transaction(json, proof, trust);
    }
    for (uint32_t i = 0; i < proof->validators.count; i++) {
        if (certificate_has(&proof->certificate, i)) {
            (void)json_array_append_new(signers, json_text(proof->validators.list[i].name));
        }
    }
    set(json, "height", json_u64(proof_height(proof)));
    set(json, "certified_by", json_u64(last->height));
    set(json, "time_ms", json_u64(last->time_ms));
    set(json, "signers", signers);
    set(json, "validators", json_integer(proof->validators.count));
    set(json, "quorum", json_integer(validators_quorum(proof->validators.count)));
    set(json, "network", json_string(trust->network));
    set(json, "chain_id", json_hex(BYTES_OF(trust->chain_id.bytes)));
    return json;
}

static void append_time(struct buffer *out, uint64_t time_ms)
{
    struct tm parts;
    char text[64];
    time_t seconds = (time_t)(time_ms / 1000);
    if (gmtime_r(&seconds, &parts) != NULL &&
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) > 0) {
        buffer_append_text(out, text);
    } else {
        buffer_format(out, "%" PRIu64 " ms", time_ms);
    }
}

static void append_claim(struct buffer *out, const struct proof *proof, const struct trust *trust)
{
    uint64_t height = proof_height(proof);
    if (proof->light.kind == LIGHT_STATE) {
        proof_show_key(out, proof->state.key, trust->prefix);
        buffer_format(out, " %s after block %" PRIu64,
                      proof->state.found ? "has this value" : "does not exist", height);
        return;
    }
    char text[256];
    outcome(text, sizeof(text), &proof->receipt);
    buffer_append_text(out, "transaction ");
    append_hex(out, BYTES_OF(proof->transaction.id.bytes));
    buffer_format(out, " is number %" PRIu32 " of block %" PRIu64 ", of ", proof->transaction.index,
                  height);
    append_time(out, proof->light.headers[0].time_ms);
    buffer_format(out, ": %s", text);
}

void proof_show_sentence(struct buffer *out, const struct proof *proof, const struct trust *trust)
{
    const struct block_header *last = light_certifying_header(&proof->light);
    uint32_t signers = 0;
    append_claim(out, proof, trust);
    buffer_format(out, ". Certified by block %" PRIu64 ", of ", last->height);
    append_time(out, last->time_ms);
    buffer_append_text(out, ", which ");
    for (uint32_t i = 0; i < proof->validators.count; i++) {
        if (certificate_has(&proof->certificate, i)) {
            struct bytes name = proof->validators.list[i].name;
            buffer_append_text(out, signers == 0 ? "" : ", ");
            buffer_append(out, name);
            signers++;
        }
    }
    buffer_format(
        out, " signed: %" PRIu32 " of the %" PRIu32 " validators of '%s', %" PRIu32 " are needed",
        signers, proof->validators.count, trust->network,
        validators_quorum(proof->validators.count));
}
