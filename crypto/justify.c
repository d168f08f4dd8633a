#include "crypto/justify.h"

#define BLOCK_COUNT 1024 /* elements worked on at once */

const char *justify_status_text(enum justify_status status)
{
#define JUSTIFY_STATUS_CASE(name, text)                                                            \
    case name:                                                                                     \
        return text;
    switch (status) {
        JUSTIFY_STATUS_LIST(JUSTIFY_STATUS_CASE)
    }
#undef JUSTIFY_STATUS_CASE
    return "unknown status";
}

void justify_message(struct hash *out, const struct hash *context, const struct public_key *owner,
                     unsigned server)
{
    struct sha256 sha;
    assert(server >= 1 && server <= SHAMIR_SERVERS_MAX);
    sha256_init(&sha);
    sha256_add(&sha, bytes_of_text("PVS1/just"));
    sha256_add(&sha, BYTES_OF(*context));
    sha256_add(&sha, BYTES_OF(*owner));
    sha256_add_u8(&sha, (uint8_t)server);
    sha256_finish(&sha, out);
}

/* ---- Making one */

/* The prover's key and the other side's point. */
static bool open_with(struct justify_opening *out, const struct justify_case *about,
                      const struct secret_key *key, const struct point *peer,
                      const uint8_t random32[32])
{
    struct hash message;
    if (!ecdh_point(&out->shared, key, peer)) {
        return false;
    }
    justify_message(&message, &about->round->context, &about->owner, about->server);
    dleq_prove(&out->proof, key, peer, &out->shared, &message, random32);
    return true;
}

bool justify_open_server(struct justify_opening *out, const struct justify_case *about,
                         const struct secret_key *server_key, const uint8_t random32[32])
{
    struct point ephemeral;
    *out = (struct justify_opening){.by_owner = false};
    return point_of_public_key(&ephemeral, &about->commitment.ephemeral) &&
           open_with(out, about, server_key, &ephemeral, random32);
}

void justify_open_owner(struct justify_opening *out, const struct justify_case *about,
                        const struct secret_key *ephemeral, const uint8_t random32[32])
{
    struct secret_key even = *ephemeral;
    secret_key_make_even(&even);
    *out = (struct justify_opening){.by_owner = true};
    bool good = open_with(out, about, &even, &about->round->servers[about->server - 1], random32);
    assert(good && "share_round_check() saw these points");
    secret_key_close(&even);
}

/* ---- Checking one */

static enum justify_status check_opening(const struct justify_case *about,
                                         const struct justify_opening *opening)
{
    const struct share_round *round = about->round;
    const struct point *server = &round->servers[about->server - 1];
    struct point ephemeral;
    struct hash hash;
    if (!point_of_public_key(&ephemeral, &about->commitment.ephemeral)) {
        return JUSTIFY_POINT;
    }
    justify_message(&hash, &round->context, &about->owner, about->server);
    const struct point *prover = opening->by_owner ? &ephemeral : server;
    const struct point *base = opening->by_owner ? server : &ephemeral;
    if (!dleq_check(&opening->proof, prover, base, &opening->shared, &hash)) {
        return JUSTIFY_DLEQ;
    }
    if (about->server <= round->degree) {
        return JUSTIFY_OK; /* the shared point is the whole share; this server has no list */
    }
    unsigned count = share_blob_count(round);
    share_root(&hash, &round->context, &about->owner, &about->commitment.ephemeral, opening->roots,
               count);
    if (!hash_equal(&hash, &about->commitment.root)) {
        return JUSTIFY_ROOT;
    }
    share_root2(&hash, &round->context, &about->owner, &about->auxiliary, opening->roots2, count);
    return hash_equal(&hash, &about->auxiliary.root2) ? JUSTIFY_OK : JUSTIFY_ROOT2;
}

static bool is_derived(const struct justify *justify)
{
    return justify->about->server <= justify->about->round->degree;
}

static void start_vector(struct justify *justify, unsigned vector)
{
    const struct justify_case *about = justify->about;
    struct share_label label =
        vector == 0 ? share_label_x() : share_label_aux(about->auxiliary.nonce2);
    share_reader_init(&justify->reader, about->round, &justify->key, &label, about->server, 0);
    merkle_stream_init(&justify->stream);
    justify->vector = vector;
}

enum justify_status justify_init(struct justify *justify, const struct justify_case *about,
                                 const struct justify_opening *opening, justify_take *take,
                                 void *data)
{
    const struct share_round *round = about->round;
    assert(about->server >= 1 && about->server <= round->server_count);
    *justify = (struct justify){.about = about, .take = take, .data = data};
    enum justify_status status = check_opening(about, opening);
    if (status != JUSTIFY_OK) {
        return status;
    }
    if (!is_derived(justify)) {
        justify->expected[0] = opening->roots[about->server - round->degree - 1];
        justify->expected[1] = opening->roots2[about->server - round->degree - 1];
    }
    share_key_hash(&justify->key, round, &about->owner, about->server, &about->commitment.ephemeral,
                   &opening->shared);
    start_vector(justify, 0);
    return JUSTIFY_OK;
}

static size_t count_of(const struct justify *justify)
{
    return justify->vector == 0 ? justify->about->round->dimension : justify->about->aux_count;
}

/* Decrypt whole elements and hand them on. */
static bool take_elements(struct justify *justify, struct bytes part)
{
    uint64_t elements[BLOCK_COUNT];
    while (part.size > 0) {
        size_t size = part.size < sizeof(elements) ? part.size : sizeof(elements);
        size_t count = size / FIELD_SIZE;
        if (!share_reader_next(&justify->reader, elements, count,
                               (struct bytes){part.data, size})) {
            return false;
        }
        justify->take(justify->data, elements, count);
        part.data += size;
        part.size -= size;
    }
    return true;
}

/* Bytes of the open blob, cut anywhere: an element that is not whole waits. */
static bool take_bytes(struct justify *justify, struct bytes part)
{
    size_t held = (size_t)(justify->taken % FIELD_SIZE);
    merkle_stream_add(&justify->stream, part);
    justify->taken += part.size;
    if (held > 0) {
        size_t missing = FIELD_SIZE - held;
        size_t size = part.size < missing ? part.size : missing;
        memcpy(justify->part + held, part.data, size);
        part.data += size;
        part.size -= size;
        if (size < missing) {
            return true;
        }
        if (!take_elements(justify, BYTES_OF(justify->part))) {
            return false;
        }
    }
    size_t rest = part.size % FIELD_SIZE;
    if (rest > 0) {
        memcpy(justify->part, part.data + part.size - rest, rest);
    }
    return take_elements(justify, (struct bytes){part.data, part.size - rest});
}

static void end_vector(struct justify *justify)
{
    struct hash root;
    merkle_stream_finish(&justify->stream, &root);
    if (!hash_equal(&root, &justify->expected[justify->vector])) {
        justify->wrong |= 1U << justify->vector;
    }
    share_reader_close(&justify->reader);
    justify->taken = 0;
    if (justify->vector == 0) {
        start_vector(justify, 1);
    } else {
        justify->vector = 2;
    }
}

enum justify_status justify_add(struct justify *justify, struct bytes part)
{
    while (part.size > 0) {
        if (is_derived(justify) || justify->vector == 2) {
            return JUSTIFY_SIZE;
        }
        uint64_t room = FIELD_SIZE * (uint64_t)count_of(justify) - justify->taken;
        size_t size = part.size < room ? part.size : (size_t)room;
        if (!take_bytes(justify, (struct bytes){part.data, size})) {
            return JUSTIFY_ELEMENT;
        }
        part.data += size;
        part.size -= size;
        if (size == room) {
            end_vector(justify);
        }
    }
    return JUSTIFY_OK;
}

/* The share of a server 1 .. t is its key stream. */
static void derive(struct justify *justify)
{
    uint64_t elements[BLOCK_COUNT];
    for (unsigned vector = 0; vector < 2; vector++) {
        if (vector == 1) {
            share_reader_close(&justify->reader);
            start_vector(justify, 1);
        }
        size_t count = count_of(justify);
        for (size_t done = 0; done < count; done += BLOCK_COUNT) {
            size_t part = count - done < BLOCK_COUNT ? count - done : BLOCK_COUNT;
            bool good = share_reader_next(&justify->reader, elements, part, (struct bytes){0});
            assert(good && "a derived share is below p");
            justify->take(justify->data, elements, part);
        }
    }
}

enum justify_status justify_finish(struct justify *justify)
{
    enum justify_status status = JUSTIFY_OK;
    if (is_derived(justify)) {
        derive(justify);
    } else if (justify->vector < 2) {
        status = JUSTIFY_SIZE;
    } else if (justify->wrong != 0) {
        status = (justify->wrong & 1) != 0 ? JUSTIFY_BLOB : JUSTIFY_BLOB2;
    }
    justify_close(justify);
    return status;
}

void justify_close(struct justify *justify)
{
    if (justify->about != NULL && justify->vector < 2) {
        share_reader_close(&justify->reader);
    }
    explicit_bzero(justify, sizeof(*justify));
}

/* The whole of it, for blobs in memory. */
static enum justify_status run(const struct justify_case *about,
                               const struct justify_opening *opening, struct bytes blob,
                               struct bytes blob2, justify_take *take, void *data)
{
    struct justify justify;
    enum justify_status status = justify_init(&justify, about, opening, take, data);
    if (status != JUSTIFY_OK) {
        return status;
    }
    bool blobs = about->server > about->round->degree;
    if (blob.size != (blobs ? FIELD_SIZE * (size_t)about->round->dimension : 0) ||
        blob2.size != (blobs ? FIELD_SIZE * about->aux_count : 0)) {
        justify_close(&justify);
        return JUSTIFY_SIZE;
    }
    status = justify_add(&justify, blob);
    if (status == JUSTIFY_OK) {
        status = justify_add(&justify, blob2);
    }
    if (status != JUSTIFY_OK) {
        justify_close(&justify);
        return status;
    }
    return justify_finish(&justify);
}

static void take_value(void *data, const uint64_t *elements, size_t count)
{
    norm_value_add(data, elements, count);
}

enum justify_status justify_value(struct field_ext *out, const struct justify_case *about,
                                  const struct justify_opening *opening, struct bytes blob,
                                  struct bytes blob2, const struct norm_form *form)
{
    struct norm_value value;
    assert(about->round->dimension == form->round->layout.params.dimension);
    assert(about->aux_count == form->round->layout.aux_count);
    norm_value_init(&value, form);
    enum justify_status status = run(about, opening, blob, blob2, take_value, &value);
    *out = status == JUSTIFY_OK ? norm_value_finish(&value) : field_ext_of(0);
    norm_value_close(&value);
    return status;
}

static void take_pad(void *data, const uint64_t *elements, size_t count)
{
    pad_value_add(data, elements, count);
}

enum justify_status justify_pad_value(struct field_ext *out, const struct justify_case *about,
                                      const struct justify_opening *opening, struct bytes blob,
                                      struct bytes blob2, const struct multilinear *form)
{
    struct pad_value value;
    assert(about->aux_count == PAD_AUX_COUNT);
    pad_value_init(&value, form, about->round->dimension);
    enum justify_status status = run(about, opening, blob, blob2, take_pad, &value);
    *out = status == JUSTIFY_OK ? pad_value_finish(&value) : field_ext_of(0);
    return status;
}
