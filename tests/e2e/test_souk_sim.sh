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
expect 2 "$sim" --n 0
expect 2 "$sim" --n 97
expect 2 "$sim" --n 7-4
expect 2 "$sim" --n -4
expect 0 "$sim" --seed 3 --seeds 3 --n 1-3 --heights 8 --quiet --stop
expect 2 "$sim" --heights 3
expect 2 "$sim" --seed 1x
expect 2 "$sim" --seed -1
expect 2 "$sim" --unknown
expect 2 "$sim" surplus

first=$("$sim" --seed 5 --heights 8 --json)
again=$("$sim" --seed 5 --heights 8 --json)
[ "$first" = "$again" ] || { echo "one seed, two histories: $first $again"; exit 1; }
case $first in
'{"seed":"5","validators":4,"passed":true,'*) ;;
*) echo "unexpected JSON: $first"; exit 1 ;;
esac
