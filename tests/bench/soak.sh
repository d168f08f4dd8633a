#!/bin/sh
# Whether memory, descriptors and threads stay flat under load: four validators take RATE transfers a second (300) for
# MINUTES (60), and every EVERY minutes (5) each node's figures are a row. Then all must have one state, and the load nothing lost.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
RATE=${RATE:-300}
MINUTES=${MINUTES:-60}
EVERY=${EVERY:-5}

status() { awk -v key="$2:" '$1 == key {printf "%.1f", $2 / 1024}' "/proc/$(cat "$WORK/node$1/pid")/status"; }
row() {
    for i in 0 1 2 3; do
        pid=$(cat "$WORK/node$i/pid")
        printf '%6s %4s %9s %10s %9s %11s %8s %9s\n' "$1" "$i" "$(height "$i")" "$(status "$i" RssAnon)" "$(status "$i" RssFile)" \
            "$(find "/proc/$pid/fd" | wc -l)" "$(find "/proc/$pid/task" -maxdepth 1 | tail -n +2 | wc -l)" \
            "$(du -sm "$WORK/node$i/data" | cut -f1)"
    done
}

make_network 4
for i in 0 1 2 3; do start "$i" --log-level warn; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
nodes=$(for i in 0 1 2 3; do printf ',http://127.0.0.1:%s' "$(rpc_port "$i")"; done)
"$BUILD"/souk-bench load --rate "$RATE" --seconds $((MINUTES * 60)) --node "${nodes#,}" --home "$WORK/wallets" --wallet rich \
    --password-file "$WORK/password" >"$WORK/load" 2>&1 &
load=$!
echo "$load" >"$WORK/load.pid"
printf '%6s %4s %9s %10s %9s %11s %8s %9s\n' minute node height 'anon, MiB' mapped descriptors threads 'disk, MiB'
minute=0
while [ "$minute" -lt "$MINUTES" ]; do
    sleep $((EVERY * 60))
    minute=$((minute + EVERY))
    row "$minute"
    kill -0 "$load" 2>/dev/null || break
done
wait "$load" || fail "the load: $(cat "$WORK/load")"
cat "$WORK/load"
same_state 0 1 2 3
