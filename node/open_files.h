/* The limit of open files, and who may use them.
 *
 * A client of the RPC costs a descriptor. Were all given away, the node could not open its next log
 * segment, which ends it, and would find no peer again. So its own share is kept back first. */
#ifndef NODE_OPEN_FILES_H
#define NODE_OPEN_FILES_H

#include "base/bytes.h"

#define OPEN_FILES_OWN         128 /* for the node's own files and connections ... */
#define OPEN_FILES_PER_PEER    3   /* ... and for each peer: one that is up, one new, one dialled */
#define OPEN_FILES_CLIENTS_MIN 16

/* Raise the soft limit of open files to the hard one and lower *connections_max, where it must be, to
 * what is left beside `peer_count` peers; that is logged. False, with one line in `error`, where less
 * than OPEN_FILES_CLIENTS_MIN is left. */
NODISCARD bool open_files_fit(uint32_t *connections_max, uint32_t peer_count, char *error,
                              size_t error_size);

#endif /* NODE_OPEN_FILES_H */
