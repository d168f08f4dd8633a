/* The options of `souk model publish` about a public vector g0: what is shown of each update, and what an
 * update must fulfil (pv-snip 6b, 6c). */
#ifndef TOOLS_WALLET_REFERENCE_H
#define TOOLS_WALLET_REFERENCE_H

#include "base/buffer.h"
#include "market/records.h"
#include "tools/client/cli.h"

/* Set modes, tests and the root of the reference from the options; dimension, scale and bound are set. The
 * blob, empty without a reference, is the sidecar of MODEL_PUBLISH. */
NODISCARD bool reference_options(const struct cli *cli, struct model_terms *terms,
                                 struct buffer *blob, struct fault *fault);

#endif /* TOOLS_WALLET_REFERENCE_H */
