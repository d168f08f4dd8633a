/* What a node and a signer say to each other: what decodes has one encoding, and no request leads to
 * two signatures for one place. */
#include <stdlib.h>
#include <string.h>

#include "market/signing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct schema *schema, const void *value, struct bytes input)
{
    struct buffer again = {0};
    schema_write(&again, schema, value);
    if (!bytes_equal(buffer_bytes(&again), input)) {
        abort();
    }
    buffer_close(&again);
}

/* The input as a series of requests to one guard. */
static void ask_all(struct bytes input)
{
    struct vote_guard guard = {0};
    struct vote_guard before;
    struct signer_request request;
    for (size_t at = 0; at + SIGNER_REQUEST_SIZE <= input.size; at += SIGNER_REQUEST_SIZE) {
        struct vote vote;
        struct bytes part = {input.data + at, SIGNER_REQUEST_SIZE};
        if (!signer_request_decode(&request, part, NULL, 0)) {
            continue;
        }
        check_again(&signer_request_schema, &request, part);
        signer_request_vote(&vote, &request);
        memcpy(&before, &guard, sizeof(before));
        enum vote_guard_verdict verdict = vote_guard_take(&guard, &vote);
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
        bool same = memcmp(&guard, &before, sizeof(guard)) == 0; /* of a copy, byte by byte */
        if (!vote_guard_valid(&guard) || vote_guard_height(&guard) < vote_guard_height(&before) ||
            (verdict > VOTE_GUARD_NEW && !same)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct signer_answer answer;
    ask_all(input);
    if (signer_answer_decode(&answer, input, NULL, 0)) {
        check_again(&signer_answer_schema, &answer, input);
    }
    struct signing_heartbeat heartbeat;
    struct signing_evidence evidence;
    if (signing_heartbeat_decode(&heartbeat, input, NULL, 0)) {
        check_again(&signing_heartbeat_schema, &heartbeat, input);
    }
    if (signing_evidence_decode(&evidence, input, NULL, 0)) {
        check_again(&signing_evidence_schema, &evidence, input);
    }
    return 0;
}
