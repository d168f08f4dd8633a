#include "crypto/aead.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>
#include <string.h>

#define SCRYPT_N_MAX ((uint64_t)1 << 20)

/* Every call of libcrypto below fails only for a wrong argument of ours or a lack of memory. */
static void must(int result)
{
    assert(result == 1 && "libcrypto failed");
}

static int int_of(size_t size)
{
    assert(size <= INT_MAX);
    return (int)size;
}

/* EVP_chacha20_poly1305() is looked up by its name for every cipher that is begun; this one once. */
static EVP_CIPHER *chacha20_poly1305;
static pthread_once_t chacha20_poly1305_once = PTHREAD_ONCE_INIT;

static void fetch_cipher(void)
{
    chacha20_poly1305 = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
    assert(chacha20_poly1305 != NULL);
}

/* Start a cipher and feed it the associated data. */
static EVP_CIPHER_CTX *cipher_new(const uint8_t *key, const uint8_t *nonce, struct bytes associated,
                                  int encrypt)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    assert(cipher != NULL);
    int size = 0;
    int error = pthread_once(&chacha20_poly1305_once, fetch_cipher);
    assert(error == 0);
    must(EVP_CipherInit_ex(cipher, chacha20_poly1305, NULL, key, nonce, encrypt));
    if (associated.size > 0) {
        must(EVP_CipherUpdate(cipher, NULL, &size, associated.data, int_of(associated.size)));
    }
    return cipher;
}

/* The cipher over `in`; false where the tag does not fit. */
static bool cipher_run(EVP_CIPHER_CTX *cipher, uint8_t *out, struct bytes in)
{
    uint8_t nothing[16];
    int size = 0;
    if (in.size > 0) {
        must(EVP_CipherUpdate(cipher, out, &size, in.data, int_of(in.size)));
        assert((size_t)size == in.size);
    }
    return EVP_CipherFinal_ex(cipher, nothing, &size) == 1;
}

void aead_seal(uint8_t *out, const uint8_t key[AEAD_KEY_SIZE], const uint8_t nonce[AEAD_NONCE_SIZE],
               struct bytes associated, struct bytes plain)
{
    EVP_CIPHER_CTX *cipher = cipher_new(key, nonce, associated, 1);
    bool good = cipher_run(cipher, out, plain);
    assert(good);
    must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, out + plain.size));
    EVP_CIPHER_CTX_free(cipher);
}

bool aead_open(uint8_t *out, const uint8_t key[AEAD_KEY_SIZE], const uint8_t nonce[AEAD_NONCE_SIZE],
               struct bytes associated, struct bytes sealed)
{
    if (sealed.size < AEAD_TAG_SIZE) {
        return false;
    }
    struct bytes text = {sealed.data, sealed.size - AEAD_TAG_SIZE};
    uint8_t tag[AEAD_TAG_SIZE]; /* a copy: the call below takes no const */
    memcpy(tag, sealed.data + text.size, sizeof(tag));
    EVP_CIPHER_CTX *cipher = cipher_new(key, nonce, associated, 0);
    must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag));
    bool good = cipher_run(cipher, out, text);
    EVP_CIPHER_CTX_free(cipher);
    if (!good && text.size > 0) {
        explicit_bzero(out, text.size);
    }
    return good;
}

/* libcrypto takes NULL for "no key"; an empty key is a key. */
static const uint8_t *data_or_empty(struct bytes bytes)
{
    static const uint8_t empty[1];
    return bytes.size == 0 ? empty : bytes.data;
}

static void hmac(const EVP_MD *digest, uint8_t *out, struct bytes key, struct bytes data)
{
    const uint8_t *mac = HMAC(digest, data_or_empty(key), int_of(key.size), data_or_empty(data),
                              data.size, out, NULL);
    assert(mac != NULL);
}

void hmac_sha256(uint8_t out32[32], struct bytes key, struct bytes data)
{
    hmac(EVP_sha256(), out32, key, data);
}

void hmac_sha512(uint8_t out64[64], struct bytes key, struct bytes data)
{
    hmac(EVP_sha512(), out64, key, data);
}

void hkdf_sha256(uint8_t *out, size_t size, struct bytes salt, struct bytes secret,
                 struct bytes info)
{
    uint8_t key[32];
    uint8_t block[32];
    struct bytes previous = {block, 0};
    assert(size <= 255 * sizeof(block));
    hmac_sha256(key, salt, secret);
    for (uint8_t counter = 1; size > 0; counter++) {
        uint8_t input[sizeof(block) + 256 + 1];
        assert(info.size <= 256);
        size_t used = previous.size;
        memcpy(input, block, used);
        if (info.size > 0) {
            memcpy(input + used, info.data, info.size);
        }
        used += info.size;
        input[used++] = counter;
        hmac_sha256(block, BYTES_OF(key), (struct bytes){input, used});
        explicit_bzero(input, sizeof(input));
        previous.size = sizeof(block);
        size_t taken = size < sizeof(block) ? size : sizeof(block);
        memcpy(out, block, taken);
        out += taken;
        size -= taken;
    }
    explicit_bzero(key, sizeof(key));
    explicit_bzero(block, sizeof(block));
}

void pbkdf2_sha512(uint8_t *out, size_t size, struct bytes password, struct bytes salt,
                   uint32_t rounds)
{
    assert(rounds >= 1 && rounds <= INT_MAX);
    must(PKCS5_PBKDF2_HMAC((const char *)data_or_empty(password), int_of(password.size),
                           data_or_empty(salt), int_of(salt.size), (int)rounds, EVP_sha512(),
                           int_of(size), out));
}

bool scrypt_derive(uint8_t *out, size_t size, struct bytes password, struct bytes salt,
                   const struct scrypt_cost *cost)
{
    uint64_t n = cost->n;
    bool power = n >= 2 && n <= SCRYPT_N_MAX && (n & (n - 1)) == 0;
    if (!power || cost->r == 0 || cost->p == 0) {
        return false;
    }
    /* The library's own bound is 32 MiB; ours is what these arguments need, with room. */
    uint64_t memory = 128 * (uint64_t)cost->r * (n + cost->p + 4) + 4096;
    return EVP_PBE_scrypt((const char *)data_or_empty(password), password.size, data_or_empty(salt),
                          salt.size, n, cost->r, cost->p, memory, out, size) == 1;
}
