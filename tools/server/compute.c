#include "tools/server/compute.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/field_vector.h"
#include "tools/client/file.h"
#include "tools/client/log.h"

#define STRETCH   HELD_SHARE_PIECE
#define BATCH_MAX 128 /* owners worked on together: each has an open file */

static_assert(STRETCH % PROJECTION_GROUP_COLUMNS == 0, "a stretch is whole groups of P");

/* One owner whose share is worked on. */
struct owner_pass {
    struct held_share x;
    struct norm_form form; /* where values are computed */
};

/* One computation, shared by its workers. */
struct job {
    const struct aggregation_server *server;
    const struct duty_round *duty;
    const struct sharer *sharers;   /* the accepted owners in order of key, then the pad */
    unsigned owner_count;           /* of sharers, without the pad */
    const struct norm_round *round; /* NULL: only the sum */
    struct norm_round values;       /* what `round` points to else */
    struct computed *out;
    struct owner_pass *batch;
    unsigned batch_first; /* of the owners */
    unsigned batch_count;
    atomic_size_t next;   /* owner of the batch, or stretch, that nobody has taken */
    pthread_mutex_t lock; /* of what follows, and of the values */
    bool failed;
    struct fault fault;
};

/* A worker's own. */
struct room {
    struct held_piece piece;
    uint8_t bytes[STRETCH * FIELD_SIZE]; /* of the sum */
    uint64_t sum[STRETCH];
    uint64_t q_a[STRETCH];
    uint64_t q_b[STRETCH];
    /* What this worker's steps give; handed in at its end, as others hand in theirs meanwhile. */
    struct field_ext values[BATCH_MAX];
};

static size_t stretch_size(const struct job *job, size_t index)
{
    size_t left = job->out->count - index * STRETCH;
    return left < STRETCH ? left : STRETCH;
}

static bool read_sum(const struct computed *out, struct room *room, size_t first, size_t count,
                     struct fault *fault)
{
    struct source sum = computed_sum(out);
    struct bytes bytes = {room->bytes, count * FIELD_SIZE};
    return source_read(&sum, first * FIELD_SIZE, room->bytes, bytes.size, fault) &&
           (field_read_all(room->sum, bytes, NULL) ||
            fault_set(fault, "the file of the sum was changed"));
}

static bool write_sum(const struct computed *out, struct room *room, size_t first, size_t count,
                      struct fault *fault)
{
    struct bytes bytes = {room->bytes, count * FIELD_SIZE};
    field_write_all(room->bytes, room->sum, count);
    return file_write_at(out->sum, first * FIELD_SIZE, bytes) ||
           fault_set(fault, "the file of the sum: %s", strerrordesc_np(errno));
}

/* ---- Owners of a batch: their coefficients, and what their auxiliary vectors give */

static bool add_aux(const struct job *job, size_t i, const struct sharer *sharer, struct room *room,
                    struct fault *fault)
{
    struct held_share aux;
    size_t size = job->round->layout.aux_count * sizeof(uint64_t);
    uint64_t *elements = memory_new(size);
    held_share_aux(&aux, &job->batch[i].x, sharer);
    bool good = held_share_open(&aux, job->server, job->duty, fault);
    for (size_t piece = 0; good && piece < held_share_pieces(&aux); piece++) {
        size_t first = piece * HELD_SHARE_PIECE;
        size_t left = aux.count - first;
        good = held_share_piece(&aux, piece, &room->piece, fault);
        memcpy(elements + first, room->piece.elements,
               (left < HELD_SHARE_PIECE ? left : HELD_SHARE_PIECE) * sizeof(*elements));
    }
    if (good) {
        room->values[i] = norm_form_aux(&job->batch[i].form, elements);
    }
    held_share_close(&aux);
    explicit_bzero(elements, size);
    free(elements);
    return good;
}

static bool open_owner(struct job *job, size_t i, struct room *room, struct fault *fault)
{
    struct owner_pass *pass = &job->batch[i];
    const struct sharer *sharer = &job->sharers[job->batch_first + i];
    struct norm_replay replay;
    if (!held_share_x(&pass->x, job->server, job->duty, sharer, fault) ||
        !held_share_open(&pass->x, job->server, job->duty, fault)) {
        return false;
    }
    if (job->round == NULL) {
        return true;
    }
    sharer_replay(sharer, &job->duty->setting, &replay);
    norm_form_init(&pass->form, job->round, &replay);
    return add_aux(job, i, sharer, room, fault);
}

/* ---- Stretches */

static bool add_stretch(struct job *job, size_t index, struct room *room, struct fault *fault)
{
    size_t first = index * STRETCH;
    size_t count = stretch_size(job, index);
    if (job->batch_first == 0) {
        memset(room->sum, 0, count * sizeof(*room->sum));
    } else if (!read_sum(job->out, room, first, count, fault)) {
        return false;
    }
    if (job->round != NULL) {
        norm_round_stretch(job->round, room->q_a, room->q_b, first, count);
    }
    for (unsigned i = 0; i < job->batch_count; i++) {
        const uint64_t *elements = room->piece.elements;
        if (!held_share_piece(&job->batch[i].x, index, &room->piece, fault)) {
            return false;
        }
        field_vector_add(room->sum, elements, count);
        if (job->round != NULL) {
            struct field_ext part =
                norm_form_x(&job->batch[i].form, elements, first, count, room->q_a, room->q_b);
            room->values[i] = field_ext_add(room->values[i], part);
        }
    }
    return write_sum(job->out, room, first, count, fault);
}

/* ---- Workers */

typedef bool step(struct job *job, size_t index, struct room *room, struct fault *fault);

/* All steps of one kind, by workers that take one after the other. */
struct crew {
    struct job *job;
    step *run;
    size_t count;
};

static void hand_in(struct job *job, const struct room *room)
{
    (void)pthread_mutex_lock(&job->lock);
    for (unsigned i = 0; job->round != NULL && i < job->batch_count; i++) {
        struct field_ext *value = &job->out->values[job->batch_first + i];
        *value = field_ext_add(*value, room->values[i]);
    }
    (void)pthread_mutex_unlock(&job->lock);
}

static void *work(void *context)
{
    struct crew *crew = context;
    struct job *job = crew->job;
    struct room *room = memory_new(sizeof(*room));
    for (size_t i = atomic_fetch_add(&job->next, 1); i < crew->count;
         i = atomic_fetch_add(&job->next, 1)) {
        struct fault fault;
        if (!crew->run(job, i, room, &fault)) {
            (void)pthread_mutex_lock(&job->lock);
            job->failed = true;
            job->fault = fault;
            (void)pthread_mutex_unlock(&job->lock);
            atomic_store(&job->next, crew->count); /* the others stop too */
        }
    }
    hand_in(job, room);
    explicit_bzero(room, sizeof(*room));
    free(room);
    return NULL;
}

static bool run_crew(struct job *job, step *run, size_t count)
{
    pthread_t threads[SERVER_WORKERS_MAX];
    struct crew crew = {job, run, count};
    unsigned workers = job->server->workers < count ? job->server->workers : (unsigned)count;
    atomic_store(&job->next, 0);
    for (unsigned i = 1; i < workers; i++) {
        int code = pthread_create(&threads[i], NULL, work, &crew);
        assert(code == 0 && "out of threads");
        (void)code;
    }
    (void)work(&crew);
    for (unsigned i = 1; i < workers; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return !job->failed;
}

/* How many owners' coefficients the bound allows at once, at least one: those of eq have about
 * 2^(m/2) elements of K, those of aux nA. */
static unsigned batch_max(const struct job *job)
{
    const struct norm_layout *layout = &job->duty->setting.layout;
    uint64_t each = sizeof(struct field_ext) *
                    (layout->aux_count + (UINT64_C(3) << (layout->variables / 2 + 1)));
    uint64_t fit = job->server->memory_max / 2 / each;
    return fit < 1 ? 1 : fit < BATCH_MAX ? (unsigned)fit : BATCH_MAX;
}

static bool run_batch(struct job *job, unsigned first, unsigned count)
{
    size_t stretches = (job->out->count + STRETCH - 1) / STRETCH;
    job->batch_first = first;
    job->batch_count = count;
    for (unsigned i = 0; i < count; i++) {
        job->batch[i] = (struct owner_pass){.x = {.file = {.descriptor = -1}}};
    }
    bool good = run_crew(job, open_owner, count) && run_crew(job, add_stretch, stretches);
    for (unsigned i = 0; i < count; i++) {
        held_share_close(&job->batch[i].x);
        norm_form_close(&job->batch[i].form);
    }
    return good;
}

static bool run_owners(struct job *job, struct fault *fault)
{
    unsigned most = batch_max(job);
    bool good = true;
    job->batch = memory_new(most * sizeof(*job->batch));
    (void)pthread_mutex_init(&job->lock, NULL);
    for (unsigned first = 0; good && first < job->owner_count; first += most) {
        unsigned left = job->owner_count - first;
        good = run_batch(job, first, left < most ? left : most);
    }
    free(job->batch);
    if (!good) {
        *fault = job->fault;
    }
    return good;
}

/* ---- The pad, alone */

struct pad_pass {
    struct computed *out;
    struct room *room;
    struct pad_value value;
    bool valued;
    bool failed;
    struct fault *fault;
};

static void take_pad_aux(void *data, const uint64_t *elements, size_t first, size_t count)
{
    struct pad_pass *pass = data;
    (void)first;
    if (pass->valued) {
        pad_value_add(&pass->value, elements, count);
    }
}

static void take_pad_x(void *data, const uint64_t *elements, size_t first, size_t count)
{
    struct pad_pass *pass = data;
    if (pass->failed || !read_sum(pass->out, pass->room, first, count, pass->fault)) {
        pass->failed = true;
        return;
    }
    field_vector_add(pass->room->sum, elements, count);
    pass->failed = !write_sum(pass->out, pass->room, first, count, pass->fault);
    take_pad_aux(data, elements, first, count);
}

static bool read_pad(struct job *job, struct pad_pass *pass, struct fault *fault)
{
    const struct sharer *sharer = &job->sharers[job->owner_count];
    struct held_share x;
    struct held_share aux;
    if (!held_share_x(&x, job->server, job->duty, sharer, fault)) {
        return false;
    }
    held_share_aux(&aux, &x, sharer);
    bool good =
        held_share_read(&x, job->server, job->duty, take_pad_x, pass, fault) && !pass->failed &&
        (!pass->valued || held_share_read(&aux, job->server, job->duty, take_pad_aux, pass, fault));
    held_share_close(&x);
    held_share_close(&aux);
    return good;
}

static bool run_pad(struct job *job, struct fault *fault)
{
    const struct round_setting *setting = &job->duty->setting;
    struct multilinear form;
    struct pad_pass pass = {.out = job->out, .valued = job->round != NULL, .fault = fault};
    pass.room = memory_new(sizeof(*pass.room));
    pad_form(&form, &setting->round.decide_beacon, setting->terms.dimension);
    pad_value_init(&pass.value, &form, setting->terms.dimension);
    bool good = read_pad(job, &pass, fault);
    if (good && pass.valued) {
        job->out->pad = pad_value_finish(&pass.value);
    }
    multilinear_close(&form);
    explicit_bzero(pass.room, sizeof(*pass.room));
    free(pass.room);
    explicit_bzero(&pass, sizeof(pass));
    return good;
}

/* ---- All of it */

/* Accepted owners and their proofs, then the pad. */
static bool load_sharers(struct rpc *rpc, const struct duty_round *duty, struct sharer *out,
                         struct fault *fault)
{
    const struct roster *roster = &duty->roster;
    unsigned count = 0;
    for (; count < roster->accepted_count; count++) {
        uint16_t seat = roster->accepted[count];
        if (!sharer_of_owner(&out[count], rpc, &duty->setting, &roster->owners[seat], seat,
                             fault)) {
            return false;
        }
        if (!out[count].proved) {
            return fault_set(fault, "the node has no proof of an accepted owner");
        }
    }
    return !duty_padded(duty) || sharer_of_pad(&out[count], rpc, &duty->setting, fault);
}

static bool run(struct job *job, struct rpc *rpc, bool values, struct fault *fault)
{
    const struct round_setting *setting = &job->duty->setting;
    int64_t *reference = NULL;
    if (values) {
        if (setting->terms.reference_test != NORM_REFERENCE_NONE &&
            !round_setting_reference(rpc, setting, &reference, fault)) {
            return false;
        }
        norm_round_init(&job->values, &setting->layout, &setting->round.prove_beacon,
                        &setting->round.decide_beacon, reference, false);
        job->round = &job->values;
    }
    bool good = run_owners(job, fault) && (!duty_padded(job->duty) || run_pad(job, fault));
    if (values) {
        norm_round_close(&job->values);
    }
    free(reference);
    return good;
}

static bool open_results(struct computed *out, const struct aggregation_server *server,
                         const struct duty_round *duty, bool values, struct fault *fault)
{
    char folder[WALLET_PATH_MAX + 64];
    (void)snprintf(folder, sizeof(folder), "%s/rounds/incoming", server->home);
    computed_close(out);
    roster_set_hash(&out->set, &duty->roster);
    out->sum = file_unnamed(folder, fault);
    out->has_sum = out->sum >= 0;
    out->count = duty->setting.terms.dimension;
    out->values = values ? memory_new(duty->roster.accepted_count * sizeof(*out->values)) : NULL;
    return out->has_sum;
}

bool compute(const struct aggregation_server *server, struct rpc *rpc,
             const struct duty_round *duty, bool values, struct computed *out, struct fault *fault)
{
    struct hash set;
    unsigned accepted = duty->roster.accepted_count;
    roster_set_hash(&set, &duty->roster);
    if (out->has_sum && hash_equal(&set, &out->set) && (!values || out->values != NULL)) {
        return true;
    }
    struct sharer *sharers = memory_new((accepted + 1) * sizeof(*sharers));
    struct job job = {
        .server = server, .duty = duty, .sharers = sharers, .owner_count = accepted, .out = out};
    uint64_t begin = server_now_ms();
    bool good = open_results(out, server, duty, values, fault) &&
                load_sharers(rpc, duty, sharers, fault) && run(&job, rpc, values, fault);
    free(sharers);
    if (!good) {
        computed_close(out);
        return false;
    }
    log_info("computed", "model=%" PRIu64 " round=%" PRIu32 " owners=%u values=%d ms=%" PRIu64,
             duty->name.model, duty->name.round, accepted, values, server_now_ms() - begin);
    return true;
}

void computed_close(struct computed *computed)
{
    if (computed->has_sum) {
        (void)close(computed->sum);
    }
    free(computed->values);
    memset(computed, 0, sizeof(*computed));
}

struct source computed_sum(const struct computed *computed)
{
    return source_of_file(computed->sum, 0, (uint64_t)computed->count * FIELD_SIZE);
}

struct evaluation {
    struct multilinear_sum sum;
    uint64_t elements[SOURCE_PIECE / FIELD_SIZE];
};

static bool evaluate_piece(void *context, struct bytes piece, struct fault *fault)
{
    struct evaluation *evaluation = context;
    if (!field_read_all(evaluation->elements, piece, NULL)) {
        return fault_set(fault, "a kept sum was changed on disk");
    }
    multilinear_sum_add(&evaluation->sum, evaluation->elements, piece.size / FIELD_SIZE);
    return true;
}

bool computed_evaluate(struct field_ext *out, const struct source *sum,
                       const struct multilinear *form, struct fault *fault)
{
    struct evaluation *evaluation = memory_new(sizeof(*evaluation));
    multilinear_sum_init(&evaluation->sum, form);
    bool good = source_each(sum, evaluate_piece, evaluation, fault);
    *out = multilinear_sum_finish(&evaluation->sum);
    explicit_bzero(evaluation, sizeof(*evaluation));
    free(evaluation);
    return good;
}
