#include "crypto/base58.h"

#include <string.h>

#include "crypto/hash.h"

#define CHECKSUM_SIZE 4

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static void checksum(uint8_t out[CHECKSUM_SIZE], struct bytes payload)
{
    struct hash once;
    struct hash twice;
    hash_plain(&once, payload);
    hash_plain(&twice, BYTES_OF(once.bytes));
    memcpy(out, twice.bytes, CHECKSUM_SIZE);
}

void base58_print(char out[BASE58_TEXT_MAX], struct bytes payload)
{
    uint8_t data[BASE58_SIZE_MAX + CHECKSUM_SIZE];
    uint8_t digits[BASE58_TEXT_MAX] = {0}; /* of base 58, the lowest first */
    size_t digit_count = 0;
    assert(payload.size <= BASE58_SIZE_MAX);
    if (payload.size > 0) {
        memcpy(data, payload.data, payload.size);
    }
    checksum(data + payload.size, payload);
    size_t size = payload.size + CHECKSUM_SIZE;
    size_t zeros = 0;
    while (zeros < size && data[zeros] == 0) {
        zeros++;
    }
    for (size_t i = zeros; i < size; i++) {
        unsigned carry = data[i];
        for (size_t j = 0; j < digit_count || carry != 0; j++) {
            assert(j < sizeof(digits));
            carry += (unsigned)digits[j] << 8;
            digits[j] = (uint8_t)(carry % 58);
            carry /= 58;
            digit_count = j < digit_count ? digit_count : j + 1;
        }
    }
    assert(zeros + digit_count < BASE58_TEXT_MAX);
    memset(out, alphabet[0], zeros);
    for (size_t i = 0; i < digit_count; i++) {
        out[zeros + i] = alphabet[digits[digit_count - 1 - i]];
    }
    out[zeros + digit_count] = '\0';
    explicit_bzero(data, sizeof(data));
    explicit_bzero(digits, sizeof(digits));
}

/* data = data * 58 + digit, big-endian; false where it does not fit. */
static bool append_digit(uint8_t *data, size_t size, unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = size; i-- > 0;) {
        carry += data[i] * 58u;
        data[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static enum base58_status read_digits(uint8_t *data, size_t size, const char *text)
{
    if (strnlen(text, BASE58_TEXT_MAX) == BASE58_TEXT_MAX) {
        return BASE58_LENGTH;
    }
    size_t zeros = strspn(text, "1");
    for (const char *c = text; *c != '\0'; c++) {
        const char *found = strchr(alphabet, *c);
        if (found == NULL) {
            return BASE58_CHARACTER;
        }
        if (!append_digit(data, size, (unsigned)(found - alphabet))) {
            return BASE58_LENGTH;
        }
    }
    /* A leading '1' stands for a leading zero byte, one for one. */
    size_t leading = 0;
    while (leading < size && data[leading] == 0) {
        leading++;
    }
    return leading == zeros ? BASE58_OK : BASE58_LENGTH;
}

enum base58_status base58_parse(uint8_t *out, size_t size, const char *text)
{
    uint8_t data[BASE58_SIZE_MAX + CHECKSUM_SIZE] = {0};
    assert(size <= BASE58_SIZE_MAX);
    memset(out, 0, size);
    enum base58_status status = read_digits(data, size + CHECKSUM_SIZE, text);
    if (status == BASE58_OK) {
        uint8_t expected[CHECKSUM_SIZE];
        checksum(expected, (struct bytes){data, size});
        bool good = memcmp(expected, data + size, CHECKSUM_SIZE) == 0;
        status = good ? BASE58_OK : BASE58_CHECKSUM;
    }
    if (status == BASE58_OK) {
        memcpy(out, data, size);
    }
    explicit_bzero(data, sizeof(data));
    return status;
}
