/* Recovery phrases: what is read is written as the canonical phrase, which reads the same; and any
 * bytes of a valid size make a phrase that reads back. */
#include <string.h>

#include "base/buffer.h"
#include "crypto/bip39.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entropy(const struct bip39_entropy *entropy)
{
    struct bip39_entropy again;
    char phrase[BIP39_PHRASE_MAX];
    char error[200];
    bip39_phrase(phrase, entropy);
    assert(strlen(phrase) < sizeof(phrase));
    enum bip39_status status = bip39_parse(&again, phrase, error, sizeof(error));
    assert(status == BIP39_OK);
    assert(again.size == entropy->size);
    assert(memcmp(again.bytes, entropy->bytes, entropy->size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text = {0};
    struct bip39_entropy entropy = {0};
    char error[200] = "";
    buffer_append(&text, (struct bytes){data, size});
    if (bip39_parse(&entropy, buffer_text(&text), error, sizeof(error)) == BIP39_OK) {
        check_entropy(&entropy);
    } else {
        assert(strlen(error) > 0);
    }
    if (bip39_size_valid(size)) {
        entropy = (struct bip39_entropy){.size = size};
        memcpy(entropy.bytes, data, size);
        check_entropy(&entropy);
    }
    buffer_close(&text);
    return 0;
}
