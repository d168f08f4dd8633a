#include "tools/server/post.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bcs.h"
#include "tools/client/log.h"
#include "tools/client/submit.h"

void post_name(char out[POST_NAME_MAX], const struct duty_round *duty, uint8_t native)
{
    (void)snprintf(out, POST_NAME_MAX, "%s-%" PRIu64, native_find(&market_natives, native)->name,
                   duty->setting.round.phase_height);
}

void post_name_seat(char out[POST_NAME_MAX], const struct duty_round *duty, uint8_t native,
                    uint16_t seat)
{
    (void)snprintf(out, POST_NAME_MAX, "%s-%" PRIu64 "-%u",
                   native_find(&market_natives, native)->name, duty->setting.round.phase_height,
                   seat);
}

bool post_kept(const struct aggregation_server *server, const struct duty_round *duty,
               const char *name)
{
    return vault_has_post(server, &duty->name, name);
}

bool post_keep(const struct aggregation_server *server, const struct duty_round *duty,
               const char *name, const struct post *post, struct fault *fault)
{
    struct buffer program = {0};
    struct buffer content = {0};
    submit_program(&program, &(struct submit_native){post->native, post->operand}, 1);
    bcs_write_bytes(&content, buffer_bytes(&program));
    bcs_write_bytes(&content, post->sidecar);
    bool good = vault_put_post(server, &duty->name, name, buffer_bytes(&content), fault);
    buffer_close(&program);
    buffer_close(&content);
    return good;
}

static bool send(struct aggregation_server *server, struct rpc *rpc, struct bytes content,
                 const char *name, struct fault *fault)
{
    struct bcs_reader reader;
    struct chain_info chain;
    struct submit_receipt receipt;
    struct submit_request request = {.key = &server->identity};
    bcs_reader_init(&reader, content);
    request.program = bcs_read_bytes(&reader, TRANSACTION_PROGRAM_MAX);
    request.sidecar = bcs_read_bytes(&reader, UINT32_MAX);
    if (!bcs_reader_done(&reader)) {
        return fault_set(fault, "the kept post %s was changed on disk", name);
    }
    if (!chain_info_load(rpc, &chain, fault) ||
        !submit_and_wait(rpc, &chain, &request, &receipt, fault)) {
        atomic_fetch_add(&server->counters.transactions_failed, 1);
        return false;
    }
    atomic_fetch_add(&server->counters.transactions_done, 1);
    log_info("posted", "post=%s height=%" PRIu64 " fee=%" PRIu64, name, receipt.height,
             receipt.fee);
    json_decref(receipt.json);
    return true;
}

bool post_send(struct aggregation_server *server, struct rpc *rpc, const struct duty_round *duty,
               const char *name, struct fault *fault)
{
    struct buffer content = {0};
    bool good = vault_get_post(server, &duty->name, name, &content, fault) &&
                send(server, rpc, buffer_bytes(&content), name, fault);
    buffer_close(&content);
    return good;
}

bool post_new(struct aggregation_server *server, struct rpc *rpc, const struct duty_round *duty,
              const struct post *post, struct fault *fault)
{
    char name[POST_NAME_MAX];
    post_name(name, duty, post->native);
    return post_keep(server, duty, name, post, fault) && post_send(server, rpc, duty, name, fault);
}
