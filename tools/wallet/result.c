/* souk round model, result: the files of a round. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/field.h"
#include "tools/client/file.h"
#include "tools/client/npy.h"
#include "tools/client/quantise.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/round.h"

const struct cli_option round_fetch_options[] = {
    {"out", "FILE", "file to write"},
};
const size_t round_fetch_option_count = ARRAY_COUNT(round_fetch_options);

/* Load the round named by the arguments and one of its blobs. */
static bool fetch(struct session *session, struct round *round, bool aggregate, struct buffer *blob,
                  struct fault *fault)
{
    struct round_name name;
    char root[65];
    if (!round_name_read(session, &name, fault) ||
        !chain_round_load(session->rpc, name.model, name.round, round, fault)) {
        return false;
    }
    if (aggregate && round->phase != PHASE_SETTLED) {
        return fault_set(fault, "round %" PRIu32 " has no result: its phase is '%s'", round->number,
                         round_phase_name(round->phase));
    }
    hex_encode(root, aggregate ? BYTES_OF(round->aggregate_root.bytes)
                               : BYTES_OF(round->model_root.bytes));
    return rpc_blob(session->rpc, blob, root, fault);
}

int run_round_model(struct cli *cli)
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
    bool good = fetch(&session, &round, false, &blob, &fault) &&
                file_write(path, buffer_bytes(&blob), 0644, &fault);
    if (good && cli_json(cli)) {
        show_json(json_pack("{s:I, s:I, s:I, s:s}", "model", (json_int_t)round.model, "round",
                            (json_int_t)round.number, "size", (json_int_t)blob.size, "out", path));
    } else if (good) {
        printf("model of round %" PRIu32 ": %zu bytes in %s\n", round.number, blob.size, path);
    }
    buffer_close(&blob);
    session_close(&session);
    return good ? 0 : cli_fail(cli, &fault);
}

static bool write_sums(struct session *session, const struct round *round, struct bytes blob,
                       const char *path, struct fault *fault)
{
    struct model model;
    struct model_terms terms;
    struct buffer storage = {0};
    size_t count = blob.size / FIELD_SIZE;
    double *sums = memory_new(count * sizeof(double));
    bool good = chain_model_load(session->rpc, round->model, &model, &terms, &storage, fault) &&
                dequantise(sums, blob, terms.scale_bits, fault) &&
                npy_write(path, sums, count, fault);
    free(sums);
    buffer_close(&storage);
    return good;
}

int run_round_result(struct cli *cli)
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
    bool good = fetch(&session, &round, true, &blob, &fault) &&
                write_sums(&session, &round, buffer_bytes(&blob), path, &fault);
    if (good && cli_json(cli)) {
        show_json(json_pack("{s:I, s:I, s:I, s:s}", "model", (json_int_t)round.model, "round",
                            (json_int_t)round.number, "accepted", (json_int_t)round.accepted, "out",
                            path));
    } else if (good) {
        printf("sum of %u updates of round %" PRIu32 ": %zu elements in %s\n", round.accepted,
               round.number, blob.size / FIELD_SIZE, path);
    }
    buffer_close(&blob);
    session_close(&session);
    return good ? 0 : cli_fail(cli, &fault);
}
