/* The signed transaction and its envelope.
 *
 * body      = BCS {chain_id, sender, nonce, gas_limit, gas_price, expires_at, sidecar_root,
 *             sidecar_size, program}
 * signature = BIP-340 over H_souk/transaction/v1(body)
 * id        = H_souk/transaction-id/v1(body || signature)
 * envelope  = BCS {bytes body || signature, bytes sidecar}: what travels and what blocks hold.
 *
 * The sidecar is a file that the transaction brings along, a model or an aggregate, named inside it
 * by Merkle blob root and size; the transaction's id does not cover its bytes. Up to
 * TRANSACTION_INLINE_MAX bytes it stands in the envelope, and is checked with the signature. A larger
 * one is a blob: its bytes travel and are kept beside the chain, the envelope's sidecar is empty, and
 * whoever executes the transaction must hold the blob. The size alone decides which, so that one
 * transaction has one envelope. */
#ifndef VM_TRANSACTION_H
#define VM_TRANSACTION_H

#include "base/schema.h"
#include "crypto/address.h"
#include "crypto/merkle.h"

#define TRANSACTION_PROGRAM_MAX 32768               /* bytes */
#define TRANSACTION_INLINE_MAX  65536               /* bytes of a sidecar inside the envelope */
#define TRANSACTION_SIDECAR_MAX (UINT32_C(1) << 27) /* bytes: 2^24 elements of 8 bytes */
#define TRANSACTION_SIZE_MAX    (TRANSACTION_PROGRAM_MAX + 512)
#define ENVELOPE_SIZE_MAX       (TRANSACTION_SIZE_MAX + TRANSACTION_INLINE_MAX + 16)

struct transaction {
    struct hash chain_id;
    struct public_key sender;
    uint64_t nonce;           /* the account's next */
    uint64_t gas_limit;       /* gas */
    uint64_t gas_price;       /* units for one gas */
    uint64_t expires_at;      /* height of the last block that may hold it */
    struct hash sidecar_root; /* zero where there is none */
    uint32_t sidecar_size;    /* bytes */
    struct bytes program;     /* borrowed; vm/program.h */
    struct signature signature;
};

extern const struct schema transaction_schema; /* all fields, signature last */

struct envelope {
    struct bytes transaction; /* body || signature */
    struct bytes sidecar;
};

extern const struct schema envelope_schema;

#define TRANSACTION_STATUS_LIST(X)                                                                 \
    X(TRANSACTION_OK, "ok")                                                                        \
    X(TRANSACTION_MALFORMED, "the transaction is not canonically encoded")                         \
    X(TRANSACTION_WRONG_CHAIN, "the transaction is for another chain")                             \
    X(TRANSACTION_BAD_SIGNATURE, "the signature does not fit the sender and the content")          \
    X(TRANSACTION_BAD_SIDECAR, "the sidecar does not have the size and root that are signed")      \
    X(TRANSACTION_NO_BLOB, "the blob that the transaction names is not here: upload it first")

#define TRANSACTION_STATUS_ENUM(name, text) name,
enum transaction_status { TRANSACTION_STATUS_LIST(TRANSACTION_STATUS_ENUM) };
#undef TRANSACTION_STATUS_ENUM

const char *transaction_status_text(enum transaction_status status);

/* Is the sidecar a blob, kept beside the chain? */
bool transaction_has_blob(const struct transaction *transaction);

/* Read an envelope and the transaction in it; both borrow `input`. TRANSACTION_MALFORMED with one
 * line in `error` (which may be NULL with size 0) and zeros in the outputs where it is not canonical:
 * also where the sidecar's size is above its bound, its root is not zero exactly where its size is, or
 * bytes of a blob are in the envelope. Checks no signature. */
NODISCARD enum transaction_status transaction_decode(struct transaction *out, struct bytes *sidecar,
                                                     struct bytes input, char *error,
                                                     size_t error_size);

/* Read only the blob that an envelope's transaction names, at a twentieth of the cost of decoding it.
 * False where it names none, or is too short for a transaction. */
NODISCARD bool transaction_peek_blob(struct bytes envelope, struct hash *root, uint32_t *size);

/* The expensive checks that need no state: chain, signature, and the root of a sidecar that is in the
 * envelope; about 50 us and the time to hash the sidecar. Never TRANSACTION_NO_BLOB: whether a blob is
 * here is the caller's to know. Pure, for any thread. */
NODISCARD enum transaction_status transaction_check(const struct transaction *transaction,
                                                    struct bytes sidecar,
                                                    const struct hash *chain_id);

/* Sign with `key` (whose public key becomes the sender) and set the sidecar's root and size.
 * `random32` is as for signature_make(). Asserts the bounds of program and sidecar. */
void transaction_sign(struct transaction *transaction, struct bytes sidecar,
                      const struct secret_key *key, const uint8_t random32[32]);

void transaction_id(struct hash *out, const struct transaction *transaction);
/* The same for a transaction whose sidecar_root and sidecar_size are set. */
void transaction_sign_named(struct transaction *transaction, const struct secret_key *key,
                            const uint8_t random32[32]);
/* `sidecar` may be the bytes of a blob: they stay outside. */
void transaction_write_envelope(struct buffer *out, const struct transaction *transaction,
                                struct bytes sidecar);

#endif /* VM_TRANSACTION_H */
