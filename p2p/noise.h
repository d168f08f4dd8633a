/* Noise_XK_secp256k1_ChaChaPoly_SHA256, exactly as BOLT-8 (Lightning's transport) defines it, as a
 * pure state machine: acts in, acts out, no sockets, no clock, no random source.
 *
 * The initiator knows the responder's static key beforehand; the responder learns the initiator's
 * in act 3. After three acts both sides hold two ciphers, one for each direction; a message is a
 * sealed 2-byte length and a sealed body, and a key is replaced after 1000 uses.
 *
 * Only the prologue is ours: "souk" and the chain id, so that nodes of two chains never shake hands.
 * Source: BOLT #8, https://github.com/lightning/bolts/blob/master/08-transport.md; the Noise Protocol
 * Framework, revision 34. */
#ifndef P2P_NOISE_H
#define P2P_NOISE_H

#include "base/buffer.h"
#include "crypto/key.h"

#define NOISE_ACT_SIZE_MAX 66    /* act 1 and act 2 have 50 bytes, act 3 has 66 */
#define NOISE_MESSAGE_MAX  65535 /* bytes of plain text in one message */
#define NOISE_HEADER_SIZE  18    /* the sealed length that begins a message */
#define NOISE_TAG_SIZE     16    /* what sealing adds to the body */
#define NOISE_ROTATION     1000  /* uses of a key; a message uses it twice */

/* The names are those of the test vectors of BOLT-8. */
#define NOISE_STATUS_LIST(X)                                                                       \
    X(NOISE_OK, "ok")                                                                              \
    X(NOISE_ACT1_READ_FAILED, "act 1 has another size than 50 bytes")                              \
    X(NOISE_ACT1_BAD_VERSION, "act 1 has another version than 0")                                  \
    X(NOISE_ACT1_BAD_PUBKEY, "the ephemeral key of act 1 is not on the curve")                     \
    X(NOISE_ACT1_BAD_TAG, "act 1 is not for our key and chain")                                    \
    X(NOISE_ACT2_READ_FAILED, "act 2 has another size than 50 bytes")                              \
    X(NOISE_ACT2_BAD_VERSION, "act 2 has another version than 0")                                  \
    X(NOISE_ACT2_BAD_PUBKEY, "the ephemeral key of act 2 is not on the curve")                     \
    X(NOISE_ACT2_BAD_TAG, "act 2 is not from the expected key and chain")                          \
    X(NOISE_ACT3_READ_FAILED, "act 3 has another size than 66 bytes")                              \
    X(NOISE_ACT3_BAD_VERSION, "act 3 has another version than 0")                                  \
    X(NOISE_ACT3_BAD_CIPHERTEXT, "the static key of act 3 was changed on its way")                 \
    X(NOISE_ACT3_BAD_PUBKEY, "the static key of act 3 is not on the curve")                        \
    X(NOISE_ACT3_BAD_TAG, "act 3 is not from the owner of its static key")                         \
    X(NOISE_BAD_HEADER, "the length of a message was changed on its way")                          \
    X(NOISE_BAD_MESSAGE, "a message was changed on its way")

#define NOISE_STATUS_ENUM(name, text) name,
enum noise_status { NOISE_STATUS_LIST(NOISE_STATUS_ENUM) };
#undef NOISE_STATUS_ENUM

const char *noise_status_text(enum noise_status status); /* Static string; never NULL. */

/* One direction of a finished handshake. Holds secrets: noise_handshake_close() wipes it. */
struct noise_cipher {
    uint8_t key[32];
    uint8_t chaining_key[32];
    uint64_t uses; /* of `key`, 0 .. NOISE_ROTATION - 1; it is the nonce as well */
};

enum noise_step { NOISE_WAIT_ACT1, NOISE_WAIT_ACT2, NOISE_WAIT_ACT3, NOISE_DONE, NOISE_FAILED };

/* A handshake under way. Read only `step` and, once NOISE_DONE, `peer_key` and the ciphers. */
struct noise_handshake {
    enum noise_step step;
    struct point peer_key; /* static key of the other side */
    struct noise_cipher send;
    struct noise_cipher receive;
    /* private */
    struct secret_key key;
    struct secret_key ephemeral;
    struct point peer_ephemeral;
    struct hash digest;
    uint8_t chaining_key[32];
    uint8_t temporary_key[32];
};

/* Begin as the side that dials, and append act 1 to `out`. `ephemeral` must be fresh and random.
 * Returns false where `responder` is no valid point; then there is no handshake. */
NODISCARD bool noise_initiate(struct noise_handshake *handshake, struct bytes prologue,
                              const struct secret_key *key, const struct secret_key *ephemeral,
                              const struct point *responder, struct buffer *out);

/* Begin as the side that was dialled. `ephemeral` must be fresh and random. */
void noise_respond(struct noise_handshake *handshake, struct bytes prologue,
                   const struct secret_key *key, const struct secret_key *ephemeral);

/* Size in bytes of the act to read next: 50, 50 or 66; 0 once done or failed. */
size_t noise_wants(const struct noise_handshake *handshake);

/* Read the next act and append the reply (act 2 or act 3) to `out`, if there is one. Must not be
 * called where noise_wants() is 0. On an error (each NOISE_ACT* of the act read) the handshake has
 * failed for good, and the connection must be closed without an answer.
 * The caller checks `peer_key` against its list: the handshake itself accepts any initiator. */
NODISCARD enum noise_status noise_read(struct noise_handshake *handshake, struct bytes act,
                                       struct buffer *out);

void noise_handshake_close(
    struct noise_handshake *handshake); /* Wipes all secrets, both ciphers too. */

/* Seal one message of at most NOISE_MESSAGE_MAX bytes and append it to `out`: the sealed length, then
 * the sealed body. */
void noise_seal(struct noise_cipher *cipher, struct buffer *out, struct bytes message);

/* Open a sealed length: *size becomes the size of the plain body that follows.
 *   NOISE_BAD_HEADER  it is not what the other side sealed next */
NODISCARD enum noise_status noise_open_header(struct noise_cipher *cipher, uint16_t *size,
                                              const uint8_t header[NOISE_HEADER_SIZE]);

/* Open a sealed body into sealed.size - NOISE_TAG_SIZE bytes at `out`, which may be sealed.data.
 *   NOISE_BAD_MESSAGE  it is not what the other side sealed next */
NODISCARD enum noise_status noise_open_body(struct noise_cipher *cipher, uint8_t *out,
                                            struct bytes sealed);

#endif /* P2P_NOISE_H */
