/* Sixteen messages, one in each 32-bit lane of AVX-512. */
#include "crypto/sha256_lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE        __attribute__((target("avx512f,avx512bw")))
#define WIDE_INLINE __attribute__((target("avx512f,avx512bw"), always_inline)) static inline
#define LANES       16

bool sha256_sixteen_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

WIDE_INLINE __m512i xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

WIDE_INLINE __m512i sum(__m512i a, __m512i b)
{
    return _mm512_add_epi32(a, b);
}

/* Round `i` of 16. The eight words stay where they are; their names move on. */
WIDE_INLINE void step(__m512i s[8], unsigned i, const __m512i *words, const uint32_t *k)
{
    __m512i a = s[(0 - i) % 8];
    __m512i b = s[(1 - i) % 8];
    __m512i c = s[(2 - i) % 8];
    __m512i e = s[(4 - i) % 8];
    __m512i f = s[(5 - i) % 8];
    __m512i g = s[(6 - i) % 8];
    __m512i sigma1 = xor3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11), _mm512_ror_epi32(e, 25));
    __m512i sigma0 = xor3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22));
    __m512i choice = _mm512_ternarylogic_epi32(e, f, g, 0xca);
    __m512i majority = _mm512_ternarylogic_epi32(a, b, c, 0xe8);
    __m512i input = sum(words[i], _mm512_set1_epi32((int)k[i]));
    __m512i first = sum(sum(s[(7 - i) % 8], input), sum(sigma1, choice));
    s[(3 - i) % 8] = sum(s[(3 - i) % 8], first);
    s[(7 - i) % 8] = sum(first, sum(sigma0, majority));
}

WIDE_INLINE void sixteen_steps(__m512i s[8], const __m512i *words, const uint32_t *k)
{
    step(s, 0, words, k);
    step(s, 1, words, k);
    step(s, 2, words, k);
    step(s, 3, words, k);
    step(s, 4, words, k);
    step(s, 5, words, k);
    step(s, 6, words, k);
    step(s, 7, words, k);
    step(s, 8, words, k);
    step(s, 9, words, k);
    step(s, 10, words, k);
    step(s, 11, words, k);
    step(s, 12, words, k);
    step(s, 13, words, k);
    step(s, 14, words, k);
    step(s, 15, words, k);
}

/* The next sixteen words of the schedule, in place. */
WIDE_INLINE void extend(__m512i words[16])
{
    for (unsigned i = 0; i < 16; i++) {
        __m512i x = words[(i + 1) % 16];
        __m512i y = words[(i + 14) % 16];
        __m512i sigma0 =
            xor3(_mm512_ror_epi32(x, 7), _mm512_ror_epi32(x, 18), _mm512_srli_epi32(x, 3));
        __m512i sigma1 =
            xor3(_mm512_ror_epi32(y, 17), _mm512_ror_epi32(y, 19), _mm512_srli_epi32(y, 10));
        words[i] = sum(sum(words[i], sigma0), sum(words[(i + 9) % 16], sigma1));
    }
}

WIDE_INLINE void compress(__m512i state[8], __m512i words[16])
{
    __m512i s[8];
    for (unsigned i = 0; i < 8; i++) {
        s[i] = state[i];
    }
    sixteen_steps(s, words, sha256_constants);
    for (unsigned group = 1; group < 4; group++) {
        extend(words);
        sixteen_steps(s, words, sha256_constants + (size_t)16 * group);
    }
    for (unsigned i = 0; i < 8; i++) {
        state[i] = sum(state[i], s[i]);
    }
}

/* Rows of 16 words become columns. */
WIDE_INLINE void transpose(__m512i out[16], const __m512i in[16])
{
    __m512i pairs[16];
    __m512i fours[16];
    for (unsigned i = 0; i < 16; i += 2) {
        pairs[i] = _mm512_unpacklo_epi32(in[i], in[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(in[i], in[i + 1]);
    }
    for (unsigned i = 0; i < 16; i += 4) {
        fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
        fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
        fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (unsigned i = 0; i < 4; i++) {
        __m512i even0 = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0x88);
        __m512i even1 = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0x88);
        __m512i odd0 = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0xdd);
        __m512i odd1 = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0xdd);
        out[i] = _mm512_shuffle_i32x4(even0, even1, 0x88);
        out[i + 8] = _mm512_shuffle_i32x4(even0, even1, 0xdd);
        out[i + 4] = _mm512_shuffle_i32x4(odd0, odd1, 0x88);
        out[i + 12] = _mm512_shuffle_i32x4(odd0, odd1, 0xdd);
    }
}

/* One block of each message, `stride` bytes apart, into the state. */
WIDE static void add_block(__m512i state[8], const uint8_t *blocks, size_t stride)
{
    __m512i rows[16];
    __m512i words[16];
    __m512i swap = _mm512_broadcast_i32x4(
        _mm_set_epi64x(INT64_C(0x0c0d0e0f08090a0b), INT64_C(0x0405060700010203)));
    for (unsigned lane = 0; lane < LANES; lane++) {
        __m512i row = _mm512_loadu_si512(blocks + stride * lane);
        rows[lane] = _mm512_shuffle_epi8(row, swap);
    }
    transpose(words, rows);
    compress(state, words);
}

WIDE static void write_hashes(struct hash out[LANES], const __m512i state[8])
{
    uint32_t lanes[8][LANES];
    for (unsigned word = 0; word < 8; word++) {
        _mm512_storeu_si512(lanes[word], state[word]);
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        for (unsigned i = 0; i < 32; i++) {
            out[lane].bytes[i] = (uint8_t)(lanes[i / 4][lane] >> (24 - 8 * (i % 4)));
        }
    }
}

WIDE void sha256_sixteen(struct hash out[16], const struct sha256_lanes_input *input)
{
    __m512i state[8];
    assert(sha256_sixteen_supported());
    for (unsigned i = 0; i < 8; i++) {
        state[i] = _mm512_set1_epi32((int)sha256_initial[i]);
    }
    add_block(state, input->first[0], SHA256_BLOCK_SIZE);
    for (size_t block = 0; block < input->middle_count; block++) {
        add_block(state, input->middle + SHA256_BLOCK_SIZE * block, input->stride);
    }
    add_block(state, input->last[0], SHA256_BLOCK_SIZE);
    write_hashes(out, state);
}

#else

bool sha256_sixteen_supported(void)
{
    return false;
}

void sha256_sixteen(struct hash out[16], const struct sha256_lanes_input *input)
{
    (void)out;
    (void)input;
    assert(sha256_sixteen_supported());
}

#endif
