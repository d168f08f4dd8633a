#!/bin/sh
# souk-sim from the command line: what it prints, and its exit codes.
set -eu
cd "$(dirname "$0")/../.."
sim=${BUILD:-build}/souk-sim

expect() {
    code=$1
    shift
    got=0
    "$@" >/dev/null 2>&1 || got=$?
    [ "$got" -eq "$code" ] || { echo "$*: exit code $got, expected $code"; exit 1; }
}

expect 0 "$sim" --help
expect 0 "$sim" --version
expect 0 "$sim" --seed 3 --seeds 2 --heights 8 --twice
"$sim" --seed 3 --n 4 --heights 8 | grep -q '^seed 3: ok, n 4, ' || { echo "the line of a seed lacks n"; exit 1; }
"$sim" --seed 3 --n 4 --heights 8 | grep -q ' [1-9][0-9]*[.][0-9]* simulated seconds per second' || { echo "no speed"; exit 1; }
expect 2 "$sim" --n 0
expect 2 "$sim" --n 97
expect 2 "$sim" --n 7-4
expect 2 "$sim" --n -4
expect 0 "$sim" --seed 3 --seeds 3 --n 1-3 --heights 8 --quiet --stop
expect 2 "$sim" --heights 3
expect 2 "$sim" --seed 1x
expect 2 "$sim" --seed -1
expect 2 "$sim" --jobs 0
expect 2 "$sim" --jobs 257
expect 2 "$sim" --unknown
expect 2 "$sim" surplus

first=$("$sim" --seed 5 --heights 8 --json)
again=$("$sim" --seed 5 --heights 8 --json)
[ "$first" = "$again" ] || { echo "one seed, two histories: $first $again"; exit 1; }
case $first in
'{"seed":"5","validators":4,"passed":true,'*) ;;
*) echo "unexpected JSON: $first"; exit 1 ;;
esac

# Processes that share the seeds find what one finds, and their lines do not mix.
one=$("$sim" --seed 5 --seeds 9 --n 4-6 --heights 8 --jobs 1 --json)
three=$("$sim" --seed 5 --seeds 9 --n 4-6 --heights 8 --jobs 3 --json | sort -t '"' -k 4n)
[ "$one" = "$three" ] || { echo "one job and three: $one $three"; exit 1; }
totals=$("$sim" --seed 5 --seeds 9 --n 4-6 --heights 8 --jobs 3 --quiet)
case $totals in
'9 seeds, 0 failed; '*) ;;
*) echo "unexpected totals: $totals"; exit 1 ;;
esac
