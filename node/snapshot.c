#include "node/snapshot.h"

#include "base/bcs.h"
#include "base/memory.h"
#include "market/ledger.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAG_MANIFEST  "souk/snapshot/v1"
#define TAG_CHUNK     "souk/snapshot-chunk/v1"
#define MANIFEST_NAME "manifest"

static const struct field manifest_fields[] = {
    SCHEMA_U32(struct snapshot_manifest, version),
    SCHEMA_ARRAY(struct snapshot_manifest, chain_id, FORM_HEX),
    SCHEMA_U64(struct snapshot_manifest, height),
    SCHEMA_ARRAY(struct snapshot_manifest, block, FORM_HEX),
    SCHEMA_ARRAY(struct snapshot_manifest, state_root, FORM_HEX),
    SCHEMA_U64(struct snapshot_manifest, key_count),
    SCHEMA_BYTES(struct snapshot_manifest, chunks, SNAPSHOT_CHUNKS_MAX * 32),
};
const struct schema snapshot_manifest_schema =
    SCHEMA("snapshot_manifest", struct snapshot_manifest, manifest_fields);

static bool fail(const char *text, char *error, size_t error_size)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s", text);
    }
    return false;
}

/* The manifest. */

bool snapshot_manifest_decode(struct snapshot_manifest *out, struct bytes input, char *error,
                              size_t error_size)
{
    if (!schema_decode(&snapshot_manifest_schema, out, input, error, error_size)) {
        return false;
    }
    if (out->version != SNAPSHOT_VERSION) {
        return fail("manifest.version: not the one this program knows", error, error_size);
    }
    if (out->height == 0) {
        return fail("manifest.height: 0, expected at least 1", error, error_size);
    }
    size_t count = out->chunks.size / sizeof(struct hash);
    if (out->chunks.size % sizeof(struct hash) != 0 || count == 0 || count >= SNAPSHOT_CHUNKS_MAX) {
        return fail("manifest.chunks: expected 1 to 65535 hashes", error, error_size);
    }
    return true;
}

void snapshot_manifest_hash(struct hash *out, struct bytes encoded)
{
    hash_tagged(out, TAG_MANIFEST, encoded);
}

uint32_t snapshot_chunk_count(const struct snapshot_manifest *manifest)
{
    return (uint32_t)(manifest->chunks.size / sizeof(struct hash)) + 1;
}

void snapshot_chunk_hash(struct hash *out, struct bytes chunk)
{
    hash_tagged(out, TAG_CHUNK, chunk);
}

bool snapshot_chunk_fits(const struct snapshot_manifest *manifest, uint32_t index,
                         struct bytes chunk)
{
    assert(index > 0 && index < snapshot_chunk_count(manifest));
    struct hash hash;
    snapshot_chunk_hash(&hash, chunk);
    return memcmp(manifest->chunks.data + (index - 1) * sizeof hash, hash.bytes, sizeof hash) == 0;
}

/* Chunks of the state. */

void snapshot_write_pair(struct buffer *out, struct bytes key, struct bytes value)
{
    bcs_write_bytes(out, key);
    bcs_write_bytes(out, value);
}

bool snapshot_next_pair(struct bytes chunk, size_t *offset, struct bytes *key, struct bytes *value,
                        bool *malformed)
{
    *malformed = false;
    if (*offset == chunk.size) {
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, chunk);
    reader.offset = *offset;
    *key = bcs_read_bytes(&reader, SNAPSHOT_KEY_MAX);
    *value = bcs_read_bytes(&reader, SNAPSHOT_CHUNK_MAX);
    *offset = reader.offset;
    *malformed = reader.status != BCS_OK || key->size == 0;
    return !*malformed;
}

/* The base. */

void snapshot_base_write(struct buffer *out, const struct snapshot_base *base)
{
    bcs_write_bytes(out, base->block_bytes);
    bcs_write_bytes(out, base->certificate_bytes);
    schema_write(out, &block_header_schema, &base->next);
    schema_write(out, &certificate_schema, &base->next_certificate);
    for (size_t i = 0; i < SNAPSHOT_SETS; i++) {
        schema_write(out, &validators_schema, &base->sets[i]);
    }
    bcs_write_bytes(out, base->handovers);
}

bool snapshot_base_read(struct snapshot_base *out, struct bytes chunk, char *error,
                        size_t error_size)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, chunk);
    out->block_bytes = bcs_read_bytes(&reader, SNAPSHOT_CHUNK_MAX);
    out->certificate_bytes = bcs_read_bytes(&reader, SNAPSHOT_CHUNK_MAX);
    schema_read(&reader, &block_header_schema, &out->next);
    schema_read(&reader, &certificate_schema, &out->next_certificate);
    for (size_t i = 0; i < SNAPSHOT_SETS; i++) {
        schema_read(&reader, &validators_schema, &out->sets[i]);
    }
    out->handovers = bcs_read_bytes(&reader, HANDOVERS_SIZE_MAX);
    if (!bcs_reader_done(&reader)) {
        return fail("base: malformed", error, error_size);
    }
    return block_decode(&out->block, out->block_bytes, error, error_size) &&
           certificate_decode(&out->certificate, out->certificate_bytes, error, error_size);
}

/* A header whose digest a quorum of its set committed to is right in all its fields. */
static bool header_decided(const struct block_header *header, const struct certificate *certificate,
                           const struct validators *set, const struct hash *chain_id, char *error,
                           size_t error_size)
{
    struct hash digest;
    struct hash set_hash;
    block_digest(&digest, header);
    validators_hash(&set_hash, set);
    if (certificate->height != header->height || !hash_equal(&certificate->digest, &digest)) {
        return fail("base: the certificate is not of the header", error, error_size);
    }
    if (!hash_equal(&header->validators_hash, &set_hash)) {
        return fail("base: not the validators of the header", error, error_size);
    }
    return certificate_verify(certificate, VOTE_COMMIT, chain_id, set, error, error_size);
}

/* What the header names is what the block holds. */
static bool content_fits(const struct block *block, char *error, size_t error_size)
{
    struct hash body;
    struct hash demotions;
    struct hash commit = {{0}};
    demotions_hash(&demotions, &block->demotions);
    if (block->has_last_commit) {
        certificate_hash(&commit, &block->last_commit);
    }
    return (ledger_body_root(block->body, &body) && hash_equal(&body, &block->header.tx_root) &&
            hash_equal(&commit, &block->header.last_commit_hash) &&
            hash_equal(&demotions, &block->header.demotions_hash)) ||
           fail("base: the block's content is not what its header names", error, error_size);
}

static bool sets_fit(const struct snapshot_base *base, char *error, size_t error_size)
{
    struct hash next;
    struct hash after;
    for (size_t i = 0; i < SNAPSHOT_SETS; i++) {
        if (!validators_check(&base->sets[i], error, error_size)) {
            return false;
        }
    }
    validators_hash(&next, &base->sets[1]);
    validators_hash(&after, &base->sets[2]);
    return (hash_equal(&next, &base->block.header.next_validators_hash) &&
            hash_equal(&after, &base->next.next_validators_hash)) ||
           fail("base: not the validators that the headers name", error, error_size);
}

/* Does the genesis lead to who decided the next header? */
static bool descends(const struct snapshot_base *base, const struct snapshot_trust *trust,
                     char *error, size_t error_size)
{
    uint64_t since;
    struct hash hash;
    struct validators *set = memory_new(sizeof *set);
    *set = *trust->validators;
    bool good = handovers_follow(set, &since, &trust->chain_id, base->handovers, error, error_size);
    if (good) {
        validators_hash(&hash, set);
        good = (since <= base->next.height ||
                fail("base: a handover is above the block", error, error_size)) &&
               (hash_equal(&hash, &base->next.validators_hash) ||
                fail("base: the handovers do not lead from the genesis to the validators of the "
                     "block: it must be named as trusted",
                     error, error_size));
    }
    free(set);
    return good;
}

static bool trusted(const struct snapshot_base *base, const struct hash *digest,
                    const struct snapshot_trust *trust, char *error, size_t error_size)
{
    bool named = trust->height != 0;
    if (named && trust->height != base->block.header.height) {
        return fail("base: not of the height that is trusted", error, error_size);
    }
    if (named && !hash_equal(&trust->block, digest)) {
        return fail("base: not the block that is trusted", error, error_size);
    }
    return (named && base->handovers.size == 0) || descends(base, trust, error, error_size);
}

bool snapshot_base_verify(const struct snapshot_base *base,
                          const struct snapshot_manifest *manifest,
                          const struct snapshot_trust *trust, char *error, size_t error_size)
{
    const struct block_header *header = &base->block.header;
    struct hash digest;
    block_digest(&digest, header);
    if (!hash_equal(&manifest->chain_id, &trust->chain_id) ||
        !hash_equal(&header->chain_id, &trust->chain_id)) {
        return fail("manifest.chain_id: another chain", error, error_size);
    }
    if (header->height != manifest->height || !hash_equal(&digest, &manifest->block)) {
        return fail("base: not the block of the manifest", error, error_size);
    }
    if (base->next.height != manifest->height + 1 || !hash_equal(&base->next.parent, &digest)) {
        return fail("base: the header does not follow the block", error, error_size);
    }
    if (!hash_equal(&base->next.state_root, &manifest->state_root)) {
        return fail("manifest.state_root: not the one that the header certifies", error,
                    error_size);
    }
    return trusted(base, &digest, trust, error, error_size) && sets_fit(base, error, error_size) &&
           content_fits(&base->block, error, error_size) &&
           header_decided(header, &base->certificate, &base->sets[0], &trust->chain_id, error,
                          error_size) &&
           header_decided(&base->next, &base->next_certificate, &base->sets[1], &trust->chain_id,
                          error, error_size);
}

/* Files. */

void snapshot_directory(char out[DISK_PATH_MAX], const char *snapshots, uint64_t height)
{
    int size = snprintf(out, DISK_PATH_MAX, "%s/%020" PRIu64, snapshots, height);
    assert(size > 0 && size < DISK_PATH_MAX);
}

void snapshot_file(char out[DISK_PATH_MAX], const char *directory, uint32_t chunk)
{
    int size = snprintf(out, DISK_PATH_MAX, "%s/%05" PRIu32 ".chunk", directory, chunk);
    assert(size > 0 && size < DISK_PATH_MAX);
}

void snapshot_manifest_file(char out[DISK_PATH_MAX], const char *directory)
{
    int size = snprintf(out, DISK_PATH_MAX, "%s/" MANIFEST_NAME, directory);
    assert(size > 0 && size < DISK_PATH_MAX);
}

static int by_height(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return *first < *second ? -1 : *first > *second;
}

static bool parse_height(uint64_t *out, const char *name)
{
    if (strlen(name) != 20 || strspn(name, "0123456789") != 20) {
        return false;
    }
    *out = strtoull(name, NULL, 10);
    return *out > 0;
}

uint32_t snapshot_list(const char *snapshots, uint64_t *heights, uint32_t max)
{
    uint32_t count = 0;
    DIR *directory = opendir(snapshots);
    const struct dirent *entry;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this thread's own
    while (directory != NULL && count < max && (entry = readdir(directory)) != NULL) {
        if (parse_height(&heights[count], entry->d_name)) {
            char path[DISK_PATH_MAX];
            char manifest[DISK_PATH_MAX];
            snapshot_directory(path, snapshots, heights[count]);
            snapshot_manifest_file(manifest, path);
            count += access(manifest, R_OK) == 0;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    qsort(heights, count, sizeof *heights, by_height);
    return count;
}

void snapshot_remove(const char *directory)
{
    char manifest[DISK_PATH_MAX];
    snapshot_manifest_file(manifest, directory);
    (void)unlink(manifest); /* first: what is left of the others is no snapshot then */
    disk_remove_directory(directory);
}
