/* souk round open, join, show, wait. */
#include "tools/wallet/round.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "p2p/json_schema.h"
#include "tools/client/file.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/pad.h"
#include "tools/wallet/prove.h"

#define WAIT_STEP_MS 10000

const struct cli_option round_open_options[] = {
    {"model", "FILE", "the model that owners train on, at most 128 MiB"},
};
const size_t round_open_option_count = ARRAY_COUNT(round_open_options);
const struct cli_option round_wait_options[] = {
    {"until", "PHASE", "phase to wait for, or the end, whichever is first [settled]"},
    {"timeout", "SECONDS", "longest wait [600]"},
};
const size_t round_wait_option_count = ARRAY_COUNT(round_wait_options);

bool round_name_read(struct session *session, struct round_name *out, struct fault *fault)
{
    struct cli *cli = session->cli;
    uint64_t round = 0;
    struct model model;
    struct model_terms terms;
    struct buffer storage = {0};
    if (!cli_number(&out->model, "MODEL", cli_argument(cli, 0), 0, 1, UINT64_MAX, fault) ||
        !cli_number(&round, "ROUND", cli_argument(cli, 1), 0, 1, UINT32_MAX, fault)) {
        return false;
    }
    out->round = (uint32_t)round;
    if (round > 0) {
        return true;
    }
    bool good = chain_model_load(session->rpc, out->model, &model, &terms, &storage, fault);
    if (good && model.rounds_opened == 0) {
        good = fault_set(fault, "model %" PRIu64 " has no round yet", out->model);
    }
    out->round = good ? model.rounds_opened : 0;
    buffer_close(&storage);
    return good;
}

static int submit_open(struct session *session, struct round_open_operand *operand,
                       struct bytes file)
{
    char done[64];
    (void)snprintf(done, sizeof(done), "round %" PRIu32 " is open", operand->round);
    return session_submit(session, &(struct submit_native){NATIVE_ROUND_OPEN, operand}, 1, file,
                          done);
}

/* Open with a pad, and stay until its shares are with the servers. */
static int open_padded(struct session *session, const struct round_setting *setting,
                       struct round_open_operand *operand, struct bytes file)
{
    struct fault fault;
    struct pad_secret pad;
    const struct round_name name = {operand->model, operand->round};
    if (!pad_begin(&pad, session, setting, &fault)) {
        return cli_fail(session->cli, &fault);
    }
    pad_fill(operand, &pad);
    int code = submit_open(session, operand, file);
    if (code == 0 && !pad_see_through(&pad, session, &name, &fault)) {
        code = cli_fail(session->cli, &fault);
    }
    pad_close(&pad);
    return code;
}

/* A round that this command opened and was killed over: its servers still wait for the pad. */
static int resume_padded(struct session *session, const struct round_name *name)
{
    struct fault fault;
    struct round_setting setting;
    struct pad_secret pad;
    bool good = round_setting_load(session->rpc, &session->chain, name->model, name->round,
                                   &setting, &fault);
    if (!good) {
        return cli_fail(session->cli, &fault);
    }
    good = pad_begin(&pad, session, &setting, &fault);
    round_setting_close(&setting);
    if (!good) {
        return cli_fail(session->cli, &fault);
    }
    good = pad_see_through(&pad, session, name, &fault);
    pad_close(&pad);
    if (!good) {
        return cli_fail(session->cli, &fault);
    }
    printf("round %" PRIu32 " is open\n", name->round);
    return 0;
}

/* Is the last round one of this account that waits for its pad, kept here? */
static bool waits_for_pad(struct session *session, const struct round_setting *next,
                          struct round_name *name, struct fault *fault)
{
    struct round round;
    char path[PAD_PATH_MAX];
    *name = (struct round_name){next->round.model, next->round.number - 1};
    return next->model.round_open && (next->terms.modes & MODE_PAD) != 0 &&
           chain_round_load(session->rpc, name->model, name->round, &round, fault) &&
           round.phase == PHASE_PAD && pad_path(path, session, &session->address, name, fault) &&
           file_exists(path);
}

/* With the model's file read, ask for the round after the last one. */
static int open_next(struct session *session, struct round_open_operand *operand, struct bytes file)
{
    struct fault fault;
    struct round_setting setting;
    struct round_name name;
    if (!round_setting_next(session->rpc, &session->chain, operand->model, &setting, &fault)) {
        return cli_fail(session->cli, &fault);
    }
    operand->round = setting.round.number;
    int code = CLI_FAILED;
    if (waits_for_pad(session, &setting, &name, &fault)) {
        code = resume_padded(session, &name);
    } else if ((setting.terms.modes & MODE_PAD) != 0) {
        code = open_padded(session, &setting, operand, file);
    } else {
        code = submit_open(session, operand, file);
    }
    round_setting_close(&setting);
    return code;
}

int run_round_open(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct round_open_operand operand = {0};
    struct buffer file = {0};
    const char *path = cli_value(cli, "model");
    if (path == NULL) {
        return cli_usage(cli, "--model is needed: the file that owners train on");
    }
    if (!cli_number(&operand.model, "MODEL", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!file_read(&file, path, TRANSACTION_SIDECAR_MAX, &fault) ||
        !session_open_signer(&session, cli, &fault)) {
        buffer_close(&file);
        return cli_fail(cli, &fault);
    }
    int code = open_next(&session, &operand, buffer_bytes(&file));
    buffer_close(&file);
    session_close(&session);
    return code;
}

int run_round_join(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct round_name name;
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = CLI_FAILED;
    if (round_name_read(&session, &name, &fault)) {
        struct round_operand operand = {.model = name.model, .round = name.round};
        char done[64];
        (void)snprintf(done, sizeof(done), "joined round %" PRIu32 " of model %" PRIu64, name.round,
                       name.model);
        code = session_submit(&session, &(struct submit_native){NATIVE_ROUND_JOIN, &operand}, 1,
                              (struct bytes){0}, done);
    } else {
        code = cli_fail(cli, &fault);
    }
    session_close(&session);
    return code;
}

/* A value of a seat in a list of public values; false where there is none. */
static bool find_value(const struct public_values *values, struct bytes list, uint16_t seat,
                       uint64_t *out)
{
    for (size_t i = 0; i < values->owners.size / 2 && (i + 1) * 8 <= list.size; i++) {
        struct bcs_reader owner;
        struct bcs_reader value;
        bcs_reader_init(&owner, (struct bytes){values->owners.data + i * 2, 2});
        bcs_reader_init(&value, (struct bytes){list.data + i * 8, 8});
        *out = bcs_read_u64(&value);
        if (bcs_read_u16(&owner) == seat) {
            return true;
        }
    }
    return false;
}

/* What became public of an owner's update, in steps. */
static void print_values(const struct public_values *values, uint16_t seat)
{
    const struct {
        const char *name;
        struct bytes list;
    } lists[] = {
        {"score", values->scores}, {"distance", values->distances}, {"credit", values->credits}};
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        uint64_t value = 0;
        if (find_value(values, lists[i].list, seat, &value)) {
            printf(" %s %" PRId64, lists[i].name, (int64_t)value);
        }
    }
}

static bool print_participants(struct session *session, const struct round *round,
                               struct fault *fault)
{
    struct market_key key;
    struct public_values values;
    struct buffer storage = {0};
    key_public(&key, round->model, round->number);
    if (!chain_record_load(session->rpc, &key, &public_values_schema, &values, &storage, fault)) {
        return false;
    }
    for (uint16_t i = 0; i < round->joined; i++) {
        struct participant participant;
        char address[ADDRESS_TEXT_MAX];
        if (!chain_participant_load(session->rpc, round, i, &participant, fault)) {
            buffer_close(&storage);
            return false;
        }
        address_print(address, session->chain.prefix, &participant.owner);
        printf("  %-4u %s %-10s paid %" PRIu64, i, address,
               participant_status_name(participant.status), participant.paid);
        print_values(&values, i);
        printf("\n");
    }
    buffer_close(&storage);
    return true;
}

int run_round_show(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct round_name name;
    struct round round;
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    bool good = round_name_read(&session, &name, &fault);
    if (good && prove_wanted(cli)) {
        struct market_key key;
        key_round(&key, name.model, name.round);
        int code = prove_state(&session, &key);
        session_close(&session);
        return code;
    }
    good = good && chain_round_load(session.rpc, name.model, name.round, &round, &fault);
    if (good && cli_json(cli)) {
        show_json(json_schema_write(&round_schema, &round, session.chain.prefix));
    } else if (good) {
        show_record(&round_schema, &round, session.chain.prefix, 0);
        good = print_participants(&session, &round, &fault);
    }
    session_close(&session);
    return good ? 0 : cli_fail(cli, &fault);
}

static time_t seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static bool wait_for_phase(struct session *session, const struct round_name *name,
                           const char *until, uint64_t timeout_seconds, struct round *round,
                           struct fault *fault)
{
    char cursor[RPC_CURSOR_MAX] = "latest";
    time_t end = seconds_now() + (time_t)timeout_seconds;
    /* The cursor is taken before the round is read, so that no change falls between the two. */
    if (!rpc_await_event(session->rpc, cursor, 0, fault)) {
        return false;
    }
    while (chain_round_load(session->rpc, name->model, name->round, round, fault)) {
        if (round->phase >= PHASE_SETTLED || strcmp(round_phase_name(round->phase), until) == 0) {
            return true;
        }
        if (seconds_now() >= end) {
            return fault_set(fault, "round %" PRIu32 " is still in phase '%s' after %" PRIu64 " s",
                             name->round, round_phase_name(round->phase), timeout_seconds);
        }
        if (!rpc_await_event(session->rpc, cursor, WAIT_STEP_MS, fault)) {
            return false;
        }
    }
    return false;
}

static bool phase_exists(const char *name)
{
    for (uint8_t phase = 0; round_phase_name(phase) != NULL; phase++) {
        if (strcmp(round_phase_name(phase), name) == 0) {
            return true;
        }
    }
    return false;
}

int run_round_wait(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct round_name name;
    struct round round;
    uint64_t timeout_seconds = 0;
    const char *until = cli_value(cli, "until") == NULL ? "settled" : cli_value(cli, "until");
    if (!cli_number(&timeout_seconds, "--timeout", cli_value(cli, "timeout"), 600, 1, 1000000,
                    &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!phase_exists(until)) {
        return cli_usage(
            cli, "--until is '%s', a phase like 'commit', 'check' or 'settled' is expected", until);
    }
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    bool good = round_name_read(&session, &name, &fault) &&
                wait_for_phase(&session, &name, until, timeout_seconds, &round, &fault);
    if (good && cli_json(cli)) {
        show_json(json_schema_write(&round_schema, &round, session.chain.prefix));
    } else if (good) {
        printf("round %" PRIu32 " of model %" PRIu64 ": %s, %u joined, %u accepted\n", round.number,
               round.model, round_phase_name(round.phase), round.joined, round.accepted);
    }
    if (good && round.phase == PHASE_ABORTED && strcmp(until, "aborted") != 0) {
        good =
            fault_set(&fault, "the round was aborted: %s", abort_reason_name(round.abort_reason));
    }
    session_close(&session);
    return good ? 0 : cli_fail(cli, &fault);
}
