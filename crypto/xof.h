/* Pseudo-random bytes and field elements: XofHmacSha256Aes128 of libprio-rs and the VDAF drafts, and
 * the segmented generator that masks and derives shares (pv-snip section 3).
 *
 * The XOF is AES-128 in counter mode under the first half of HMAC-SHA256(seed, LE8 size of dst ||
 * dst || binder), starting from the block that is its second half. Elements are successive
 * little-endian 64-bit words; words of p or more are skipped. */
#ifndef CRYPTO_XOF_H
#define CRYPTO_XOF_H

#include "crypto/field.h"

#define XOF_SEED_SIZE  32
#define XOF_DST_MAX    255 /* bytes of a domain separation tag */
#define XOF_BINDER_MAX 256 /* bytes of a binder */

struct xof {
    void *cipher; /* a context of libcrypto; owned */
};

/* Start a stream; end it with xof_close(). `dst` is at most XOF_DST_MAX bytes, `binder` at most
 * XOF_BINDER_MAX: asserted. */
void xof_init(struct xof *xof, const uint8_t seed[XOF_SEED_SIZE], const char *dst,
              struct bytes binder);
/* Go on with another stream in place of the one that was begun: cheaper than a new one. */
void xof_restart(struct xof *xof, const uint8_t seed[XOF_SEED_SIZE], const char *dst,
                 struct bytes binder);
void xof_close(struct xof *xof);
void xof_next(struct xof *xof, uint8_t *out, size_t size);
void xof_next_elements(struct xof *xof, uint64_t *out, size_t count);
struct field_ext xof_next_ext(struct xof *xof); /* Two elements: a, then b. */

/* PRG(K, dst, n): a stream of elements in segments of PRG_SEGMENT_COUNT, each an XOF of its own with a
 * prefix and the segment's number (LE32) as binder, so that work may start at any segment. */
#define PRG_SEGMENT_COUNT 16384

#define PRG_PREFIX_MAX 16

struct prg {
    uint8_t seed[XOF_SEED_SIZE];
    const char *dst; /* borrowed; a literal */
    uint8_t prefix[PRG_PREFIX_MAX];
    uint8_t prefix_size;
    uint32_t segment; /* the open one */
    uint32_t used;    /* elements taken of it */
    struct xof xof;
};

/* Start at the first element of `segment`; end with prg_close(), which overwrites the seed. */
void prg_init(struct prg *prg, const struct hash *key, const char *dst, uint32_t segment);
/* The same with a prefix, at most PRG_PREFIX_MAX bytes (asserted). */
void prg_init_prefixed(struct prg *prg, const struct hash *key, const char *dst,
                       struct bytes prefix, uint32_t segment);
void prg_close(struct prg *prg);
void prg_next(struct prg *prg, uint64_t *out, size_t count);

#endif /* CRYPTO_XOF_H */
