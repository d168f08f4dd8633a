/* The incremental interface of libcrypto is deprecated in favour of EVP, but EVP allocates per hash
 * and costs several times a short message; it is confined to this file. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hash.h"

#include <openssl/sha.h>
#include <string.h>

static_assert(sizeof(struct sha256) == sizeof(SHA256_CTX), "struct sha256 holds an SHA256_CTX");
static_assert(_Alignof(struct sha256) >= _Alignof(SHA256_CTX), "and is aligned for it");

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool hash_is_zero(const struct hash *hash)
{
    static const struct hash zero;
    return hash_equal(hash, &zero);
}

static SHA256_CTX *context_of(struct sha256 *sha)
{
    return (SHA256_CTX *)(void *)sha->opaque;
}

void sha256_init(struct sha256 *sha)
{
    memset(sha, 0, sizeof(*sha));
    int good = SHA256_Init(context_of(sha));
    assert(good == 1);
}

static void begin_tagged(struct sha256 *sha, const char *tag)
{
    struct hash prefix;
    hash_plain(&prefix, bytes_of_text(tag));
    sha256_init(sha);
    sha256_add(sha, BYTES_OF(prefix.bytes));
    sha256_add(sha, BYTES_OF(prefix.bytes));
}

/* Hashes that this thread has begun with a tag. There are some thirty tags, and of three or four blocks of
 * a short message two are the tag's. */
#define BEGUN_COUNT   64u
#define BEGUN_TAG_MAX 32

struct begun {
    char tag[BEGUN_TAG_MAX]; /* empty: none */
    struct sha256 sha;
};

static _Thread_local struct begun begun_hashes[BEGUN_COUNT];

void sha256_init_tagged(struct sha256 *sha, const char *tag)
{
    size_t size = strlen(tag);
    if (size == 0 || size >= BEGUN_TAG_MAX) {
        begin_tagged(sha, tag);
        return;
    }
    uint32_t place = 0;
    for (size_t i = 0; i < size; i++) {
        place = place * 31 + (uint8_t)tag[i];
    }
    struct begun *begun = &begun_hashes[place % BEGUN_COUNT];
    if (strcmp(begun->tag, tag) != 0) {
        begin_tagged(&begun->sha, tag);
        memcpy(begun->tag, tag, size + 1);
    }
    *sha = begun->sha;
}

void sha256_add(struct sha256 *sha, struct bytes data)
{
    if (data.size == 0) {
        return;
    }
    int good = SHA256_Update(context_of(sha), data.data, data.size);
    assert(good == 1);
}

static void add_little_endian(struct sha256 *sha, uint64_t value, size_t size)
{
    uint8_t data[8];
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(value >> (8 * i));
    }
    sha256_add(sha, (struct bytes){data, size});
}

void sha256_add_u8(struct sha256 *sha, uint8_t value)
{
    add_little_endian(sha, value, 1);
}

void sha256_add_u32(struct sha256 *sha, uint32_t value)
{
    add_little_endian(sha, value, 4);
}

void sha256_add_u64(struct sha256 *sha, uint64_t value)
{
    add_little_endian(sha, value, 8);
}

void sha256_finish(struct sha256 *sha, struct hash *out)
{
    int good = SHA256_Final(out->bytes, context_of(sha));
    assert(good == 1);
}

void hash_plain(struct hash *out, struct bytes data)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, data);
    sha256_finish(&sha, out);
}

void hash_tagged(struct hash *out, const char *tag, struct bytes data)
{
    struct sha256 sha;
    sha256_init_tagged(&sha, tag);
    sha256_add(&sha, data);
    sha256_finish(&sha, out);
}
