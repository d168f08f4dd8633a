#include "crypto/key.h"

#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <string.h>

/* One context for the whole program: after its creation the library only reads it, so all threads
 * share it. It is not randomised: that is a defence in depth for signing which needs a random
 * source, and signing is constant-time without it. */
static secp256k1_context *context;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void create_context(void)
{
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert(context != NULL);
}

static const secp256k1_context *library(void)
{
    int error = pthread_once(&context_once, create_context);
    assert(error == 0);
    return context;
}

/* A compiler may drop a memset of memory that is not read again; this call it must keep. */
static void wipe(void *memory, size_t size)
{
    explicit_bzero(memory, size);
}

bool secret_key_init(struct secret_key *out, const uint8_t random32[32])
{
    if (secp256k1_ec_seckey_verify(library(), random32) != 1) {
        wipe(out, sizeof(*out));
        return false;
    }
    memcpy(out->bytes, random32, sizeof(out->bytes));
    return true;
}

void secret_key_close(struct secret_key *key)
{
    wipe(key, sizeof(*key));
}

static_assert(sizeof(((struct signing_key *)NULL)->pair) == sizeof(secp256k1_keypair),
              "bytes for the library's type");

/* A struct secret_key is valid by construction, so a failure here is a broken invariant of ours. */
void signing_key_init(struct signing_key *out, const struct secret_key *key)
{
    secp256k1_keypair *pair = (secp256k1_keypair *)(void *)out->pair;
    secp256k1_xonly_pubkey parsed;
    int good = secp256k1_keypair_create(library(), pair, key->bytes);
    assert(good == 1 && "a secret key is made by secret_key_init()");
    good = secp256k1_keypair_xonly_pub(library(), &parsed, NULL, pair);
    assert(good == 1);
    good = secp256k1_xonly_pubkey_serialize(library(), out->public_key.bytes, &parsed);
    assert(good == 1);
}

void signing_key_close(struct signing_key *key)
{
    wipe(key, sizeof(*key));
}

void public_key_of(struct public_key *out, const struct secret_key *key)
{
    struct signing_key ready;
    signing_key_init(&ready, key);
    *out = ready.public_key;
    signing_key_close(&ready);
}

static void print_point(struct point *out, const secp256k1_pubkey *parsed)
{
    size_t size = sizeof(out->bytes);
    int good = secp256k1_ec_pubkey_serialize(library(), out->bytes, &size, parsed,
                                             SECP256K1_EC_COMPRESSED);
    assert(good == 1 && size == sizeof(out->bytes));
}

static bool parse_point(secp256k1_pubkey *out, const struct point *point)
{
    return secp256k1_ec_pubkey_parse(library(), out, point->bytes, sizeof(point->bytes)) == 1;
}

void point_of(struct point *out, const struct secret_key *key)
{
    secp256k1_pubkey parsed;
    int good = secp256k1_ec_pubkey_create(library(), &parsed, key->bytes);
    assert(good == 1 && "a secret key is made by secret_key_init()");
    print_point(out, &parsed);
}

bool public_key_valid(const struct public_key *key)
{
    secp256k1_xonly_pubkey parsed;
    return secp256k1_xonly_pubkey_parse(library(), &parsed, key->bytes) == 1;
}

bool point_valid(const struct point *point)
{
    secp256k1_pubkey parsed;
    return parse_point(&parsed, point);
}

void signing_key_sign(struct signature *out, const struct signing_key *key,
                      const struct hash *message, const uint8_t random32[32])
{
    const secp256k1_keypair *pair = (const secp256k1_keypair *)(const void *)key->pair;
    int good = secp256k1_schnorrsig_sign32(library(), out->bytes, message->bytes, pair, random32);
    assert(good == 1);
}

void signature_make(struct signature *out, const struct secret_key *key, const struct hash *message,
                    const uint8_t random32[32])
{
    struct signing_key ready;
    signing_key_init(&ready, key);
    signing_key_sign(out, &ready, message, random32);
    signing_key_close(&ready);
}

/* Points of keys that this thread has checked signatures of. To find a point by its x is a square root, an
 * eighth of a check, and the same senders and validators come again and again. Who chooses keys on
 * purpose makes it forget others, and then they are found once more. */
#define POINTS_KNOWN 1024u

struct known_point {
    bool used;
    struct public_key key;
    secp256k1_xonly_pubkey parsed;
};

static _Thread_local struct known_point known_points[POINTS_KNOWN];

/* NULL where the key is not on the curve. */
static const secp256k1_xonly_pubkey *find_point(const struct public_key *key)
{
    uint32_t index;
    memcpy(&index, key->bytes, sizeof(index));
    struct known_point *known = &known_points[index % POINTS_KNOWN];
    if (known->used && memcmp(known->key.bytes, key->bytes, sizeof(key->bytes)) == 0) {
        return &known->parsed;
    }
    known->used = secp256k1_xonly_pubkey_parse(library(), &known->parsed, key->bytes) == 1;
    known->key = *key;
    return known->used ? &known->parsed : NULL;
}

bool signature_check(const struct signature *signature, const struct public_key *key,
                     const struct hash *message)
{
    const secp256k1_xonly_pubkey *point = find_point(key);
    return point != NULL && secp256k1_schnorrsig_verify(library(), signature->bytes, message->bytes,
                                                        sizeof(message->bytes), point) == 1;
}

/* The library hashes the shared point by this call; we keep the point itself. */
static int keep_point(unsigned char *output, const unsigned char *x32, const unsigned char *y32,
                      void *data)
{
    (void)data;
    output[0] = (unsigned char)(SECP256K1_TAG_PUBKEY_EVEN | (y32[31] & 1));
    memcpy(output + 1, x32, 32);
    return 1;
}

bool ecdh_point(struct point *out, const struct secret_key *key, const struct point *peer)
{
    secp256k1_pubkey parsed;
    if (!parse_point(&parsed, peer)) {
        memset(out, 0, sizeof(*out));
        return false;
    }
    int good = secp256k1_ecdh(library(), out->bytes, &parsed, key->bytes, keep_point, NULL);
    assert(good == 1 && "a secret key is made by secret_key_init()");
    return true;
}

bool point_of_public_key(struct point *out, const struct public_key *key)
{
    out->bytes[0] = SECP256K1_TAG_PUBKEY_EVEN;
    memcpy(out->bytes + 1, key->bytes, sizeof(key->bytes));
    if (point_valid(out)) {
        return true;
    }
    memset(out, 0, sizeof(*out));
    return false;
}

bool secret_key_add(struct secret_key *key, const uint8_t tweak32[32])
{
    if (secp256k1_ec_seckey_tweak_add(library(), key->bytes, tweak32) == 1) {
        return true;
    }
    wipe(key, sizeof(*key));
    return false;
}

bool point_add_scalar(struct point *point, const uint8_t tweak32[32])
{
    secp256k1_pubkey parsed;
    if (!parse_point(&parsed, point) ||
        secp256k1_ec_pubkey_tweak_add(library(), &parsed, tweak32) != 1) {
        memset(point, 0, sizeof(*point));
        return false;
    }
    print_point(point, &parsed);
    return true;
}

bool point_multiply(struct point *out, const struct point *point, const uint8_t scalar32[32])
{
    secp256k1_pubkey parsed;
    if (!parse_point(&parsed, point) ||
        secp256k1_ec_pubkey_tweak_mul(library(), &parsed, scalar32) != 1) {
        memset(out, 0, sizeof(*out));
        return false;
    }
    print_point(out, &parsed);
    return true;
}

bool point_subtract(struct point *out, const struct point *a, const struct point *b)
{
    secp256k1_pubkey first;
    secp256k1_pubkey second;
    secp256k1_pubkey sum;
    const secp256k1_pubkey *terms[2] = {&first, &second};
    memset(out, 0, sizeof(*out));
    if (!parse_point(&first, a) || !parse_point(&second, b) ||
        secp256k1_ec_pubkey_negate(library(), &second) != 1 ||
        secp256k1_ec_pubkey_combine(library(), &sum, terms, 2) != 1) {
        return false;
    }
    print_point(out, &sum);
    return true;
}

bool secret_key_combine(struct secret_key *out, const struct secret_key *key,
                        const uint8_t factor32[32], const struct secret_key *term)
{
    struct secret_key result = *key;
    bool good = secp256k1_ec_seckey_tweak_mul(library(), result.bytes, factor32) == 1 &&
                secp256k1_ec_seckey_tweak_add(library(), result.bytes, term->bytes) == 1;
    if (!good) {
        wipe(&result, sizeof(result));
    }
    *out = result;
    wipe(&result, sizeof(result));
    return good;
}

void secret_key_make_even(struct secret_key *key)
{
    struct point point;
    point_of(&point, key);
    if (point.bytes[0] == SECP256K1_TAG_PUBKEY_ODD) {
        int good = secp256k1_ec_seckey_negate(library(), key->bytes);
        assert(good == 1);
    }
}
