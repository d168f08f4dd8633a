/* Bytes from the network, to the core. The head is signed anew with the key of the sender it names,
 * so that inputs come past the signature, and the leader collects votes as in a large set; what passes encodes to the same bytes, and a replica that
 * has just started survives it. */
#include <stdlib.h>
#include <string.h>

#include "consensus/pbft.h"

enum { COUNT = 4, SIGNATURE_OFFSET = 49, HEAD_SIZE = 113 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct validators validators;
static struct secret_key keys[COUNT];
static struct block_rules rules;

static bool body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    hash_tagged(out, "souk/test-body/v1", body);
    return true;
}

/* The committee of tests/lib/committee.c, whose messages are the corpus. */
static void open_committee(void)
{
    static const char *const names[COUNT] = {"validator 0", "validator 1", "validator 2",
                                             "validator 3"};
    struct hash chain_id;
    hash_tagged(&chain_id, "souk/test-chain/v1", (struct bytes){0});
    validators.count = COUNT;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct hash seed;
        hash_tagged(&seed, "souk/test-key/v1", BYTES_OF(i));
        if (!secret_key_init(&keys[i], seed.bytes)) {
            abort();
        }
        public_key_of(&validators.list[i].key, &keys[i]);
        point_of(&validators.list[i].node_key, &keys[i]);
        validators.list[i].name = bytes_of_text(names[i]);
    }
    block_rules_init(&rules, &chain_id, &validators, body_digest, NULL);
    rules.collect_above = COUNT - 1; /* PREPARED and COMMITTED are messages of round 0 */
}

static void sign(struct buffer *wire)
{
    struct vote vote;
    if (message_peek(&vote, buffer_bytes(wire)) && vote.sender < COUNT) {
        vote_sign(&vote, &rules.chain_id, &keys[vote.sender]);
        memcpy(wire->data + SIGNATURE_OFFSET, vote.signature.bytes, sizeof(vote.signature));
    }
}

static void hear(const struct message *message)
{
    static struct pbft_actions actions;
    struct vote_key key;
    const struct vote_signer signer = vote_key_signer(&key, &rules.chain_id, &keys[0]);
    struct pbft_config config = {.rules = rules,
                                 .signer = &signer,
                                 .round_timeout_ms = 500,
                                 .status_interval_ms = 1000,
                                 .time_drift_ms = 500};
    struct pbft *pbft = pbft_new(&config);
    struct pbft_event event = {.type = PBFT_EVENT_START, .u.start = {.digest = rules.chain_id}};
    (void)!pbft_step(pbft, &actions, &event);
    event = (struct pbft_event){.type = PBFT_EVENT_MESSAGE, .clock_ms = 1000, .u.message = message};
    (void)!pbft_wants(pbft, &message->vote);
    (void)!pbft_step(pbft, &actions, &event);
    pbft_actions_close(&actions);
    pbft_free(pbft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer wire = {0};
    struct buffer again = {0};
    struct message *message;
    char error[160];
    if (validators.count == 0) {
        open_committee();
    }
    buffer_append(&wire, (struct bytes){data, size});
    sign(&wire);
    if (message_verify(&message, &rules, buffer_bytes(&wire), error, sizeof(error))) {
        message_encode(&again, message);
        if (!bytes_equal(buffer_bytes(&again), buffer_bytes(&wire))) {
            abort();
        }
        hear(message);
        message_free(message);
    }
    buffer_close(&again);
    buffer_close(&wire);
    return 0;
}
