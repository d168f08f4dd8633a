#!/bin/sh
# A few faults in the core, each of which the simulator must find, and that every mutation still applies.
# `make mutants` runs them all.
set -eu
cd "$(dirname "$0")/../.."
exec tests/sim/run_mutations.sh quick
