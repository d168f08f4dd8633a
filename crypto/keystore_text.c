#include "crypto/keystore_text.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bech32m.h"

static const char *const kind_names[] = {"key", "seed"};

/* Lines of the file, in order. */
enum line {
    LINE_VERSION,
    LINE_KIND,
    LINE_ADDRESS,
    LINE_PUBLIC_KEY,
    LINE_KDF,
    LINE_N,
    LINE_R,
    LINE_P,
    LINE_SALT,
    LINE_NONCE,
    LINE_SEALED,
    LINE_COUNT,
};

static const char *const line_names[LINE_COUNT] = {
    "version", "kind", "address", "public_key", "kdf", "n", "r", "p", "salt", "nonce", "sealed",
};

static void put_hex(struct buffer *out, enum line line, struct bytes bytes)
{
    char hex[2 * sizeof(((struct keystore *)0)->sealed) + 1];
    assert(bytes.size <= sizeof(hex) / 2);
    hex_encode(hex, bytes);
    buffer_format(out, "%s = %s\n", line_names[line], hex);
}

void keystore_text_header(struct buffer *out, const struct keystore *keystore)
{
    char address[ADDRESS_TEXT_MAX];
    address_print(address, keystore->prefix, &keystore->address);
    buffer_format(out, "version = 1\nkind = %s\naddress = %s\n", kind_names[keystore->kind],
                  address);
    put_hex(out, LINE_PUBLIC_KEY, BYTES_OF(keystore->public_key.bytes));
    buffer_format(out, "kdf = scrypt\nn = %llu\nr = %u\np = %u\n",
                  (unsigned long long)keystore->cost.n, (unsigned)keystore->cost.r,
                  (unsigned)keystore->cost.p);
    put_hex(out, LINE_SALT, BYTES_OF(keystore->salt));
    put_hex(out, LINE_NONCE, BYTES_OF(keystore->nonce));
}

void keystore_text_sealed(struct buffer *out, const struct keystore *keystore)
{
    put_hex(out, LINE_SEALED, (struct bytes){keystore->sealed, keystore->sealed_size});
}

/* The file, while its lines are read. */
struct parser {
    struct keystore *out;
    char value[KEYSTORE_TEXT_MAX + 1]; /* of the present line */
    char *error;
    size_t error_size;
};

static enum keystore_status refuse(struct parser *parser, enum keystore_status status,
                                   enum line line, const char *expected)
{
    (void)snprintf(parser->error, parser->error_size,
                   "key file line %u: %s is \"%.40s\", expected %s", (unsigned)line + 1,
                   line_names[line], parser->value, expected);
    return status;
}

/* A decimal number in its shortest form, below 2^32. */
static bool read_number(uint64_t *out, const char *text)
{
    size_t size = strspn(text, "0123456789");
    *out = 0;
    if (size == 0 || size > 10 || text[size] != '\0' || (text[0] == '0' && size > 1)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        *out = *out * 10 + (uint64_t)(text[i] - '0');
    }
    return *out <= UINT32_MAX;
}

static enum keystore_status take_cost(struct parser *parser, enum line line)
{
    uint64_t number;
    struct keystore_cost *cost = &parser->out->cost;
    struct keystore_cost probe = {2, 1, 1};
    const char *bound = "a power of two of 2 to 1048576";
    if (!read_number(&number, parser->value)) {
        return refuse(parser, KEYSTORE_MALFORMED, line, "a decimal number");
    }
    if (line == LINE_N) {
        cost->n = number;
        probe.n = number;
    } else if (line == LINE_R) {
        cost->r = (uint32_t)number;
        probe = (struct keystore_cost){cost->n, cost->r, 1};
        bound = "1 to 16, and at most 1 GiB for 128 * n * r";
    } else {
        cost->p = (uint32_t)number;
        probe = *cost;
        bound = "1 to 4";
    }
    if (!keystore_cost_valid(&probe)) {
        return refuse(parser, KEYSTORE_UNSUPPORTED, line, bound);
    }
    return KEYSTORE_OK;
}

static enum keystore_status take_address(struct parser *parser)
{
    struct bech32m decoded;
    struct keystore *out = parser->out;
    bool good = bech32m_decode(&decoded, parser->value) == BECH32M_OK &&
                strlen(decoded.hrp) <= ADDRESS_PREFIX_MAX;
    if (good) {
        char error[160];
        memcpy(out->prefix, decoded.hrp, strlen(decoded.hrp) + 1);
        good = address_parse(&out->address, out->prefix, parser->value, error, sizeof(error));
    }
    return good ? KEYSTORE_OK : refuse(parser, KEYSTORE_MALFORMED, LINE_ADDRESS, "an address");
}

static enum keystore_status take_public_key(struct parser *parser)
{
    struct keystore *out = parser->out;
    struct address address;
    if (!hex_decode(out->public_key.bytes, sizeof(out->public_key.bytes), parser->value) ||
        !public_key_valid(&out->public_key)) {
        return refuse(parser, KEYSTORE_MALFORMED, LINE_PUBLIC_KEY,
                      "64 hexadecimal digits of a key on the curve");
    }
    address_of(&address, &out->public_key);
    if (!address_equal(&address, &out->address)) {
        return refuse(parser, KEYSTORE_MALFORMED, LINE_PUBLIC_KEY, "the key of the address above");
    }
    return KEYSTORE_OK;
}

static enum keystore_status take_kind(struct parser *parser)
{
    for (unsigned kind = 0; kind < ARRAY_COUNT(kind_names); kind++) {
        if (strcmp(parser->value, kind_names[kind]) == 0) {
            parser->out->kind = kind == KEYSTORE_KEY ? KEYSTORE_KEY : KEYSTORE_SEED;
            return KEYSTORE_OK;
        }
    }
    return refuse(parser, KEYSTORE_UNSUPPORTED, LINE_KIND, "key or seed");
}

static enum keystore_status take_sealed(struct parser *parser)
{
    struct keystore *out = parser->out;
    size_t size = strlen(parser->value) / 2;
    size_t secret_size = size < AEAD_TAG_SIZE ? 0 : size - AEAD_TAG_SIZE;
    bool fits = out->kind == KEYSTORE_KEY ? secret_size == sizeof(struct secret_key)
                                          : bip39_size_valid(secret_size);
    if (!fits || !hex_decode(out->sealed, size, parser->value)) {
        return refuse(parser, KEYSTORE_MALFORMED, LINE_SEALED,
                      "hexadecimal digits, 96 for a key, 64 to 96 for a seed");
    }
    out->sealed_size = size;
    return KEYSTORE_OK;
}

static enum keystore_status take_hex(struct parser *parser, enum line line, uint8_t *out,
                                     size_t size, const char *expected)
{
    bool good = hex_decode(out, size, parser->value);
    return good ? KEYSTORE_OK : refuse(parser, KEYSTORE_MALFORMED, line, expected);
}

static enum keystore_status take_constant(struct parser *parser, enum line line,
                                          const char *expected)
{
    bool good = strcmp(parser->value, expected) == 0;
    return good ? KEYSTORE_OK : refuse(parser, KEYSTORE_UNSUPPORTED, line, expected);
}

static enum keystore_status take_line(struct parser *parser, enum line line)
{
    struct keystore *out = parser->out;
    switch (line) {
    case LINE_VERSION:
        return take_constant(parser, line, "1");
    case LINE_KIND:
        return take_kind(parser);
    case LINE_ADDRESS:
        return take_address(parser);
    case LINE_PUBLIC_KEY:
        return take_public_key(parser);
    case LINE_KDF:
        return take_constant(parser, line, "scrypt");
    case LINE_N:
    case LINE_R:
    case LINE_P:
        return take_cost(parser, line);
    case LINE_SALT:
        return take_hex(parser, line, out->salt, sizeof(out->salt), "64 hexadecimal digits");
    case LINE_NONCE:
        return take_hex(parser, line, out->nonce, sizeof(out->nonce), "24 hexadecimal digits");
    case LINE_SEALED:
        return take_sealed(parser);
    case LINE_COUNT:
        break;
    }
    return KEYSTORE_MALFORMED;
}

/* Move "name = value", a line feed and nothing else from *text into parser->value. */
static bool next_line(struct parser *parser, enum line line, struct bytes *text)
{
    const char *name = line_names[line];
    size_t name_size = strlen(name) + 3;
    const uint8_t *end = text->size == 0 ? NULL : memchr(text->data, '\n', text->size);
    size_t size = end == NULL ? 0 : (size_t)(end - text->data);
    if (size < name_size || size > KEYSTORE_TEXT_MAX ||
        memcmp(text->data, name, name_size - 3) != 0 ||
        memcmp(text->data + name_size - 3, " = ", 3) != 0) {
        return false;
    }
    memcpy(parser->value, text->data + name_size, size - name_size);
    parser->value[size - name_size] = '\0';
    text->data += size + 1;
    text->size -= size + 1;
    return true;
}

static enum keystore_status read_lines(struct parser *parser, struct bytes text)
{
    for (unsigned i = 0; i < LINE_COUNT; i++) {
        enum line line = (enum line)i;
        if (!next_line(parser, line, &text)) {
            (void)snprintf(parser->error, parser->error_size,
                           "key file line %u: expected \"%s = <value>\"", i + 1, line_names[line]);
            return KEYSTORE_MALFORMED;
        }
        enum keystore_status status = take_line(parser, line);
        if (status != KEYSTORE_OK) {
            return status;
        }
    }
    if (text.size > 0) {
        (void)snprintf(parser->error, parser->error_size,
                       "key file line %u: expected the end of the file", (unsigned)LINE_COUNT + 1);
        return KEYSTORE_MALFORMED;
    }
    return KEYSTORE_OK;
}

/* The text must be the one that would be written: no second spelling of a number or a digit. */
static enum keystore_status check_spelling(struct parser *parser, struct bytes text)
{
    struct buffer again = {0};
    keystore_text_header(&again, parser->out);
    keystore_text_sealed(&again, parser->out);
    unsigned line = 1;
    size_t same = 0;
    while (same < again.size && same < text.size && again.data[same] == text.data[same]) {
        line += again.data[same] == '\n';
        same++;
    }
    bool equal = bytes_equal(buffer_bytes(&again), text);
    buffer_close(&again);
    if (equal) {
        return KEYSTORE_OK;
    }
    (void)snprintf(parser->error, parser->error_size,
                   "key file line %u: not in its one written form (lower case, no 0x)", line);
    return KEYSTORE_MALFORMED;
}

static bool is_text(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        bool good = text.data[i] == '\n' || (text.data[i] >= ' ' && text.data[i] <= '~');
        if (!good) {
            return false;
        }
    }
    return text.size <= KEYSTORE_TEXT_MAX;
}

enum keystore_status keystore_parse(struct keystore *out, struct bytes text, char *error,
                                    size_t error_size)
{
    struct parser parser = {.out = out, .error = error, .error_size = error_size};
    enum keystore_status status = KEYSTORE_MALFORMED;
    *out = (struct keystore){0};
    if (is_text(text)) {
        status = read_lines(&parser, text);
    } else {
        (void)snprintf(error, error_size, "key file: expected at most %u printable characters",
                       (unsigned)KEYSTORE_TEXT_MAX);
    }
    if (status == KEYSTORE_OK) {
        status = check_spelling(&parser, text);
    }
    if (status != KEYSTORE_OK) {
        *out = (struct keystore){0};
    }
    return status;
}
