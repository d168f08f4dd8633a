#!/bin/sh
# How fast an empty node catches up, and how soon a killed one serves. A validator makes BLOCKS small blocks (4,000), an
# observer without any fetches and executes them. PROFILE=1 says where the processor's time goes, with perf.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
BLOCKS=${BLOCKS:-4000}

now_ms() { date +%s%3N; }
processor_ms() { awk -v hz="$(getconf CLK_TCK)" '{print ($14 + $15) * 1000 / hz}' "/proc/$(cat "$WORK/node1/pid")/stat"; }

make_network 1
add_observer 1
start 0 --log-level warn
wait_for 100 ready 0 || fail "node 0 is not ready"
while [ "$(height 0)" -lt "$BLOCKS" ]; do
    "$BUILD"/souk-bench load --rate 400 --seconds 5 --accounts 5 --workers 4 \
        --node "http://127.0.0.1:$(rpc_port 0)" --home "$WORK/wallets" --wallet rich \
        --password-file "$WORK/password" >/dev/null
done
tip=$(height 0)
echo "blocks $tip, of $(($(du -sb "$WORK/node0/data/blocks" | cut -f1) / tip)) bytes"

kill_node 0
begin=$(now_ms)
"$SOUKD" start --home "$WORK/node0" --log-level warn >>"$WORK/node0/log" 2>&1 &
echo $! >"$WORK/node0/pid"
until curl -s -o /dev/null -m 5 "http://127.0.0.1:$(rpc_port 0)/livez"; do sleep 0.01; done
echo "serves $(($(now_ms) - begin)) ms after the start that follows kill -9"

start 1 --log-level warn --snapshot-fetch 0
if [ -n "${PROFILE:-}" ]; then
    perf record -q -o "$WORK/perf" -p "$(cat "$WORK/node1/pid")" &
    perf=$!
fi
first=0
while at=$(height 1) && [ "$at" -lt "$tip" ]; do
    if [ "$first" -eq 0 ] && [ "$at" -gt 0 ]; then
        first=$at
        begin=$(now_ms)
        spent=$(processor_ms)
    fi
done
took=$(($(now_ms) - begin))
[ "$first" -gt 0 ] || fail "too few blocks to measure"
echo "caught up from $first to $at in $took ms: $(((at - first) * 1000 / (took + 1))) blocks/s," \
    "$((($(processor_ms) - spent) * 1000 / (at - first))) us of processor for each"
if [ -n "${PROFILE:-}" ]; then
    kill -INT "$perf"
    wait "$perf" 2>/dev/null || true
    perf report -i "$WORK/perf" --stdio --sort dso,symbol 2>/dev/null | grep '%' | head -30
fi
