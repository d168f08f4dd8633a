/* JUSTIFY: one share of one round is opened in a dispute, and everybody computes what the server
 * should have posted (pv-snip 4.3).
 *
 * The server or the owner shows D_ij with a proof that it is the right one, and the lists of roots; for
 * a server above t the two ciphertexts too. It harms nobody honest: an honest owner and an honest
 * server never disagree. The blobs come as a stream, so memory does not depend on the dimension. */
#ifndef CRYPTO_JUSTIFY_H
#define CRYPTO_JUSTIFY_H

#include "crypto/dleq.h"
#include "crypto/norm_server.h"
#include "crypto/pad.h"
#include "crypto/share_reader.h"

#define JUSTIFY_STATUS_LIST(X)                                                                     \
    X(JUSTIFY_OK, "ok")                                                                            \
    X(JUSTIFY_POINT, "the ephemeral key is no point")                                              \
    X(JUSTIFY_DLEQ, "the opened point is not proven to be the shared one")                         \
    X(JUSTIFY_ROOT, "the list of roots is not the one committed to")                               \
    X(JUSTIFY_ROOT2, "the list of auxiliary roots is not the one committed to")                    \
    X(JUSTIFY_SIZE, "the ciphertexts have not the size of the task")                               \
    X(JUSTIFY_ELEMENT, "an element of a ciphertext is not below p")                                \
    X(JUSTIFY_BLOB, "the ciphertext has not the root committed to")                                \
    X(JUSTIFY_BLOB2, "the auxiliary ciphertext has not the root committed to")

#define JUSTIFY_STATUS_ENUM(name, text) name,
enum justify_status { JUSTIFY_STATUS_LIST(JUSTIFY_STATUS_ENUM) };
#undef JUSTIFY_STATUS_ENUM

const char *justify_status_text(enum justify_status status); /* Static string; never NULL. */

/* Who and what, as the chain has it. */
struct justify_case {
    const struct share_round *round; /* borrowed */
    struct public_key owner;
    struct share_commitment commitment;
    struct share_auxiliary auxiliary;
    unsigned server;  /* j, 1 .. S */
    size_t aux_count; /* elements of aux: nA */
};

/* The message. */
struct justify_opening {
    bool by_owner;       /* who proves: log_G(EK) = log_PKj(D), else log_G(PKj) = log_EK(D) */
    struct point shared; /* D_ij */
    struct dleq_proof proof;
    struct hash roots[SHARE_BLOBS_MAX];  /* h_{t+1} .. h_S; not read for a server 1 .. t */
    struct hash roots2[SHARE_BLOBS_MAX]; /* h2_{t+1} .. h2_S */
};

/* Of the proof: H("PVS1/just" || ctx || owner || LE8 j). */
void justify_message(struct hash *out, const struct hash *context, const struct public_key *owner,
                     unsigned server);

/* Make shared point and proof; the roots are the caller's to fill in. False where EK is no point. */
NODISCARD bool justify_open_server(struct justify_opening *out, const struct justify_case *about,
                                   const struct secret_key *server_key, const uint8_t random32[32]);
/* `ephemeral` is the owner's ek. */
void justify_open_owner(struct justify_opening *out, const struct justify_case *about,
                        const struct secret_key *ephemeral, const uint8_t random32[32]);

/* Where the opened share goes, in order: d elements of x, then those of aux. */
typedef void justify_take(void *data, const uint64_t *elements, size_t count);

struct justify {
    const struct justify_case *about; /* borrowed */
    struct hash expected[2];          /* roots of the two ciphertexts of this server */
    struct hash key;                  /* K_ij */
    unsigned vector;                  /* that is read: 0 for x, 1 for aux, 2 at the end */
    unsigned wrong;                   /* bit v: vector v has another root */
    uint64_t taken;                   /* bytes of it */
    struct share_reader reader;
    struct merkle_stream stream;
    uint8_t part[FIELD_SIZE]; /* an element that is not whole yet */
    justify_take *take;
    void *data;
};

/* Check proof and roots. On JUSTIFY_OK end with justify_finish() or justify_close(); on another status
 * (POINT, DLEQ, ROOT, ROOT2) there is nothing to close. `take` must not act on what it gets before
 * justify_finish() said JUSTIFY_OK. */
NODISCARD enum justify_status justify_init(struct justify *justify,
                                           const struct justify_case *about,
                                           const struct justify_opening *opening,
                                           justify_take *take, void *data);
/* The next bytes of C_ij, then of C2_ij, cut anywhere; nothing for a server 1 .. t. SIZE or ELEMENT
 * where they cannot be right. */
NODISCARD enum justify_status justify_add(struct justify *justify, struct bytes part);
/* SIZE, BLOB or BLOB2 where the ciphertexts are not those committed to. Closes. */
NODISCARD enum justify_status justify_finish(struct justify *justify);
void justify_close(struct justify *justify);

/* All of it for whole blobs (empty for a server 1 .. t): what server j should have posted. *out is 0 on
 * any status but JUSTIFY_OK. */
NODISCARD enum justify_status justify_value(struct field_ext *out, const struct justify_case *about,
                                            const struct justify_opening *opening,
                                            struct bytes blob, struct bytes blob2,
                                            const struct norm_form *form);
/* The same for the model owner's pad, owner 0: `form` is pad_form(), aux is R0. */
NODISCARD enum justify_status justify_pad_value(struct field_ext *out,
                                                const struct justify_case *about,
                                                const struct justify_opening *opening,
                                                struct bytes blob, struct bytes blob2,
                                                const struct multilinear *form);

#endif /* CRYPTO_JUSTIFY_H */
