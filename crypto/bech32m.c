#include "crypto/bech32m.h"

#include <string.h>

#define CHECKSUM_SIZE     6
#define CHECKSUM_CONSTANT 0x2bc830a3u /* BIP-350; the only difference to bech32 */

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

const char *bech32m_status_text(enum bech32m_status status)
{
#define BECH32M_STATUS_CASE(name, text)                                                            \
    case name:                                                                                     \
        return text;
    switch (status) {
        BECH32M_STATUS_LIST(BECH32M_STATUS_CASE)
    }
#undef BECH32M_STATUS_CASE
    return "unknown status";
}

/* One step of the checksum: multiply the remainder by x, add `value`, reduce (BIP-173). */
static uint32_t polymod_step(uint32_t remainder, uint8_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = remainder >> 25;
    remainder = (remainder & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++) {
        if ((top >> i & 1) != 0) {
            remainder ^= generator[i];
        }
    }
    return remainder;
}

static uint32_t polymod_hrp(const char *hrp)
{
    uint32_t remainder = 1;
    for (const char *c = hrp; *c != '\0'; c++) {
        remainder = polymod_step(remainder, (uint8_t)*c >> 5);
    }
    remainder = polymod_step(remainder, 0);
    for (const char *c = hrp; *c != '\0'; c++) {
        remainder = polymod_step(remainder, (uint8_t)*c & 31);
    }
    return remainder;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static char to_lower(char c)
{
    if (is_upper(c)) {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

/* The human-readable part, and one case throughout. */
static enum bech32m_status read_hrp(struct bech32m *out, const char *text, size_t hrp_size)
{
    for (size_t i = 0; i < hrp_size; i++) {
        if (text[i] < '!' || text[i] > '~') {
            out->error_index = i;
            return BECH32M_HRP_CHARACTER;
        }
    }
    bool upper = false;
    bool lower = false;
    for (size_t i = 0; text[i] != '\0'; i++) {
        upper = upper || is_upper(text[i]);
        lower = lower || is_lower(text[i]);
        if (upper && lower) {
            out->error_index = i;
            return BECH32M_CASE;
        }
    }
    for (size_t i = 0; i < hrp_size && i < BECH32M_HRP_MAX; i++) {
        out->hrp[i] = to_lower(text[i]);
    }
    return BECH32M_OK;
}

static enum bech32m_status read_values(struct bech32m *out, const char *text, size_t start,
                                       size_t size)
{
    uint8_t values[BECH32M_TEXT_MAX] = {0};
    for (size_t i = start; i < size; i++) {
        const char *found = strchr(alphabet, to_lower(text[i]));
        if (found == NULL) {
            out->error_index = i;
            return BECH32M_CHARACTER;
        }
        values[i - start] = (uint8_t)(found - alphabet);
    }
    size_t count = size - start;
    if (count < CHECKSUM_SIZE) {
        return BECH32M_SHORT;
    }
    uint32_t remainder = polymod_hrp(out->hrp);
    for (size_t i = 0; i < count; i++) {
        remainder = polymod_step(remainder, values[i]);
    }
    if (remainder != CHECKSUM_CONSTANT) {
        return BECH32M_CHECKSUM;
    }
    out->value_count = count - CHECKSUM_SIZE;
    memcpy(out->values, values, out->value_count);
    return BECH32M_OK;
}

enum bech32m_status bech32m_decode(struct bech32m *out, const char *text)
{
    *out = (struct bech32m){0};
    size_t size = strnlen(text, BECH32M_TEXT_MAX + 1);
    if (size > BECH32M_TEXT_MAX) {
        return BECH32M_LENGTH;
    }
    const char *separator = strrchr(text, '1');
    if (separator == NULL) {
        return BECH32M_SEPARATOR;
    }
    if (separator == text) {
        return BECH32M_HRP_EMPTY;
    }
    size_t hrp_size = (size_t)(separator - text);
    enum bech32m_status status = read_hrp(out, text, hrp_size);
    if (status != BECH32M_OK) {
        return status;
    }
    /* With a longer part no room is left for the checksum. */
    if (hrp_size > BECH32M_HRP_MAX) {
        return BECH32M_SHORT;
    }
    return read_values(out, text, hrp_size + 1, size);
}

void bech32m_encode(char out[BECH32M_TEXT_MAX + 1], const char *hrp, const uint8_t *values,
                    size_t value_count)
{
    size_t hrp_size = strlen(hrp);
    assert(hrp_size >= 1 && value_count <= BECH32M_VALUE_MAX);
    assert(hrp_size + 1 + value_count + CHECKSUM_SIZE <= BECH32M_TEXT_MAX);
    char *next = out;
    for (size_t i = 0; i < hrp_size; i++) {
        *next++ = hrp[i];
    }
    *next++ = '1';
    uint32_t remainder = polymod_hrp(hrp);
    for (size_t i = 0; i < value_count; i++) {
        assert(values[i] < 32);
        remainder = polymod_step(remainder, values[i]);
        *next++ = alphabet[values[i]];
    }
    for (unsigned i = 0; i < CHECKSUM_SIZE; i++) {
        remainder = polymod_step(remainder, 0);
    }
    remainder ^= CHECKSUM_CONSTANT;
    for (unsigned i = 0; i < CHECKSUM_SIZE; i++) {
        *next++ = alphabet[remainder >> (5 * (CHECKSUM_SIZE - 1 - i)) & 31];
    }
    *next = '\0';
}

void bech32m_encode_bytes(char out[BECH32M_TEXT_MAX + 1], const char *hrp, struct bytes bytes)
{
    uint8_t values[BECH32M_VALUE_MAX];
    size_t count = 0;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    assert(bytes.size * 8 <= sizeof(values) * 5);
    for (size_t i = 0; i < bytes.size; i++) {
        bits = (bits << 8 | bytes.data[i]) & 0xfff;
        bit_count += 8;
        while (bit_count >= 5) {
            bit_count -= 5;
            values[count++] = (uint8_t)(bits >> bit_count & 31);
        }
    }
    if (bit_count > 0) {
        values[count++] = (uint8_t)(bits << (5 - bit_count) & 31);
    }
    bech32m_encode(out, hrp, values, count);
}

enum bech32m_status bech32m_to_bytes(uint8_t *out, size_t size, const struct bech32m *decoded)
{
    memset(out, 0, size);
    if (decoded->value_count != (size * 8 + 4) / 5) {
        return BECH32M_SIZE;
    }
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t filled = 0;
    for (size_t i = 0; i < decoded->value_count; i++) {
        bits = (bits << 5 | decoded->values[i]) & 0xfff;
        bit_count += 5;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[filled++] = (uint8_t)(bits >> bit_count);
        }
    }
    if ((bits & ((1u << bit_count) - 1)) != 0) {
        memset(out, 0, size);
        return BECH32M_PADDING;
    }
    return BECH32M_OK;
}
