/* Key files: what is read is unlocked without a fault, whatever it holds, as long as it is cheap. */
#include <string.h>

#include "crypto/keystore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keystore keystore;
    struct keystore_secret secret;
    char error[200] = "";
    if (keystore_parse(&keystore, (struct bytes){data, size}, error, sizeof(error)) !=
        KEYSTORE_OK) {
        assert(strlen(error) > 0);
        return 0;
    }
    assert(keystore_cost_valid(&keystore.cost));
    if (keystore.cost.n * keystore.cost.r * keystore.cost.p > 256) {
        return 0;
    }
    enum keystore_status status = keystore_unlock(&secret, &keystore, bytes_of_text("password"));
    assert(status != KEYSTORE_UNSUPPORTED);
    keystore_secret_close(&secret);
    return 0;
}
