/* The verification of incoming transactions: decode, check sidecar and signature, admit on the
 * committed state. A few small ones are checked where they came in, more of them on worker threads.
 * What came in while a batch was running makes the next batch, so batches grow with the load and
 * nothing waits without one. */
#ifndef NODE_VERIFY_H
#define NODE_VERIFY_H

#include <uv.h>

#include "market/ledger.h"
#include "node/blob_store.h"
#include "node/state_store.h"

#define VERIFY_BATCH_MAX    64          /* transactions in one batch */
#define VERIFY_WAITING_MAX  8192        /* transactions */
#define VERIFY_BYTES_MAX    (64u << 20) /* of envelopes that wait */
#define VERIFY_NONCE_WINDOW 1024        /* nonces ahead of the account's next */

/* Ids of transactions whose signature was checked, for any thread. Bounded: old ones are forgotten,
 * and then only checked again. */
struct verified_set;
struct verified_set *verified_set_new(void);
void verified_set_free(struct verified_set *set); /* NULL is allowed. */
/* Of the set that `context` is: as struct ledger_body_rules wants them. */
void verified_set_add(void *context, const struct hash *id);
bool verified_set_has(void *context, const struct hash *id);

struct verify_result {
    enum transaction_status status; /* TRANSACTION_NO_BLOB: else all is well, and the state too */
    struct refusal refusal;         /* where the state refuses it: code not 0 */
    char error[160];                /* where it is malformed */
    struct hash id;
    struct address sender;
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t gas_price;
    uint64_t expires_at;
    uint64_t next_nonce; /* of the sender in the state */
    uint64_t height;     /* of that state */
    struct hash blob_root;
    uint32_t blob_size; /* bytes of the blob that it names; 0: none */
    struct bytes envelope;
};

struct verify_options {
    uv_loop_t *loop;
    struct state_store *store;
    struct blob_store *blobs;
    struct verified_set *verified;
    struct hash chain_id;
    void *context;
    /* On the loop's thread, in the order of submission of each batch; the result is borrowed. */
    void (*on_done)(void *context, void *tag, const struct verify_result *result);
    void (*on_batch)(void *context); /* after the last on_done of each batch */
};

/* One line, for people, about a transaction of another chain. */
void verify_tell_chains(char *out, size_t out_size, const struct hash *got,
                        const struct hash *want);

struct verifier;
struct verifier *verifier_new(const struct verify_options *options);

/* Queue an envelope (copied); `tag` comes back, for a few small ones before this returns. False where
 * too many wait. */
NODISCARD bool verifier_submit(struct verifier *verifier, struct bytes envelope, void *tag);
uint32_t verifier_waiting(const struct verifier *verifier);

/* Take no more; what waits is dropped, and `closed` is called on the loop once the last batch is
 * over; then the verifier is gone. on_done is not called any more. */
void verifier_close(struct verifier *verifier, void (*closed)(void *context), void *context);

#endif /* NODE_VERIFY_H */
