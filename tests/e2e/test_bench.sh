#!/bin/sh
# souk-bench: every transfer of a small load is committed and counted; wrong uses are told.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
NET=$WORK/net
stop_all() { "$BUILD/souk-testnet" down --home "$NET" >/dev/null 2>&1 || true; }
bench() { "$BUILD/souk-bench" "$@"; }

"$BUILD/souk-testnet" init --home "$NET" --servers 0 --owners 0 --base-port "$(free_port_range 8)" >/dev/null
"$BUILD/souk-testnet" up --home "$NET" >/dev/null 2>&1
# shellcheck source=/dev/null # made by souk-testnet init
. "$NET/env"

for run in first second; do
    bench load --rate 100 --seconds 2 --accounts 20 --workers 4 --json >"$WORK/out" ||
        fail "the $run run: $(cat "$WORK/out")"
    jq -e '.sent == 200 and .committed == 200 and .failed == 0 and .lost == 0 and .behind == 0 and .refused == 0 and
        .commit.count == 200 and .commit.p50_us > 0 and .commit.p50_us <= .commit.p99_us and
        .commit.p99_us <= .commit.max_us and .fdatasync.p50_us > 0 and .machine.cores > 0' \
        "$WORK/out" >/dev/null || fail "the $run run: $(cat "$WORK/out")"
done
# One thread for all is late: what is due goes together.
bench load --rate 1000 --seconds 1 --workers 1 --json >"$WORK/out" || fail "many at once: $(cat "$WORK/out")"
jq -e '.committed == 1000 and .failed == 0 and .lost == 0 and .behind == 0 and .refused == 0' "$WORK/out" >/dev/null ||
    fail "many at once: $(cat "$WORK/out")"
bench load --rate 20 --seconds 1 | grep -q '^due to committed' || fail "no table for people"
bench sync --count 5 | grep -q '^fdatasync' || fail "no time of the disk"

# refused <exit code> <text> <command...>
refused() {
    code=$1
    text=$2
    shift 2
    set +e
    "$@" >"$WORK/out" 2>&1
    got=$?
    set -e
    [ "$got" -eq "$code" ] || fail "'$*' ends with $got, not $code: $(cat "$WORK/out")"
    grep -q -- "$text" "$WORK/out" || fail "'$*' does not say '$text': $(cat "$WORK/out")"
}
refused 2 "'0', a number from 1 to 100000" bench load --rate 0
refused 2 "'11', a number from 1 to 10" bench load --batch 11
refused 2 'at most 1000000 are allowed' bench load --rate 100000 --seconds 100
refused 2 'addresses are expected' bench load --node http://127.0.0.1:1,,
refused 1 'there is no wallet' bench load --wallet nobody
refused 1 'connect' bench load --node http://127.0.0.1:1
refused 1 'nonexistent' bench sync --home /nonexistent
