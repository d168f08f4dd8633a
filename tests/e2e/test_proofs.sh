#!/bin/sh
# Light proofs from four real nodes, idle and under load: what `prove=true` answers is checked by
# `souk verify` with nothing but the genesis; what was altered, or is of another chain, is refused.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

GENESIS=$WORK/node0/config/genesis.json

# souk <node> <command...>: a command of the wallet against a node.
souk() {
    node=$1
    shift
    "$SOUK" "$@" --node "http://127.0.0.1:$(rpc_port "$node")" --home "$WORK/wallets" --wallet rich \
        --password-file "$WORK/password"
}

# proved <file> <jq filter>: a member of what a proof shows, once it was checked.
proved() {
    "$SOUK" verify "$1" --genesis "$GENESIS" --json | jq -r "$2"
}

# not_proven <file> <genesis> <pattern>: with exit code 1 and one line.
not_proven() {
    code=0
    "$SOUK" verify "$1" --genesis "$2" >"$WORK/out" 2>"$WORK/error" || code=$?
    [ "$code" -eq 1 ] || fail "verify $1 ends with $code, not 1"
    [ "$(wc -l <"$WORK/error")" -eq 1 ] || fail "verify says $(cat "$WORK/error")"
    grep -q "$3" "$WORK/error" || fail "verify says $(cat "$WORK/error"), not $3"
}

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready"
done

echo "before the first block nothing is certified"
call 0 state_account "{\"address\":\"$RICH\",\"prove\":true,\"timeout_ms\":300}" >"$WORK/answer"
[ "$(field .error.data.code <"$WORK/answer")" = NOT_CERTIFIED_YET ] || fail "$(cat "$WORK/answer")"

echo "an account right after its block, on each node, and on the idle chain"
to=$(new_address receiver)
for i in 0 1 2 3; do
    transfer "$i" 1000 "$to" >/dev/null
    souk "$i" balance "$to" --prove "$WORK/account$i" --genesis "$GENESIS" >/dev/null ||
        fail "no proof of the account from node $i"
    [ "$(proved "$WORK/account$i" .value.balance)" = $((1000 * (i + 1))) ] ||
        fail "node $i proves $(proved "$WORK/account$i" .value)"
done
wait_for 100 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"
souk 1 balance "$to" --prove "$WORK/account" --genesis "$GENESIS" | grep -q "^proven: account $to has" ||
    fail "no sentence about the account"
[ "$(proved "$WORK/account" .value.balance)" = 4000 ] || fail "the idle chain proves another balance"
[ "$(proved "$WORK/account" '.signers | length')" -ge 3 ] || fail "fewer signers than a quorum"
call 0 state_account "{\"address\":\"$to\",\"prove\":true,\"timeout_ms\":0}" >"$WORK/answer"
field .result.proof <"$WORK/answer" >"$WORK/hex"
[ "$(proved "$WORK/hex" .value.balance)" = 4000 ] || fail "hexadecimal digits are not taken"

echo "the genesis may come from the environment; without one nothing is proved"
SOUK_GENESIS=$GENESIS "$SOUK" verify "$WORK/account" >/dev/null || fail "SOUK_GENESIS is not used"
code=0
"$SOUK" verify "$WORK/account" 2>/dev/null || code=$?
[ "$code" -eq 2 ] || fail "verify without a genesis ends with $code"

echo "an account that does not exist"
nobody=$(new_address nobody)
souk 2 balance "$nobody" --prove "$WORK/absent" --genesis "$GENESIS" >/dev/null || fail "no proof of absence"
[ "$(proved "$WORK/absent" .found)" = false ] || fail "an account of nobody was found"

echo "a transaction and its receipt"
height=$(height 0)
while [ "$height" -gt 0 ]; do
    id=$(call 0 chain_block "{\"height\":$height}" | field '.result.transactions[0].id // empty')
    [ -z "$id" ] || break
    height=$((height - 1))
done
souk 3 tx "$id" --prove "$WORK/tx" --genesis "$GENESIS" >/dev/null || fail "no proof of the transaction"
[ "$(proved "$WORK/tx" .id)" = "$id" ] || fail "a proof of another transaction"
[ "$(proved "$WORK/tx" .height)" = "$height" ] || fail "the transaction is proved at another height"
[ "$(proved "$WORK/tx" .receipt.ok)" = true ] || fail "its receipt is another"
[ "$(proved "$WORK/tx" '.receipt.events[0].name')" = transfer ] || fail "its events are others"

echo "a model, a round and a server; which servers there are need not run"
SOUK_NODE="http://127.0.0.1:$(rpc_port 0)"
export SOUK_NODE
make_servers 3
python3 -c 'import sys; sys.stdout.buffer.write(bytes(800))' >"$WORK/model"
as rich model publish --name proved --dimension 64 --servers "$servers" --rounds 1 --owners-min 3 \
    --commit-window 1000 >/dev/null
as rich round open 1 --model "$WORK/model" >/dev/null
level 0 1 2 3
for i in 0 1 2 3; do
    souk "$i" model show 1 --prove "$WORK/model$i" --genesis "$GENESIS" >/dev/null || fail "no proof of the model"
    souk "$i" round show 1 --prove "$WORK/round$i" --genesis "$GENESIS" >/dev/null || fail "no proof of the round"
    [ "$(proved "$WORK/model$i" .value.terms.name)" = proved ] || fail "node $i proves another model"
    [ "$(proved "$WORK/round$i" .value.phase)" = commit ] || fail "node $i proves another round"
done
# shows <method> <parameters> <jq filter> <value>: the proof of a call, from node 1.
shows() {
    call 1 "$1" "$2" >"$WORK/answer"
    field .result.proof <"$WORK/answer" >"$WORK/hex"
    [ "$(proved "$WORK/hex" "$3")" = "$4" ] || fail "$1 shows $(cat "$WORK/answer")"
}
shows market_model '{"model":1,"prove":true}' .subject 'model 1'
shows market_round '{"model":1,"round":1,"prove":true}' .subject 'model 1, round 1'
shows market_server "{\"address\":\"${servers%%,*}\",\"prove\":true}" .value.registered true
shows state_get '{"key":"0a","prove":true}' .value.window_max 1000
shows state_get '{"key":"0400000000000000ff","prove":true}' .found false

echo "wrong parameters are refused"
# code_of <method> <parameters>
code_of() {
    call 0 "$1" "$2" | field .error.data.code
}
[ "$(code_of market_model '{"model":9,"prove":true}')" = NOT_FOUND ] || fail "a model that is not"
[ "$(code_of market_model '{"model":1,"prove":"yes"}')" = INVALID_PARAMS ] || fail "prove is no text"
[ "$(code_of market_model '{"model":1,"prove":true,"timeout_ms":60001}')" = INVALID_PARAMS ] || fail "a long wait"
[ "$(code_of tx_get "{\"id\":\"$(printf '%064d' 1)\",\"prove\":true}")" = NOT_FOUND ] || fail "no such id"
code=0
souk 0 tx "$id" --prove "$WORK/none" 2>/dev/null || code=$?
[ "$code" -eq 2 ] || fail "a proof without a genesis to believe in ends with $code"
[ ! -e "$WORK/none" ] || fail "a proof was kept that nobody checked"

echo "what was altered, cut, or is of another chain, is refused"
python3 - "$WORK" <<'PY'
import json, pathlib, random, sys
work = pathlib.Path(sys.argv[1])
for name in ("account", "tx"):
    proof = (work / name).read_bytes()
    for n in range(8):
        changed = bytearray(proof)
        changed[random.randrange(len(proof))] ^= 1 << random.randrange(8)
        (work / f"changed-{name}-{n}").write_bytes(changed)
    (work / f"cut-{name}").write_bytes(proof[:-1])
genesis = json.loads((work / "node0/config/genesis.json").read_text())
genesis["network"] = "other"
(work / "other.json").write_text(json.dumps(genesis))
PY
for name in account tx; do
    for n in 0 1 2 3 4 5 6 7; do not_proven "$WORK/changed-$name-$n" "$GENESIS" 'souk: '; done
    not_proven "$WORK/cut-$name" "$GENESIS" 'ends too early'
    not_proven "$WORK/$name" "$WORK/other.json" 'another chain'
done

echo "under load"
stop=$WORK/stop
(
    while [ ! -e "$stop" ]; do
        transfer 0 1 "$to" >/dev/null 2>>"$WORK/load" || true
    done
) &
load=$!
first=$(height 1)
for n in $(seq 40); do
    i=$((n % 4))
    souk "$i" balance "$to" --prove "$WORK/busy$n" --genesis "$GENESIS" --json >"$WORK/shown" ||
        fail "no proof number $n under load"
    [ "$(field .found <"$WORK/shown")" = true ] || fail "proof $n shows $(cat "$WORK/shown")"
done
last=$(height 1)
touch "$stop"
wait "$load"
[ "$last" -gt $((first + 3)) ] || fail "the load made only blocks $first to $last"
echo "   40 proofs over $((last - first)) blocks"
souk 0 balance "$to" --prove "$WORK/end" --genesis "$GENESIS" --json >"$WORK/shown"
[ "$(field .value.balance <"$WORK/shown")" = "$(balance 0 "$to")" ] || fail "the last proof is old"

echo "a transaction is proved as soon as its block is followed by another"
level 0 1 2 3
souk 1 send 5 "$to" --json >"$WORK/sent"
id=$(field .id <"$WORK/sent")
wait_for 100 at_height 2 "$(field .block_height <"$WORK/sent")" || fail "node 2 stays at $(height 2)"
souk 2 tx "$id" --prove "$WORK/fresh" --genesis "$GENESIS" --json >"$WORK/shown" || fail "no proof of $id"
[ "$(field .id <"$WORK/shown")" = "$id" ] || fail "the proof shows $(cat "$WORK/shown")"
