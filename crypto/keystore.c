#include "crypto/keystore.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bip32.h"
#include "crypto/keystore_text.h"

const char *keystore_status_text(enum keystore_status status)
{
#define KEYSTORE_STATUS_CASE(name, text)                                                           \
    case name:                                                                                     \
        return text;
    switch (status) {
        KEYSTORE_STATUS_LIST(KEYSTORE_STATUS_CASE)
    }
#undef KEYSTORE_STATUS_CASE
    return "unknown status";
}

void keystore_secret_close(struct keystore_secret *secret)
{
    explicit_bzero(secret, sizeof(*secret));
}

bool keystore_cost_valid(const struct keystore_cost *cost)
{
    bool power = cost->n >= 2 && cost->n <= (uint64_t)1 << 20 && (cost->n & (cost->n - 1)) == 0;
    return power && cost->r >= 1 && cost->r <= 16 && cost->p >= 1 && cost->p <= 4 &&
           128 * cost->n * cost->r <= KEYSTORE_MEMORY_MAX;
}

static bool seed_account(struct secret_key *out, const struct bip39_entropy *entropy,
                         uint32_t index)
{
    char path[40];
    uint8_t seed[BIP39_SEED_SIZE];
    struct bip32_key master;
    struct bip32_key key;
    enum bip39_status seeded = bip39_seed(seed, entropy, "");
    assert(seeded == BIP39_OK && "the empty passphrase is valid");
    (void)snprintf(path, sizeof(path), "m/44'/9000'/0'/0/%u", (unsigned)index);
    bool good = bip32_master(&master, BYTES_OF(seed)) == BIP32_OK &&
                bip32_derive(&key, &master, path) == BIP32_OK;
    if (good) {
        *out = key.secret;
        bip32_close(&key);
    }
    bip32_close(&master);
    explicit_bzero(seed, sizeof(seed));
    return good;
}

bool keystore_account(struct secret_key *out, const struct keystore_secret *secret, uint32_t index)
{
    bool good = false;
    *out = (struct secret_key){0};
    switch (secret->kind) {
    case KEYSTORE_KEY:
        good = index == 0;
        if (good) {
            *out = secret->is.key;
        }
        return good;
    case KEYSTORE_SEED:
        return index <= KEYSTORE_ACCOUNT_MAX && seed_account(out, &secret->is.entropy, index);
    }
    return good;
}

static bool derive_key(uint8_t key[AEAD_KEY_SIZE], const struct keystore *keystore,
                       struct bytes password)
{
    const struct keystore_cost *cost = &keystore->cost;
    return scrypt_derive(key, AEAD_KEY_SIZE, password, BYTES_OF(keystore->salt),
                         &(struct scrypt_cost){cost->n, cost->r, cost->p});
}

static struct bytes secret_bytes(const struct keystore_secret *secret)
{
    switch (secret->kind) {
    case KEYSTORE_KEY:
        return BYTES_OF(secret->is.key.bytes);
    case KEYSTORE_SEED:
        return (struct bytes){secret->is.entropy.bytes, secret->is.entropy.size};
    }
    assert(false && "a secret is a key or a seed");
    return (struct bytes){0};
}

/* The public key of account 0. */
static bool public_side(struct public_key *out, const struct keystore_secret *secret)
{
    struct secret_key account;
    if (!keystore_account(&account, secret, 0)) {
        return false;
    }
    public_key_of(out, &account);
    secret_key_close(&account);
    return true;
}

enum keystore_status keystore_seal(struct buffer *out, const struct keystore_secret *secret,
                                   const char *prefix, struct bytes password,
                                   const struct keystore_cost *cost,
                                   const struct keystore_random *random)
{
    struct keystore keystore = {.kind = secret->kind, .cost = *cost};
    uint8_t key[AEAD_KEY_SIZE];
    size_t prefix_size = strlen(prefix);
    assert(prefix_size >= 1 && prefix_size <= ADDRESS_PREFIX_MAX && keystore_cost_valid(cost));
    memcpy(keystore.prefix, prefix, prefix_size);
    memcpy(keystore.salt, random->salt, sizeof(keystore.salt));
    memcpy(keystore.nonce, random->nonce, sizeof(keystore.nonce));
    if (!public_side(&keystore.public_key, secret)) {
        return KEYSTORE_UNSUPPORTED;
    }
    address_of(&keystore.address, &keystore.public_key);
    if (!derive_key(key, &keystore, password)) {
        return KEYSTORE_MEMORY;
    }
    struct buffer header = {0};
    struct bytes plain = secret_bytes(secret);
    keystore_text_header(&header, &keystore);
    keystore.sealed_size = plain.size + AEAD_TAG_SIZE;
    aead_seal(keystore.sealed, key, keystore.nonce, buffer_bytes(&header), plain);
    explicit_bzero(key, sizeof(key));
    buffer_append(out, buffer_bytes(&header));
    keystore_text_sealed(out, &keystore);
    buffer_close(&header);
    return KEYSTORE_OK;
}

/* The opened bytes as a secret, and whether it is the one that the header names. */
static bool take_secret(struct keystore_secret *out, const struct keystore *keystore,
                        const uint8_t *plain)
{
    struct public_key public_key;
    bool good = true;
    out->kind = keystore->kind;
    if (keystore->kind == KEYSTORE_KEY) {
        good = secret_key_init(&out->is.key, plain);
    } else {
        out->is.entropy.size = keystore->sealed_size - AEAD_TAG_SIZE;
        memcpy(out->is.entropy.bytes, plain, out->is.entropy.size);
    }
    return good && public_side(&public_key, out) &&
           bytes_equal(BYTES_OF(public_key), BYTES_OF(keystore->public_key));
}

enum keystore_status keystore_unlock(struct keystore_secret *out, const struct keystore *keystore,
                                     struct bytes password)
{
    uint8_t key[AEAD_KEY_SIZE];
    uint8_t plain[KEYSTORE_SECRET_MAX];
    struct buffer header = {0};
    enum keystore_status status = KEYSTORE_OK;
    *out = (struct keystore_secret){0};
    if (!derive_key(key, keystore, password)) {
        return KEYSTORE_MEMORY;
    }
    keystore_text_header(&header, keystore);
    if (!aead_open(plain, key, keystore->nonce, buffer_bytes(&header),
                   (struct bytes){keystore->sealed, keystore->sealed_size})) {
        status = KEYSTORE_PASSWORD;
    } else if (!take_secret(out, keystore, plain)) {
        keystore_secret_close(out);
        status = KEYSTORE_MALFORMED;
    }
    buffer_close(&header);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(plain, sizeof(plain));
    return status;
}

enum keystore_status keystore_open(struct keystore_secret *out, struct bytes text,
                                   struct bytes password, char *error, size_t error_size)
{
    struct keystore keystore;
    *out = (struct keystore_secret){0};
    enum keystore_status status = keystore_parse(&keystore, text, error, error_size);
    if (status != KEYSTORE_OK) {
        return status;
    }
    status = keystore_unlock(out, &keystore, password);
    if (status != KEYSTORE_OK) {
        (void)snprintf(error, error_size, "key file: %s", keystore_status_text(status));
    }
    return status;
}
