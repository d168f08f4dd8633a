#include "p2p/noise.h"

#include <string.h>

#include "crypto/aead.h"

#define ACT_KEY_SIZE 50 /* version, ephemeral key, tag: acts 1 and 2 */
#define ACT3_SIZE    66 /* version, sealed static key, tag */

static const char protocol_name[] = "Noise_XK_secp256k1_ChaChaPoly_SHA256";
static const struct bytes nothing = {NULL, 0};

const char *noise_status_text(enum noise_status status)
{
#define NOISE_STATUS_TEXT(name, text) [name] = (text),
    static const char *const texts[] = {NOISE_STATUS_LIST(NOISE_STATUS_TEXT)};
#undef NOISE_STATUS_TEXT
    return (size_t)status < ARRAY_COUNT(texts) ? texts[status] : "unknown status";
}

/* h = SHA256(h || data) */
static void mix_digest(struct noise_handshake *handshake, struct bytes data)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, BYTES_OF(handshake->digest.bytes));
    sha256_add(&sha, data);
    sha256_finish(&sha, &handshake->digest);
}

/* first, second = HKDF(salt, secret); `first` may be the salt. */
static void derive(uint8_t first[32], uint8_t second[32], const uint8_t salt[32],
                   struct bytes secret)
{
    uint8_t keys[64];
    hkdf_sha256(keys, sizeof(keys), (struct bytes){salt, 32}, secret, nothing);
    memcpy(first, keys, 32);
    memcpy(second, keys + 32, 32);
    explicit_bzero(keys, sizeof(keys));
}

/* Mix ECDH(key, point) into the chaining key and take a temporary key from it. */
static bool mix_secret(struct noise_handshake *handshake, const struct secret_key *key,
                       const struct point *point)
{
    struct point shared;
    if (!ecdh_point(&shared, key, point)) {
        return false;
    }
    struct hash secret;
    hash_plain(&secret, BYTES_OF(shared.bytes));
    derive(handshake->chaining_key, handshake->temporary_key, handshake->chaining_key,
           BYTES_OF(secret.bytes));
    explicit_bzero(&shared, sizeof(shared));
    explicit_bzero(&secret, sizeof(secret));
    return true;
}

static void nonce_of(uint8_t nonce[AEAD_NONCE_SIZE], uint64_t counter)
{
    memset(nonce, 0, 4);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(counter >> (8 * i));
    }
}

/* Append the sealed `plain`, with the digest as associated data, and mix it in. */
static void seal_and_mix(struct noise_handshake *handshake, uint64_t counter, struct bytes plain,
                         struct buffer *out)
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t sealed[sizeof(struct point) + AEAD_TAG_SIZE];
    assert(plain.size <= sizeof(struct point));
    nonce_of(nonce, counter);
    aead_seal(sealed, handshake->temporary_key, nonce, BYTES_OF(handshake->digest.bytes), plain);
    struct bytes bytes = {sealed, plain.size + AEAD_TAG_SIZE};
    mix_digest(handshake, bytes);
    buffer_append(out, bytes);
}

static bool open_and_mix(struct noise_handshake *handshake, uint64_t counter, uint8_t *plain,
                         struct bytes sealed)
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    nonce_of(nonce, counter);
    if (!aead_open(plain, handshake->temporary_key, nonce, BYTES_OF(handshake->digest.bytes),
                   sealed)) {
        return false;
    }
    mix_digest(handshake, sealed);
    return true;
}

static void begin(struct noise_handshake *handshake, struct bytes prologue,
                  const struct point *responder, const struct secret_key *key,
                  const struct secret_key *ephemeral)
{
    memset(handshake, 0, sizeof(*handshake));
    handshake->key = *key;
    handshake->ephemeral = *ephemeral;
    hash_plain(&handshake->digest, bytes_of_text(protocol_name));
    memcpy(handshake->chaining_key, handshake->digest.bytes, sizeof(handshake->chaining_key));
    mix_digest(handshake, prologue);
    mix_digest(handshake, BYTES_OF(responder->bytes));
}

/* Acts 1 and 2 have one form: version 0, our ephemeral key, an empty sealed text. */
static bool write_key_act(struct noise_handshake *handshake, const struct point *peer,
                          struct buffer *out)
{
    static const uint8_t version;
    struct point point;
    point_of(&point, &handshake->ephemeral);
    mix_digest(handshake, BYTES_OF(point.bytes));
    if (!mix_secret(handshake, &handshake->ephemeral, peer)) {
        return false;
    }
    buffer_append(out, BYTES_OF(version));
    buffer_append(out, BYTES_OF(point.bytes));
    seal_and_mix(handshake, 0, nothing, out);
    return true;
}

struct key_act_errors {
    enum noise_status size;
    enum noise_status version;
    enum noise_status key;
    enum noise_status tag;
};

static enum noise_status read_key_act(struct noise_handshake *handshake, struct bytes act,
                                      const struct secret_key *key,
                                      const struct key_act_errors *errors)
{
    uint8_t none[1];
    if (act.size != ACT_KEY_SIZE) {
        return errors->size;
    }
    if (act.data[0] != 0) {
        return errors->version;
    }
    memcpy(handshake->peer_ephemeral.bytes, act.data + 1, sizeof(struct point));
    if (!point_valid(&handshake->peer_ephemeral)) {
        return errors->key;
    }
    mix_digest(handshake, BYTES_OF(handshake->peer_ephemeral.bytes));
    if (!mix_secret(handshake, key, &handshake->peer_ephemeral)) {
        return errors->key;
    }
    struct bytes tag = {act.data + 1 + sizeof(struct point), AEAD_TAG_SIZE};
    return open_and_mix(handshake, 0, none, tag) ? NOISE_OK : errors->tag;
}

/* The ciphers of the two directions; what the initiator sends with comes first. */
static void split(struct noise_handshake *handshake, struct noise_cipher *first,
                  struct noise_cipher *second)
{
    derive(first->key, second->key, handshake->chaining_key, nothing);
    memcpy(first->chaining_key, handshake->chaining_key, 32);
    memcpy(second->chaining_key, handshake->chaining_key, 32);
    handshake->step = NOISE_DONE;
}

/* The ciphers and the peer's key stay; what only the handshake needed goes. */
static void wipe_handshake(struct noise_handshake *handshake)
{
    secret_key_close(&handshake->key);
    secret_key_close(&handshake->ephemeral);
    explicit_bzero(handshake->chaining_key, sizeof(handshake->chaining_key));
    explicit_bzero(handshake->temporary_key, sizeof(handshake->temporary_key));
}

static enum noise_status read_act1(struct noise_handshake *handshake, struct bytes act,
                                   struct buffer *out)
{
    static const struct key_act_errors errors = {NOISE_ACT1_READ_FAILED, NOISE_ACT1_BAD_VERSION,
                                                 NOISE_ACT1_BAD_PUBKEY, NOISE_ACT1_BAD_TAG};
    enum noise_status status = read_key_act(handshake, act, &handshake->key, &errors);
    if (status != NOISE_OK) {
        return status;
    }
    handshake->step = NOISE_WAIT_ACT3;
    return write_key_act(handshake, &handshake->peer_ephemeral, out) ? NOISE_OK
                                                                     : NOISE_ACT1_BAD_PUBKEY;
}

static void write_act3(struct noise_handshake *handshake, struct buffer *out)
{
    static const uint8_t version;
    struct point point;
    point_of(&point, &handshake->key);
    buffer_append(out, BYTES_OF(version));
    seal_and_mix(handshake, 1, BYTES_OF(point.bytes), out);
    bool mixed = mix_secret(handshake, &handshake->key, &handshake->peer_ephemeral);
    assert(mixed && "the ephemeral key was checked when act 2 was read");
    seal_and_mix(handshake, 0, nothing, out);
}

static enum noise_status read_act2(struct noise_handshake *handshake, struct bytes act,
                                   struct buffer *out)
{
    static const struct key_act_errors errors = {NOISE_ACT2_READ_FAILED, NOISE_ACT2_BAD_VERSION,
                                                 NOISE_ACT2_BAD_PUBKEY, NOISE_ACT2_BAD_TAG};
    enum noise_status status = read_key_act(handshake, act, &handshake->ephemeral, &errors);
    if (status != NOISE_OK) {
        return status;
    }
    write_act3(handshake, out);
    split(handshake, &handshake->send, &handshake->receive);
    return NOISE_OK;
}

static enum noise_status read_act3(struct noise_handshake *handshake, struct bytes act)
{
    struct point peer;
    uint8_t none[1];
    const size_t sealed_key_size = sizeof(struct point) + AEAD_TAG_SIZE;
    if (act.size != ACT3_SIZE) {
        return NOISE_ACT3_READ_FAILED;
    }
    if (act.data[0] != 0) {
        return NOISE_ACT3_BAD_VERSION;
    }
    if (!open_and_mix(handshake, 1, peer.bytes, (struct bytes){act.data + 1, sealed_key_size})) {
        return NOISE_ACT3_BAD_CIPHERTEXT;
    }
    if (!point_valid(&peer) || !mix_secret(handshake, &handshake->ephemeral, &peer)) {
        return NOISE_ACT3_BAD_PUBKEY;
    }
    struct bytes tag = {act.data + 1 + sealed_key_size, AEAD_TAG_SIZE};
    if (!open_and_mix(handshake, 0, none, tag)) {
        return NOISE_ACT3_BAD_TAG;
    }
    handshake->peer_key = peer;
    split(handshake, &handshake->receive, &handshake->send);
    return NOISE_OK;
}

bool noise_initiate(struct noise_handshake *handshake, struct bytes prologue,
                    const struct secret_key *key, const struct secret_key *ephemeral,
                    const struct point *responder, struct buffer *out)
{
    begin(handshake, prologue, responder, key, ephemeral);
    if (!point_valid(responder) || !write_key_act(handshake, responder, out)) {
        noise_handshake_close(handshake);
        return false;
    }
    handshake->peer_key = *responder;
    handshake->step = NOISE_WAIT_ACT2;
    return true;
}

void noise_respond(struct noise_handshake *handshake, struct bytes prologue,
                   const struct secret_key *key, const struct secret_key *ephemeral)
{
    struct point self;
    point_of(&self, key);
    begin(handshake, prologue, &self, key, ephemeral);
    handshake->step = NOISE_WAIT_ACT1;
}

size_t noise_wants(const struct noise_handshake *handshake)
{
    switch (handshake->step) {
    case NOISE_WAIT_ACT1:
    case NOISE_WAIT_ACT2:
        return ACT_KEY_SIZE;
    case NOISE_WAIT_ACT3:
        return ACT3_SIZE;
    case NOISE_DONE:
    case NOISE_FAILED:
        break;
    }
    return 0;
}

enum noise_status noise_read(struct noise_handshake *handshake, struct bytes act,
                             struct buffer *out)
{
    enum noise_status status = NOISE_OK;
    switch (handshake->step) {
    case NOISE_WAIT_ACT1:
        status = read_act1(handshake, act, out);
        break;
    case NOISE_WAIT_ACT2:
        status = read_act2(handshake, act, out);
        break;
    case NOISE_WAIT_ACT3:
        status = read_act3(handshake, act);
        break;
    case NOISE_DONE:
    case NOISE_FAILED:
        assert(noise_wants(handshake) > 0);
        break;
    }
    if (status != NOISE_OK) {
        noise_handshake_close(handshake);
    } else if (handshake->step == NOISE_DONE) {
        wipe_handshake(handshake);
    }
    return status;
}

void noise_handshake_close(struct noise_handshake *handshake)
{
    explicit_bzero(handshake, sizeof(*handshake));
    handshake->step = NOISE_FAILED;
}

/* The nonce of the next use; replaces a key that has had all its uses. */
static void next_nonce(struct noise_cipher *cipher, uint8_t nonce[AEAD_NONCE_SIZE])
{
    if (cipher->uses == NOISE_ROTATION) {
        derive(cipher->chaining_key, cipher->key, cipher->chaining_key, BYTES_OF(cipher->key));
        cipher->uses = 0;
    }
    nonce_of(nonce, cipher->uses);
    cipher->uses++;
}

void noise_seal(struct noise_cipher *cipher, struct buffer *out, struct bytes message)
{
    assert(message.size <= NOISE_MESSAGE_MAX);
    uint8_t nonce[AEAD_NONCE_SIZE];
    const uint8_t length[2] = {(uint8_t)(message.size >> 8), (uint8_t)message.size};
    buffer_reserve(out, NOISE_HEADER_SIZE + message.size + NOISE_TAG_SIZE);
    next_nonce(cipher, nonce);
    aead_seal(out->data + out->size, cipher->key, nonce, nothing, BYTES_OF(length));
    out->size += NOISE_HEADER_SIZE;
    next_nonce(cipher, nonce);
    aead_seal(out->data + out->size, cipher->key, nonce, nothing, message);
    out->size += message.size + NOISE_TAG_SIZE;
}

enum noise_status noise_open_header(struct noise_cipher *cipher, uint16_t *size,
                                    const uint8_t header[NOISE_HEADER_SIZE])
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t length[2];
    *size = 0;
    next_nonce(cipher, nonce);
    if (!aead_open(length, cipher->key, nonce, nothing,
                   (struct bytes){header, NOISE_HEADER_SIZE})) {
        return NOISE_BAD_HEADER;
    }
    *size = (uint16_t)(length[0] << 8 | length[1]);
    return NOISE_OK;
}

enum noise_status noise_open_body(struct noise_cipher *cipher, uint8_t *out, struct bytes sealed)
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    next_nonce(cipher, nonce);
    return aead_open(out, cipher->key, nonce, nothing, sealed) ? NOISE_OK : NOISE_BAD_MESSAGE;
}
