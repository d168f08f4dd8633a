#include "market/context.h"

#include <string.h>

#include "market/servers.h"

static void write_deadlines(struct buffer *out, const struct model_terms *terms)
{
    uint32_t at = terms->commit_window;
    uint32_t ack = at + terms->ack_window;
    uint32_t decide = ack + terms->decide_window;
    uint32_t fallback = decide + terms->fallback_window;
    uint32_t aggregate = fallback + terms->aggregate_window;
    uint32_t check = aggregate + terms->check_window;
    const uint32_t blocks[12] = {
        at, at, ack, ack, decide, fallback, fallback, fallback, fallback, aggregate, check, check,
    };
    for (size_t i = 0; i < ARRAY_COUNT(blocks); i++) {
        bcs_write_u32(out, blocks[i]);
    }
}

void context_params_hash(struct hash *out, const struct model_terms *terms,
                         const struct point *server_keys)
{
    struct buffer params = {0};
    const uint8_t no_reference[32] = {0};
    buffer_append_text(&params, "PVS1/params");
    bcs_write_u16(&params, 1); /* version */
    bcs_write_u8(&params, (uint8_t)terms->server_count);
    bcs_write_u8(&params, terms->threshold);
    bcs_write_u32(&params, terms->dimension);
    bcs_write_u32(&params, terms->norm_bound);
    bcs_write_u8(&params, terms->scale_bits);
    bcs_write_u16(&params, 0); /* r */
    bcs_write_u16(&params, 0); /* k */
    bcs_write_u32(&params, 0); /* modes */
    bcs_write_u8(&params, 0);  /* kc, s, kw */
    bcs_write_u8(&params, 0);
    bcs_write_u8(&params, 0);
    bcs_write_u64(&params, 0); /* kappa */
    bcs_write_array(&params, no_reference, sizeof(no_reference));
    bcs_write_u16(&params, terms->owners_min);
    bcs_write_u16(&params, terms->owners_max);
    bcs_write_u8(&params, 0);  /* beacon_mode */
    bcs_write_u16(&params, 0); /* f_K, m_K */
    bcs_write_u16(&params, 0);
    bcs_write_u16(&params, 0); /* lambda */
    bcs_write_u64(&params, 0); /* pub_cap */
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
