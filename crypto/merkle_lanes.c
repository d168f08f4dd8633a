#include "crypto/merkle_lanes.h"

#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE        __attribute__((target("avx512f,avx512bw")))
#define WIDE_INLINE __attribute__((target("avx512f,avx512bw"), always_inline)) static inline

#define BLOCK_SIZE  64
#define PREFIX_SIZE 9 /* 00 || LE64 index, before the chunk */
#define BLOCK_COUNT ((PREFIX_SIZE + MERKLE_CHUNK_SIZE + 9 + BLOCK_SIZE - 1) / BLOCK_SIZE)
#define LEAF_BITS   (8 * (PREFIX_SIZE + MERKLE_CHUNK_SIZE))

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static bool is_supported(void)
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
    sixteen_steps(s, words, constants);
    for (unsigned group = 1; group < 4; group++) {
        extend(words);
        sixteen_steps(s, words, constants + (size_t)16 * group);
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
    for (unsigned lane = 0; lane < MERKLE_LANES; lane++) {
        __m512i row = _mm512_loadu_si512(blocks + stride * lane);
        rows[lane] = _mm512_shuffle_epi8(row, swap);
    }
    transpose(words, rows);
    compress(state, words);
}

static void write_first(uint8_t out[BLOCK_SIZE], uint64_t index, const uint8_t *chunk)
{
    out[0] = 0;
    for (unsigned i = 0; i < 8; i++) {
        out[1 + i] = (uint8_t)(index >> (8 * i));
    }
    memcpy(out + PREFIX_SIZE, chunk, BLOCK_SIZE - PREFIX_SIZE);
}

static void write_last(uint8_t out[BLOCK_SIZE], const uint8_t *chunk)
{
    const size_t rest = PREFIX_SIZE + MERKLE_CHUNK_SIZE - BLOCK_SIZE * (BLOCK_COUNT - 1);
    memset(out, 0, BLOCK_SIZE);
    memcpy(out, chunk + MERKLE_CHUNK_SIZE - rest, rest);
    out[rest] = 0x80;
    out[BLOCK_SIZE - 2] = (uint8_t)(LEAF_BITS >> 8);
    out[BLOCK_SIZE - 1] = (uint8_t)LEAF_BITS;
}

WIDE static void write_hashes(struct hash out[MERKLE_LANES], const __m512i state[8])
{
    uint32_t lanes[8][MERKLE_LANES];
    for (unsigned word = 0; word < 8; word++) {
        _mm512_storeu_si512(lanes[word], state[word]);
    }
    for (unsigned lane = 0; lane < MERKLE_LANES; lane++) {
        for (unsigned i = 0; i < 32; i++) {
            out[lane].bytes[i] = (uint8_t)(lanes[i / 4][lane] >> (24 - 8 * (i % 4)));
        }
    }
}

WIDE void merkle_lanes_hash(struct hash out[MERKLE_LANES], uint64_t index, const uint8_t *chunks)
{
    uint8_t ends[MERKLE_LANES][BLOCK_SIZE];
    __m512i state[8];
    assert(is_supported());
    static_assert(LEAF_BITS <= 0xffff, "the length fits two bytes");
    for (unsigned i = 0; i < 8; i++) {
        state[i] = _mm512_set1_epi32((int)initial[i]);
    }
    for (unsigned lane = 0; lane < MERKLE_LANES; lane++) {
        write_first(ends[lane], index + lane, chunks + (size_t)MERKLE_CHUNK_SIZE * lane);
    }
    add_block(state, ends[0], BLOCK_SIZE);
    for (size_t block = 1; block < BLOCK_COUNT - 1; block++) {
        add_block(state, chunks + BLOCK_SIZE * block - PREFIX_SIZE, MERKLE_CHUNK_SIZE);
    }
    for (unsigned lane = 0; lane < MERKLE_LANES; lane++) {
        write_last(ends[lane], chunks + (size_t)MERKLE_CHUNK_SIZE * lane);
    }
    add_block(state, ends[0], BLOCK_SIZE);
    write_hashes(out, state);
}

#else

static bool is_supported(void)
{
    return false;
}

void merkle_lanes_hash(struct hash out[MERKLE_LANES], uint64_t index, const uint8_t *chunks)
{
    (void)out;
    (void)index;
    (void)chunks;
    assert(is_supported());
}

#endif

static atomic_bool is_forbidden;

bool merkle_lanes_available(void)
{
    return is_supported() && !atomic_load_explicit(&is_forbidden, memory_order_relaxed);
}

void merkle_lanes_allow(bool allowed)
{
    atomic_store_explicit(&is_forbidden, !allowed, memory_order_relaxed);
}
