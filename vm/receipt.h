/* Receipts and events: what a transaction did, kept for those who were not there. */
#ifndef VM_RECEIPT_H
#define VM_RECEIPT_H

#include "base/schema.h"
#include "crypto/hash.h"
#include "vm/refusal.h"

#define EVENT_DATA_MAX          512       /* bytes */
#define RECEIPT_EVENT_MAX       64        /* events of one transaction: vm_run() refuses more */
#define RECEIPT_BLOCK_EVENT_MAX (1 << 20) /* events of a block's own work, in one log */
/* Bytes of the events of one receipt: kind, length and data of each. */
#define RECEIPT_EVENTS_SIZE_MAX (RECEIPT_BLOCK_EVENT_MAX * (4 + EVENT_DATA_MAX))

/* An event: what happened, as a BCS structure whose schema the kind selects. */
struct event {
    uint16_t kind;
    struct bytes data;
};

/* Events of one transaction or of a block's own work, in order. Data is owned by the log. */
struct event_log {
    struct buffer data; /* BCS: for each event u16 kind, bytes data */
    uint32_t count;
};

/* Append an event. Asserts EVENT_DATA_MAX and RECEIPT_BLOCK_EVENT_MAX: who emits keeps to them. */
void event_log_add(struct event_log *log, uint16_t kind, const struct schema *schema,
                   const void *value);
void event_log_close(struct event_log *log);

struct receipt {
    struct hash transaction_id; /* zero: the receipt of the block's own work (deadlines) */
    struct refusal refusal;     /* code 0: the program ran to its end */
    uint32_t instruction;       /* index of the instruction that was refused */
    uint64_t gas_used;
    uint64_t fee;        /* units */
    struct bytes events; /* as in event_log.data */
};

extern const struct schema receipt_schema;

/* Walk the events of a receipt; `out` borrows `events`. `offset` starts at 0 and moves behind the
 * event. False, with *out zero, at the end (*offset == events.size) or at malformed data, which is
 * then at *offset. */
NODISCARD bool receipt_next_event(struct bytes events, size_t *offset, struct event *out);

#endif /* VM_RECEIPT_H */
