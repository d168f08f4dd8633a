/* Two messages through the SHA instructions in turn. Each sha256rnds2 waits four cycles or more for the
 * one before it in its message and could start every second one, so two messages take little longer
 * than one. */
#include "crypto/sha256_lanes.h"

#include <stdatomic.h>

const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

const uint32_t sha256_initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define PAIR        __attribute__((target("sha,ssse3,sse4.1")))
#define PAIR_INLINE __attribute__((target("sha,ssse3,sse4.1"), always_inline)) static inline
#define LEAF_SHA    (1u << 29) /* of EBX of leaf 7 */

/* CPUID is slow under a hypervisor: asked once. */
bool sha256_pair_supported(void)
{
    enum { UNKNOWN, NO, YES };
    static atomic_int known;
    int state = atomic_load_explicit(&known, memory_order_relaxed);
    if (state == UNKNOWN) {
        unsigned eax = 0;
        unsigned ebx = 0;
        unsigned ecx = 0;
        unsigned edx = 0;
        bool has = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & LEAF_SHA) != 0 &&
                   __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
        state = has ? YES : NO;
        atomic_store_explicit(&known, state, memory_order_relaxed);
    }
    return state == YES;
}

/* The state as the instructions want it, and the last sixteen words of the schedule. */
struct message {
    __m128i abef;
    __m128i cdgh;
    __m128i words[4];
};

PAIR_INLINE __m128i load(const void *at)
{
    return _mm_loadu_si128(at);
}

/* Rounds 4 i to 4 i + 3; words[i % 4] are theirs. */
PAIR_INLINE void four_rounds(struct message *m, unsigned i)
{
    __m128i input = _mm_add_epi32(m->words[i % 4], load(sha256_constants + (size_t)4 * i));
    m->cdgh = _mm_sha256rnds2_epu32(m->cdgh, m->abef, input);
    m->abef = _mm_sha256rnds2_epu32(m->abef, m->cdgh, _mm_shuffle_epi32(input, 0x0e));
}

/* The words that come sixteen after words[i % 4] take their place. */
PAIR_INLINE void extend(struct message *m, unsigned i)
{
    __m128i last = m->words[(i + 3) % 4];
    __m128i next = _mm_sha256msg1_epu32(m->words[i % 4], m->words[(i + 1) % 4]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(last, m->words[(i + 2) % 4], 4));
    m->words[i % 4] = _mm_sha256msg2_epu32(next, last);
}

PAIR_INLINE void both_rounds(struct message m[2], unsigned i)
{
    four_rounds(&m[0], i);
    four_rounds(&m[1], i);
    if (i < 12) {
        extend(&m[0], i);
        extend(&m[1], i);
    }
}

PAIR_INLINE void load_words(struct message *m, const uint8_t *block)
{
    const __m128i swap = _mm_set_epi64x(INT64_C(0x0c0d0e0f08090a0b), INT64_C(0x0405060700010203));
    for (unsigned i = 0; i < 4; i++) {
        m->words[i] = _mm_shuffle_epi8(load(block + (size_t)16 * i), swap);
    }
}

PAIR_INLINE void compress(struct message m[2], const uint8_t *block_0, const uint8_t *block_1)
{
    struct message before[2] = {m[0], m[1]};
    load_words(&m[0], block_0);
    load_words(&m[1], block_1);
    both_rounds(m, 0);
    both_rounds(m, 1);
    both_rounds(m, 2);
    both_rounds(m, 3);
    both_rounds(m, 4);
    both_rounds(m, 5);
    both_rounds(m, 6);
    both_rounds(m, 7);
    both_rounds(m, 8);
    both_rounds(m, 9);
    both_rounds(m, 10);
    both_rounds(m, 11);
    both_rounds(m, 12);
    both_rounds(m, 13);
    both_rounds(m, 14);
    both_rounds(m, 15);
    for (unsigned i = 0; i < 2; i++) {
        m[i].abef = _mm_add_epi32(m[i].abef, before[i].abef);
        m[i].cdgh = _mm_add_epi32(m[i].cdgh, before[i].cdgh);
    }
}

PAIR_INLINE void start(struct message *m)
{
    const uint32_t *h = sha256_initial;
    m->abef = _mm_set_epi32((int)h[0], (int)h[1], (int)h[4], (int)h[5]);
    m->cdgh = _mm_set_epi32((int)h[2], (int)h[3], (int)h[6], (int)h[7]);
}

PAIR static void write_hash(struct hash *out, const struct message *m)
{
    static const uint8_t places[8] = {3, 2, 7, 6, 1, 0, 5, 4}; /* of a, b, .. in abef, cdgh */
    uint32_t words[8];
    _mm_storeu_si128((__m128i *)(void *)words, m->abef);
    _mm_storeu_si128((__m128i *)(void *)(words + 4), m->cdgh);
    for (unsigned i = 0; i < 32; i++) {
        out->bytes[i] = (uint8_t)(words[places[i / 4]] >> (24 - 8 * (i % 4)));
    }
}

PAIR void sha256_pair(struct hash out[2], const struct sha256_lanes_input *input)
{
    struct message m[2];
    assert(sha256_pair_supported());
    start(&m[0]);
    start(&m[1]);
    compress(m, input->first[0], input->first[1]);
    for (size_t block = 0; block < input->middle_count; block++) {
        const uint8_t *at = input->middle + SHA256_BLOCK_SIZE * block;
        compress(m, at, at + input->stride);
    }
    compress(m, input->last[0], input->last[1]);
    write_hash(&out[0], &m[0]);
    write_hash(&out[1], &m[1]);
}

#else

bool sha256_pair_supported(void)
{
    return false;
}

void sha256_pair(struct hash out[2], const struct sha256_lanes_input *input)
{
    (void)out;
    (void)input;
    assert(sha256_pair_supported());
}

#endif
