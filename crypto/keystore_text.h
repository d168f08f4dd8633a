/* The text of a key file: writing its lines. keystore_parse() of crypto/keystore.h reads them. */
#ifndef CRYPTO_KEYSTORE_TEXT_H
#define CRYPTO_KEYSTORE_TEXT_H

#include "crypto/keystore.h"

/* Append every line before the sealed one: the associated data of the encryption. */
void keystore_text_header(struct buffer *out, const struct keystore *keystore);

/* Append the last line, with the sealed_size bytes of `sealed`. */
void keystore_text_sealed(struct buffer *out, const struct keystore *keystore);

#endif /* CRYPTO_KEYSTORE_TEXT_H */
