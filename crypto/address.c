#include "crypto/address.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bech32m.h"

void address_of(struct address *out, const struct public_key *key)
{
    struct hash hash;
    hash_tagged(&hash, "souk/address/v1", BYTES_OF(key->bytes));
    memcpy(out->bytes, hash.bytes, sizeof(out->bytes));
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool address_is_zero(const struct address *address)
{
    static const struct address zero;
    return address_equal(address, &zero);
}

void address_print(char out[ADDRESS_TEXT_MAX], const char *prefix, const struct address *address)
{
    char text[BECH32M_TEXT_MAX + 1];
    assert(strlen(prefix) <= ADDRESS_PREFIX_MAX);
    bech32m_encode_bytes(text, prefix, BYTES_OF(address->bytes));
    size_t size = strlen(text) + 1;
    assert(size <= ADDRESS_TEXT_MAX);
    memcpy(out, text, size);
}

/* One line about a string that bech32m_decode() or bech32m_to_bytes() refused. */
static void say_wrong(char *error, size_t error_size, enum bech32m_status status, const char *text,
                      size_t index)
{
    bool placed =
        status == BECH32M_CHARACTER || status == BECH32M_HRP_CHARACTER || status == BECH32M_CASE;
    if (!placed) {
        (void)snprintf(error, error_size, "address: %s", bech32m_status_text(status));
        return;
    }
    /* A control byte must not reach a terminal. */
    bool printable = text[index] >= ' ' && text[index] <= '~';
    (void)snprintf(error, error_size, "address: character %zu ('%c'): %s", index + 1,
                   printable ? text[index] : '?', bech32m_status_text(status));
}

bool address_parse(struct address *out, const char *prefix, const char *text, char *error,
                   size_t error_size)
{
    struct bech32m decoded;
    *out = (struct address){0};
    enum bech32m_status status = bech32m_decode(&decoded, text);
    if (status != BECH32M_OK) {
        say_wrong(error, error_size, status, text, decoded.error_index);
        return false;
    }
    if (strcmp(decoded.hrp, prefix) != 0) {
        (void)snprintf(error, error_size, "address: prefix is \"%s\", expected \"%s\"", decoded.hrp,
                       prefix);
        return false;
    }
    status = bech32m_to_bytes(out->bytes, sizeof(out->bytes), &decoded);
    if (status == BECH32M_SIZE) {
        (void)snprintf(error, error_size,
                       "address: %zu characters after the separator, expected 38 for 20 bytes",
                       decoded.value_count + 6);
        return false;
    }
    if (status != BECH32M_OK) {
        say_wrong(error, error_size, status, text, decoded.error_index);
        return false;
    }
    return true;
}
