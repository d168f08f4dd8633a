/* Sums between servers: nothing that was not signed by the server named gets through. */
#include <string.h>

#include "crypto/field.h"
#include "tools/server/sum_message.h"

#define ELEMENTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hash context = {{7}};
    static const uint8_t secret[32] = {1};
    static const uint8_t random32[32] = {0};
    struct secret_key key;
    struct public_key public_key;
    struct address sender;
    struct fault fault = {""};
    bool broken = false;
    if (!secret_key_init(&key, secret)) {
        return 0;
    }
    public_key_of(&public_key, &key);
    address_of(&sender, &public_key);
    struct source input = source_of_bytes((struct bytes){data, size});
    const struct sum_message_expected expected = {&context, 3, &sender, ELEMENTS * FIELD_SIZE};
    bool good = sum_message_check(&input, &expected, &broken, &fault);
    assert(!broken);
    if (good) {
        struct buffer again = {0};
        size_t offset = sum_message_offset(expected.size);
        struct source sum = source_of_bytes((struct bytes){data + offset, size - offset});
        assert(memcmp(data, public_key.bytes, sizeof(public_key.bytes)) == 0);
        const struct sum_message_signer signer = {&context, 3, &key};
        good = sum_message_write(&again, &signer, &sum, random32, &fault);
        assert(good && again.size == offset);
        buffer_close(&again);
    } else {
        assert(fault.text[0] != '\0');
    }
    secret_key_close(&key);
    return 0;
}
