/* Proposals about the set: validators come, go, change their keys, and are pardoned.
 *
 * They begin with the newest set, which may have been changed by the block before. Who is in the set
 * changes once a block at most, so that each set shares all but one validator with the next. */
#include "market/governance.h"

#include <string.h>

#include "market/heartbeats.h"
#include "market/members.h"
#include "market/operands.h"

/* Index of the validator whose node key or name this is; count: nobody's. */
static uint32_t find_node_key(const struct validators *set, const struct point *node_key)
{
    uint32_t i = 0;
    while (i < set->count && memcmp(&set->list[i].node_key, node_key, sizeof(*node_key)) != 0) {
        i++;
    }
    return i;
}

static uint32_t find_name(const struct validators *set, struct bytes name)
{
    uint32_t i = 0;
    while (i < set->count && !bytes_equal(set->list[i].name, name)) {
        i++;
    }
    return i;
}

/* May these keys enter the set, at `place` (its count: at the end)? */
static bool check_keys(struct native_call *call, const struct validators *set, uint32_t place,
                       const struct public_key *key, const struct point *node_key)
{
    if (!public_key_valid(key)) {
        return refuse(call, REFUSAL_VALIDATOR_KEY_INVALID, 0, 0);
    }
    if (!point_valid(node_key)) {
        return refuse(call, REFUSAL_VALIDATOR_NODE_KEY_INVALID, 0, 0);
    }
    uint32_t other = validators_find(set, key);
    if (other != VALIDATORS_NONE && other != place) {
        return refuse(call, REFUSAL_VALIDATOR_KEY_TAKEN, other, set->count);
    }
    other = find_node_key(set, node_key);
    if (other < set->count && other != place) {
        return refuse(call, REFUSAL_VALIDATOR_NODE_KEY_TAKEN, other, set->count);
    }
    return true;
}

static bool check_once(struct native_call *call)
{
    struct governance governance;
    governance_load(call->state, &governance);
    if (governance.member_change == call->block->height) {
        return refuse(call, REFUSAL_VALIDATORS_CHANGED, call->block->height,
                      call->block->height + 1);
    }
    return true;
}

/* Make `set` the newest one, as this block's change of who is in it. */
static void change_members(struct native_call *call, const struct validators *set)
{
    struct governance governance;
    members_change(call, set);
    governance_load(call->state, &governance);
    governance.member_change = call->block->height;
    governance_store(call->state, &governance);
}

/* Load the newest set and find a validator that must be in it. */
static bool find_member(struct native_call *call, const struct public_key *key,
                        struct validators *set, uint32_t *index)
{
    members_newest(call->state, set);
    *index = validators_find(set, key);
    if (*index == VALIDATORS_NONE) {
        return refuse(call, REFUSAL_VALIDATOR_UNKNOWN, 0, set->count);
    }
    return true;
}

static bool check_add(struct native_call *call, const void *action)
{
    const struct validator_add_action *add = action;
    struct validators set;
    members_newest(call->state, &set);
    if (set.count == VALIDATORS_MAX) {
        return refuse(call, REFUSAL_VALIDATORS_TOO_MANY, set.count, VALIDATORS_MAX);
    }
    if (add->name.size == 0) {
        return refuse(call, REFUSAL_VALIDATOR_NAME, 0, 1);
    }
    if (find_name(&set, add->name) < set.count) {
        return refuse(call, REFUSAL_VALIDATOR_NAME_TAKEN, find_name(&set, add->name), set.count);
    }
    return check_keys(call, &set, set.count, &add->key, &add->node_key) && check_once(call) &&
           heartbeat_require(call, &add->key, &add->node_key);
}

static void perform_add(struct native_call *call, const void *action)
{
    const struct validator_add_action *add = action;
    struct validators set;
    members_newest(call->state, &set);
    set.list[set.count++] =
        (struct validator){.key = add->key, .node_key = add->node_key, .name = add->name};
    change_members(call, &set);
}

static bool check_remove(struct native_call *call, const void *action)
{
    const struct validator_operand *remove = action;
    struct validators set;
    uint32_t index;
    if (!find_member(call, &remove->key, &set, &index)) {
        return false;
    }
    if (set.count == 1) {
        return refuse(call, REFUSAL_VALIDATORS_TOO_FEW, set.count, 1);
    }
    return check_once(call);
}

static void perform_remove(struct native_call *call, const void *action)
{
    const struct validator_operand *remove = action;
    struct validators set;
    members_newest(call->state, &set);
    uint32_t index = validators_find(&set, &remove->key);
    set.count--;
    for (uint32_t i = index; i < set.count; i++) {
        set.list[i] = set.list[i + 1];
    }
    change_members(call, &set);
}

static bool check_replace(struct native_call *call, const void *action)
{
    const struct validator_replace_action *replace = action;
    struct validators set;
    uint32_t index;
    if (!find_member(call, &replace->key, &set, &index)) {
        return false;
    }
    bool same_key = memcmp(&replace->key, &replace->new_key, sizeof(replace->key)) == 0;
    bool same_node = memcmp(&set.list[index].node_key, &replace->new_node_key,
                            sizeof(replace->new_node_key)) == 0;
    if (same_key && same_node) {
        return refuse(call, REFUSAL_VALIDATOR_SAME_KEYS, index, set.count);
    }
    return check_keys(call, &set, index, &replace->new_key, &replace->new_node_key) &&
           check_once(call) &&
           (same_key || heartbeat_require(call, &replace->new_key, &replace->new_node_key));
}

/* The place, the name and a jail stay: new keys are no pardon. */
static void perform_replace(struct native_call *call, const void *action)
{
    const struct validator_replace_action *replace = action;
    struct validators set;
    members_newest(call->state, &set);
    struct validator *entry = &set.list[validators_find(&set, &replace->key)];
    entry->key = replace->new_key;
    entry->node_key = replace->new_node_key;
    change_members(call, &set);
}

static bool check_pardon(struct native_call *call, const void *action)
{
    const struct validator_operand *pardon = action;
    struct validators set;
    uint32_t index;
    if (!find_member(call, &pardon->key, &set, &index)) {
        return false;
    }
    return set.list[index].jailed || refuse(call, REFUSAL_VALIDATOR_NOT_JAILED, index, set.count);
}

static void perform_pardon(struct native_call *call, const void *action)
{
    const struct validator_operand *operand = action;
    struct validators set;
    members_newest(call->state, &set);
    set.list[validators_find(&set, &operand->key)].jailed = false;
    members_change(call, &set);
    /* What it did up to now is forgiven: the same votes do not jail it again. */
    struct market_key key;
    const struct pardon pardon = {call->block->height};
    key_pardon(&key, &operand->key);
    record_store(call->state, &key, &pardon_schema, &pardon);
}

const struct proposal_rules validator_add_rules = {&validator_add_schema, check_add, perform_add};
const struct proposal_rules validator_remove_rules = {&validator_operand_schema, check_remove,
                                                      perform_remove};
const struct proposal_rules validator_replace_rules = {&validator_replace_schema, check_replace,
                                                       perform_replace};
const struct proposal_rules pardon_rules = {&validator_operand_schema, check_pardon,
                                            perform_pardon};
