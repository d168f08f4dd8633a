#include "crypto/dleq.h"

#include <string.h>

/* e = H("PVS1/dleq" || A || base || D || R1 || R2 || message). */
static void challenge(struct hash *out, const struct point *const points[5],
                      const struct hash *message)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, bytes_of_text("PVS1/dleq"));
    for (unsigned i = 0; i < 5; i++) {
        sha256_add(&sha, BYTES_OF(*points[i]));
    }
    sha256_add(&sha, BYTES_OF(*message));
    sha256_finish(&sha, out);
}

/* k = H("PVS1/dleq/nonce" || key || D || message || random || LE32 attempt): unpredictable even where the
 * random bytes are not, and never the same for two statements. */
static bool draw_nonce(struct secret_key *out, const struct secret_key *key,
                       const struct point *shared, const struct hash *message,
                       const uint8_t random32[32], uint32_t attempt)
{
    struct sha256 sha;
    struct hash nonce;
    sha256_init(&sha);
    sha256_add(&sha, bytes_of_text("PVS1/dleq/nonce"));
    sha256_add(&sha, BYTES_OF(*key));
    sha256_add(&sha, BYTES_OF(*shared));
    sha256_add(&sha, BYTES_OF(*message));
    sha256_add(&sha, (struct bytes){random32, 32});
    sha256_add_u32(&sha, attempt);
    sha256_finish(&sha, &nonce);
    bool good = secret_key_init(out, nonce.bytes);
    explicit_bzero(&nonce, sizeof(nonce));
    explicit_bzero(&sha, sizeof(sha));
    return good;
}

void dleq_prove(struct dleq_proof *out, const struct secret_key *key, const struct point *base,
                const struct point *shared, const struct hash *message, const uint8_t random32[32])
{
    struct point public_point;
    struct secret_key nonce;
    struct secret_key response;
    struct point r1;
    struct point r2;
    bool done = false;
    point_of(&public_point, key);
    for (uint32_t attempt = 0; !done; attempt++) { /* A second is needed once in 2^127. */
        if (!draw_nonce(&nonce, key, shared, message, random32, attempt)) {
            continue;
        }
        struct hash e;
        const struct point *points[5] = {&public_point, base, shared, &r1, &r2};
        point_of(&r1, &nonce);
        bool valid = ecdh_point(&r2, &nonce, base);
        assert(valid && "the base is a valid point");
        challenge(&e, points, message);
        done = secret_key_combine(&response, key, e.bytes, &nonce);
        memcpy(out->challenge, e.bytes, sizeof(out->challenge));
        memcpy(out->response, response.bytes, sizeof(out->response));
    }
    secret_key_close(&nonce);
    secret_key_close(&response);
}

/* left - e * right, where left = s times something. */
static bool commitment_of(struct point *out, const struct point *left, const struct point *right,
                          const uint8_t challenge32[32])
{
    struct point part;
    return point_multiply(&part, right, challenge32) && point_subtract(out, left, &part);
}

bool dleq_check(const struct dleq_proof *proof, const struct point *public_point,
                const struct point *base, const struct point *shared, const struct hash *message)
{
    struct secret_key response;
    struct point left;
    struct point r1;
    struct point r2;
    struct hash e;
    if (!secret_key_init(&response, proof->response)) {
        return false;
    }
    point_of(&left, &response);
    if (!commitment_of(&r1, &left, public_point, proof->challenge) ||
        !point_multiply(&left, base, proof->response) ||
        !commitment_of(&r2, &left, shared, proof->challenge)) {
        return false;
    }
    const struct point *points[5] = {public_point, base, shared, &r1, &r2};
    challenge(&e, points, message);
    return memcmp(e.bytes, proof->challenge, sizeof(e.bytes)) == 0;
}
