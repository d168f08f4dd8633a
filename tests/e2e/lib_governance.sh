# Helpers for tests of governance; read after lib.sh.
# shellcheck shell=sh

# node_souk <node> <command...>: the wallet with the key of a node, through node 0.
node_souk() {
    signer=$1
    shift
    "$SOUK" "$@" --node "http://127.0.0.1:$(rpc_port 0)" --home "$WORK/wallets" \
        --key "$WORK/node$signer/config/validator_key" --password-file "$WORK/node$signer/config/password"
}
public() { sed -n "s/^$2 = //p" "$WORK/node$1.keys"; }
fund() { transfer 0 10000000 "$(public "$1" address)" >/dev/null; }

# decide <voters> <kind> <arguments...>: proposed by node 0, voted by each until it has passed.
decide() {
    voters=$1
    shift
    proposal=$(node_souk 0 gov propose "$@" | sed -n 's/^ *proposal *//p')
    [ -n "$proposal" ] || fail "no proposal: $*"
    for v in $voters; do
        node_souk "$v" gov vote "$proposal" yes >"$WORK/out" 2>&1 || fail "vote of $v: $(cat "$WORK/out")"
    done
    call 0 governance_proposal "{\"proposal\":\"$proposal\"}" | field .result.proposal.status |
        grep -q '^passed$' || fail "proposal $proposal did not pass: $*"
}
