/* The owners of a round, as the chain has them, and what this server needs for its share of each. */
#ifndef TOOLS_SERVER_ROSTER_H
#define TOOLS_SERVER_ROSTER_H

#include "tools/client/sharer.h"
#include "tools/server/vault.h"

struct roster {
    struct participant *owners; /* by seat */
    uint16_t count;
    uint16_t *accepted; /* seats of the set I, in order of owner key */
    uint16_t accepted_count;
};

NODISCARD bool roster_load(struct rpc *rpc, const struct chain_info *chain,
                           const struct round *round, struct roster *out, struct fault *fault);
void roster_close(struct roster *roster);

/* H of the accepted owners' keys, in order. */
void roster_set_hash(struct hash *out, const struct roster *roster);

/* One round as this server sees it. */
struct duty_round {
    struct round_setting setting;
    struct roster roster;
    unsigned self; /* j of this server */
    struct vault_round name;
};

/* Does the round have a pad? */
bool duty_padded(const struct duty_round *duty);

/* Has this server all it needs for its shares of an owner, or of the pad? Servers 1 .. t always have. */
bool roster_holds(const struct aggregation_server *server, const struct duty_round *duty,
                  const struct address *owner, bool pad);

/* The two shared vectors of a sharer, ready to be read. */
struct held_share {
    enum vault_kind kind;
    struct address owner;
    struct hash key; /* K_ij; held_share_close() wipes it */
    struct share_label label;
    size_t count;    /* elements */
    unsigned server; /* j */
    const struct share_round *round;
    struct vault_reader file; /* of the delivery, while it is open */
};

/* Of x, and of no file yet. False where EK is no point. */
NODISCARD bool held_share_x(struct held_share *out, const struct aggregation_server *server,
                            const struct duty_round *duty, const struct sharer *sharer,
                            struct fault *fault);
/* Of aux, with the same key. */
void held_share_aux(struct held_share *out, const struct held_share *x,
                    const struct sharer *sharer);
void held_share_close(struct held_share *share);

#define HELD_SHARE_PIECE PRG_SEGMENT_COUNT /* elements of a piece; the last one is shorter */

/* Open the delivery, so that pieces can be read; servers 1 .. t need none. */
NODISCARD bool held_share_open(struct held_share *share, const struct aggregation_server *server,
                               const struct duty_round *duty, struct fault *fault);

/* Room for one piece. */
struct held_piece {
    uint8_t bytes[HELD_SHARE_PIECE * FIELD_SIZE];
    uint64_t elements[HELD_SHARE_PIECE];
};

size_t held_share_pieces(const struct held_share *share);
/* Piece `index` of an open share, decrypted, in out->elements; any number of threads. */
NODISCARD bool held_share_piece(const struct held_share *share, size_t index,
                                struct held_piece *out, struct fault *fault);

/* Read a whole share in pieces. `take` gets every element once, in order; `first` is the index of
 * the piece's first one. */
typedef void held_share_take(void *data, const uint64_t *elements, size_t first, size_t count);
NODISCARD bool held_share_read(const struct held_share *share,
                               const struct aggregation_server *server,
                               const struct duty_round *duty, held_share_take *take, void *data,
                               struct fault *fault);

/* The roots of all ciphertexts that came with a delivery, share_blob_count() of them. */
NODISCARD bool held_share_roots(struct hash *roots, const struct held_share *share,
                                const struct aggregation_server *server,
                                const struct duty_round *duty, struct fault *fault);

#endif /* TOOLS_SERVER_ROSTER_H */
