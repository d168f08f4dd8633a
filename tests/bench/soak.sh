#!/bin/sh
# Whether memory, descriptors and threads stay flat under load: four validators take RATE transfers a second (300) from
# ACCOUNTS accounts (1000) for MINUTES (60), and every EVERY minutes (5) each node's figures are a row. None may be
# refused, fail or be lost, and all nodes must have one state at the end.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
RATE=${RATE:-300}
MINUTES=${MINUTES:-60}
EVERY=${EVERY:-5}
ACCOUNTS=${ACCOUNTS:-1000}

# mebibytes <node> <key>: of /proc/PID/status.
mebibytes() { awk -v key="$2:" '$1 == key {printf "%.1f", $2 / 1024}' "/proc/$(cat "$WORK/node$1/pid")/status"; }
row() { printf '%6s %5s %9s %10s %9s %12s %8s %10s %10s\n' "$@"; }
rows() {
    for i in 0 1 2 3; do
        pid=$(cat "$WORK/node$i/pid")
        row "$1" "$i" "$(height "$i")" "$(mebibytes "$i" RssAnon)" "$(mebibytes "$i" RssFile)" \
            "$(find "/proc/$pid/fd" -type l | wc -l)" "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" \
            "$(du -sm "$WORK/node$i/data" | cut -f1)" "$committed"
    done
}

make_network 4
for i in 0 1 2 3; do start "$i" --log-level warn; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
nodes=$(for i in 0 1 2 3; do printf ',http://127.0.0.1:%s' "$(rpc_port "$i")"; done)
row minute node height 'anon, MiB' mapped descriptors threads 'disk, MiB' committed
minute=0
committed=0
while [ "$minute" -lt "$MINUTES" ]; do
    "$BUILD"/souk-bench load --json --rate "$RATE" --accounts "$ACCOUNTS" --seconds $((EVERY * 60)) --node "${nodes#,}" \
        --home "$WORK/wallets" --wallet rich --password-file "$WORK/password" >"$WORK/load" || fail "the load: $(cat "$WORK/load")"
    [ "$(jq '.refused + .failed + .lost' "$WORK/load")" -eq 0 ] || fail "not all were committed: $(cat "$WORK/load")"
    committed=$((committed + $(jq .committed "$WORK/load")))
    minute=$((minute + EVERY))
    rows "$minute"
done
same_state 0 1 2 3
