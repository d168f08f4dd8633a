/* Extended keys and paths: a text that is read is written again as it was; the public side of a
 * child is the child of the public side. An input of 78 bytes is also tried as a payload, since a
 * mutated text rarely keeps its checksum. */
#include <string.h>

#include "base/buffer.h"
#include "crypto/base58.h"
#include "crypto/bip32.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    struct bip32_key key;
    struct bip32_key below;
    struct bip32_key other;
    char again[BIP32_TEXT_MAX];
    if (bip32_parse(&key, text) != BIP32_OK) {
        return;
    }
    bip32_print(again, &key);
    assert(strcmp(again, text) == 0);
    if (bip32_child(&below, &key, 7) != BIP32_OK) {
        return;
    }
    bip32_forget_secret(&below);
    bip32_forget_secret(&key);
    enum bip32_status status = bip32_child(&other, &key, 7);
    assert(status == BIP32_OK);
    assert(bytes_equal(BYTES_OF(other.point), BYTES_OF(below.point)));
    assert(bip32_child(&other, &key, BIP32_HARDENED) == BIP32_HARDENED_PUBLIC);
}

static void check_path(const char *path)
{
    static const uint8_t seed[16] = {1};
    struct bip32_key master;
    struct bip32_key key;
    enum bip32_status status = bip32_master(&master, BYTES_OF(seed));
    assert(status == BIP32_OK);
    if (bip32_derive(&key, &master, path) == BIP32_OK) {
        assert(path[0] == 'm' && key.has_secret);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text = {0};
    char valid[BASE58_TEXT_MAX];
    buffer_append(&text, (struct bytes){data, size});
    check_text(buffer_text(&text));
    check_path(buffer_text(&text));
    if (size <= BASE58_SIZE_MAX) {
        base58_print(valid, (struct bytes){data, size});
        check_text(valid);
    }
    buffer_close(&text);
    return 0;
}
