#!/bin/sh
# A validator signed two things. The proof, sent by anybody, jails it: it leads no more and keeps its vote. The others
# pardon it, and the same proof does not jail it again.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_governance.sh

# Node 3 has a key that the test knows.
KEY=4c0883a69102937d6231471b5dbb6204fe512961708279feb1be6ae5538da033
make_network 4
echo "$KEY" | "$SOUK" wallet import offender --home "$WORK/wallets" \
    --password-file "$WORK/node3/config/password" --kdf-cost 2 >/dev/null
cp "$WORK/wallets/wallets/offender.key" "$WORK/node3/config/validator_key"
sed -i "s/^public_key = .*/public_key = $("$SOUKD" show-validator --home "$WORK/node3" | sed 's/.* //')/" "$WORK/node3.keys"
write_genesis 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
for i in 0 1 2; do fund "$i"; done
to=$(new_address receiver)

accuse() {
    "$SOUK" program send "$WORK/program" --node "http://127.0.0.1:$(rpc_port 0)" --home "$WORK/wallets" \
        --wallet rich --password-file "$WORK/password" >"$WORK/out" 2>&1
}
jailed() { call "$1" chain_validators | field '[.result.validators[] | select(.jailed) | .name] | join(" ")'; }
is_jailed() { [ "$(jailed "$1")" = "$2" ]; }
metric() { get "$(rpc_port 0)" /metrics | sed -n "s/^$1 //p"; }

echo "the proof jails it on every node"
python3 tests/e2e/conflict.py "$(call 0 chain_status | field .result.chain_id | sed 's/^0x//')" "$KEY" 1 >"$WORK/program"
accuse || fail "$(cat "$WORK/out")"
for i in 0 1 2 3; do wait_for 100 is_jailed "$i" node3 || fail "node $i: jailed '$(jailed "$i")'"; done
one_jailed() { [ "$(metric consensus_jailed_validators)" = 1 ]; }
wait_for 100 one_jailed || fail "the metric is $(metric consensus_jailed_validators)"
if accuse; then fail "it is jailed twice"; fi
grep -q EVIDENCE_JAILED "$WORK/out" || fail "$(cat "$WORK/out")"

echo "it leads no more, and its vote is needed when another is away"
begin=$(height 0)
n=0
while [ "$n" -lt 10 ]; do
    transfer 0 1 "$to" >/dev/null
    n=$((n + 1))
done
end=$(height 0)
h=$((begin + 2))
while [ "$h" -le "$end" ]; do
    leader=$(call 0 chain_header "{\"height\":$h}" | field .result.header.proposer_name)
    [ "$leader" != node3 ] || fail "it proposed block $h"
    h=$((h + 1))
done
kill_node 2
transfer 0 1 "$to" >/dev/null
start 2
wait_for 100 ready 2 || fail "node 2 is not back"

echo "it is pardoned, and the old proof is not enough any more"
decide '0 1 2' pardon node3
wait_for 100 is_jailed 0 '' || fail "it is still jailed"
if accuse; then fail "it is jailed for what was pardoned"; fi
grep -q EVIDENCE_PARDONED "$WORK/out" || fail "$(cat "$WORK/out")"
same_state 0 1 2 3
