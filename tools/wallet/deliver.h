/* Delivering ciphertexts to the servers of a round, to all of them at once: one that takes a connection
 * and never answers holds up none of the others, nor its sender. */
#ifndef TOOLS_WALLET_DELIVER_H
#define TOOLS_WALLET_DELIVER_H

#include "tools/client/courier.h"
#include "tools/client/round_setting.h"

/* The deliveries of one vector; all zero at first. */
struct delivery {
    const char *path; /* "share" or "aux" */
    uint32_t held;    /* servers that hold theirs, mask */
    uint32_t refused; /* servers that will not take it, mask */
    uint32_t
        failed;     /* servers that could not be reached, or did not take it, at least once, mask */
    uint32_t later; /* servers that said once that they may take it later, mask */
    uint32_t told;  /* servers whose failure was told, mask */
    struct courier *couriers[SHARE_BLOBS_MAX];
};

/* The ciphertexts of one vector, of server t + 1 + i at [i], and the list of their roots. Those of an
 * update are in files without names, so that memory does not depend on their size. */
struct ciphertexts {
    struct buffer blobs[SHARE_BLOBS_MAX]; /* what is in memory: all, or what goes to a file next */
    struct hash roots[SHARE_BLOBS_MAX];
    unsigned file_count;        /* 0: all is in memory */
    int files[SHARE_BLOBS_MAX]; /* descriptors */
    uint64_t size;              /* bytes in each file */
};

/* Make `count` files in `folder`. False where they cannot be made; it is to be closed all the same. */
NODISCARD bool ciphertexts_open_files(struct ciphertexts *out, const char *folder, unsigned count,
                                      struct fault *fault);
/* What is in memory goes to the files. */
NODISCARD bool ciphertexts_flush(struct ciphertexts *ciphertexts, struct fault *fault);
/* Ciphertext i, to be read in pieces. */
struct source ciphertexts_source(const struct ciphertexts *ciphertexts, unsigned i);
/* Append ciphertext i to a buffer, whole. */
NODISCARD bool ciphertexts_load(struct buffer *out, const struct ciphertexts *ciphertexts,
                                unsigned i, struct fault *fault);
void ciphertexts_close(struct ciphertexts *ciphertexts);

/* Servers above t that are in the round, mask. */
uint32_t delivery_takers(const struct round_setting *setting);

/* Are there servers, of those above t, to which a delivery is to be sent now? Then the caller makes the
 * ciphertexts and calls delivery_send(). */
bool delivery_due(const struct delivery *delivery, const struct round_setting *setting);

/* Send to every server that is due. `owner` is the last part of the path. */
void delivery_send(struct delivery *delivery, const struct round_setting *setting,
                   const char *owner, const struct ciphertexts *ciphertexts);

/* Take up what came of those on their way; true while some are. A failure is told on stderr, once for
 * each server, unless `quiet`, and not where a server asks for patience the first time; the last one is in `fault`. */
bool delivery_collect(struct delivery *delivery, const struct round_setting *setting, bool quiet,
                      struct fault *fault);

/* Is one on its way to a server that has not failed so far? */
bool delivery_hopeful(const struct delivery *delivery, const struct round_setting *setting);

/* Does every server above t of Q hold its ciphertext? */
bool delivery_whole(const struct delivery *delivery, const struct round_setting *setting);

void delivery_close(struct delivery *delivery);

#endif /* TOOLS_WALLET_DELIVER_H */
