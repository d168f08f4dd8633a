#!/bin/sh
# The vectors of the aggregation, which test_aggregation_vectors holds the C code to, are what an
# independent implementation computes from the text of the specification.
set -eu
cd "$(dirname "$0")/../.."
exec python3 tests/reference/aggregation.py tests/vectors
