/* Native instructions: the table by which a market plugs into the machine.
 *
 * The machine knows how to decode an operand, charge gas and undo; what the instruction does is the
 * market's. A native is a row of a constant table, so the assembler, the explorer and the documents
 * list them without knowing them. */
#ifndef VM_NATIVE_H
#define VM_NATIVE_H

#include "crypto/address.h"
#include "vm/blobs.h"
#include "vm/receipt.h"
#include "vm/state.h"

#define NATIVE_OPERAND_SIZE_MAX 16384 /* bytes of the C struct of any operand */

/* The block that a program runs in. */
struct block_context {
    struct hash chain_id;
    uint64_t height;
    uint64_t time_ms;          /* proposer's clock, Unix epoch */
    struct address proposer;   /* receives the fees */
    struct hash parent_digest; /* header digest of block height - 1 */
    struct blob_source blobs;  /* holds every blob that this block or one before names */
};

/* What one native instruction may touch. */
struct native_call {
    struct state *state;
    const struct block_context *block;
    struct address sender;
    struct public_key sender_key; /* whose address the sender is */
    struct bytes sidecar;         /* of the transaction; empty where there is none */
    struct hash sidecar_root;
    const void *operand; /* the decoded struct, of the row's schema */
    struct event_log *events;
    uint64_t gas_left;      /* a native may charge more by native_charge() */
    uint64_t result;        /* of a query */
    struct refusal refusal; /* set by native_refuse() */
};

/* Both return false, so that a native ends with `return native_refuse(...)`. */
bool native_refuse(struct native_call *call, uint16_t code, uint64_t got, uint64_t want);

/* Charge gas beyond the row's base, before doing the work. False, with VM_GAS set as the refusal,
 * where it is not there; the machine puts the whole program's numbers into that refusal. */
NODISCARD bool native_charge(struct native_call *call, uint64_t gas);

struct native {
    uint8_t id;       /* of the instruction's operand; never reused */
    const char *name; /* in the assembler: "ROUND_JOIN" */
    const struct schema *operand;
    uint64_t gas;                          /* base cost */
    bool query;                            /* reads only and pushes `result` */
    bool (*run)(struct native_call *call); /* false: refused, and call->refusal says why */
};

struct native_table {
    const struct native *rows; /* ascending ids */
    size_t count;
};

const struct native *native_find(const struct native_table *table, uint8_t id); /* or NULL */
const struct native *native_find_name(const struct native_table *table, const char *name);

#endif /* VM_NATIVE_H */
