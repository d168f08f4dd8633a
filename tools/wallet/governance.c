/* souk gov: what the validators decide together. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/parameter_rules.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/prove.h"
#include "tools/wallet/roles.h"
#include "tools/wallet/validator.h"

/* The operand of whatever is proposed. */
union action {
    struct validator_add_action add;
    struct validator_operand validator;
    struct validator_replace_action replace;
    struct parameter_action parameter;
    struct node_action node;
    struct role_set_operand roles;
    struct feature_action feature;
};

static const char *word(const struct session *session, int index)
{
    return cli_argument(session->cli, index + 1); /* the first argument is the kind */
}

static bool parse_node_key(struct point *out, const char *text, struct fault *fault)
{
    return validator_parse_hex(out->bytes, sizeof(out->bytes), "NODE_KEY", text, fault);
}

static bool parse_name(const struct session *session, struct bytes *out, struct fault *fault)
{
    return cli_text(out, "the name", word(session, 0), GOVERNANCE_NAME_MAX, fault);
}

static bool parse_add(const struct session *session, union action *out, struct fault *fault)
{
    return parse_name(session, &out->add.name, fault) &&
           validator_parse_hex(out->add.key.bytes, sizeof(out->add.key.bytes), "KEY",
                               word(session, 1), fault) &&
           parse_node_key(&out->add.node_key, word(session, 2), fault);
}

static bool parse_validator(const struct session *session, union action *out, struct fault *fault)
{
    return validator_parse(session, &out->validator.key, word(session, 0), fault);
}

static bool parse_replace(const struct session *session, union action *out, struct fault *fault)
{
    return validator_parse(session, &out->replace.key, word(session, 0), fault) &&
           validator_parse_hex(out->replace.new_key.bytes, sizeof(out->replace.new_key.bytes),
                               "NEW_KEY", word(session, 1), fault) &&
           parse_node_key(&out->replace.new_node_key, word(session, 2), fault);
}

static bool parse_parameter(const struct session *session, union action *out, struct fault *fault)
{
    uint8_t index = 0;
    while (index < PARAMETER_COUNT && strcmp(parameter_names[index], word(session, 0)) != 0) {
        index++;
    }
    out->parameter.parameter = index;
    return (index < PARAMETER_COUNT ||
            fault_set(fault,
                      "'%.80s' is no parameter that can change ('souk rpc chain_parameters')",
                      word(session, 0))) &&
           cli_number(&out->parameter.value, "VALUE", word(session, 1), 0, 0, UINT64_MAX, fault);
}

static bool parse_permit(const struct session *session, union action *out, struct fault *fault)
{
    out->node.permitted = true;
    return parse_name(session, &out->node.name, fault) &&
           parse_node_key(&out->node.node_key, word(session, 1), fault);
}

static bool parse_forbid(const struct session *session, union action *out, struct fault *fault)
{
    return parse_node_key(&out->node.node_key, word(session, 0), fault);
}

static bool parse_account_roles(const struct session *session, union action *out,
                                struct fault *fault)
{
    return session_address(session, &out->roles.account, word(session, 0), fault) &&
           roles_parse(word(session, 1), &out->roles.roles, fault);
}

static bool parse_feature(const struct session *session, union action *out, struct fault *fault)
{
    return parse_name(session, &out->feature.name, fault) &&
           cli_number(&out->feature.activation_height, "HEIGHT", word(session, 1), 0, 0, UINT64_MAX,
                      fault);
}

static const struct kind {
    bool (*parse)(const struct session *session, union action *out, struct fault *fault);
    const char *name;
    const char *arguments;
    int count; /* of arguments */
    uint8_t native;
} kinds[] = {
    {parse_add, "validator-add", "NAME KEY NODE_KEY", 3, NATIVE_PROPOSE_VALIDATOR_ADD},
    {parse_validator, "validator-remove", "VALIDATOR", 1, NATIVE_PROPOSE_VALIDATOR_REMOVE},
    {parse_replace, "validator-replace", "VALIDATOR NEW_KEY NEW_NODE_KEY", 3,
     NATIVE_PROPOSE_VALIDATOR_REPLACE},
    {parse_validator, "pardon", "VALIDATOR", 1, NATIVE_PROPOSE_PARDON},
    {parse_parameter, "parameter", "PARAMETER VALUE", 2, NATIVE_PROPOSE_PARAMETER},
    {parse_permit, "node-permit", "NAME NODE_KEY", 2, NATIVE_PROPOSE_NODE},
    {parse_forbid, "node-forbid", "NODE_KEY", 1, NATIVE_PROPOSE_NODE},
    {parse_account_roles, "roles", "ADDRESS ROLES", 2, NATIVE_PROPOSE_ROLES},
    {parse_feature, "feature", "FEATURE HEIGHT", 2, NATIVE_PROPOSE_FEATURE},
};

static int kind_usage(const struct cli *cli)
{
    char list[400] = "";
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof(list) - used, "%s%s %s", i == 0 ? "" : ", ",
                       kinds[i].name, kinds[i].arguments);
    }
    return cli_usage(cli, "KIND is one of: %s", list);
}

int run_gov_propose(struct cli *cli)
{
    struct fault fault;
    struct session session;
    union action action = {0};
    size_t i = 0;
    while (i < ARRAY_COUNT(kinds) && strcmp(kinds[i].name, cli_argument(cli, 0)) != 0) {
        i++;
    }
    if (i == ARRAY_COUNT(kinds) || cli_argument_count(cli) != kinds[i].count + 1) {
        return kind_usage(cli);
    }
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = kinds[i].parse(&session, &action, &fault)
                   ? session_submit(&session, &(struct submit_native){kinds[i].native, &action}, 1,
                                    (struct bytes){0}, "proposed")
                   : cli_fail(cli, &fault);
    session_close(&session);
    return code;
}

int run_gov_vote(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct proposal_vote_operand vote = {0};
    const char *answer = cli_argument(cli, 1);
    vote.yes = strcmp(answer, "yes") == 0;
    if (!cli_number(&vote.proposal, "PROPOSAL", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!vote.yes && strcmp(answer, "no") != 0) {
        return cli_usage(cli, "the vote is '%.40s', yes or no is expected", answer);
    }
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = session_submit(&session, &(struct submit_native){NATIVE_PROPOSAL_VOTE, &vote}, 1,
                              (struct bytes){0}, "voted");
    session_close(&session);
    return code;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "?" : text;
}

static void print_action(const json_t *proposal)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(proposal, "action"), name, value)
    {
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        printf(" %s=%s", name, text == NULL ? json_string_value(value) : text);
        free(text);
    }
}

static void print_tally(const json_t *proposal)
{
    printf("%d yes of %d, %d no", (int)json_integer_value(json_object_get(proposal, "yes")),
           (int)json_integer_value(json_object_get(proposal, "needed")),
           (int)json_integer_value(json_object_get(proposal, "no")));
}

static void print_line(const json_t *proposal)
{
    printf("%-4s %-8s ", text_of(proposal, "id"), text_of(proposal, "status"));
    print_tally(proposal);
    printf("  %s", text_of(proposal, "kind"));
    print_action(proposal);
    printf("\n");
}

static void print_proposal(const json_t *proposal)
{
    size_t index;
    json_t *ballot;
    printf("proposal  %s\nkind      %s\naction   ", text_of(proposal, "id"),
           text_of(proposal, "kind"));
    print_action(proposal);
    printf("\nstatus    %s", text_of(proposal, "status"));
    if (json_is_string(json_object_get(proposal, "passed_height"))) {
        printf(" in block %s", text_of(proposal, "passed_height"));
    }
    printf("\nopened    in block %s by %s\nvotes     ", text_of(proposal, "opened_height"),
           text_of(proposal, "proposer"));
    print_tally(proposal);
    printf("\n");
    json_array_foreach(json_object_get(proposal, "ballots"), index, ballot)
    {
        bool cast = json_is_string(json_object_get(ballot, "vote"));
        printf("  %-20s %s\n", text_of(ballot, "name"), cast ? text_of(ballot, "vote") : "-");
    }
}

/* For people, or as the node says it with --json. */
static int print_answer(struct session *session, const char *method, json_t *params,
                        void (*print)(const json_t *answer))
{
    struct fault fault;
    json_t *answer = rpc_call(session->rpc, method, params, &fault);
    if (answer == NULL) {
        return cli_fail(session->cli, &fault);
    }
    if (cli_json(session->cli)) {
        show_json(answer);
        return 0;
    }
    print(answer);
    json_decref(answer);
    return 0;
}

static void print_list(const json_t *answer)
{
    size_t index;
    json_t *proposal;
    json_array_foreach(json_object_get(answer, "proposals"), index, proposal)
    {
        print_line(proposal);
    }
    if (json_array_size(json_object_get(answer, "proposals")) == 0) {
        printf("there are no proposals\n");
    }
    if (json_is_string(json_object_get(answer, "next"))) {
        printf("older ones: souk rpc governance_proposals '{\"before\":\"%s\"}'\n",
               text_of(answer, "next"));
    }
}

static void print_one(const json_t *answer)
{
    print_proposal(json_object_get(answer, "proposal"));
}

int run_gov_list(struct cli *cli)
{
    struct fault fault;
    struct session session;
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = print_answer(&session, "governance_proposals", json_pack("{s:i}", "count", 100),
                            print_list);
    session_close(&session);
    return code;
}

int run_gov_show(struct cli *cli)
{
    struct fault fault;
    struct session session;
    uint64_t id = 0;
    if (!cli_number(&id, "PROPOSAL", cli_argument(cli, 0), 0, 1, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!session_open(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code;
    if (prove_wanted(cli)) {
        struct market_key key;
        key_proposal(&key, id);
        code = prove_state(&session, &key);
    } else {
        code = print_answer(&session, "governance_proposal",
                            json_pack("{s:s}", "proposal", cli_argument(cli, 0)), print_one);
    }
    session_close(&session);
    return code;
}
