#include "crypto/xof.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/field_vector.h"

/* To fetch a cipher takes locks and searches by name: done once for the process. */
static const EVP_CIPHER *aes_128_ctr(void)
{
    static _Atomic(EVP_CIPHER *) fetched;
    EVP_CIPHER *cipher = atomic_load(&fetched);
    if (cipher != NULL) {
        return cipher;
    }
    cipher = EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL);
    assert(cipher != NULL && "libcrypto has no AES-128-CTR");
    EVP_CIPHER *other = NULL;
    if (!atomic_compare_exchange_strong(&fetched, &other, cipher)) {
        EVP_CIPHER_free(cipher); /* Another thread was first. */
        cipher = other;
    }
    return cipher;
}

/* `cipher` is NULL where the context has it already. */
static void start(struct xof *xof, const EVP_CIPHER *cipher, const uint8_t seed[XOF_SEED_SIZE],
                  const char *dst, struct bytes binder)
{
    uint8_t message[1 + XOF_DST_MAX + XOF_BINDER_MAX];
    struct bytes label = bytes_of_text(dst);
    assert(label.size <= XOF_DST_MAX && binder.size <= XOF_BINDER_MAX);
    message[0] = (uint8_t)label.size;
    memcpy(message + 1, label.data, label.size);
    if (binder.size > 0) {
        memcpy(message + 1 + label.size, binder.data, binder.size);
    }
    uint8_t tag[32];
    hmac_sha256(tag, (struct bytes){seed, XOF_SEED_SIZE},
                (struct bytes){message, 1 + label.size + binder.size});
    int good = EVP_EncryptInit_ex2(xof->cipher, cipher, tag, tag + 16, NULL);
    assert(good == 1);
    explicit_bzero(tag, sizeof(tag));
}

void xof_init(struct xof *xof, const uint8_t seed[XOF_SEED_SIZE], const char *dst,
              struct bytes binder)
{
    xof->cipher = EVP_CIPHER_CTX_new();
    assert(xof->cipher != NULL && "out of memory");
    start(xof, aes_128_ctr(), seed, dst, binder);
}

void xof_restart(struct xof *xof, const uint8_t seed[XOF_SEED_SIZE], const char *dst,
                 struct bytes binder)
{
    start(xof, NULL, seed, dst, binder);
}

void xof_close(struct xof *xof)
{
    EVP_CIPHER_CTX_free(xof->cipher); /* Wipes the key schedule. */
    xof->cipher = NULL;
}

void xof_next(struct xof *xof, uint8_t *out, size_t size)
{
    static const uint8_t zeros[16384]; /* the text: what comes out is the key stream itself */
    while (size > 0) {
        size_t part = size < sizeof(zeros) ? size : sizeof(zeros);
        int written = 0;
        int good = EVP_EncryptUpdate(xof->cipher, out, &written, zeros, (int)part);
        assert(good == 1 && written == (int)part);
        out += part;
        size -= part;
    }
}

void xof_next_elements(struct xof *xof, uint64_t *out, size_t count)
{
    while (count > 0) {
        /* The words are made in place; each is read before an element at or before it is written. */
        const uint8_t *words = (const uint8_t *)out;
        xof_next(xof, (uint8_t *)out, FIELD_SIZE * count);
        /* Of 2^32 words one is refused: nearly always there is nothing to move. */
        size_t kept = 0;
        if (FIELD_NATIVE && count > 1) {
            kept = field_vector_check(words, count);
        }
        for (size_t i = kept; i < count; i++) {
            uint64_t element;
            if (field_read(&element, words + FIELD_SIZE * i)) {
                out[kept++] = element;
            }
        }
        out += kept;
        count -= kept;
    }
}

struct field_ext xof_next_ext(struct xof *xof)
{
    uint64_t pair[2];
    xof_next_elements(xof, pair, 2);
    return (struct field_ext){pair[0], pair[1]};
}

/* prefix || LE32 segment; returns its size. */
static size_t write_binder(uint8_t out[PRG_PREFIX_MAX + 4], const struct prg *prg)
{
    memcpy(out, prg->prefix, prg->prefix_size);
    for (unsigned i = 0; i < 4; i++) {
        out[prg->prefix_size + i] = (uint8_t)(prg->segment >> (8 * i));
    }
    return (size_t)prg->prefix_size + 4;
}

void prg_init_prefixed(struct prg *prg, const struct hash *key, const char *dst,
                       struct bytes prefix, uint32_t segment)
{
    uint8_t binder[PRG_PREFIX_MAX + 4];
    assert(prefix.size <= PRG_PREFIX_MAX);
    *prg = (struct prg){.dst = dst, .prefix_size = (uint8_t)prefix.size, .segment = segment};
    memcpy(prg->seed, key->bytes, XOF_SEED_SIZE);
    if (prefix.size > 0) {
        memcpy(prg->prefix, prefix.data, prefix.size);
    }
    size_t size = write_binder(binder, prg);
    xof_init(&prg->xof, prg->seed, dst, (struct bytes){binder, size});
}

void prg_init(struct prg *prg, const struct hash *key, const char *dst, uint32_t segment)
{
    prg_init_prefixed(prg, key, dst, (struct bytes){0}, segment);
}

static void next_segment(struct prg *prg)
{
    uint8_t binder[PRG_PREFIX_MAX + 4];
    prg->segment++;
    prg->used = 0;
    size_t size = write_binder(binder, prg);
    xof_restart(&prg->xof, prg->seed, prg->dst, (struct bytes){binder, size});
}

void prg_close(struct prg *prg)
{
    xof_close(&prg->xof);
    explicit_bzero(prg, sizeof(*prg));
}

void prg_next(struct prg *prg, uint64_t *out, size_t count)
{
    while (count > 0) {
        if (prg->used == PRG_SEGMENT_COUNT) {
            next_segment(prg);
        }
        size_t part = PRG_SEGMENT_COUNT - prg->used;
        part = part < count ? part : count;
        xof_next_elements(&prg->xof, out, part);
        prg->used += (uint32_t)part;
        out += part;
        count -= part;
    }
}
