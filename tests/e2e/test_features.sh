#!/bin/sh
# Feature flags. A feature that every node knows begins, and nothing happens. One that no node knows is seen at
# once, every node stops before its height with exit code 3, and stops again when it is started again.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_governance.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
for i in 0 1 2 3; do fund "$i"; done
to=$(new_address receiver)

echo "a feature that is known"
begin=$(($(height 0) + 14))
decide '0 1 2' feature rehearsal "$begin"
while [ "$(height 0)" -lt "$begin" ]; do transfer 0 1 "$to" >/dev/null; done
call 0 governance_features | field '.result.features[0].active' | grep -q true || fail "it is not active"

echo "a feature that is not"
begin=$(($(height 0) + 20))
decide '0 1 2' feature not-yet-written "$begin"
wait_for 50 grep -q 'event=unknown_feature feature=not-yet-written' "$WORK/node3/log" || fail "node 3 does not warn"
call 1 governance_features | field '.result.features[] | select(.known | not) | .name' | grep -q not-yet-written ||
    fail "features: $(call 1 governance_features)"
n=0
while [ "$n" -lt 30 ] && transfer 0 1 "$to" >/dev/null 2>&1; do n=$((n + 1)); done
for i in 0 1 2 3; do
    code=0
    wait "$(cat "$WORK/node$i/pid")" || code=$?
    rm "$WORK/node$i/pid"
    [ "$code" -eq 3 ] || fail "node $i ends with $code"
    tip=$("$SOUKD" inspect --home "$WORK/node$i" status | jq -r .state.height)
    [ "$tip" -eq $((begin - 1)) ] || fail "node $i ends at $tip, not before $begin"
done

echo "started again it says the same"
code=0
"$SOUKD" start --home "$WORK/node0" >"$WORK/out" 2>&1 || code=$?
[ "$code" -eq 3 ] || fail "it ends with $code"
grep -q "block $begin is the first with the feature not-yet-written, which this program does not know" "$WORK/out" ||
    fail "$(cat "$WORK/out")"
