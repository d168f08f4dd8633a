#include "market/context.h"

#include <string.h>

#include "market/servers.h"

/* T1 .. T12, in blocks from the opening of COMMIT. */
static void write_deadlines(struct buffer *out, const struct model_terms *terms)
{
    const uint32_t windows[12] = {
        terms->commit_window, terms->prove_window,     terms->ack_window,   terms->publish_window,
        terms->decide_window, terms->fallback_window,  terms->claim_window, terms->justify_window,
        terms->values_window, terms->aggregate_window, terms->check_window, terms->credit_window,
    };
    uint32_t at = 0;
    for (size_t i = 0; i < ARRAY_COUNT(windows); i++) {
        at += windows[i];
        bcs_write_u32(out, at);
    }
}

/* The specification's mask has our modes in its low byte, then the reference test and the rule of
 * selection, 4 bits each. */
static uint32_t modes_of(const struct model_terms *terms)
{
    return terms->modes | (uint32_t)terms->reference_test << 8 | (uint32_t)terms->select_rule << 12;
}

void context_params_hash(struct hash *out, const struct model_terms *terms,
                         const struct point *server_keys)
{
    struct buffer params = {0};
    buffer_append_text(&params, "PVS1/params");
    bcs_write_u16(&params, 1); /* version */
    bcs_write_u8(&params, (uint8_t)terms->server_count);
    bcs_write_u8(&params, terms->threshold);
    bcs_write_u32(&params, terms->dimension);
    bcs_write_u32(&params, terms->norm_bound);
    bcs_write_u8(&params, terms->scale_bits);
    bcs_write_u16(&params, terms->rows);
    bcs_write_u16(&params, terms->sketch_rows);
    bcs_write_u32(&params, modes_of(terms));
    bcs_write_u8(&params, terms->reference_bits);
    bcs_write_u8(&params, terms->reference_drop);
    bcs_write_u8(&params, terms->reference_rest);
    /* Of kappa and T0 at most one is not zero, as terms_check() sees to. */
    bcs_write_u64(&params, terms->kappa | terms->reference_score);
    bcs_write_array(&params, terms->reference.bytes, sizeof(terms->reference.bytes));
    bcs_write_u16(&params, terms->owners_min);
    bcs_write_u16(&params, terms->owners_max);
    bcs_write_u8(&params, 0); /* beacon_mode */
    bcs_write_u16(&params, terms->krum_faults);
    bcs_write_u16(&params, terms->krum_count);
    bcs_write_u16(&params, terms->sigma_lambda);
    bcs_write_u64(&params, terms->publish_cap);
    for (uint32_t i = 0; i < terms->server_count; i++) {
        bcs_write_array(&params, server_keys[i].bytes, sizeof(server_keys[i].bytes));
    }
    write_deadlines(&params, terms);
    hash_plain(out, buffer_bytes(&params));
    buffer_close(&params);
}

void context_round(struct share_round *out, const struct hash *chain_id, const struct round *round,
                   const struct model_terms *terms, const struct point *server_keys)
{
    struct hash params;
    struct hash task = {0};
    context_params_hash(&params, terms, server_keys);
    for (size_t i = 0; i < 8; i++) {
        task.bytes[i] = (uint8_t)(round->model >> (8 * i));
    }
    memset(out, 0, sizeof(*out));
    share_context(&out->context, chain_id, &task, round->number, &params);
    out->dimension = terms->dimension;
    out->server_count = (uint8_t)terms->server_count;
    out->degree = terms->threshold;
    memcpy(out->servers, server_keys, terms->server_count * sizeof(*server_keys));
}

void context_load(struct share_round *out, struct state *state, const struct hash *chain_id,
                  const struct round *round, const struct model_terms *terms)
{
    struct point keys[MARKET_SERVERS_MAX];
    for (uint32_t i = 0; i < terms->server_count; i++) {
        struct server server;
        bool known = server_load(state, &terms->servers[i], &server);
        assert(known && "models name registered servers");
        (void)known;
        keys[i] = server.encryption_key;
    }
    context_round(out, chain_id, round, terms, keys);
}
