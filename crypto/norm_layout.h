/* The parameters of the norm proof and the layout of what an owner shares (pv-snip section 2).
 *
 * An owner shares two vectors: x of d elements at COMMIT, and the auxiliary vector at PROVE:
 *
 *   Y     bits: N = |x|^2, u = B^2 - N, then the projections y_w + wr - 1 of rows w < r, then, with
 *         a public reference, C and (cosine) W. Each least significant bit first.
 *   s_w   the projections of rows r <= w < k, elements of F
 *   g     coefficients of the sumcheck's mask, elements of K
 *   R0    the mask of Z, an element of K
 *
 * An element of K takes two elements of F, a then b. */
#ifndef CRYPTO_NORM_LAYOUT_H
#define CRYPTO_NORM_LAYOUT_H

#include "crypto/multilinear.h"
#include "crypto/shamir.h"

#define NORM_DIMENSION_MIN 64
#define NORM_DIMENSION_MAX (UINT32_C(1) << 24)
#define NORM_BOUND_MAX     UINT32_C(30854650) /* the largest with a window of 2^28, lemma W */
#define NORM_ROWS_MAX      512
#define NORM_OWNERS_MIN    3
#define NORM_OWNERS_MAX    4096
#define NORM_VARIABLES_MAX MULTILINEAR_VARIABLES_MAX
#define NORM_CHI_MAX       15 /* chi_0 .. chi_L; nZ < 2^14 */

/* A test against a public vector g0 that every accepted owner passes (pv-snip 6b). */
enum norm_reference {
    NORM_REFERENCE_NONE = 0,
    NORM_REFERENCE_INNER = 1,  /* <g0, x> >= T0 */
    NORM_REFERENCE_COSINE = 2, /* cos(g0, x) >= tau0 */
};

struct norm_params {
    uint32_t dimension;   /* d */
    uint32_t bound;       /* B: an owner is accepted where |x| <= B */
    uint8_t server_count; /* S */
    uint8_t degree;       /* t */
    uint16_t rows;        /* r: an unbounded vector passes with probability 2^-r; 100 or 128 */
    uint16_t sketch_rows; /* k >= r: rows that a sketch of x has */
    bool sketched;        /* are sketches or distances of them shown in this task? */
    uint16_t owners_min;
    uint16_t owners_max;
    enum norm_reference reference;
    uint8_t reference_bits; /* kc: bits of C */
    uint8_t reference_drop; /* s: low bits of C that the cosine test drops */
    uint8_t reference_rest; /* kw: bits of W */
    uint64_t kappa;         /* cosine: ceil(tau0^2 |g0|^2 / 4^s) */
    int64_t threshold;      /* inner: T0 */
};

#define NORM_STATUS_LIST(X)                                                                        \
    X(NORM_OK, "ok")                                                                               \
    X(NORM_DIMENSION, "the dimension is not in 64 .. 2^24")                                        \
    X(NORM_DEGREE, "the degree of sharing is not at least 1")                                      \
    X(NORM_SERVERS, "the servers are not 2 t + 1 .. 10")                                           \
    X(NORM_BOUND, "the bound is not in 1 .. 30854650")                                             \
    X(NORM_ROWS, "the rows are not in 1 .. 512")                                                   \
    X(NORM_SKETCH_ROWS, "the sketch's rows are not between the rows and 512")                      \
    X(NORM_SKETCH_LEAKS, "sketches of more rows than dimension / 64")                              \
    X(NORM_OWNERS, "the owners are not 3 <= least <= most <= 4096")                                \
    X(NORM_REFERENCE, "the reference test is none of the known")                                   \
    X(NORM_REFERENCE_BITS, "the bits of the inner product are not in 1 .. 62")                     \
    X(NORM_REFERENCE_DROP, "the bits kept of the inner product are not in 1 .. 31")                \
    X(NORM_REFERENCE_REST, "the bits of the rest are not in 1 .. 62")                              \
    X(NORM_KAPPA, "kappa is not 1 .. 2^62 / 2^(bits of B^2)")                                      \
    X(NORM_REFERENCE_UNUSED, "a parameter of a reference test that is not in use is not 0")        \
    X(NORM_REFERENCE_SIZE, "the reference is too large for the bound or the bits")

#define NORM_STATUS_ENUM(name, text) name,
enum norm_status { NORM_STATUS_LIST(NORM_STATUS_ENUM) };
#undef NORM_STATUS_ENUM

const char *norm_status_text(enum norm_status status); /* Static string; never NULL. */

/* Where everything is. Counts are of elements of F but for mask_count; starts are indices into the
 * auxiliary vector. */
struct norm_layout {
    struct norm_params params;
    uint64_t bound_squared;   /* B^2 */
    uint32_t window;          /* wr: a projection is in [-wr + 1, wr] */
    uint8_t row_bits;         /* WB */
    uint8_t norm_bits;        /* NB */
    uint8_t variables;        /* m of the sumcheck */
    uint8_t chi_count;        /* L + 1 */
    uint32_t bit_count;       /* nY */
    uint32_t product_count;   /* nZ: coordinates of Z after x */
    uint32_t mask_count;      /* nG, elements of K */
    uint32_t aux_count;       /* nA */
    uint32_t rest_start;      /* u; N starts at 0 */
    uint32_t rows_start;      /* row 0; row w is WB bits later for each */
    uint32_t reference_start; /* C, then W */
    uint32_t sketch_start;    /* s_r */
    uint32_t mask_start;      /* g */
    uint32_t blind_start;     /* R0 */
};

/* Every rule of section 2, in the order of the statuses. On any status but NORM_OK *out is all zero.
 * Rows below 100 give less than the protocol claims; that more are asked for is the caller's rule. */
NODISCARD enum norm_status norm_layout_init(struct norm_layout *out,
                                            const struct norm_params *params);

/* |g0| B < 2^62, and with the inner test |g0| B + |T0| < 2^kc. `reference` holds `dimension`
 * integers. NORM_OK or NORM_REFERENCE_SIZE; NORM_OK without a test. */
NODISCARD enum norm_status norm_reference_check(const struct norm_layout *layout,
                                                const int64_t *reference);

#endif /* CRYPTO_NORM_LAYOUT_H */
