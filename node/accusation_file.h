/* What accusations.h holds, as a file of the home, data/evidence: so that a node that is started again goes on
 * to report.
 *
 * Content: u32 version, 1, then for each validator the BCS of the operand of EVIDENCE (evidence_schema).
 * There is no checksum: each entry proves itself by two signatures, and what proves nothing is dropped. */
#ifndef NODE_ACCUSATION_FILE_H
#define NODE_ACCUSATION_FILE_H

#include "base/buffer.h"
#include "node/accusations.h"

void accusations_encode(struct buffer *out, const struct accusations *accusations);
/* False where that is not the one encoding of some; *out is then undefined. Proves nothing. */
NODISCARD bool accusations_decode(struct accusations *out, struct bytes content);

/* The accusations of a home: of those in the file the ones that hold on this chain. Without a file there are
 * none. False with one line in `error` where the file cannot be read, is damaged, or holds others too;
 * *out is good all the same. About 80 us for each. */
NODISCARD bool accusations_load(struct accusations *out, const char *home,
                                const struct hash *chain_id, char *error, size_t error_size);
/* Write what accusations_encode() gave, durably. Empty `content`: there are none, and no file; after a power cut
 * it may be back. False with one line in `error`. One thread at a time. */
NODISCARD bool accusations_store(const char *home, struct bytes content, char *error,
                                 size_t error_size);

#endif /* NODE_ACCUSATION_FILE_H */
