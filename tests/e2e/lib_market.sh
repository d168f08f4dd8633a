# Helpers for tests of rounds with real servers, after `. tests/e2e/lib.sh`.
# shellcheck shell=sh
SERVER=$BUILD/souk-server

# as <wallet> <command...>: the client, signing with a wallet.
as() {
    wallet=$1
    shift
    SOUK_PASSWORD_FILE=$WORK/password SOUK_HOME=$WORK/wallets "$SOUK" "$@" --wallet "$wallet"
}

server() {
    SOUK_PASSWORD_FILE=$WORK/password "$SERVER" "$@"
}

# refused <text> <command...>: fails, and says what it should.
refused() {
    text=$1
    shift
    if "$@" >"$WORK/out" 2>&1; then
        fail "accepted: $*"
    fi
    grep -q "$text" "$WORK/out" || fail "'$*' says: $(cat "$WORK/out"), expected: $text"
}

# start_server <j>
start_server() {
    SOUK_PASSWORD_FILE=$WORK/password "$SERVER" run --home "$WORK/server$1" \
        --port "$(cat "$WORK/server$1/port")" >>"$WORK/server$1/log" 2>&1 &
    echo $! >"$WORK/server$1/pid"
}

server_up() {
    get "$(cat "$WORK/server$1/port")" /readyz 2>/dev/null | grep -q ' 200$'
}

# await_server <j>: until it answers.
await_server() {
    wait_for 100 server_up "$1" || fail "server $1 is not ready"
}

kill_server() {
    kill -9 "$(cat "$WORK/server$1/pid")"
    wait "$(cat "$WORK/server$1/pid")" 2>/dev/null || true
    rm -f "$WORK/server$1/pid"
}

# make_servers <count>: homes server1 .., funded with 1000000, with their role, registered and not
# started; their addresses, with commas, in $servers.
make_servers() {
    # shellcheck disable=SC2046
    set -- "$1" $(free_ports "$1")
    count=$1
    shift
    servers=
    j=1
    while [ "$j" -le "$count" ]; do
        server init --home "$WORK/server$j" --kdf-cost 2 >/dev/null
        echo "$1" >"$WORK/server$j/port"
        address=$(server address --home "$WORK/server$j")
        as rich send 1000000 "$address" >/dev/null
        as rich role set "$address" server >/dev/null
        server register --home "$WORK/server$j" --endpoint "http://127.0.0.1:$1" --json |
            field .receipt.fee >"$WORK/server$j/fees"
        servers=$servers${servers:+,}$address
        shift
        j=$((j + 1))
    done
}

# make_owner <wallet>: funded with 1000000 and the role.
make_owner() {
    address=$(new_address "$1")
    as rich send 1000000 "$address" >/dev/null
    as rich role set "$address" "${2:-contributor}" >/dev/null
    echo 0 >"$WORK/$1.fees"
}

# paying <wallet> <command...>: with --json; what it cost is added to the wallet's fees.
paying() {
    payer=$1
    as "$@" --json >"$WORK/paid"
    field .receipt.fee <"$WORK/paid" >>"$WORK/$payer.fees"
}

# fees <wallet>: all so far.
fees() {
    awk '{ sum += $1 } END { print sum + 0 }' "$WORK/$1.fees"
}

# server_fees <j>: of its registration and of all it posted.
server_fees() {
    cat "$WORK/server$1/fees" >"$WORK/fees"
    sed -n 's/.*event=posted .*fee=\([0-9]*\).*/\1/p' "$WORK/server$1/log" >>"$WORK/fees"
    awk '{ sum += $1 } END { print sum }' "$WORK/fees"
}

# has <who> <address> <units>: its balance is exactly this.
has() {
    got=$(balance 0 "$2")
    [ "$got" = "$3" ] || fail "$1 has $got units, not $3"
}

# make_update <file> <count> <python expression of k>: a float64 array, .npy.
make_update() {
    python3 - "$@" <<'PY'
import struct, sys
path, count, expression = sys.argv[1], int(sys.argv[2]), sys.argv[3]
head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({count},), }}".encode()
head += b" " * (117 - len(head)) + b"\n"
with open(path, "wb") as out:
    out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
    out.write(struct.pack(f"<{count}d", *(eval(expression, {"k": k}) for k in range(count))))
PY
}

# sum_is <file> <python expression of k>: a result of exactly these numbers.
sum_is() {
    python3 - "$@" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
data = data[10 + int.from_bytes(data[8:10], "little"):]
for k, value in enumerate(struct.unpack(f"<{len(data) // 8}d", data)):
    expected = eval(sys.argv[2], {"k": k})
    assert value == expected, f"element {k} is {value}, not {expected}"
PY
}

# begin <wallet> <command...>: as `as`, in the background and as one process that can be killed; what it
# says is in <wallet>.out.
begin() {
    wallet=$1
    shift
    SOUK_PASSWORD_FILE=$WORK/password SOUK_HOME=$WORK/wallets "$SOUK" "$@" --wallet "$wallet" \
        >"$WORK/$wallet.out" 2>&1 &
    echo $! >"$WORK/$wallet.pid"
}

# begin_owner <wallet> <model> <round> <update>: contribute and see the round through.
begin_owner() { begin "$1" share run "$2" "$3" --update "$4"; }

# end_owner <wallet> <status>: until it ends, with this exit status; its fees are added.
end_owner() {
    code=0
    wait "$(cat "$WORK/$1.pid")" || code=$?
    rm -f "$WORK/$1.pid"
    sed -n 's/^.* in block [0-9]*, fee \([0-9]*\)$/\1/p' "$WORK/$1.out" >>"$WORK/$1.fees"
    [ "$code" = "$2" ] || fail "$1 ends with $code: $(cat "$WORK/$1.out")"
}

round_field() { as rich round show "$1" "$2" --json | field ".$3"; }

# in_phase <model> <round> <phase>...: it is in one of them.
in_phase() {
    phase=$(round_field "$1" "$2" phase)
    shift 2
    for one in "$@"; do
        [ "$phase" != "$one" ] || return 0
    done
    return 1
}

LIARS=$BUILD/tests/e2e

# begin_liar <lie> <wallet> <model> <round> <update>: as begin_owner, with a lie of tests/e2e/lies.c.
begin_liar() {
    SOUK_PASSWORD_FILE=$WORK/password SOUK_HOME=$WORK/wallets LIE=$1 \
        "$LIARS/souk" share run "$3" "$4" --update "$5" --wallet "$2" >"$WORK/$2.out" 2>&1 &
    echo $! >"$WORK/$2.pid"
}

# start_liar <lie> <j>: as start_server.
start_liar() {
    SOUK_PASSWORD_FILE=$WORK/password LIE=$1 "$LIARS/souk-server" run --home "$WORK/server$2" \
        --port "$(cat "$WORK/server$2/port")" >>"$WORK/server$2/log" 2>&1 &
    echo $! >"$WORK/server$2/pid"
}

wallet_address() { "$SOUK" wallet address "$1" --home "$WORK/wallets"; }
server_address() { server address --home "$WORK/server$1"; }
server_stake() { as rich server show "$(server_address "$1")" --json | field .server.stake; }

# start_market <servers> <owners>: four validators, with a treasury of its own in $TREASURY, servers that
# are started, a wallet modeller, wallets owner1 .. with update1.npy .. of 64 elements, i + k / 64.
start_market() {
    make_network 4
    TREASURY=$(new_address treasury)
    for i in 0 1 2 3; do
        genesis=$WORK/node$i/config/genesis.json
        jq --arg treasury "$TREASURY" '.parameters.treasury = $treasury' "$genesis" >"$WORK/genesis"
        cp "$WORK/genesis" "$genesis"
        start "$i"
    done
    for i in 0 1 2 3; do
        wait_for 100 ready "$i" || fail "node $i is not ready"
    done
    SOUK_NODE=http://127.0.0.1:$(rpc_port 0)
    export SOUK_NODE
    server_count=$1
    owner_count=$2
    make_servers "$server_count"
    for j in $(seq 1 "$server_count"); do start_server "$j"; done
    for j in $(seq 1 "$server_count"); do await_server "$j"; done
    make_owner modeller publisher
    for i in $(seq 1 "$owner_count"); do
        make_owner "owner$i"
        make_update "$WORK/update$i.npy" 64 "$i + k / 64"
    done
}

# settles <model> <round> <accepted> <expression of the sum>
settles() {
    as modeller round wait "$1" "$2" --timeout 600 >"$WORK/out" 2>&1 || fail "model $1, round $2: $(cat "$WORK/out")"
    grep -q " $3 accepted" "$WORK/out" || fail "model $1, round $2: $(cat "$WORK/out")"
    as modeller round result "$1" "$2" --out "$WORK/sum.npy" >/dev/null
    sum_is "$WORK/sum.npy" "$4"
}

# owner_has <i> <units beyond its million, but for fees>
owner_has() { has "owner$1" "$(wallet_address "owner$1")" $((1000000 - $(fees "owner$1") + $2)); }
# server_has <j> <units beyond its million, but for its stake of 1000 and fees>
server_has() { has "server $1" "$(server_address "$1")" $((1000000 - 1000 - $(server_fees "$1") + $2)); }
