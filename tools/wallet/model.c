/* souk model: publish what is to be trained and paid for, and look at what others published. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/json_schema.h"
#include "tools/client/file.h"
#include "tools/client/round_setting.h"
#include "tools/client/show.h"
#include "tools/client/tensors.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/prove.h"
#include "tools/wallet/reference.h"
#include "tools/wallet/session.h"
#include "vm/assembler.h"
#include "vm/policy.h"

#define LIST_PAGE 100

const struct cli_option model_publish_options[] = {
    {"name", "TEXT", "of the model, for people"},
    {"model", "FILE.npy", "first model: its size is the dimension of the updates"},
    {"dimension", "N", "elements of an update, where no --model is given"},
    {"servers", "ADDR,ADDR,...", "the aggregation servers, in order"},
    {"threshold", "T", "servers that may lie or collude; 2T + 1 are needed [1]"},
    {"rounds", "N", "to pay for [10]"},
    {"reward", "UNITS", "for the owners of one round together [1000000]"},
    {"server-fee", "UNITS", "for each server of one round [200000]"},
    {"owner-stake", "UNITS", "that an owner puts up for a round [100000]"},
    {"owners-min", "N", "fewer end the round with refunds [3]"},
    {"owners-max", "N", "of one round [100]"},
    {"scale-bits", "Q", "updates are rounded to steps of 2^-Q [16]"},
    {"bound", "STEPS", "largest norm of an update, in steps [1048576]"},
    {"rows", "N", "of the norm's proof; an update of any size passes with 2^-N [100]"},
    {"pad", NULL, "mask the sums with a pad of this account, which alone can read them"},
    {"credit", NULL, "split the reward by what each update adds to the sum, not equally"},
    {"reference", "FILE", "public vector that the next five compare updates with"},
    {"score", NULL, "show the inner product of each accepted update with it"},
    {"distance", NULL, "show the squared distance of each accepted update to it"},
    {"drop-far", "L", "leave out who is L standard deviations farther than the mean distance"},
    {"least-product", "NUMBER", "take only updates of at least this inner product with it"},
    {"least-cosine", "NUMBER", "take only updates of at least this cosine with it"},
    {"krum", "N", "sum only the N updates closest to the others, by multi-Krum"},
    {"krum-faults", "F", "updates among all that may be far off, with --krum [0]"},
    {"sketch-rows", "N", "of the sketches that --krum compares, --rows or more [--rows]"},
    {"values-abort", NULL, "end a round whose scores or distances do not come [go on without]"},
    {"publish-cap", "BYTES", "of ciphertexts published in disputes of one round [16777216]"},
    {"commit-window", "BLOCKS", "to join and commit [200]"},
    {"window", "BLOCKS", "of each later phase [40]"},
    {"policy", "FILE.asm", "program that splits the reward [equal shares]"},
};
const size_t model_publish_option_count = ARRAY_COUNT(model_publish_options);

struct number_row {
    const char *option;
    uint64_t fallback;
    uint64_t min;
    uint64_t max;
    size_t offset;
    size_t size;
};

#define TERM(option, fallback, min, max, member)                                                   \
    {                                                                                              \
        (option), (fallback), (min), (max), offsetof(struct model_terms, member),                  \
            sizeof(((struct model_terms *)0)->member)                                              \
    }

static const struct number_row number_rows[] = {
    TERM("threshold", 1, 1, 4, threshold),
    TERM("rounds", 10, 1, UINT32_MAX, rounds),
    TERM("reward", 1000000, 0, UINT64_MAX, reward),
    TERM("server-fee", 200000, 0, UINT64_MAX, server_fee),
    TERM("owner-stake", 100000, 0, UINT64_MAX, owner_stake),
    TERM("owners-min", 3, 1, UINT16_MAX, owners_min),
    TERM("owners-max", 100, 1, UINT16_MAX, owners_max),
    TERM("scale-bits", 16, 0, 62, scale_bits),
    TERM("bound", 1 << 20, 1, MARKET_BOUND_MAX, norm_bound),
    TERM("rows", 100, MARKET_ROWS_MIN, MARKET_ROWS_MAX, rows),
    TERM("rows", 100, MARKET_ROWS_MIN, MARKET_ROWS_MAX, sketch_rows),
    TERM("publish-cap", 1 << 24, 0, UINT64_MAX, publish_cap),
    TERM("commit-window", 200, 1, UINT32_MAX, commit_window),
    TERM("window", 40, 1, UINT32_MAX, pad_window),
    TERM("window", 40, 1, UINT32_MAX, prove_window),
    TERM("window", 40, 1, UINT32_MAX, ack_window),
    TERM("window", 40, 1, UINT32_MAX, publish_window),
    TERM("window", 40, 1, UINT32_MAX, decide_window),
    TERM("window", 40, 1, UINT32_MAX, fallback_window),
    TERM("window", 40, 1, UINT32_MAX, claim_window),
    TERM("window", 40, 1, UINT32_MAX, justify_window),
    TERM("window", 40, 1, UINT32_MAX, values_window),
    TERM("window", 40, 1, UINT32_MAX, credit_window),
    TERM("window", 40, 1, UINT32_MAX, aggregate_window),
    TERM("window", 40, 1, UINT32_MAX, check_window),
};

static bool read_numbers(const struct cli *cli, struct model_terms *terms, struct fault *fault)
{
    for (size_t i = 0; i < ARRAY_COUNT(number_rows); i++) {
        const struct number_row *row = &number_rows[i];
        uint64_t value = 0;
        if (!cli_number(&value, row->option, cli_value(cli, row->option), row->fallback, row->min,
                        row->max, fault)) {
            return false;
        }
        schema_store_integer((uint8_t *)terms + row->offset, row->size, value);
    }
    return true;
}

static bool read_dimension(const struct cli *cli, struct model_terms *terms, struct fault *fault)
{
    const char *path = cli_value(cli, "model");
    uint64_t dimension = 0;
    if (path != NULL) {
        struct tensors model;
        if (!tensors_read(&model, path, fault)) {
            return false;
        }
        dimension = model.count;
        tensors_close(&model);
    } else if (!cli_number(&dimension, "--dimension", cli_value(cli, "dimension"), 0, 1,
                           TENSORS_ELEMENTS_MAX, fault)) {
        return false;
    }
    terms->dimension = (uint32_t)dimension;
    return dimension > 0 || fault_set(fault, "--model or --dimension is needed");
}

static bool read_servers(const struct session *session, struct model_terms *terms,
                         struct fault *fault)
{
    const char *text = cli_value(session->cli, "servers");
    if (text == NULL) {
        return fault_set(fault, "--servers is needed ('souk server list' shows who serves)");
    }
    char *copy = strdup(text);
    char *rest = copy;
    bool good = copy != NULL;
    for (char *one = strsep(&rest, ","); good && one != NULL; one = strsep(&rest, ",")) {
        if (terms->server_count == MARKET_SERVERS_MAX) {
            good = fault_set(fault, "--servers names more than %d", MARKET_SERVERS_MAX);
        } else {
            good = session_address(session, &terms->servers[terms->server_count++], one, fault);
        }
    }
    free(copy);
    return good;
}

static bool read_policy(const struct session *session, struct model_terms *terms,
                        struct buffer *policy, struct fault *fault)
{
    const char *path = cli_value(session->cli, "policy");
    struct buffer source = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    if (path == NULL) {
        terms->reward_rule = cli_flag(session->cli, "credit") ? REWARD_CREDIT : REWARD_EQUAL;
        return true;
    }
    terms->reward_rule = REWARD_POLICY;
    bool good = file_read(&source, path, 1 << 20, fault);
    if (good &&
        !assembler_assemble(policy, buffer_text(&source), NULL, session->chain.prefix, error)) {
        good = fault_set(fault, "%s: %s", path, error);
    }
    buffer_close(&source);
    terms->policy = buffer_bytes(policy);
    if (good && !policy_check(terms->policy, terms->owners_max, error, sizeof(error))) {
        good = fault_set(fault, "%s: %s", path, error);
    }
    return good;
}

/* Multi-Krum, by pairwise distances of sketches. */
static bool read_krum(const struct cli *cli, struct model_terms *terms, struct fault *fault)
{
    uint64_t count = 0;
    uint64_t faults = 0;
    uint64_t rows = 0;
    terms->modes |= cli_flag(cli, "values-abort") ? MODE_VALUES_ABORT : 0U;
    if (cli_value(cli, "krum") == NULL) {
        bool unused =
            cli_value(cli, "krum-faults") == NULL && cli_value(cli, "sketch-rows") == NULL;
        return unused || fault_set(fault, "--krum-faults and --sketch-rows need --krum");
    }
    if (cli_value(cli, "drop-far") != NULL) {
        return fault_set(fault, "--krum goes not with --drop-far");
    }
    if (!cli_number(&count, "--krum", cli_value(cli, "krum"), 0, 1, MARKET_PAIRS_OWNERS_MAX,
                    fault) ||
        !cli_number(&faults, "--krum-faults", cli_value(cli, "krum-faults"), 0, 0,
                    MARKET_PAIRS_OWNERS_MAX, fault) ||
        !cli_number(&rows, "--sketch-rows", cli_value(cli, "sketch-rows"), terms->rows, terms->rows,
                    MARKET_ROWS_MAX, fault)) {
        return false;
    }
    if (rows * 64 > terms->dimension) {
        return fault_set(fault,
                         "--krum with sketches of %" PRIu64 " rows takes updates of %" PRIu64
                         " elements or more, of this model they have %" PRIu32
                         "; --rows and --sketch-rows may be %d",
                         rows, rows * 64, terms->dimension, MARKET_ROWS_MIN);
    }
    terms->modes |= MODE_PAIRS;
    terms->select_rule = SELECT_KRUM;
    terms->krum_count = (uint16_t)count;
    terms->krum_faults = (uint16_t)faults;
    terms->sketch_rows = (uint16_t)rows;
    return true;
}

/* Time for all that may be published to enter blocks: ten heights and one for each block of it. */
static bool widen_publish_window(const struct session *session, struct model_terms *terms,
                                 struct fault *fault)
{
    struct parameters parameters;
    if (!chain_parameters_load(session->rpc, &parameters, fault)) {
        return false;
    }
    uint64_t blocks = 11 + terms->publish_cap / parameters.block_bytes_max;
    if (terms->publish_window < blocks) {
        terms->publish_window = blocks > UINT32_MAX ? UINT32_MAX : (uint32_t)blocks;
    }
    return true;
}

int run_model_publish(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct model_terms terms = {0};
    struct buffer policy = {0};
    struct buffer reference = {0};
    const char *name = cli_value(cli, "name");
    if (!cli_text(&terms.name, "--name", name == NULL ? "model" : name, MARKET_TEXT_MAX, &fault) ||
        !read_numbers(cli, &terms, &fault) || !read_dimension(cli, &terms, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (cli_flag(cli, "credit") && (cli_flag(cli, "pad") || cli_flag(cli, "policy"))) {
        return cli_usage(cli, "--credit goes neither with --pad nor with --policy");
    }
    terms.modes =
        (cli_flag(cli, "pad") ? MODE_PAD : 0U) | (cli_flag(cli, "credit") ? MODE_CREDIT : 0U);
    if (!read_krum(cli, &terms, &fault) || !reference_options(cli, &terms, &reference, &fault)) {
        buffer_close(&reference);
        return cli_usage(cli, "%s", fault.text);
    }
    if (!session_open_signer(&session, cli, &fault)) {
        buffer_close(&reference);
        return cli_fail(cli, &fault);
    }
    int code = CLI_FAILED;
    struct norm_layout layout;
    if (!read_servers(&session, &terms, &fault) || !round_setting_layout(&layout, &terms, &fault) ||
        !widen_publish_window(&session, &terms, &fault) ||
        !read_policy(&session, &terms, &policy, &fault)) {
        code = cli_fail(cli, &fault);
    } else {
        code = session_submit(&session, &(struct submit_native){NATIVE_MODEL_PUBLISH, &terms}, 1,
                              buffer_bytes(&reference), "published");
    }
    buffer_close(&reference);
    buffer_close(&policy);
    session_close(&session);
    return code;
}

/* Print one line of `souk model list`. */
static void print_model_line(const json_t *model)
{
    uint64_t id = 0;
    uint64_t escrow = 0;
    struct fault fault;
    const char *status = json_string_value(json_object_get(model, "status"));
    const json_t *terms = json_object_get(model, "terms");
    const char *name = json_string_value(json_object_get(terms, "name"));
    if (!rpc_u64(&id, model, "id", &fault) || !rpc_u64(&escrow, model, "escrow", &fault)) {
        (void)fprintf(stderr, "souk: %s\n", fault.text);
        return;
    }
    printf("%-6" PRIu64 " %-24s %-8s escrow %" PRIu64 "\n", id, name == NULL ? "" : name,
           status == NULL ? "" : status, escrow);
}

int run_model_list(struct cli *cli)
{
    struct fault fault;
    struct session session;
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    json_t *all = json_array();
    json_t *from = json_string("1");
    bool good = true;
    while (good && json_is_string(from)) {
        json_t *page = rpc_call(session.rpc, "market_models",
                                json_pack("{s:o, s:i}", "from", from, "count", LIST_PAGE), &fault);
        from = NULL;
        good = page != NULL;
        (void)json_array_extend(all, json_object_get(page, "models"));
        from = json_incref(json_object_get(page, "next"));
        json_decref(page);
    }
    json_decref(from);
    session_close(&session);
    size_t index;
    json_t *model;
    if (good && cli_json(cli)) {
        show_json(json_incref(all));
    } else if (good) {
        json_array_foreach(all, index, model)
        {
            print_model_line(model);
        }
    }
    json_decref(all);
    return good ? 0 : cli_fail(cli, &fault);
}

int run_model_show(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct model model;
    struct model_terms terms;
    struct buffer storage = {0};
    uint64_t id = 0;
    if (!cli_number(&id, "MODEL", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (prove_wanted(cli)) {
        struct market_key key;
        key_model(&key, id);
        int code = prove_state(&session, &key);
        session_close(&session);
        return code;
    }
    bool good = chain_model_load(session.rpc, id, &model, &terms, &storage, &fault);
    if (good && cli_json(cli)) {
        json_t *json = json_schema_write(&model_schema, &model, session.chain.prefix);
        (void)json_object_set_new(
            json, "terms", json_schema_write(&model_terms_schema, &terms, session.chain.prefix));
        show_json(json);
    } else if (good) {
        model.terms = (struct bytes){0}; /* shown decoded below */
        show_record(&model_schema, &model, session.chain.prefix, 0);
        show_record(&model_terms_schema, &terms, session.chain.prefix, 2);
    }
    buffer_close(&storage);
    session_close(&session);
    return good ? 0 : cli_fail(cli, &fault);
}

int run_model_close(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct model_operand operand = {0};
    if (!cli_number(&operand.model, "MODEL", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_submit(&session, &(struct submit_native){NATIVE_MODEL_CLOSE, &operand}, 1,
                              (struct bytes){0}, "closed; what was left of the escrow is back");
    session_close(&session);
    return code;
}
