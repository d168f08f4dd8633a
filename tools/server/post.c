#include "tools/server/post.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/* The program with its length, and the length of the sidecar, which follows. */
static void write_head(struct buffer *out, const struct post *post, uint64_t size)
{
    struct buffer program = {0};
    submit_program(&program, &(struct submit_native){post->native, post->operand}, 1);
    bcs_write_bytes(out, buffer_bytes(&program));
    bcs_write_length(out, (size_t)size);
    buffer_close(&program);
}

struct spool_file *post_begin(const struct aggregation_server *server, const struct post *post,
                              uint64_t size, struct fault *fault)
{
    struct buffer head = {0};
    struct spool_file *file = spool_new(server->home);
    assert(size > TRANSACTION_INLINE_MAX);
    write_head(&head, post, size);
    if (file == NULL || !spool_write(file, buffer_bytes(&head))) {
        (void)fault_set(fault, "a post cannot be kept: %s", strerrordesc_np(errno));
        spool_close(file);
        file = NULL;
    }
    buffer_close(&head);
    return file;
}

bool post_keep(const struct aggregation_server *server, const struct duty_round *duty,
               const char *name, const struct post *post, struct fault *fault)
{
    struct buffer content = {0};
    write_head(&content, post, post->sidecar.size);
    buffer_append(&content, post->sidecar);
    bool good = vault_put_post(server, &duty->name, name, buffer_bytes(&content), fault);
    buffer_close(&content);
    return good;
}

/* Where in a kept post of `size` bytes the sidecar begins; its length stands before it, from `at` on, and
 * it reaches to the end. 0 where that does not fit. */
static uint64_t sidecar_start(struct bytes start, size_t at, uint64_t size)
{
    for (size_t length = 1; length <= 5 && at + length <= start.size; length++) {
        struct buffer expected = {0};
        bcs_write_length(&expected, (size_t)(size - at - length));
        bool fits = bytes_equal(buffer_bytes(&expected), (struct bytes){start.data + at, length});
        buffer_close(&expected);
        if (fits) {
            return at + length;
        }
    }
    return 0;
}

static bool submit(struct aggregation_server *server, struct rpc *rpc,
                   const struct submit_request *request, const char *name, struct fault *fault)
{
    struct chain_info chain;
    struct submit_receipt receipt;
    if (!chain_info_load(rpc, &chain, fault) ||
        !submit_and_wait(rpc, &chain, request, &receipt, fault)) {
        atomic_fetch_add(&server->counters.transactions_failed, 1);
        return false;
    }
    atomic_fetch_add(&server->counters.transactions_done, 1);
    log_info("posted", "post=%s height=%" PRIu64 " fee=%" PRIu64, name, receipt.height,
             receipt.fee);
    json_decref(receipt.json);
    return true;
}

#define START_MAX (TRANSACTION_PROGRAM_MAX + TRANSACTION_INLINE_MAX + 10)

/* `start` is the first START_MAX bytes of the file, or all. */
static bool send(struct aggregation_server *server, struct rpc *rpc,
                 const struct vault_reader *file, struct bytes start, const char *name,
                 struct fault *fault)
{
    struct bcs_reader reader;
    struct submit_request request = {.key = &server->identity};
    bcs_reader_init(&reader, start);
    request.program = bcs_read_bytes(&reader, TRANSACTION_PROGRAM_MAX);
    uint64_t offset = reader.status == BCS_OK ? sidecar_start(start, reader.offset, file->size) : 0;
    if (offset == 0) {
        return fault_set(fault, "the kept post %s was changed on disk", name);
    }
    struct source large = source_of_file(file->descriptor, offset, file->size - offset);
    if (large.size > TRANSACTION_INLINE_MAX) {
        request.large = &large;
    } else {
        request.sidecar = (struct bytes){start.data + offset, (size_t)large.size};
    }
    return submit(server, rpc, &request, name, fault);
}

bool post_send(struct aggregation_server *server, struct rpc *rpc, const struct duty_round *duty,
               const char *name, struct fault *fault)
{
    struct vault_reader file;
    struct buffer start = {0};
    if (!vault_reader_open_post(&file, server, &duty->name, name, fault)) {
        return false;
    }
    size_t size = file.size < START_MAX ? (size_t)file.size : START_MAX;
    buffer_reserve(&start, size);
    bool good = vault_reader_at(&file, 0, start.data, size, fault);
    start.size = size;
    good = good && send(server, rpc, &file, buffer_bytes(&start), name, fault);
    buffer_close(&start);
    vault_reader_close(&file);
    return good;
}

bool post_new(struct aggregation_server *server, struct rpc *rpc, const struct duty_round *duty,
              const struct post *post, struct fault *fault)
{
    char name[POST_NAME_MAX];
    post_name(name, duty, post->native);
    return post_keep(server, duty, name, post, fault) && post_send(server, rpc, duty, name, fault);
}
