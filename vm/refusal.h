/* Why a transaction, or one of its instructions, was refused: a code and two numbers.
 *
 * The receipt, and so consensus, holds only these; the sentence is made from a table, and may be
 * reworded without changing the protocol. Codes 1 to 99 are the machine's, 100 and up the market's;
 * a code is never given a second meaning. */
#ifndef VM_REFUSAL_H
#define VM_REFUSAL_H

#include "base/bytes.h"

struct refusal {
    uint16_t code; /* 0: not refused */
    uint64_t got;  /* the value that was wrong, where the code has one */
    uint64_t want; /* what was expected: a bound or a value */
};

/* One code's name and sentence. In the sentence "{got}" and "{want}" stand for the numbers. */
struct refusal_text {
    uint16_t code;
    const char *name;     /* stable, for programs: "STAKE_TOO_SMALL" */
    const char *sentence; /* for people: "stake is {got}, at least {want} is required" */
    const char *(*name_of)(uint8_t number); /* prints its numbers by name, NULL where there is
                                               none; NULL: as decimals */
};

#define VM_REFUSAL_LIST(X)                                                                         \
    X(VM_ASSERT, 1, "assertion {got} of the program failed")                                       \
    X(VM_GAS, 2, "gas exhausted: the limit is {want}, the next step needs {got} in all")           \
    X(VM_OVERFLOW, 3, "arithmetic does not fit in 64 bits (opcode {got})")                         \
    X(VM_DIVISION, 4, "division by zero")                                                          \
    X(VM_MEMORY, 5, "memory access ends at byte {got}, memory has {want}")                         \
    X(VM_PROGRAM, 6, "the program does not verify (at byte {got}, reason {want})")                 \
    X(VM_EVENTS, 7, "{got} events, one transaction may emit {want}")                               \
    X(VM_NONCE, 10, "nonce is {got}, the account's next is {want}")                                \
    X(VM_BALANCE, 11, "balance is {got}, {want} is needed")                                        \
    X(VM_EXPIRED, 12, "expired: the block is {got}, the transaction ends at {want}")               \
    X(VM_GAS_PRICE, 13, "gas price is {got}, at least {want} is required")                         \
    X(VM_GAS_LIMIT, 14, "gas limit is {got}, {want} is the bound")

#define VM_REFUSAL_ENUM(name, number, sentence) name = (number),
enum vm_refusal_code { VM_REFUSAL_LIST(VM_REFUSAL_ENUM) };
#undef VM_REFUSAL_ENUM

/* The machine's codes. */
const struct refusal_text *vm_refusal_texts(size_t *count);

/* Print one line, looking the code up in `texts` (which may be NULL with count 0) and then in the
 * machine's own. What does not fit in `size` is cut. */
void refusal_print(char *out, size_t size, const struct refusal *refusal,
                   const struct refusal_text *texts, size_t count);
/* The stable name of a code in the same tables; "UNKNOWN" where there is none. */
const char *refusal_name(uint16_t code, const struct refusal_text *texts, size_t count);

#endif /* VM_REFUSAL_H */
