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
