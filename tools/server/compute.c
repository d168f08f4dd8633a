#include "tools/server/compute.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/field_vector.h"
#include "tools/client/log.h"

#define STRIPES 64 /* locks of the sum; a piece of it takes one */

/* One computation, shared by its workers. */
struct job {
    const struct aggregation_server *server;
    const struct duty_round *duty;
    const struct sharer *sharers;   /* the accepted owners in order of key, then the pad */
    unsigned count;                 /* of sharers */
    const struct norm_round *round; /* NULL: only the sum */
    struct norm_round values;       /* what `round` points to else */
    struct multilinear pad_form;
    struct computed *out;
    atomic_uint next; /* sharer that nobody has taken */
    pthread_mutex_t stripes[STRIPES];
    pthread_mutex_t failing; /* of what follows */
    bool failed;
    struct fault fault;
};

/* One sharer's vectors on their way through. */
struct pass {
    struct job *job;
    bool is_pad;
    struct norm_value value; /* of an owner */
    struct pad_value pad;
};

static void add_to_sum(struct job *job, const uint64_t *elements, size_t first, size_t count)
{
    pthread_mutex_t *stripe = &job->stripes[first / HELD_SHARE_PIECE % STRIPES];
    (void)pthread_mutex_lock(stripe);
    field_vector_add(job->out->sum + first, elements, count);
    (void)pthread_mutex_unlock(stripe);
}

static void take_aux(void *data, const uint64_t *elements, size_t first, size_t count)
{
    struct pass *pass = data;
    (void)first;
    if (pass->is_pad) {
        pad_value_add(&pass->pad, elements, count);
    } else {
        norm_value_add(&pass->value, elements, count);
    }
}

static void take_x(void *data, const uint64_t *elements, size_t first, size_t count)
{
    struct pass *pass = data;
    add_to_sum(pass->job, elements, first, count);
    if (pass->job->round != NULL) {
        take_aux(data, elements, first, count);
    }
}

static bool read_both(struct pass *pass, const struct sharer *sharer, struct fault *fault)
{
    struct job *job = pass->job;
    struct held_share x;
    struct held_share aux;
    bool good = held_share_x(&x, job->server, job->duty, sharer, fault);
    held_share_aux(&aux, &x, sharer);
    good = good && held_share_read(&x, job->server, job->duty, take_x, pass, fault) &&
           (job->round == NULL ||
            held_share_read(&aux, job->server, job->duty, take_aux, pass, fault));
    held_share_close(&x);
    held_share_close(&aux);
    return good;
}

static bool pass_pad(struct job *job, const struct sharer *sharer, struct fault *fault)
{
    struct pass pass = {.job = job, .is_pad = true};
    if (job->round == NULL) {
        return read_both(&pass, sharer, fault);
    }
    pad_value_init(&pass.pad, &job->pad_form, job->duty->setting.terms.dimension);
    bool good = read_both(&pass, sharer, fault);
    if (good) {
        job->out->pad = pad_value_finish(&pass.pad);
    }
    explicit_bzero(&pass.pad, sizeof(pass.pad));
    return good;
}

static bool pass_owner(struct job *job, const struct sharer *sharer, struct field_ext *value,
                       struct fault *fault)
{
    struct pass pass = {.job = job};
    struct norm_replay replay;
    struct norm_form form;
    if (job->round == NULL) {
        return read_both(&pass, sharer, fault);
    }
    sharer_replay(sharer, &job->duty->setting, &replay);
    norm_form_init(&form, job->round, &replay);
    norm_value_init(&pass.value, &form);
    bool good = read_both(&pass, sharer, fault);
    if (good) {
        *value = norm_value_finish(&pass.value);
    } else {
        norm_value_close(&pass.value);
    }
    norm_form_close(&form);
    return good;
}

static void *work(void *context)
{
    struct job *job = context;
    for (unsigned i = atomic_fetch_add(&job->next, 1); i < job->count;
         i = atomic_fetch_add(&job->next, 1)) {
        struct fault fault;
        const struct sharer *sharer = &job->sharers[i];
        bool good =
            sharer->seat == MARKET_PAD_SEAT
                ? pass_pad(job, sharer, &fault)
                : pass_owner(job, sharer, job->round == NULL ? NULL : &job->out->values[i], &fault);
        if (!good) {
            (void)pthread_mutex_lock(&job->failing);
            job->failed = true;
            job->fault = fault;
            (void)pthread_mutex_unlock(&job->failing);
            atomic_store(&job->next, job->count); /* the others stop too */
        }
    }
    return NULL;
}

static bool run_workers(struct job *job, struct fault *fault)
{
    pthread_t threads[SERVER_WORKERS_MAX];
    unsigned workers = job->server->workers < job->count ? job->server->workers : job->count;
    if (job->round != NULL && job->round->q_a == NULL) {
        workers = 1; /* q is made anew for each owner, in one place */
    }
    (void)pthread_mutex_init(&job->failing, NULL);
    for (size_t i = 0; i < STRIPES; i++) {
        (void)pthread_mutex_init(&job->stripes[i], NULL);
    }
    for (unsigned i = 1; i < workers; i++) {
        int code = pthread_create(&threads[i], NULL, work, job);
        assert(code == 0 && "out of threads");
        (void)code;
    }
    (void)work(job);
    for (unsigned i = 1; i < workers; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    if (job->failed) {
        *fault = job->fault;
    }
    return !job->failed;
}

/* Accepted owners and their proofs, then the pad. */
static bool load_sharers(struct rpc *rpc, const struct duty_round *duty, struct sharer *out,
                         unsigned *count, struct fault *fault)
{
    const struct roster *roster = &duty->roster;
    for (*count = 0; *count < roster->accepted_count; (*count)++) {
        uint16_t seat = roster->accepted[*count];
        if (!sharer_of_owner(&out[*count], rpc, &duty->setting, &roster->owners[seat], seat,
                             fault)) {
            return false;
        }
        if (!out[*count].proved) {
            return fault_set(fault, "the node has no proof of an accepted owner");
        }
    }
    return !duty_padded(duty) || sharer_of_pad(&out[(*count)++], rpc, &duty->setting, fault);
}

static bool run(struct job *job, struct rpc *rpc, bool values, struct fault *fault)
{
    const struct round_setting *setting = &job->duty->setting;
    int64_t *reference = NULL;
    if (!values) {
        return run_workers(job, fault);
    }
    if (setting->terms.reference_test != NORM_REFERENCE_NONE &&
        !round_setting_reference(rpc, setting, &reference, fault)) {
        return false;
    }
    bool keep = 24 * (uint64_t)setting->terms.dimension <= job->server->memory_max;
    norm_round_init(&job->values, &setting->layout, &setting->round.prove_beacon,
                    &setting->round.decide_beacon, reference, keep);
    pad_form(&job->pad_form, &setting->round.decide_beacon, setting->terms.dimension);
    job->round = &job->values;
    bool good = run_workers(job, fault);
    multilinear_close(&job->pad_form);
    norm_round_close(&job->values);
    free(reference);
    return good;
}

bool compute(const struct aggregation_server *server, struct rpc *rpc,
             const struct duty_round *duty, bool values, struct computed *out, struct fault *fault)
{
    struct hash set;
    unsigned accepted = duty->roster.accepted_count;
    roster_set_hash(&set, &duty->roster);
    if (out->sum != NULL && hash_equal(&set, &out->set) && (!values || out->values != NULL)) {
        return true;
    }
    computed_close(out);
    out->set = set;
    out->sum = memory_new(duty->setting.terms.dimension * sizeof(*out->sum));
    out->values = values ? memory_new(accepted * sizeof(*out->values)) : NULL;
    out->count = duty->setting.terms.dimension;
    struct sharer *sharers = memory_new((accepted + 1) * sizeof(*sharers));
    struct job job = {.server = server, .duty = duty, .sharers = sharers, .out = out};
    uint64_t begin = server_now_ms();
    bool good =
        load_sharers(rpc, duty, sharers, &job.count, fault) && run(&job, rpc, values, fault);
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
    if (computed->sum != NULL) {
        explicit_bzero(computed->sum, computed->count * sizeof(*computed->sum));
    }
    free(computed->sum);
    free(computed->values);
    memset(computed, 0, sizeof(*computed));
}
