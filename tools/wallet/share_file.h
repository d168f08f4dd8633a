/* A contribution kept until its round ends: the commitment and the ciphertexts, made once.
 *
 * It is written before the commitment leaves, so a crash at any point leaves either nothing or all
 * that is needed to go on, and one ephemeral key can never serve two updates. Nothing in it is secret:
 * a ciphertext says nothing without its server's key. */
#ifndef TOOLS_WALLET_SHARE_FILE_H
#define TOOLS_WALLET_SHARE_FILE_H

#include "crypto/share.h"
#include "tools/client/fault.h"
#include "tools/wallet/round.h"

#define SHARE_PATH_MAX 4096

struct share_file {
    struct hash update; /* SHA-256 of the quantised update, elements as 8 bytes little-endian */
    struct share_commitment commitment;
    struct hash roots[SHARE_BLOBS_MAX];
    uint32_t blob_count;
    struct buffer blobs[SHARE_BLOBS_MAX]; /* ciphertext for server t + 1 + i */
};

void share_file_close(struct share_file *file);

/* <home>/shares/<chain>-<model>-<round>-<address>.share; makes the folder. */
NODISCARD bool share_file_path(char out[SHARE_PATH_MAX], const struct session *session,
                               const struct round_name *name, struct fault *fault);

/* The content of a file: a head, then each ciphertext with its length. Decoding says what is wrong in
 * one line, and *out is empty then. */
void share_file_encode(struct buffer *out, const struct share_file *file);
NODISCARD bool share_file_decode(struct share_file *out, struct bytes content, char *error,
                                 size_t error_size);

NODISCARD bool share_file_write(const struct share_file *file, const char *path,
                                struct fault *fault);
NODISCARD bool share_file_read(struct share_file *out, const char *path, struct fault *fault);

#endif /* TOOLS_WALLET_SHARE_FILE_H */
