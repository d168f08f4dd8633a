#include "crypto/xof.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/aead.h"

void xof_init(struct xof *xof, const uint8_t seed[XOF_SEED_SIZE], const char *dst,
              struct bytes binder)
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
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    assert(cipher != NULL && "out of memory");
    int good = EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, tag, tag + 16);
    assert(good == 1 && "libcrypto has no AES-128-CTR");
    xof->cipher = cipher;
    explicit_bzero(tag, sizeof(tag));
}

void xof_close(struct xof *xof)
{
    EVP_CIPHER_CTX_free(xof->cipher); /* Wipes the key schedule. */
    xof->cipher = NULL;
}

void xof_next(struct xof *xof, uint8_t *out, size_t size)
{
    memset(out, 0, size);
    while (size > 0) {
        int part = size > INT_MAX / 2 ? INT_MAX / 2 : (int)size;
        int written = 0;
        int good = EVP_EncryptUpdate(xof->cipher, out, &written, out, part);
        assert(good == 1 && written == part);
        out += part;
        size -= (size_t)part;
    }
}

void xof_next_elements(struct xof *xof, uint64_t *out, size_t count)
{
    while (count > 0) {
        /* The words are made in place; each is read before an element at or before it is written. */
        const uint8_t *words = (const uint8_t *)out;
        xof_next(xof, (uint8_t *)out, FIELD_SIZE * count);
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
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

static void open_segment(struct prg *prg)
{
    uint8_t binder[4];
    for (unsigned i = 0; i < 4; i++) {
        binder[i] = (uint8_t)(prg->segment >> (8 * i));
    }
    xof_init(&prg->xof, prg->seed, prg->dst, (struct bytes){binder, sizeof(binder)});
}

void prg_init(struct prg *prg, const struct hash *key, const char *dst, uint32_t segment)
{
    *prg = (struct prg){.dst = dst, .segment = segment};
    memcpy(prg->seed, key->bytes, XOF_SEED_SIZE);
    open_segment(prg);
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
            xof_close(&prg->xof);
            prg->segment++;
            prg->used = 0;
            open_segment(prg);
        }
        size_t part = PRG_SEGMENT_COUNT - prg->used;
        part = part < count ? part : count;
        xof_next_elements(&prg->xof, out, part);
        prg->used += (uint32_t)part;
        out += part;
        count -= part;
    }
}
