#include "market/opened.h"

#include <stdlib.h>

#include "base/memory.h"
#include "market/proofs.h"
#include "market/terms.h"

static struct field_ext constant_of(const struct round_work *work, const struct norm_layout *layout,
                                    const struct norm_theta *theta, uint16_t index)
{
    struct norm_proof proof;
    struct norm_outcome outcome;
    proof_load(&proof, &outcome, work, layout, index);
    return norm_constant(layout, theta, &outcome);
}

void opened_load(struct opened *opened, const struct round_work *work)
{
    struct norm_layout layout;
    struct norm_theta theta;
    *opened = (struct opened){0};
    terms_layout(&layout, &work->view.terms);
    norm_theta_draw(&theta, &layout, &work->round.decide_beacon);
    owner_set_load(&opened->owners, work);
    uint32_t count = opened->owners.count;
    opened->gammas = memory_new(count * sizeof(*opened->gammas));
    opened->constants = memory_new(count * sizeof(*opened->constants));
    for (uint32_t i = 0; i < count; i++) {
        opened->gammas[i] = aggregate_gamma(&work->round.decide_beacon, &opened->owners.keys[i]);
        opened->constants[i] = constant_of(work, &layout, &theta, opened->owners.indexes[i]);
        aggregate_fold(&opened->batch, opened->gammas[i], opened->constants[i]);
    }
}

struct field_ext opened_constant(const struct round_work *work, uint16_t index)
{
    struct norm_layout layout;
    struct norm_theta theta;
    terms_layout(&layout, &work->view.terms);
    norm_theta_draw(&theta, &layout, &work->round.decide_beacon);
    return constant_of(work, &layout, &theta, index);
}

static void read_values(struct opened *opened, const struct round_work *work, unsigned server)
{
    struct market_key key;
    struct bytes bytes;
    key_values(&key, work->round.model, work->round.number, (uint8_t)server);
    bool posted = state_get(work->state, key_bytes(&key), &bytes);
    assert(posted && bytes.size == opened->owners.count * (size_t)FIELD_EXT_SIZE);
    (void)posted;
    struct field_ext *values = memory_new(opened->owners.count * sizeof(*values));
    for (uint32_t i = 0; i < opened->owners.count; i++) {
        bool canonical = field_ext_read(&values[i], bytes.data + i * (size_t)FIELD_EXT_SIZE);
        assert(canonical && "the instruction refuses others");
        (void)canonical;
    }
    opened->values[server - 1] = values;
}

void opened_load_values(struct opened *opened, const struct round_work *work)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (work_active(work, server)) {
            read_values(opened, work, server);
        }
    }
}

void opened_close(struct opened *opened)
{
    for (size_t i = 0; i < MARKET_SERVERS_MAX; i++) {
        free(opened->values[i]);
    }
    free(opened->gammas);
    free(opened->constants);
    owner_set_close(&opened->owners);
}

void opened_owner(const struct opened *opened, const struct round_work *work, uint32_t at,
                  struct shamir_values *out)
{
    *out = (struct shamir_values){0};
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (work_active(work, server)) {
            shamir_values_set(out, server, opened->values[server - 1][at]);
        }
    }
}

void opened_erase_values(const struct round_work *work)
{
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        struct market_key key;
        key_values(&key, work->round.model, work->round.number, (uint8_t)server);
        record_erase(work->state, &key);
    }
}
