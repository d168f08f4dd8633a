/* Envelopes: what decodes encodes to the same bytes and has an answer of transaction_check(). */
#include "vm/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct transaction transaction;
    struct bytes sidecar;
    char error[200] = "";
    struct bytes input = {data, size};
    struct hash peeked;
    uint32_t peeked_size;
    (void)!transaction_peek_blob(input, &peeked, &peeked_size);
    if (transaction_decode(&transaction, &sidecar, input, error, sizeof(error)) != TRANSACTION_OK) {
        assert(error[0] != '\0');
        return 0;
    }
    struct buffer again = {0};
    transaction_write_envelope(&again, &transaction, sidecar);
    assert(bytes_equal(buffer_bytes(&again), input));
    buffer_close(&again);
    struct hash root;
    uint32_t blob_size;
    assert(transaction_peek_blob(input, &root, &blob_size) == transaction_has_blob(&transaction));
    assert(!transaction_has_blob(&transaction) ||
           (hash_equal(&root, &transaction.sidecar_root) && blob_size == transaction.sidecar_size));
    struct hash chain = transaction.chain_id;
    enum transaction_status status = transaction_check(&transaction, sidecar, &chain);
    assert(status != TRANSACTION_MALFORMED && status != TRANSACTION_WRONG_CHAIN);
    return 0;
}
