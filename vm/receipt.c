#include "vm/receipt.h"

static const struct field refusal_fields[] = {
    SCHEMA_U16(struct refusal, code),
    SCHEMA_U64(struct refusal, got),
    SCHEMA_U64(struct refusal, want),
};
static const struct schema refusal_schema = SCHEMA("refusal", struct refusal, refusal_fields);

static const struct field receipt_fields[] = {
    SCHEMA_ARRAY(struct receipt, transaction_id, FORM_HEX),
    SCHEMA_STRUCT(struct receipt, refusal, &refusal_schema),
    SCHEMA_U32(struct receipt, instruction),
    SCHEMA_U64(struct receipt, gas_used),
    SCHEMA_U64(struct receipt, fee),
    SCHEMA_BYTES(struct receipt, events, RECEIPT_EVENTS_SIZE_MAX),
};
const struct schema receipt_schema = SCHEMA("receipt", struct receipt, receipt_fields);

void event_log_add(struct event_log *log, uint16_t kind, const struct schema *schema,
                   const void *value)
{
    struct buffer data = {0};
    schema_write(&data, schema, value);
    assert(data.size <= EVENT_DATA_MAX && log->count < RECEIPT_BLOCK_EVENT_MAX);
    bcs_write_u16(&log->data, kind);
    bcs_write_bytes(&log->data, buffer_bytes(&data));
    buffer_close(&data);
    log->count++;
}

void event_log_close(struct event_log *log)
{
    buffer_close(&log->data);
    log->count = 0;
}

bool receipt_next_event(struct bytes events, size_t *offset, struct event *out)
{
    *out = (struct event){0};
    if (*offset >= events.size) {
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, (struct bytes){events.data + *offset, events.size - *offset});
    struct event event;
    event.kind = bcs_read_u16(&reader);
    event.data = bcs_read_bytes(&reader, EVENT_DATA_MAX);
    if (reader.status != BCS_OK) {
        return false;
    }
    *out = event;
    *offset += reader.offset;
    return true;
}
