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
    struct sum_message message;
    char error[200] = "";
    if (!secret_key_init(&key, secret)) {
        return 0;
    }
    public_key_of(&public_key, &key);
    address_of(&sender, &public_key);
    struct bytes input = {data, size};
    const struct sum_message_expected expected = {&context, 3, &sender, ELEMENTS * FIELD_SIZE};
    bool good = sum_message_read(&message, input, &expected, error, sizeof(error));
    if (good) {
        struct buffer again = {0};
        assert(message.sum.size == ELEMENTS * FIELD_SIZE);
        assert(memcmp(message.public_key.bytes, public_key.bytes, sizeof(public_key.bytes)) == 0);
        sum_message_write(&again, &context, 3, message.sum, &key, random32);
        assert(again.size == size);
        buffer_close(&again);
    } else {
        assert(error[0] != '\0');
    }
    secret_key_close(&key);
    return 0;
}
