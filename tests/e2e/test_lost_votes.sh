#!/bin/sh
# A validator whose data directory is lost, or is an old copy, observes until the chain is past every
# height that it may have voted at, and then votes again; nobody ever shows two values of it. So does one whose
# whole home is an old copy: the chain has votes that it does not know. A restart
# after kill -9 with the newest data votes at once.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)

# is_validator <node>: does it vote?
is_validator() {
    call "$1" chain_status | field .result.validator | grep -qv '^null$'
}
observes() {
    ! is_validator "$1"
}
# more_blocks <count>: transfers until the chain is so much higher.
more_blocks() {
    until=$(($(height 0) + $1))
    while [ "$(height 0)" -lt "$until" ]; do
        transfer 0 1 "$to" >/dev/null
    done
}
nobody_lied() {
    for i in 0 1 2 3; do
        ! grep -q 'event=evidence' "$WORK/node$i/log" || fail "node $i has evidence"
    done
}

more_blocks 4
echo "killed, and started with its own data: it votes"
kill_node 3
start 3
wait_for 100 ready 3 || fail "node 3 is not ready"
is_validator 3 || fail "node 3 observes: $(grep observing "$WORK/node3/log")"

echo "an old copy: it observes"
kill_node 3
cp -R "$WORK/node3/data" "$WORK/copy"
start 3
wait_for 100 ready 3 || fail "node 3 is not ready"
before=$(height 0)
signed_since() {
    transfer 0 1 "$to" >/dev/null
    [ "$(call 0 chain_validators | field '.result.validators[3].last_signed_height')" -gt "$before" ]
}
wait_for 100 signed_since || fail "node 3 does not vote"
kill_node 3
rm -rf "$WORK/node3/data"
cp -R "$WORK/copy" "$WORK/node3/data"
start 3
wait_for 100 observes 3 || fail "node 3 votes with an old log"
has_metric() { get "$(rpc_port "$1")" /metrics | grep -q "^$2$"; }
has_metric 3 'consensus_voting 0' || fail "no metric says that node 3 does not vote"
has_metric 0 'consensus_voting 1' || fail "no metric says that node 0 votes"
wait_for 100 ready 3 || fail "node 3 is not ready while it observes"
get "$(rpc_port 3)" /readyz | grep -q '"observing":true' || fail "/readyz does not say that node 3 observes"
get "$(rpc_port 0)" /readyz | grep -q '"observing":false' || fail "/readyz says that node 0 observes"
signed_by_3() { get "$(rpc_port 0)" /metrics | sed -n 's/^consensus_validator_last_signed_height{validator="node3"} //p'; }
before=$(signed_by_3)
wait_for 100 grep -q 'event=observing .*data/wal is' "$WORK/node3/log" || fail "it does not say why"

call 3 chain_status | field .result.height | grep -q . || fail "it does not serve"

echo "past its mark it votes again"
more_blocks 4
[ "$(signed_by_3)" -eq "$before" ] || fail "node 3 observes, and is said to have signed $(signed_by_3), not $before"
more_blocks 66
wait_for 200 is_validator 3 || fail "node 3 still observes at $(height 3): $(grep observing "$WORK/node3/log")"
wait_for 100 ready 3 || fail "node 3 is not ready"
has_metric 3 'consensus_voting 1' || fail "no metric says that node 3 votes again"
kill_node 2 # so node 3 is needed
transfer 0 1 "$to" >/dev/null
start 2
wait_for 100 ready 2 || fail "node 2 is not ready"

echo "an old copy, put back into the same files: it observes"
kill -TERM "$(cat "$WORK/node3/pid")"
wait "$(cat "$WORK/node3/pid")" || fail "the stop of node 3"
mkdir "$WORK/old"
cp -R "$WORK/node3/data" "$WORK/node3/config" "$WORK/old/"
start 3
wait_for 100 ready 3 || fail "node 3 is not ready"
before=$(height 0)
wait_for 100 signed_since || fail "node 3 does not vote"
more_blocks 4
kill_node 3
cp -R "$WORK/old/data/." "$WORK/node3/data/"
start 3
wait_for 100 observes 3 || fail "node 3 votes with an old log in its own files"

echo "an old copy of the whole home, mark and all: the chain has votes that it does not know"
kill_node 3
rm -rf "$WORK/node3/data" "$WORK/node3/config"
cp -R "$WORK/old/data" "$WORK/old/config" "$WORK/node3/"
start 3
wait_for 100 grep -q 'event=votes_missing.*config/signer_mark' "$WORK/node3/log" || fail "it does not notice"
wait_for 100 at_height 3 "$(height 0)" || fail "node 3 stays at $(height 3)"
observes 3 || fail "node 3 votes after what the old mark says"
more_blocks 70
wait_for 200 is_validator 3 || fail "node 3 still observes at $(height 3): $(grep observing "$WORK/node3/log")"

echo "an old copy that the operator vouched for: the chain has votes that its log does not know"
kill -TERM "$(cat "$WORK/node3/pid")"
wait "$(cat "$WORK/node3/pid")" || fail "the stop of node 3"
rm -rf "$WORK/node3/data"
cp -R "$WORK/old/data" "$WORK/node3/"
"$SOUKD" signer trust --home "$WORK/node3" | field .trusted | grep -q true || fail "it is not trusted"
start 3
wait_for 100 grep -q 'event=votes_missing.*data/wal' "$WORK/node3/log" || fail "it does not notice"
wait_for 100 observes 3 || fail "node 3 votes on"
more_blocks 70
wait_for 200 is_validator 3 || fail "node 3 still observes at $(height 3): $(grep observing "$WORK/node3/log")"

echo "stopped in order and copied: the operator may vouch for the copy"
kill -TERM "$(cat "$WORK/node3/pid")"
wait "$(cat "$WORK/node3/pid")" || fail "the stop of node 3"
"$SOUKD" signer --home "$WORK/node3" | field .trusted | grep -q true || fail "the own log is not trusted"
cp -R "$WORK/node3/data" "$WORK/copy2"
rm -rf "$WORK/node3/data"
mv "$WORK/copy2" "$WORK/node3/data"
"$SOUKD" signer show --home "$WORK/node3" | field .trusted | grep -q false || fail "a copy is trusted"
"$SOUKD" signer trust --home "$WORK/node3" | field .trusted | grep -q true || fail "it is not trusted"
start 3
wait_for 100 ready 3 || fail "node 3 is not ready"
is_validator 3 || fail "node 3 observes"

echo "stopped in order and lost: the mark is exact"
kill -TERM "$(cat "$WORK/node3/pid")"
wait "$(cat "$WORK/node3/pid")" || fail "the stop of node 3"
rm -rf "$WORK/node3/data"
start 3
wait_for 100 observes 3 || fail "node 3 votes without its log"
more_blocks 3
wait_for 200 is_validator 3 || fail "node 3 still observes: $(grep observing "$WORK/node3/log")"

echo "the mark is lost too: it observes from where the others are"
kill_node 3
mv "$WORK/node3/log" "$WORK/node3/log.before"
rm -rf "$WORK/node3/data" "$WORK/node3/config/signer_mark"
start 3
wait_for 100 grep -q 'until_height=[1-9].*' "$WORK/node3/log" || fail "it finds no height"
observes 3 || fail "node 3 votes though nobody knows what it has signed"
nobody_lied
