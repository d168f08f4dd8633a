/* genesis.json: the one text that people write, turned into the genesis that machines hash. */
#ifndef NODE_GENESIS_FILE_H
#define NODE_GENESIS_FILE_H

#include "base/buffer.h"
#include "consensus/validators.h"
#include "market/genesis.h"

#define GENESIS_FILE_SIZE_MAX ((size_t)4 * 1024 * 1024) /* bytes */

struct genesis_file {
    struct genesis genesis; /* borrows `bcs` */
    struct buffer bcs;
    struct hash chain_id;
    struct validators validators; /* the same set, as consensus knows it */
    char prefix[ADDRESS_PREFIX_MAX + 1];
};

/* Read and check. False with one line in `error`; *out is then NULL. genesis_file_free() the result. */
NODISCARD bool genesis_file_load(struct genesis_file **out, const char *path, char *error,
                                 size_t error_size);
NODISCARD bool genesis_file_parse(struct genesis_file **out, struct bytes text, char *error,
                                  size_t error_size);
void genesis_file_free(struct genesis_file *file); /* NULL is allowed. */

#endif /* NODE_GENESIS_FILE_H */
