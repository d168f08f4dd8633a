/* What a validator's key may have signed, kept beside the key: config/signer_mark.
 *
 * The log (data/wal) says what was voted in the heights that matter. Where it is lost, or an old copy
 * of it was put back, a validator would vote a second time where it has voted before. So a mark lives
 * with the key: the highest height for which a vote may have left this node, and which log those votes
 * are in. It is written ahead, some heights at a time, off the path of the votes, as a permit is.
 *
 * A log is the one that the mark speaks of where it holds every record that was durable when the mark
 * was written, and its newest file of that time is the same file (inode and time of birth), not a
 * copy. Otherwise the validator only observes until the chain is past the mark's height: whatever it
 * has signed is then of heights that are decided. */
#ifndef NODE_SIGNER_MARK_H
#define NODE_SIGNER_MARK_H

#include "base/schema.h"
#include "crypto/hash.h"

#define SIGNER_MARK_STEP  64         /* heights that are marked ahead */
#define SIGNER_MARK_NEVER UINT64_MAX /* as sequence: no log is the mark's */

struct signer_mark {
    uint32_t version;
    struct hash chain_id; /* zero: of no chain yet */
    uint64_t height;      /* nothing above it was signed */
    uint64_t sequence;    /* last record of the log that was durable */
    uint64_t segment;     /* number in the name of the log's newest file, ... */
    uint64_t inode;       /* ... and which file that was */
    uint64_t born_ns;     /* 0 where the file system does not tell */
};

extern const struct schema signer_mark_schema;

/* The file's content: BCS of the structure, then u32 CRC-32C of it. Reading is false where that is
 * not it. */
void signer_mark_encode(struct buffer *out, const struct signer_mark *mark);
NODISCARD bool signer_mark_decode(struct signer_mark *out, struct bytes content);

/* The mark of a home. *found is false where there is none; a mark that cannot be read, or is damaged,
 * is false with one line in `error`. */
NODISCARD bool signer_mark_load(struct signer_mark *out, bool *found, const char *home, char *error,
                                size_t error_size);
/* Durable when it returns. */
NODISCARD bool signer_mark_store(const char *home, const struct signer_mark *mark, char *error,
                                 size_t error_size);

/* The mark of a key that was just made: it has signed nothing. Keeps one that is there. */
NODISCARD bool signer_mark_begin(const char *home, char *error, size_t error_size);

/* Fill in which file the newest of the log is; zero where there is none. */
NODISCARD bool signer_mark_identify(struct signer_mark *mark, const char *home, char *error,
                                    size_t error_size);

/* What the mark says about a log. */
enum signer_trust {
    SIGNER_TRUSTED,  /* it is the newest, or nothing was signed on this chain */
    SIGNER_NO_MARK,  /* nobody knows what was signed */
    SIGNER_NO_LOG,   /* the log is lost */
    SIGNER_OLD_LOG,  /* durable records are missing */
    SIGNER_COPY,     /* not the file that it was */
    SIGNER_DISTRUST, /* the mark says to trust no log */
};
const char *signer_trust_text(enum signer_trust trust); /* Static string; never NULL. */

/* Judge the log of a home, once it is open: its last record has the number `sequence`. `mark` NULL:
 * there is none. */
NODISCARD bool signer_mark_judge(enum signer_trust *out, const struct signer_mark *mark,
                                 const struct hash *chain_id, const char *home, uint64_t sequence,
                                 char *error, size_t error_size);

#endif /* NODE_SIGNER_MARK_H */
