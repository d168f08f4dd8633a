#!/bin/sh
# Clocks that are wrong: the wall clock of one of four nodes jumps ahead and back by minutes while it runs (libfaketime;
# the clock of its timers stays). Its proposals are refused by name, the others go on, nobody contradicts itself, and
# with the right time it takes part again. When all jump together nothing but the blocks' times changes.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

library=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
if [ -z "$library" ]; then
    echo "skipped: libfaketime is not installed"
    exit 0
fi
# set_clock <node> <seconds>: how far it is off, with sign.
set_clock() {
    echo "$2" >"$WORK/clock$1.new"
    mv "$WORK/clock$1.new" "$WORK/clock$1"
}
# begin <node>: a node with a clock of its own.
begin() {
    LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$WORK/clock$1 FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
        start "$1"
}
# block_time <node> <height>: in seconds.
block_time() {
    echo $(($(call "$1" chain_header "{\"height\":$2}" | field .result.header.time_ms) / 1000))
}

make_network 4
for i in 0 1 2 3; do set_clock "$i" +0; done
for i in 0 1 2 3; do begin "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
sent=0
# load <node> <transfers>
load() {
    n=0
    while [ "$n" -lt "$2" ]; do
        transfer "$1" 1 "$to" >/dev/null || fail "a transfer through node $1 failed"
        n=$((n + 1))
        sent=$((sent + 1))
    done
}
settle() {
    for i in 0 1 2 3; do
        wait_for 100 has_balance "$i" "$to" "$sent" || fail "node $i has balance $(balance "$i" "$to"), not $sent"
    done
}
# refusals <node>: how many proposals it refused, for example because of their time.
refusals() {
    grep -c 'event=proposal_refused' "$WORK/node$1/log" || true
}
# sees <node> <count>: one more transfer, and the node has refused more proposals than that.
sees() {
    load 0 1
    [ "$(refusals "$1")" -gt "$2" ]
}
# near_now <node>: the time of its last block is that of the wall clock, give or take a minute.
near_now() {
    off=$(($(block_time "$1" "$(height "$1")") - $(date +%s)))
    [ "${off#-}" -lt 60 ] || fail "a block's time is off by $off s"
}
load 0 4

# libfaketime looks at its file once a second, so each jump is awaited by what follows from it.
for jump in +600 -600; do
    echo "one clock jumps by $jump s"
    before=$(refusals 2)
    set_clock 2 "$jump"
    wait_for 100 sees 2 "$before" || fail "node 2 accepts every proposal with a clock that is off by $jump s"
    load 0 8
    near_now 0
    settle
    set_clock 2 +0
    load 2 4
    settle
done

echo "all clocks jump together"
for i in 0 1 2 3; do set_clock "$i" +300; done
jumped() {
    load 1 1
    [ $(($(block_time 0 "$(height 0)") - $(date +%s))) -gt 240 ]
}
wait_for 200 jumped || fail "the blocks' time does not follow"
load 1 4
settle
if grep -h 'event=evidence\|event=fault' "$WORK"/node[0-3]/log; then
    fail "somebody contradicted itself"
fi
