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

# names <node>: of the validators, as it knows them.
names() { call "$1" chain_validators | field '[.result.validators[].name] | join(" ")'; }
has_names() { [ "$(names "$1")" = "$2" ]; }

# new_node <number> <peers...>: a home that knows these.
new_node() {
    n=$1
    shift
    mkdir -p "$WORK/node$n"
    free_ports 2 >"$WORK/ports"
    cut -d' ' -f1 "$WORK/ports" >"$WORK/node$n/p2p"
    cut -d' ' -f2 "$WORK/ports" >"$WORK/node$n/rpc"
    [ -e "$WORK/node$n/config/node_key" ] || "$SOUKD" init --home "$WORK/node$n" >"$WORK/node$n.keys"
    cp "$WORK/node0/config/genesis.json" "$WORK/node$n/config/"
    {
        printf '[p2p]\nlisten = 127.0.0.1:%s\n[rpc]\nlisten = 127.0.0.1:%s\n[peers]\n' \
            "$(cat "$WORK/node$n/p2p")" "$(cat "$WORK/node$n/rpc")"
        for p in "$@"; do
            echo "n$p = $(public "$p" node_key)@127.0.0.1:$(cat "$WORK/node$p/p2p")"
        done
    } >"$WORK/node$n/config/soukd.conf"
}
