#include "crypto/bip32.h"

#include <openssl/evp.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/base58.h"

#define PAYLOAD_SIZE   78
#define VERSION_SECRET 0x0488ade4u /* "xprv" */
#define VERSION_PUBLIC 0x0488b21eu /* "xpub" */

const char *bip32_status_text(enum bip32_status status)
{
#define BIP32_STATUS_CASE(name, text)                                                              \
    case name:                                                                                     \
        return text;
    switch (status) {
        BIP32_STATUS_LIST(BIP32_STATUS_CASE)
    }
#undef BIP32_STATUS_CASE
    return "unknown status";
}

void bip32_close(struct bip32_key *key)
{
    explicit_bzero(key, sizeof(*key));
}

static void put_big_endian(uint8_t out[4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t get_big_endian(const uint8_t in[4])
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

enum bip32_status bip32_master(struct bip32_key *out, struct bytes seed)
{
    *out = (struct bip32_key){0};
    if (seed.size < BIP32_SEED_MIN || seed.size > BIP32_SEED_MAX) {
        return BIP32_SEED;
    }
    uint8_t mac[64];
    hmac_sha512(mac, bytes_of_text("Bitcoin seed"), seed);
    bool good = secret_key_init(&out->secret, mac);
    if (good) {
        out->has_secret = true;
        memcpy(out->chain, mac + 32, sizeof(out->chain));
        point_of(&out->point, &out->secret);
    }
    explicit_bzero(mac, sizeof(mac));
    return good ? BIP32_OK : BIP32_KEY;
}

static void fingerprint(uint8_t out[4], const struct point *point)
{
    struct hash sha;
    uint8_t digest[20];
    hash_plain(&sha, BYTES_OF(point->bytes));
    int good = EVP_Digest(sha.bytes, sizeof(sha.bytes), digest, NULL, EVP_ripemd160(), NULL);
    assert(good == 1);
    memcpy(out, digest, 4);
}

/* The left half of the MAC is added to the key, the right half is the child's chain code. */
static bool add_mac(struct bip32_key *child, const struct bip32_key *parent)
{
    uint8_t data[33 + 4] = {0};
    uint8_t mac[64];
    if ((child->number & BIP32_HARDENED) != 0) {
        memcpy(data + 1, parent->secret.bytes, sizeof(parent->secret.bytes));
    } else {
        memcpy(data, parent->point.bytes, sizeof(parent->point.bytes));
    }
    put_big_endian(data + 33, child->number);
    hmac_sha512(mac, BYTES_OF(parent->chain), BYTES_OF(data));
    memcpy(child->chain, mac + 32, sizeof(child->chain));
    bool good;
    if (parent->has_secret) {
        child->secret = parent->secret;
        good = secret_key_add(&child->secret, mac);
        if (good) {
            point_of(&child->point, &child->secret);
        }
    } else {
        child->point = parent->point;
        good = point_add_scalar(&child->point, mac);
    }
    explicit_bzero(data, sizeof(data));
    explicit_bzero(mac, sizeof(mac));
    return good;
}

enum bip32_status bip32_child(struct bip32_key *out, const struct bip32_key *parent,
                              uint32_t number)
{
    struct bip32_key child = {0};
    enum bip32_status status = BIP32_OK;
    if ((number & BIP32_HARDENED) != 0 && !parent->has_secret) {
        status = BIP32_HARDENED_PUBLIC;
    } else if (parent->depth == BIP32_DEPTH_MAX) {
        status = BIP32_DEPTH;
    } else {
        child.has_secret = parent->has_secret;
        child.depth = (uint8_t)(parent->depth + 1);
        child.number = number;
        fingerprint(child.parent, &parent->point);
        status = add_mac(&child, parent) ? BIP32_OK : BIP32_CHILD;
    }
    if (status != BIP32_OK) {
        bip32_close(&child);
    }
    *out = child;
    bip32_close(&child);
    return status;
}

/* Take "/<number>" or "/<number>'" off *cursor. */
static bool next_number(uint32_t *out, const char **cursor)
{
    const char *c = *cursor;
    if (*c++ != '/' || *c < '0' || *c > '9') {
        return false;
    }
    bool leading_zero = c[0] == '0' && c[1] >= '0' && c[1] <= '9';
    uint32_t value = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        uint32_t digit = (uint32_t)(*c - '0');
        if (value > (BIP32_HARDENED - 1 - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (*c == '\'' || *c == 'h') {
        value |= BIP32_HARDENED;
        c++;
    }
    *out = value;
    *cursor = c;
    return !leading_zero;
}

enum bip32_status bip32_derive(struct bip32_key *out, const struct bip32_key *from,
                               const char *path)
{
    struct bip32_key key = *from;
    enum bip32_status status = *path == 'm' ? BIP32_OK : BIP32_PATH;
    const char *cursor = path + 1;
    while (status == BIP32_OK && *cursor != '\0') {
        uint32_t number;
        if (!next_number(&number, &cursor)) {
            status = BIP32_PATH;
            break;
        }
        status = bip32_child(&key, &key, number);
    }
    if (status != BIP32_OK) {
        bip32_close(&key);
    }
    *out = key;
    bip32_close(&key);
    return status;
}

void bip32_forget_secret(struct bip32_key *key)
{
    secret_key_close(&key->secret);
    key->has_secret = false;
}

void bip32_print(char out[BIP32_TEXT_MAX], const struct bip32_key *key)
{
    uint8_t payload[PAYLOAD_SIZE] = {0};
    char text[BASE58_TEXT_MAX];
    put_big_endian(payload, key->has_secret ? VERSION_SECRET : VERSION_PUBLIC);
    payload[4] = key->depth;
    memcpy(payload + 5, key->parent, sizeof(key->parent));
    put_big_endian(payload + 9, key->number);
    memcpy(payload + 13, key->chain, sizeof(key->chain));
    if (key->has_secret) {
        memcpy(payload + 46, key->secret.bytes, sizeof(key->secret.bytes));
    } else {
        memcpy(payload + 45, key->point.bytes, sizeof(key->point.bytes));
    }
    base58_print(text, BYTES_OF(payload));
    size_t size = strlen(text) + 1;
    assert(size <= BIP32_TEXT_MAX);
    memcpy(out, text, size);
    explicit_bzero(payload, sizeof(payload));
    explicit_bzero(text, sizeof(text));
}

/* The 33 bytes of the key itself. */
static enum bip32_status read_key(struct bip32_key *key, const uint8_t data[33])
{
    if (key->has_secret) {
        if (data[0] != 0) {
            return BIP32_PREFIX;
        }
        if (!secret_key_init(&key->secret, data + 1)) {
            return BIP32_KEY;
        }
        point_of(&key->point, &key->secret);
        return BIP32_OK;
    }
    if (data[0] != 2 && data[0] != 3) {
        return BIP32_PREFIX;
    }
    memcpy(key->point.bytes, data, sizeof(key->point.bytes));
    return point_valid(&key->point) ? BIP32_OK : BIP32_KEY;
}

static enum bip32_status read_payload(struct bip32_key *key, const uint8_t payload[PAYLOAD_SIZE])
{
    static const uint8_t no_parent[4];
    uint32_t version = get_big_endian(payload);
    if (version != VERSION_SECRET && version != VERSION_PUBLIC) {
        return BIP32_VERSION;
    }
    key->has_secret = version == VERSION_SECRET;
    key->depth = payload[4];
    memcpy(key->parent, payload + 5, sizeof(key->parent));
    key->number = get_big_endian(payload + 9);
    memcpy(key->chain, payload + 13, sizeof(key->chain));
    bool orphan = memcmp(key->parent, no_parent, sizeof(no_parent)) == 0 && key->number == 0;
    if (key->depth == 0 && !orphan) {
        return BIP32_MASTER;
    }
    return read_key(key, payload + 45);
}

enum bip32_status bip32_parse(struct bip32_key *out, const char *text)
{
    uint8_t payload[PAYLOAD_SIZE];
    enum bip32_status status = BIP32_OK;
    *out = (struct bip32_key){0};
    switch (base58_parse(payload, sizeof(payload), text)) {
    case BASE58_OK:
        status = read_payload(out, payload);
        break;
    case BASE58_CHARACTER:
        status = BIP32_CHARACTER;
        break;
    case BASE58_LENGTH:
        status = BIP32_LENGTH;
        break;
    case BASE58_CHECKSUM:
        status = BIP32_CHECKSUM;
        break;
    }
    if (status != BIP32_OK) {
        bip32_close(out);
    }
    explicit_bzero(payload, sizeof(payload));
    return status;
}
