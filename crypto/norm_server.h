/* A server's values e_ij = <coef_i, share_ij> (pv-snip 5.4), which a validator recomputes in a
 * dispute.
 *
 * A share comes as one stream, x and then aux. What is the same for all owners of a round is made
 * once: q = sum of theta_{4+w} P_w [+ theta_{4+k} g0], either kept, 16 d bytes, or made anew for each
 * pass in groups of 4096 coordinates. */
#ifndef CRYPTO_NORM_SERVER_H
#define CRYPTO_NORM_SERVER_H

#include "crypto/norm_verify.h"
#include "crypto/projection.h"

struct norm_round {
    struct norm_layout layout;
    struct norm_theta theta;
    struct projection projection;
    struct projection_sum sum; /* the tables of q; its masks are scratch space */
    const int64_t *reference;  /* borrowed; NULL without a test */
    uint64_t *q_a;             /* d elements, or NULL: in groups; owned */
    uint64_t *q_b;
};

/* `reference` is g0, norm_reference_check()ed, and outlives the round; NULL without a test. `keep`: a
 * server with many owners keeps q, a validator that judges one dispute does not. */
void norm_round_init(struct norm_round *round, const struct norm_layout *layout,
                     const struct hash *beacon_1, const struct hash *beacon_2,
                     const int64_t *reference, bool keep);
/* The same with a theta of one's own, for tests of what each equation stops. */
void norm_round_init_theta(struct norm_round *round, const struct norm_layout *layout,
                           const struct hash *beacon_1, const struct norm_theta *theta,
                           const int64_t *reference, bool keep);
void norm_round_close(struct norm_round *round);

/* The coefficients of one owner, from the replay of its proof. About 0.3 ms; d to the power 1/2. */
struct norm_form {
    const struct norm_round *round; /* borrowed */
    struct multilinear eq;          /* of rho */
    uint64_t *aux_a;                /* nA coefficients a + bX of the auxiliary vector; owned */
    uint64_t *aux_b;
};

void norm_form_init(struct norm_form *form, const struct norm_round *round,
                    const struct norm_replay *replay);
void norm_form_close(struct norm_form *form);

/* e_ij of one share in pieces of any size: d elements of x, then nA of aux. */
struct norm_value {
    const struct norm_form *form; /* borrowed */
    struct multilinear_sum eq;
    struct field_ext direct; /* <q, x> + <aux coefficients, aux> */
    uint64_t index;
    uint64_t *group; /* q of the open group where the round does not keep it; owned */
};

/* Values of one round that does not keep q share its scratch space: one thread at a time. */

void norm_value_init(struct norm_value *value, const struct norm_form *form);
/* No more than d + nA elements in all: asserted. */
void norm_value_add(struct norm_value *value, const uint64_t *elements, size_t count);
/* After all of them (asserted). Frees what the value holds. */
struct field_ext norm_value_finish(struct norm_value *value);
void norm_value_close(struct norm_value *value); /* Before its end. */

/* The same for many shares at once, a stretch of coordinates after the other: q of the stretch is made
 * once, each share adds what it gives, in any order, and memory does not depend on d. Any number of
 * threads; the round does not keep q (asserted).
 *
 * q of `count` coordinates from `first` on, a multiple of PROJECTION_GROUP_COLUMNS. */
void norm_round_stretch(const struct norm_round *round, uint64_t *q_a, uint64_t *q_b, size_t first,
                        size_t count);
/* What these coordinates give to e_ij, where q_a and q_b are q of the same. */
struct field_ext norm_form_x(const struct norm_form *form, const uint64_t *elements, size_t first,
                             size_t count, const uint64_t *q_a, const uint64_t *q_b);
/* What the whole auxiliary vector gives. */
struct field_ext norm_form_aux(const struct norm_form *form, const uint64_t *aux);

/* A whole share at once. */
struct field_ext norm_value_of(const struct norm_form *form, const uint64_t *x,
                               const uint64_t *aux);

#endif /* CRYPTO_NORM_SERVER_H */
