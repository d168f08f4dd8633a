/* Bech32m and addresses: what is read is written again as the same text in lower case. */
#include <string.h>

#include "base/buffer.h"
#include "crypto/address.h"
#include "crypto/bech32m.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    struct bech32m decoded;
    struct address address;
    char again[BECH32M_TEXT_MAX + 1];
    char error[200] = "";
    if (bech32m_decode(&decoded, text) == BECH32M_OK) {
        bech32m_encode(again, decoded.hrp, decoded.values, decoded.value_count);
        assert(strcasecmp(again, text) == 0);
    }
    if (address_parse(&address, "souk", text, error, sizeof(error))) {
        address_print(again, "souk", &address);
        assert(strcasecmp(again, text) == 0);
    } else {
        assert(strlen(error) > 0 && strlen(error) < sizeof(error) - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text = {0};
    char valid[BECH32M_TEXT_MAX + 1];
    buffer_append(&text, (struct bytes){data, size});
    check_text(buffer_text(&text));
    /* A mutated text rarely keeps its checksum, so the bytes are also tried as a payload. */
    bech32m_encode_bytes(valid, "souk", (struct bytes){data, size < 48 ? size : 48});
    check_text(valid);
    buffer_close(&text);
    return 0;
}
