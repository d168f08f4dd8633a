#!/bin/sh
# More than f validators are gone for ever: the two that are left, and a new one, go on with a chain of
# their own from the old state. All balances are there, and the old chain's transactions are not valid.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
n=0
while [ "$n" -lt 5 ]; do
    transfer 0 100 "$to" >/dev/null
    n=$((n + 1))
done
wait_for 100 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"
rich_before=$(balance 0 "$RICH")
block=$(call 0 events_list '{"limit":1}' | field '.result.events[0].block_height')
call 0 chain_block "{\"height\":$block}" >"$WORK/block"
old_chain=$(call 0 chain_status | field .result.chain_id)

echo "two of four are destroyed: nothing can be decided"
for i in 2 3; do
    kill_node "$i"
    rm -rf "$WORK/node$i"
done
tip=$(height 0)
for i in 0 1; do kill_node "$i"; done

echo "fork"
"$SOUKD" fork --home "$WORK/node0" "$WORK/fork" >"$WORK/out" || fail "$(cat "$WORK/out")"
grep -q "^base_height = $tip\$" "$WORK/out" || fail "not height $tip: $(cat "$WORK/out")"
if "$SOUKD" fork --home "$WORK/node0" "$WORK/fork" >"$WORK/out" 2>&1; then
    fail "a fork is written over another"
fi
if "$SOUKD" fork --home "$WORK/node0" "$WORK/node1" >"$WORK/out" 2>&1; then
    fail "a fork is written into a home"
fi
grep -q "not empty" "$WORK/out" || fail "into a home: $(cat "$WORK/out")"
[ ! -e "$WORK/node1/base_state" ] || fail "it wrote into the home"
"$SOUKD" fork --home "$WORK/node1" "$WORK/fork1" >/dev/null
cmp "$WORK/fork/base_state" "$WORK/fork1/base_state" || fail "the survivors have other states"
cmp "$WORK/fork/genesis.json" "$WORK/fork1/genesis.json" || fail "the survivors have other geneses"

# The survivors and a new one, in new homes with their old keys.
# shellcheck disable=SC2046
set -- $(free_ports 2)
"$SOUKD" init --home "$WORK/node6" >"$WORK/node6.keys"
echo "$1" >"$WORK/node6/p2p"
echo "$2" >"$WORK/node6/rpc"
for i in 0 1; do
    mkdir -p "$WORK/node$((i + 4))/config"
    for file in validator_key password node_key signer_mark; do
        cp -p "$WORK/node$i/config/$file" "$WORK/node$((i + 4))/config/"
    done
    cp "$WORK/node$i/p2p" "$WORK/node$i/rpc" "$WORK/node$((i + 4))/"
    cp "$WORK/node$i.keys" "$WORK/node$((i + 4)).keys"
done
python3 - "$WORK" <<'PY'
import json, pathlib, sys
work = pathlib.Path(sys.argv[1])
nodes = {}
for i in (4, 5, 6):
    keys = dict(line.split(" = ", 1) for line in (work / f"node{i}.keys").read_text().splitlines())
    nodes[i] = {**keys, "p2p": (work / f"node{i}/p2p").read_text().strip()}
genesis = json.loads((work / "fork/genesis.json").read_text())
assert len(genesis["validators"]) == 4 and genesis["accounts"] == []
genesis["validators"] = genesis["validators"][:2] + [
    {"name": "new", "public_key": nodes[6]["public_key"], "node_key": nodes[6]["node_key"]}]
for i in (4, 5, 6):
    config = work / f"node{i}/config"
    (config / "genesis.json").write_text(json.dumps(genesis, indent=1))
    (config / "base_state").write_bytes((work / "fork/base_state").read_bytes())
    rpc = (work / f"node{i}/rpc").read_text().strip()
    lines = [f"[p2p]\nlisten = 127.0.0.1:{nodes[i]['p2p']}", f"[rpc]\nlisten = 127.0.0.1:{rpc}", "[peers]"]
    lines += [f"p{j} = {n['node_key']}@127.0.0.1:{n['p2p']}" for j, n in nodes.items() if j != i]
    (config / "soukd.conf").write_text("\n".join(lines) + "\n")
PY

echo "a damaged state is refused"
mv "$WORK/node4/config/base_state" "$WORK/base_state"
if "$SOUKD" start --home "$WORK/node4" >"$WORK/out" 2>&1; then fail "it starts without the state"; fi
grep -q 'config/base_state: No such file' "$WORK/out" || fail "$(cat "$WORK/out")"
python3 - "$WORK" <<'PY'
import pathlib, sys
work = pathlib.Path(sys.argv[1])
data = bytearray((work / "base_state").read_bytes())
data[-1] ^= 1
(work / "node4/config/base_state").write_bytes(data)
PY
if "$SOUKD" start --home "$WORK/node4" >"$WORK/out" 2>&1; then fail "it starts with another state"; fi
grep -q 'the genesis has another base_state_root' "$WORK/out" || fail "$(cat "$WORK/out")"
cp "$WORK/base_state" "$WORK/node4/config/base_state"

echo "the new chain goes on with all balances"
rm "$WORK/transferred" # its heights are those of the old chain
for i in 4 5 6; do start "$i"; done
for i in 4 5 6; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
[ "$(call 4 chain_status | field .result.chain_id)" != "$old_chain" ] || fail "the same chain id"
[ "$(balance 4 "$to")" = 500 ] || fail "the receiver has $(balance 4 "$to")"
[ "$(balance 6 "$RICH")" = "$rich_before" ] || fail "rich has $(balance 6 "$RICH"), not $rich_before"
transfer 6 11 "$to" >/dev/null
wait_for 100 at_height 5 "$(height 6)" || fail "node 5 is behind"
[ "$(balance 5 "$to")" = 511 ] || fail "the receiver has $(balance 5 "$to")"
same_state 4 5 6

echo "a node begins from a snapshot of the new chain, without the base state"
"$SOUKD" snapshot create --home "$WORK/node4" >/dev/null || fail "create"
transfer 6 1 "$to" >/dev/null
transfer 6 1 "$to" >/dev/null
made_snapshot() { [ "$(call 4 chain_status | field .result.snapshot_height)" -gt 0 ]; }
wait_for 100 made_snapshot || fail "no snapshot"
# shellcheck disable=SC2046
set -- $(free_ports 2)
"$SOUKD" init --observer --home "$WORK/node7" >/dev/null
cp "$WORK/node4/config/genesis.json" "$WORK/node7/config/"
printf '[p2p]\nlisten = 127.0.0.1:%s\n[rpc]\nlisten = 127.0.0.1:%s\n' "$1" "$2" \
    >"$WORK/node7/config/soukd.conf"
echo "$2" >"$WORK/node7/rpc"
"$SOUKD" snapshot restore "$WORK"/node4/data/snapshots/* --home "$WORK/node7" >"$WORK/out" ||
    fail "restore"
start 7
[ "$(height 7)" = "$(field .height <"$WORK/out")" ] || fail "node 7 is at $(height 7)"
[ "$(balance 7 "$RICH")" -gt 0 ] || fail "node 7 does not know rich"
kill_node 7
"$SOUKD" verify --home "$WORK/node7" >"$WORK/out" 2>&1 || fail "verify: $(cat "$WORK/out")"
if "$SOUKD" snapshot verify "$WORK"/node4/data/snapshots/* --home "$WORK/node0" >"$WORK/out" 2>&1; then
    fail "the old chain takes a snapshot of the new one"
fi
grep -q 'another chain' "$WORK/out" || fail "$(cat "$WORK/out")"

echo "a transaction of the old chain is refused"
python3 - "$WORK/block" >"$WORK/envelope" <<'PY'
import json, struct, sys
def sized(data):
    out, n = b"", len(data)
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n]) + data
t = json.load(open(sys.argv[1]))["result"]["transactions"][0]
h = lambda name: bytes.fromhex(t[name].removeprefix("0x"))
body = h("chain_id") + h("sender")
body += struct.pack("<4Q", *(int(t[n]) for n in ("nonce", "gas_limit", "gas_price", "expires_at")))
body += h("sidecar_root") + struct.pack("<I", int(t["sidecar_size"])) + sized(h("program")) + h("signature")
print((sized(body) + sized(b"")).hex())
PY
call 4 tx_send "{\"envelope\":\"$(cat "$WORK/envelope")\"}" >"$WORK/out"
grep -q TRANSACTION_WRONG_CHAIN "$WORK/out" || fail "it is not refused: $(cat "$WORK/out")"
kill_node 4
kill_node 5
kill_node 6
"$SOUKD" verify --home "$WORK/node4" >/dev/null || fail "the new chain does not verify"
