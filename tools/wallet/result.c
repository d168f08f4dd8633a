/* souk round model, result: the files of a round. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/field.h"
#include "tools/client/blob.h"
#include "tools/client/file.h"
#include "tools/client/quantise.h"
#include "tools/client/show.h"
#include "tools/client/tensors.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/pad.h"

const struct cli_option round_fetch_options[] = {
    {"out", "FILE", "file to write"},
};
const size_t round_fetch_option_count = ARRAY_COUNT(round_fetch_options);

/* Load the round named by the arguments and one of its blobs. */
static bool fetch(struct session *session, struct round *round, bool aggregate, struct buffer *blob,
                  struct fault *fault)
{
    struct round_name name;
    if (!round_name_read(session, &name, fault) ||
        !chain_round_load(session->rpc, name.model, name.round, round, fault)) {
        return false;
    }
    if (aggregate && round->phase != PHASE_SETTLED) {
        return fault_set(fault, "round %" PRIu32 " has no result: its phase is '%s'", round->number,
                         round_phase_name(round->phase));
    }
    const struct hash *root = aggregate ? &round->aggregate_root : &round->model_root;
    uint32_t size = aggregate ? round->aggregate_size : round->model_size;
    return blob_get(session->rpc, blob, root, size, fault);
}

/* Take the pad off, where the round has one. */
static bool remove_pad(struct session *session, const struct round *round,
                       const struct model *model, const struct model_terms *terms,
                       uint64_t *elements, struct fault *fault)
{
    char path[PAD_PATH_MAX];
    const struct round_name name = {round->model, round->number};
    if ((terms->modes & MODE_PAD) == 0) {
        return true;
    }
    if (!pad_path(path, session, &model->owner, &name, fault)) {
        return false;
    }
    return file_exists(path)
               ? pad_remove(elements, terms->dimension, path, &round->context, fault)
               : fault_set(fault,
                           "the sum is masked by the model owner's pad, which is not here "
                           "(%s)",
                           path);
}

static bool write_sums(struct session *session, const struct round *round, struct bytes blob,
                       const char *path, struct fault *fault)
{
    struct model model;
    struct model_terms terms;
    struct buffer storage = {0};
    uint64_t bad = 0;
    size_t count = blob.size / FIELD_SIZE;
    double *sums = memory_new(count * sizeof(double));
    uint64_t *elements = memory_new(count * sizeof(*elements));
    bool good = chain_model_load(session->rpc, round->model, &model, &terms, &storage, fault);
    if (good && (count != terms.dimension || blob.size != count * FIELD_SIZE ||
                 !field_read_all(elements, blob, &bad))) {
        good = fault_set(fault, "the aggregate is no vector of the model's dimension");
    }
    good = good && remove_pad(session, round, &model, &terms, elements, fault);
    if (good) {
        dequantise(sums, elements, count, terms.scale_bits);
        good = tensors_write(path, sums, count, fault);
    }
    free(elements);
    free(sums);
    buffer_close(&storage);
    return good;
}

static void print_model(const struct cli *cli, const struct round *round, size_t size,
                        const char *path)
{
    if (cli_json(cli)) {
        show_json(json_pack("{s:I, s:I, s:I, s:s}", "model", (json_int_t)round->model, "round",
                            (json_int_t)round->number, "size", (json_int_t)size, "out", path));
    } else {
        printf("model of round %" PRIu32 ": %zu bytes in %s\n", round->number, size, path);
    }
}

static void print_result(const struct cli *cli, const struct round *round, size_t size,
                         const char *path)
{
    if (cli_json(cli)) {
        show_json(json_pack("{s:I, s:I, s:I, s:s}", "model", (json_int_t)round->model, "round",
                            (json_int_t)round->number, "accepted", (json_int_t)round->accepted,
                            "out", path));
    } else {
        printf("sum of %u updates of round %" PRIu32 ": %zu elements in %s\n", round->accepted,
               round->number, size / FIELD_SIZE, path);
    }
}

static int run_fetch(struct cli *cli, bool aggregate)
{
    struct fault fault;
    struct session session;
    struct round round;
    struct buffer blob = {0};
    const char *path = cli_value(cli, "out");
    if (path == NULL) {
        return cli_usage(cli, "--out is needed");
    }
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    bool good = fetch(&session, &round, aggregate, &blob, &fault) &&
                (aggregate ? write_sums(&session, &round, buffer_bytes(&blob), path, &fault)
                           : file_write(path, buffer_bytes(&blob), 0644, &fault));
    if (good) {
        (aggregate ? print_result : print_model)(cli, &round, blob.size, path);
    }
    buffer_close(&blob);
    session_close(&session);
    return good ? 0 : cli_fail(cli, &fault);
}

int run_round_model(struct cli *cli)
{
    return run_fetch(cli, false);
}

int run_round_result(struct cli *cli)
{
    return run_fetch(cli, true);
}
