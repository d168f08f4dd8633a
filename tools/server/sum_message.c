#include "tools/server/sum_message.h"

#include <inttypes.h>

#include "crypto/field_vector.h"
#include "vm/transaction.h"

#define HEAD_SIZE (sizeof(struct public_key) + sizeof(struct signature))
#define START_MAX (HEAD_SIZE + 5)

static const struct field sum_message_head_fields[] = {
    SCHEMA_ARRAY(struct sum_message, public_key, FORM_HEX),
    SCHEMA_ARRAY(struct sum_message, signature, FORM_HEX),
};
static const struct schema sum_message_head_schema =
    SCHEMA("sum message", struct sum_message, sum_message_head_fields);

struct whole {
    struct public_key public_key;
    struct signature signature;
    struct bytes sum;
};
static const struct field sum_message_fields[] = {
    SCHEMA_ARRAY(struct whole, public_key, FORM_HEX),
    SCHEMA_ARRAY(struct whole, signature, FORM_HEX),
    SCHEMA_BYTES(struct whole, sum, TRANSACTION_SIDECAR_MAX),
};
const struct schema sum_message_schema = SCHEMA("sum message", struct whole, sum_message_fields);

size_t sum_message_offset(uint64_t size)
{
    struct buffer length = {0};
    bcs_write_length(&length, (size_t)size);
    size_t offset = HEAD_SIZE + length.size;
    buffer_close(&length);
    return offset;
}

/* The signing hash and the check of the elements, as the sum goes by. */
struct pass {
    struct sha256 sha;
    uint64_t index;    /* of the next element */
    bool noncanonical; /* `index` is not below p */
};

static void start(struct pass *pass, const struct hash *context, unsigned j)
{
    *pass = (struct pass){.index = 0};
    sha256_init_tagged(&pass->sha, "souk/sum/v1");
    sha256_add(&pass->sha, BYTES_OF(context->bytes));
    sha256_add_u8(&pass->sha, (uint8_t)j);
}

static_assert(SOURCE_PIECE % FIELD_SIZE == 0, "pieces are whole elements");

static bool take(void *context, struct bytes piece, struct fault *fault)
{
    struct pass *pass = context;
    size_t count = piece.size / FIELD_SIZE;
    size_t good = field_vector_check(piece.data, count);
    pass->index += good;
    sha256_add(&pass->sha, piece);
    pass->noncanonical = good < count;
    return !pass->noncanonical ||
           fault_set(fault, "element %" PRIu64 " is not below the field's prime", pass->index);
}

bool sum_message_write(struct buffer *out, const struct sum_message_signer *signer,
                       const struct source *sum, const uint8_t random32[32], struct fault *fault)
{
    struct sum_message message;
    struct pass pass;
    struct hash hash;
    start(&pass, signer->context, signer->server);
    if (!source_each(sum, take, &pass, fault)) {
        return false;
    }
    sha256_finish(&pass.sha, &hash);
    public_key_of(&message.public_key, signer->key);
    signature_make(&message.signature, signer->key, &hash, random32);
    schema_write(out, &sum_message_head_schema, &message);
    bcs_write_length(out, (size_t)sum->size);
    return true;
}

/* Sizes, and the head itself. */
static bool read_head(struct sum_message *out, const struct source *message, uint64_t sum_size,
                      bool *broken, struct fault *fault)
{
    uint8_t bytes[START_MAX];
    struct bcs_reader reader;
    struct buffer length = {0};
    size_t offset = sum_message_offset(sum_size);
    if (message->size != offset + sum_size) {
        return fault_set(fault, "sum message: it has %" PRIu64 " bytes, %" PRIu64 " are expected",
                         message->size, offset + sum_size);
    }
    if (!source_read(message, 0, bytes, offset, fault)) {
        *broken = true;
        return false;
    }
    bcs_reader_init(&reader, (struct bytes){bytes, offset});
    schema_read(&reader, &sum_message_head_schema, out);
    bcs_write_length(&length, (size_t)sum_size);
    bool good =
        bytes_equal((struct bytes){bytes + HEAD_SIZE, offset - HEAD_SIZE}, buffer_bytes(&length));
    buffer_close(&length);
    return good ||
           fault_set(fault, "sum message: the length before the sum is not %" PRIu64, sum_size);
}

bool sum_message_check(const struct source *message, const struct sum_message_expected *expected,
                       bool *broken, struct fault *fault)
{
    struct sum_message head;
    struct address address;
    struct pass pass;
    struct hash hash;
    struct source sum = *message;
    *broken = false;
    if (!read_head(&head, message, expected->size, broken, fault)) {
        return false;
    }
    size_t offset = sum_message_offset(expected->size);
    sum.size -= offset;
    sum.offset += offset;
    sum.memory = sum.memory == NULL ? NULL : sum.memory + offset;
    start(&pass, expected->context, expected->server);
    if (!source_each(&sum, take, &pass, fault)) {
        *broken = !pass.noncanonical;
        return false;
    }
    sha256_finish(&pass.sha, &hash);
    address_of(&address, &head.public_key);
    return (address_equal(&address, expected->sender) &&
            signature_check(&head.signature, &head.public_key, &hash)) ||
           fault_set(fault, "the sum is not signed by server %u of the model", expected->server);
}
