#!/bin/sh
# What comes from outside and is wrong gets a clear refusal, and the node lives on.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do printf '\n[mempool]\ncount_max = 10\n' >>"$WORK/node$i/config/soukd.conf"; done
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
port=$(rpc_port 0)

# refused <code> <name> <body>: a call that must be refused so, in one line.
refused() {
    answer=$(post "$port" "$3")
    [ "$(echo "$answer" | field .error.code)" = "$1" ] || fail "not $1: $answer"
    [ "$(echo "$answer" | field .error.data.code)" = "$2" ] || fail "not $2: $answer"
}

# refused_params <method> <params> <text>: invalid parameters, and the message holds the text.
refused_params() {
    refused -32602 INVALID_PARAMS "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}"
    echo "$answer" | field .error.message | grep -qF "$3" || fail "'$3' is not in $answer"
}

echo "JSON-RPC"
refused -32700 PARSE_ERROR '{'
refused -32700 PARSE_ERROR '{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"chain_status"}'
refused -32700 PARSE_ERROR '7'
refused -32600 INVALID_REQUEST '[]'
refused -32600 INVALID_REQUEST '[1,1,1,1,1,1,1,1,1,1,1]'
refused -32600 INVALID_REQUEST '{"jsonrpc":"1.0","id":1,"method":"chain_status"}'
refused -32600 INVALID_REQUEST '{"jsonrpc":"2.0","id":1,"method":"chain_status","params":[1]}'
refused -32601 METHOD_NOT_FOUND '{"jsonrpc":"2.0","id":1,"method":"chain_nothing"}'
refused -32601 METHOD_NOT_FOUND '{"jsonrpc":"2.0","id":1,"method":"node_stop"}'
refused_params chain_status '{"x":1}' 'x: chain_status has no such parameter'
refused_params chain_block '{"height":-1}' 'height: '
refused_params chain_block '{"height":"01"}' 'height: '
refused_params chain_block '{"height":true}' 'height: '
refused_params state_account '{}' 'address: missing'
refused_params state_account '{"address":"tsouk1qqq"}' 'address: too short'
refused_params state_get '{"key":"0"}' 'key: '
refused_params state_get '{"key":""}' 'key: '
refused_params market_models '{"count":101}' 'count: '
refused_params events_list '{"after":"7"}' 'after: '
refused_params events_list '{"wait_ms":30001}' 'wait_ms: '
refused_params tx_get '{"id":"00"}' 'id: 2 characters, 64 hexadecimal digits expected'
refused_params tx_send '{"envelope":"00","wait":"perhaps"}' 'wait: '
refused_params tx_send '{"envelope":"zz"}' 'envelope: '
refused -32001 NOT_FOUND '{"jsonrpc":"2.0","id":1,"method":"chain_block","params":{"height":99}}'
refused -32001 NOT_FOUND '{"jsonrpc":"2.0","id":1,"method":"market_model","params":{"model":1}}'
refused -32010 TRANSACTION_MALFORMED \
    '{"jsonrpc":"2.0","id":1,"method":"tx_send","params":{"envelope":"00"}}'

echo "HTTP"
# raw <port> <text>: what a node answers to bytes, first line.
raw() {
    python3 - "$1" "$2" <<'PY'
import socket, sys
one = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
one.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
print(one.recv(4096).decode("latin-1").split("\r\n")[0])
PY
}
raw "$port" 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n' | grep -q ' 413 ' ||
    fail "a body that is too long"
raw "$port" 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx' |
    grep -q ' 400 ' || fail "two lengths"
raw "$port" 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' |
    grep -Eq ' (400|411) ' || fail "a transfer encoding"
raw "$port" 'nonsense\r\n\r\n' | grep -Eq ' (400|501) ' || fail "no HTTP at all"
get "$port" /nothing | grep -q ' 404$' || fail "an unknown path"
get "$port" /blob/zz | grep -q ' 400$' || fail "a root that is none"

echo "peers"
# Bytes that are no handshake, and one of a key that nobody knows, end the connection only.
python3 - "$(cat "$WORK/node0/p2p")" <<'PY'
import os, socket, sys
for size in (1, 50, 5000, 100000):
    one = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
    try:
        one.sendall(os.urandom(size))
        while one.recv(4096):
            pass
    except OSError:
        pass
PY
counted() { call 0 net_peers | field '.result.refused[].reason' | grep -q "the handshake failed"; }
wait_for 100 counted || fail "refused connections are not counted: $(call 0 net_peers)"
up() { [ "$(call 0 net_peers | field '.result.peers[0].state')" = up ]; }
wait_for 100 up || fail "a peer is not up"

echo "transactions"
to=$(new_address receiver)
poor=$(new_address poor)
send() {
    "$SOUK" send "$@" --node "http://127.0.0.1:$port" --home "$WORK/wallets" --wallet rich \
        --password-file "$WORK/password" 2>&1
}
send 99999999999999999 "$to" --gas-limit 10000 | grep -qi balance || fail "more than the balance"
send 1 "$to" --nonce 5000 --gas-limit 10000 | grep -qi nonce || fail "a nonce far ahead"
send 1 "$to" --gas-limit 10 | grep -qi gas || fail "too little gas"
"$SOUK" send 1 "$to" --node "http://127.0.0.1:$port" --home "$WORK/wallets" --wallet poor \
    --password-file "$WORK/password" --gas-limit 10000 2>&1 | grep -qi balance ||
    fail "a poor sender"
[ -n "$poor" ]

echo "envelopes"
# A node that only keeps what is sent, so that there is a good envelope to spoil.
cat >"$WORK/keep.py" <<'PY'
import http.server, json, sys, urllib.request
class Keeper(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call = json.loads(body)
        if call["method"] == "tx_send":
            print(call["params"]["envelope"], flush=True)
            answer = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"kept"}}'
        else:
            request = urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"})
            answer = urllib.request.urlopen(request).read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
keeper = http.server.HTTPServer(("127.0.0.1", 0), Keeper)
print(keeper.server_port, flush=True)
keeper.serve_forever()
PY
python3 "$WORK/keep.py" "http://127.0.0.1:$port/" >"$WORK/kept" &
echo $! >"$WORK/keeper.pid"
kept() { [ "$(wc -l <"$WORK/kept")" -ge "$1" ]; }
wait_for 50 kept 1 || fail "the keeper does not start"
"$SOUK" send 1 "$to" --node "http://127.0.0.1:$(sed -n 1p "$WORK/kept")" --home "$WORK/wallets" \
    --wallet rich --password-file "$WORK/password" >/dev/null 2>&1 && fail "it was sent"
wait_for 50 kept 2 || fail "no envelope was kept"
good=$(sed -n 2p "$WORK/kept")
# spoilt <python slice assignment on the bytes e>: the envelope with that done to it.
spoilt() {
    python3 -c 'import sys
e = bytearray.fromhex(sys.argv[1])
exec(sys.argv[2])
print(e.hex())' "$good" "$1"
}
# refused_envelope <name> <text> <change>
refused_envelope() {
    refused -32010 "$1" "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tx_send\",\"params\":{\"envelope\":\"$(spoilt "$3")\"}}"
    echo "$answer" | field .error.message | grep -qF "$2" || fail "'$2' is not in $answer"
}
refused_envelope TRANSACTION_WRONG_CHAIN 'envelope: chain_id is ' 'e[2] ^= 1'
refused_envelope TRANSACTION_BAD_SIGNATURE 'signature' 'e[-2] ^= 1'
refused_envelope TRANSACTION_BAD_SIGNATURE 'signature' 'e[66] ^= 1'
refused_envelope TRANSACTION_MALFORMED 'ends too early' 'del e[-1]'
refused_envelope TRANSACTION_MALFORMED 'bytes follow the value' 'e.append(0)'
refused_envelope TRANSACTION_MALFORMED 'not in its shortest form' 'e[1] |= 0x80; e.insert(2, 0)'
send 1 "$to" --nonce 0 --gas-limit 10000 | grep -q "nonce is 0, the account's next is 1" ||
    fail "a nonce that was used"

echo "a transaction that another one of its nonce replaced is not waited for"
# keep <options>: the envelope of such a transfer of the wallet $keeping, in $envelope.
keeping=rich
keep() {
    kept_before=$(wc -l <"$WORK/kept")
    "$SOUK" send 1 "$to" --node "http://127.0.0.1:$(sed -n 1p "$WORK/kept")" --home "$WORK/wallets" --wallet "$keeping" \
        --password-file "$WORK/password" --gas-limit 10000 "$@" >/dev/null 2>&1 && fail "it was sent"
    wait_for 50 kept $((kept_before + 1)) || fail "no envelope was kept"
    envelope=$(tail -n 1 "$WORK/kept")
}
# put <wait>: send $envelope
put() {
    post "$port" "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tx_send\",\"params\":{\"envelope\":\"$envelope\",\"wait\":\"$1\",\"timeout_ms\":60000}}"
}
keep --nonce 2
put commit >"$WORK/replaced" &
replaced=$!
pooled() { [ "$(call 0 mempool_status | field .result.count)" = 1 ]; }
wait_for 100 pooled || fail "it is not in the pool: $(call 0 mempool_status)"
keep --nonce 2 --gas-price 3
put none | grep -q pending || fail "it is not replaced"
keep --nonce 1
put commit | grep -q committed || fail "the one before is in no block"
wait "$replaced"
[ "$(field .error.data.code <"$WORK/replaced")" = VM_NONCE ] || fail "it says $(cat "$WORK/replaced")"
grep -q "no block can execute it any more: nonce is 2, the account's next is 3" "$WORK/replaced" ||
    fail "it says $(cat "$WORK/replaced")"

echo "a pool full of transactions behind a missing one takes others"
flood=$(new_address flood)
"$SOUK" send 1000000 "$flood" --node "http://127.0.0.1:$port" --home "$WORK/wallets" --wallet rich \
    --password-file "$WORK/password" >/dev/null || fail "the flood has no funds"
keeping=flood
keep --nonce 0
missing=$envelope
for nonce in 1 2 3 4 5; do
    keep --nonce "$nonce"
    put none | grep -q pending || fail "nonce $nonce is refused"
done
for nonce in 6 7 8 9 10; do
    keep --nonce "$nonce"
    put none >"$WORK/put"
    [ "$(field .error.data.code <"$WORK/put")" = MEMPOOL_GAPPED ] || fail "nonce $nonce: $(cat "$WORK/put")"
done
gapped() { [ "$(call "$1" mempool_status | field '.result | "\(.count) \(.gapped) \(.gapped_max)"')" = "$2" ]; }
for i in 0 1 2 3; do wait_for 100 gapped "$i" "5 5 5" || fail "node $i: $(call "$i" mempool_status)"; done
gapped_in_metrics() { get "$port" /metrics | grep -q '^mempool_gapped 5$'; }
wait_for 50 gapped_in_metrics || fail "the metrics say $(get "$port" /metrics | grep '^mempool_')"
for i in 1 2 3; do
    transfer "$i" 1 "$flood" >/dev/null || fail "no transfer by node $i"
done
envelope=$missing
put commit | grep -q committed || fail "the missing one is in no block"
for i in 0 1 2 3; do wait_for 100 gapped "$i" "0 0 5" || fail "node $i: $(call "$i" mempool_status)"; done
flood_nonce() { [ "$(call 0 state_account "{\"address\":\"$flood\"}" | field .result.account.nonce)" = 6 ]; }
wait_for 100 flood_nonce || fail "those behind it are in no block"
kill "$(cat "$WORK/keeper.pid")"

echo "the node lives"
send 1 "$to" >/dev/null || fail "no transfer after all that"
[ "$(balance 0 "$to")" = 9 ] || fail "balance $(balance 0 "$to")"
get "$port" /metrics | grep -q '^consensus_height' || fail "no metrics"
"$SOUKD" status --home "$WORK/node0" | field .result.chain_id | grep -q '^[0-9a-f]*$' ||
    fail "soukd status"

echo "a file that is a FIFO or a device is refused by name, and not waited for"
mkfifo "$WORK/fifo"
# no_file <path> <command...>
no_file() {
    named=$1
    shift
    if timeout 20 "$@" >"$WORK/said" 2>&1; then
        fail "it is taken: $*"
    fi
    grep -qF "$named: not a regular file" "$WORK/said" || fail "$* says: $(cat "$WORK/said")"
}
kill_node 3
for file in genesis.json soukd.conf node_key validator_key password signer_mark; do
    mv "$WORK/node3/config/$file" "$WORK/kept_file"
    mkfifo "$WORK/node3/config/$file"
    chmod 600 "$WORK/node3/config/$file"
    no_file "config/$file" "$SOUKD" start --home "$WORK/node3"
    mv "$WORK/kept_file" "$WORK/node3/config/$file"
done
SOUKD_PASSWORD_FILE=/dev/zero no_file /dev/zero "$SOUKD" start --home "$WORK/node3"
ask() { "$SOUK" send 1 "$to" --node "http://127.0.0.1:$port" --home "$WORK/wallets" --wallet rich "$@"; }
no_file "$WORK/fifo" "$SOUK" send 1 "$to" --node "http://127.0.0.1:$port" --home "$WORK/wallets" --wallet rich \
    --password-file "$WORK/fifo"
no_file /dev/zero "$SOUK" send 1 "$to" --node "http://127.0.0.1:$port" --key /dev/zero --password-file "$WORK/password"
no_file "$WORK/fifo" "$SOUK" verify "$WORK/fifo" --genesis "$WORK/node0/config/genesis.json"
no_file "$WORK/fifo" "$SOUK" verify "$WORK/said" --genesis "$WORK/fifo"

echo "what a shell gives as a pipe is read"
ask --password-file /dev/stdin <"$WORK/password" >/dev/null || fail "the password from standard input"
head -n 1 "$WORK/password" | ask --password-file /dev/fd/0 >/dev/null || fail "the password from a pipe"

echo "a start that cannot be is refused in one line"
"$SOUKD" start --home "$WORK/nowhere" 2>&1 | grep -q 'genesis.json' || fail "no genesis"
[ ! -e "$WORK/nowhere" ] || fail "a start made $(ls "$WORK/nowhere")"
"$SOUKD" start --home "$WORK/node0" --log-level loud 2>&1 | grep -q 'log.level' || fail "a level"
echo "a check refuses what a start would"
# bad_check <pattern> [<flag>...]: of a copy of a good home that was changed.
bad_check() {
    if "$SOUKD" config check --home "$WORK/checked" "$@" >"$WORK/out" 2>&1; then fail "it is good without: $bad"; fi
    grep -q "$bad" "$WORK/out" || fail "not $bad: $(cat "$WORK/out")"
    cp "$WORK/node1/config/"* "$WORK/checked/config/"
}
mkdir -p "$WORK/checked/config"
cp -p "$WORK/node1/config/"* "$WORK/checked/config/"
"$SOUKD" config check --home "$WORK/checked" | grep -q 'chain_id = ' || fail "a good home is not good"
bad='genesis.json: No such file' && rm "$WORK/checked/config/genesis.json" && bad_check
bad='node_key: readable by other' && chmod 644 "$WORK/checked/config/node_key" && bad_check
chmod 600 "$WORK/checked/config/node_key"
bad='node_key: 64 hexadecimal' && : >"$WORK/checked/config/node_key" && bad_check
bad='config/password' && rm "$WORK/checked/config/password" && bad_check
bad='keys.signer is set' && bad_check --keys-signer "$WORK/socket"
bad='unknown variable SOUKD_RPC_LISEN; did you mean SOUKD_RPC_LISTEN' && SOUKD_RPC_LISEN=a:1 bad_check
if SOUKD_RPC_LISEN=a:1 "$SOUKD" start --home "$WORK/checked" >"$WORK/out" 2>&1; then fail "a start with it"; fi
grep -q "unknown variable SOUKD_RPC_LISEN" "$WORK/out" || fail "a start says $(cat "$WORK/out")"
echo 'lisen = 1' >>"$WORK/node1/config/soukd.conf"
"$SOUKD" config check --home "$WORK/node1" 2>&1 | grep -q 'line' || fail "an unknown key"

echo "the admin socket stops the node"
curl -sS --unix-socket "$WORK/node0/admin.sock" -H 'Content-Type: application/json' \
    --data-binary '{"jsonrpc":"2.0","id":1,"method":"node_stop"}' http://soukd/ |
    field .result.stopping | grep -q true || fail "node_stop"
pid=$(cat "$WORK/node0/pid")
wait "$pid" || fail "exit code $?"
rm "$WORK/node0/pid"
