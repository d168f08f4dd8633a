#include "consensus/validator_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct validator_set *validator_set_new(const struct validators *validators)
{
    assert(validators_check(validators, NULL, 0));
    struct validator_set *set = memory_new(sizeof(*set));
    set->validators = *validators;
    for (uint32_t i = 0; i < validators->count; i++) {
        struct bytes *name = &set->validators.list[i].name;
        memcpy(set->names[i], name->data, name->size);
        name->data = (const uint8_t *)set->names[i];
    }
    validators_hash(&set->hash, validators);
    atomic_init(&set->references, 1);
    return set;
}

struct validator_set *validator_set_share(struct validator_set *set)
{
    unsigned before = atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    assert(before > 0);
    return set;
}

void validator_set_release(struct validator_set *set)
{
    if (set != NULL && atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) == 1) {
        free(set);
    }
}

bool validator_set_equal(const struct validator_set *a, const struct validator_set *b)
{
    return a == b || hash_equal(&a->hash, &b->hash);
}
