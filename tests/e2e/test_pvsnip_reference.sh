#!/bin/sh
# The vectors of the norm proof, which test_pvsnip_vectors holds the C code to, are what an independent
# implementation computes from the text of the specification.
set -eu
cd "$(dirname "$0")/../.."
exec python3 tests/reference/pvsnip.py tests/vectors
