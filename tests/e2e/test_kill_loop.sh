#!/bin/sh
# Four nodes under a steady load; one after the other is killed with -9 at a random moment and started
# again, never two at once. Then: whatever was answered as committed is on every node exactly once,
# balances and state roots are equal, and `soukd verify` finds every home in order.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
KILLS=${KILLS:-15}

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
for i in 0 1 2 3; do
    new_address "sender$i" >"$WORK/address$i"
    transfer 0 1000000000 "$(cat "$WORK/address$i")" >/dev/null
done

# sender <i>: one transfer after the other, through any node that answers; those that the client says
# are committed are counted in its file.
sender() {
    turn=$1
    while [ ! -e "$WORK/stop" ]; do
        turn=$(((turn + 1) % 4))
        if "$SOUK" send 1 "$to" --node "http://127.0.0.1:$(rpc_port "$turn")" \
            --home "$WORK/wallets" --wallet "sender$1" --password-file "$WORK/password" \
            >"$WORK/out$1" 2>&1; then
            cat "$WORK/out$1" >>"$WORK/committed$1"
            echo >>"$WORK/count$1"
        else
            cat "$WORK/out$1" >>"$WORK/refused$1"
            sleep 0.1
        fi
    done
}
for i in 0 1 2 3; do sender "$i" & done

# random <limit>: a number below it.
random() {
    od -An -N2 -tu2 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}
echo "killing $KILLS times"
kills=0
while [ "$kills" -lt "$KILLS" ]; do
    victim=$(random 4)
    kill_node "$victim"
    sleep "0.$(random 8)"
    start "$victim"
    wait_for 150 ready "$victim" ||
        fail "node $victim is not ready after kill $kills: $(get "$(rpc_port "$victim")" /readyz)"
    sleep "0.$(random 6)"
    kills=$((kills + 1))
done
touch "$WORK/stop"
sleep 2
answered=$(cat "$WORK"/count[0-3] | wc -l)
echo "$answered transfers were answered as committed"
[ "$answered" -gt 20 ] || fail "hardly any transfer got through: $(cat "$WORK"/refused*)"

echo "all agree"
transfer 0 1 "$(cat "$WORK/address0")" >/dev/null
tip=$(height 0)
for i in 0 1 2 3; do
    wait_for 150 at_height "$i" "$tip" || fail "node $i stays at $(height "$i") below $tip"
done
received=$(balance 0 "$to")
[ "$received" -ge "$answered" ] || fail "$answered answered, only $received arrived"
for i in 1 2 3; do
    [ "$(balance "$i" "$to")" = "$received" ] || fail "node $i has balance $(balance "$i" "$to")"
done
sleep 0.5
tip=$(height 0)
python3 - "$tip" "$received" "$(rpc_port 0)" "$(rpc_port 1)" "$(rpc_port 2)" "$(rpc_port 3)" <<'PY'
import json, sys, urllib.request
tip, received, ports = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]

def call(port, method, **params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", body.encode(),
                                     {"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request))
    return answer["result"] if "result" in answer else sys.exit(f"FAILED: {answer['error']}")

seen, executed = {}, {}
for height in range(1, tip + 1):
    headers = [call(port, "chain_header", height=height) for port in ports]
    if any(h["digest"] != headers[0]["digest"] for h in headers):
        sys.exit(f"FAILED: the nodes have different blocks at height {height}")
    for receipt in call(ports[0], "chain_receipts", height=height)["receipts"]:
        one = receipt["transaction_id"]
        seen[one] = seen.get(one, 0) + 1
        if receipt["ok"] and one != "0" * 64:
            executed[one] = executed.get(one, 0) + 1
if any(count != 1 for count in executed.values()):
    sys.exit("FAILED: a transaction was executed twice")
for one in executed:
    for port in ports:
        status = call(port, "tx_get", id=one)
        if status["status"] != "committed" or not status["receipt"]["ok"]:
            sys.exit(f"FAILED: {one} was executed, the node at {port} says {status}")
if len(executed) != received + 5:
    sys.exit(f"FAILED: {len(executed)} transactions were executed, {received} + 5 were expected")
again = sum(1 for one, count in seen.items() if count > 1 and one != "0" * 64)
print(f"{tip} blocks, {len(executed)} transactions executed, {again} ordered a second time")
PY

echo "every home is in order"
for i in 0 1 2 3; do
    pid=$(cat "$WORK/node$i/pid")
    kill -TERM "$pid"
    wait "$pid" || fail "node $i ends with exit code $?"
    rm "$WORK/node$i/pid"
    "$SOUKD" verify --home "$WORK/node$i" >"$WORK/verify" 2>&1 || fail "node $i: $(cat "$WORK/verify")"
done
