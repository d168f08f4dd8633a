#include "consensus/handover.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void handover_write(struct buffer *out, const struct block_header *header,
                    const struct certificate *certificate, const struct validators *next)
{
    schema_write(out, &block_header_schema, header);
    certificate_encode(out, certificate);
    schema_write(out, &validators_schema, next);
}

struct link {
    struct block_header header;
    struct certificate certificate;
    struct validators next;
};

static bool refuse(char *error, size_t error_size, const char *what)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "handover: %s", what);
    }
    return false;
}

/* `set` is the hash of the set that is to decide the header. */
static const char *header_fault(const struct link *link, const struct hash *set, uint64_t since,
                                const struct hash *chain_id)
{
    const struct block_header *header = &link->header;
    struct hash next;
    struct hash digest;
    validators_hash(&next, &link->next);
    block_digest(&digest, header);
    if (header->version != BLOCK_VERSION || !hash_equal(&header->chain_id, chain_id)) {
        return "its header is of another chain or version";
    }
    if (header->height < since || header->height == UINT64_MAX) {
        return "its height is not above the one before";
    }
    if (!hash_equal(&header->validators_hash, set)) {
        return "its header names another set than the one before it";
    }
    if (hash_equal(&next, set) || !hash_equal(&header->next_validators_hash, &next)) {
        return "it brings another set than its header names";
    }
    if (!hash_equal(&link->certificate.digest, &digest) ||
        link->certificate.height != header->height) {
        return "its certificate decides another block";
    }
    return validators_check(&link->next, NULL, 0) ? NULL : "its set cannot run a chain";
}

static bool read_link(struct bcs_reader *reader, struct link *link)
{
    schema_read(reader, &block_header_schema, &link->header);
    if (reader->status == BCS_OK) {
        schema_read(reader, &certificate_schema, &link->certificate);
    }
    if (reader->status == BCS_OK) {
        schema_read(reader, &validators_schema, &link->next);
    }
    return reader->status == BCS_OK;
}

static bool follow(struct validators *validators, uint64_t *since, const struct hash *chain_id,
                   const struct link *link, char *error, size_t error_size)
{
    struct hash set;
    validators_hash(&set, validators);
    const char *fault = header_fault(link, &set, *since, chain_id);
    if (fault != NULL) {
        return refuse(error, error_size, fault);
    }
    if (!certificate_verify(&link->certificate, VOTE_COMMIT, chain_id, validators, error,
                            error_size)) {
        return false;
    }
    *validators = link->next;
    *since = link->header.height + 1;
    return true;
}

bool handovers_follow(struct validators *validators, uint64_t *since, const struct hash *chain_id,
                      struct bytes links, char *error, size_t error_size)
{
    struct bcs_reader reader;
    struct link *link = memory_new(sizeof(*link));
    bool good = links.size <= HANDOVERS_SIZE_MAX ||
                refuse(error, error_size, "the links are longer than 1 MiB");
    *since = 1;
    bcs_reader_init(&reader, links);
    while (good && reader.offset < links.size) {
        good = (read_link(&reader, link) ||
                refuse(error, error_size, "not the one encoding of a link")) &&
               follow(validators, since, chain_id, link, error, error_size);
    }
    free(link);
    return good;
}

static bool is_header(const struct block_header *header, const struct block_header *trusted)
{
    struct hash ours;
    struct hash theirs;
    block_digest(&ours, trusted);
    block_digest(&theirs, header);
    return hash_equal(&ours, &theirs);
}

bool handovers_after(struct bytes *links, const struct block_header *trusted, char *error,
                     size_t error_size)
{
    struct bcs_reader reader;
    struct link *link = memory_new(sizeof(*link));
    size_t begin = 0;
    bool good = true;
    bcs_reader_init(&reader, *links);
    while (good && begin < links->size) {
        good =
            read_link(&reader, link) || refuse(error, error_size, "not the one encoding of a link");
        if (good && link->header.height >= trusted->height) {
            good = link->header.height > trusted->height || is_header(&link->header, trusted) ||
                   refuse(error, error_size, "its header is not the trusted one of its height");
            break;
        }
        begin = reader.offset;
    }
    free(link);
    *links = (struct bytes){links->data + begin, good ? links->size - begin : 0};
    return good;
}

bool handover_begin(struct validators *validators, uint64_t *since, const struct hash *chain_id,
                    struct bytes input, char *error, size_t error_size)
{
    struct bcs_reader reader;
    struct link *link = memory_new(sizeof(*link));
    bcs_reader_init(&reader, input);
    bool good = (read_link(&reader, link) && reader.offset == input.size) ||
                refuse(error, error_size, "not the one encoding of a link");
    if (good) {
        const char *fault = header_fault(link, &link->header.validators_hash, 1, chain_id);
        good = fault == NULL || refuse(error, error_size, fault);
    }
    if (good) {
        *validators = link->next;
        *since = link->header.height + 1;
    }
    free(link);
    return good;
}

bool handovers_next(struct bytes links, size_t *offset, struct bytes *out, uint64_t *since)
{
    if (*offset == links.size) {
        return false;
    }
    struct bcs_reader reader;
    struct link *link = memory_new(sizeof(*link));
    bcs_reader_init(&reader, links);
    reader.offset = *offset;
    bool good = read_link(&reader, link);
    assert(good && "the chain was followed");
    *out = (struct bytes){links.data + *offset, reader.offset - *offset};
    *since = link->header.height + 1;
    *offset = reader.offset;
    free(link);
    return true;
}
