#!/bin/sh
# souk-testnet: makes a network, starts it, kills and restarts a part of it, stops it; and what each
# wrong use is told.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
NET=$WORK/net
testnet() { "$BUILD/souk-testnet" "$@" --home "$NET"; }
stop_all() { testnet down >/dev/null 2>&1 || true; }

# refused <exit code> <text> <command...>: ends with this code and says this.
refused() {
    code=$1
    text=$2
    shift 2
    set +e
    "$@" >"$WORK/out" 2>&1
    got=$?
    set -e
    [ "$got" -eq "$code" ] || fail "'$*' ends with $got, not $code: $(cat "$WORK/out")"
    grep -q -- "$text" "$WORK/out" || fail "'$*' does not say '$text': $(cat "$WORK/out")"
}
part() { testnet status --json | jq -r ".[] | select(.name == \"$1\") | .$2"; }
all_ready() { [ "$(testnet status --json | jq '[.[] | select(.ready)] | length')" -eq "$1" ]; }
roots() { testnet status --json | jq -r '.[] | select(.kind == "validator") | .state_root' | sort -u | wc -l; }
one_root() { [ "$(roots)" -eq 1 ]; }

echo "wrong uses"
refused 1 'holds no network' testnet up
refused 2 "'0', a number from 1 to 20 is expected" testnet init --validators 0
refused 2 'ports up to' testnet init --base-port 65534
refused 2 "there is no option" testnet init --colour
mkdir -p "$NET"
echo mine >"$NET/precious"
refused 1 'is not empty' testnet init
refused 1 'holds no network' testnet init --force
[ "$(cat "$NET/precious")" = mine ] || fail "--force deleted what is no network"
rm -r "$NET"

echo "init"
base=$(free_port_range 8)
testnet init --validators 4 --servers 2 --owners 3 --base-port "$base" >"$WORK/out"
grep -q 'owner-1 to owner-3' "$WORK/out" || fail "init does not say what it made"
[ "$(stat -c %a "$NET/password")" = 600 ] || fail "the password can be read by others"
refused 1 'is not empty; --force' testnet init
testnet init --force --validators 4 --servers 2 --owners 3 --base-port "$base" >/dev/null
refused 1 'does not run' testnet kill 1
refused 2 'a number from 1 to 4 is expected' testnet kill 5
refused 2 'a number from 1 to 2 is expected' testnet restart 3 --server
refused 2 'a number from 1 to 4 is expected' testnet kill server-3
refused 1 'does not run' testnet kill server-2

echo "a port in use is named"
python3 -c '
import socket, sys, time
held = socket.socket()
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
held.bind(("127.0.0.1", int(sys.argv[1])))
held.listen(1)
print("held", flush=True)
time.sleep(60)' $((base + 2)) >"$WORK/held" &
holder=$!
wait_for 50 test -s "$WORK/held" || fail "the port is not held"
refused 1 "port $((base + 2)) of 127.0.0.1 cannot be used" testnet up
kill "$holder"
wait "$holder" 2>/dev/null || true

echo "up, twice"
testnet up >"$WORK/out" 2>/dev/null || fail "up: $(cat "$WORK/out")"
wait_for 100 all_ready 6 || fail "not all are ready: $(testnet status)"
first=$(part node-1 pid)
testnet up >/dev/null 2>&1
[ "$(part node-1 pid)" = "$first" ] || fail "a second up started another node-1"
refused 1 'is running' testnet init --force

echo "its environment serves the client"
# shellcheck source=/dev/null # made by souk-testnet init
(. "$NET/env" && "$SOUK" send 5 "$("$SOUK" wallet address owner-2)" --wallet owner-1 >/dev/null) ||
    fail "owner-1 cannot send"

echo "kill and restart"
testnet kill 3 >/dev/null
[ "$(part node-3 pid)" = null ] || fail "node-3 lives"
# shellcheck source=/dev/null
(. "$NET/env" && "$SOUK" send 5 "$("$SOUK" wallet address owner-2)" --wallet owner-1 >/dev/null) ||
    fail "three of four do not go on"
testnet restart 3 >/dev/null
wait_for 100 one_root || fail "node-3 does not agree: $(testnet status)"
testnet kill 1 --server >/dev/null
testnet restart server-1 >/dev/null
testnet kill server-2 >/dev/null
[ "$(part server-2 pid)" = null ] || fail "server-2 lives"
testnet restart 2 --server >/dev/null
wait_for 100 all_ready 6 || fail "not all are ready again: $(testnet status)"

echo "add: all are ready when it ends"
testnet add >/dev/null 2>&1 || fail "add"
wait_for 100 all_ready 7 || fail "not ready: $(testnet status)"
five_meet() { [ "$(part node-5 peers)" = 5 ]; }
wait_for 100 five_meet || fail "node-5 has $(part node-5 peers) validators"

echo "down"
testnet down >"$WORK/out"
grep -q 'stopped 7 processes' "$WORK/out" || fail "down: $(cat "$WORK/out")"
testnet down | grep -q 'stopped 0 processes' || fail "a second down stops something"
testnet up >/dev/null 2>&1 || fail "it does not come up again"
wait_for 100 one_root || fail "different states after a restart of all"
