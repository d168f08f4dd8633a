#!/bin/sh
# How soon the next block comes when a network that had lost its quorum has one again. Two of four validators are killed
# while there is work; after OUTAGE seconds (180) one of them is started, TIMES times (3) in turn. The time runs from the
# moment when the last of the three knows that a quorum is connected until the first of them commits a block, by their
# logs. BASE_MS (500) is the first time-out of a round.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
OUTAGE=${OUTAGE:-180}
TIMES=${TIMES:-3}
BASE_MS=${BASE_MS:-500}

make_network 4
for i in 0 1 2 3; do
    printf '\n[consensus]\nround_timeout_ms = %s\n' "$BASE_MS" >>"$WORK/node$i/config/soukd.conf"
    start "$i"
done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
transfer 0 1 "$to" >/dev/null

moved() { [ "$(height 0)" -gt "$before" ]; }

turn=1
while [ "$turn" -le "$TIMES" ]; do
    wait_for 300 settled 0 1 2 3 || fail "no rest"
    before=$(height 0)
    victim=$((2 + turn % 2))
    kill_node 2
    kill_node 3
    for i in 0 1 2 3; do : >"$WORK/node$i/log"; done
    begin_transfer "$to"
    sleep "$OUTAGE"
    [ "$(height 0)" = "$before" ] || fail "two of four decided a block"
    round=$(call 0 consensus_state | field '.result | "\(.round), led by \(.leader)"')
    start "$victim"
    wait_for 600 moved || fail "no block after the outage"
    kill "$begun" 2>/dev/null || true
    wait "$begun" 2>/dev/null || true
    for i in 0 1 "$victim"; do wait_for 100 grep -q "event=commit height=$((before + 1)) " "$WORK/node$i/log" || fail "node $i has no block"; done
    python3 - "$((before + 1))" "$OUTAGE" "$round" "$BASE_MS" "node$victim" "$WORK"/node0/log "$WORK"/node1/log "$WORK/node$victim/log" <<'PY'
import datetime, re, sys
height, outage, round_, base, victim = sys.argv[1:6]
def times(path, words):
    for line in open(path, encoding="ascii"):
        if re.search(words, line):
            yield datetime.datetime.fromisoformat(line.split()[0].removeprefix("time=").replace("Z", "+00:00"))
connected = max(next(times(path, "event=peer_up .*connected=3")) for path in sys.argv[6:])
commit = min(next(times(path, f"event=commit height={height} ")) for path in sys.argv[6:])
print(f"next block {round((commit - connected).total_seconds() * 1000)} ms after a quorum was connected; "
      f"outage {outage} s, round {round_}, {victim} came back, time-out of {base} ms")
PY
    start "$((5 - victim))"
    wait_for 300 ready "$((5 - victim))" || fail "node $((5 - victim)) is not ready"
    turn=$((turn + 1))
done
