#!/bin/sh
# The vectors of the norm proof, which test_pvsnip_vectors holds the C code to, are what an independent
# implementation computes from the text of the specification, and what must be refused it refuses. About a file
# that is missing or spoilt both references say one line.
set -eu
cd "$(dirname "$0")/../.."
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# says <text> <command...>: it fails with this line, and nothing else.
says() {
    text=$1
    shift
    if "$@" >"$WORK/out" 2>"$WORK/line"; then
        echo "FAILED: accepted: $*"
        exit 1
    fi
    if [ "$(wc -l <"$WORK/line")" != 1 ] || ! grep -q "$text" "$WORK/line"; then
        echo "FAILED: '$*' says: $(cat "$WORK/line"), not: $text"
        exit 1
    fi
}

# spoilt <sed script> <file>: a folder with this file alone, changed.
spoilt() {
    rm -rf "$WORK/spoilt"
    mkdir "$WORK/spoilt"
    sed "$1" "tests/vectors/$2" >"$WORK/spoilt/$2"
}

for reference in pvsnip aggregation; do
    says "No such file or directory" python3 tests/reference/$reference.py "$WORK/nowhere"
    says "Not a directory" python3 tests/reference/$reference.py tests/vectors/README.md
done
says "there is no pvsnip_" python3 tests/reference/pvsnip.py "$WORK"
spoilt 's/^ctx = ..$//;s/^ctx = .*/ctx/' pvsnip_neg_01.txt
says "line [0-9]* is not 'name = value'" python3 tests/reference/pvsnip.py "$WORK/spoilt"
spoilt '/^root = /d' pvsnip_neg_01.txt
says "there is no root" python3 tests/reference/pvsnip.py "$WORK/spoilt"
spoilt 's/^root = ../root = xy/' pvsnip_neg_01.txt
says "root is not hexadecimal" python3 tests/reference/pvsnip.py "$WORK/spoilt"
spoilt 's/^bound = .*/bound = many/' pvsnip_neg_01.txt
says "bound is not a number" python3 tests/reference/pvsnip.py "$WORK/spoilt"
spoilt 's/^verdict = .*/verdict = 2/' pvsnip_neg_01.txt
says "verdict is 3" python3 tests/reference/pvsnip.py "$WORK/spoilt"
spoilt 's/^proof = .*/proof = 00/' pvsnip_neg_01.txt
says "pvsnip_neg_01.txt: " python3 tests/reference/pvsnip.py "$WORK/spoilt"
spoilt 's/^keys_1 = ./keys_1 = /;s/^keys_1 = /keys_1 = 0/' pvsnip_deal_4_1.txt
says "pvsnip_deal_4_1.txt: " python3 tests/reference/pvsnip.py "$WORK/spoilt"
# The file of an attack holds that attack.
beacon=$(sed -n 's/^beacon_2 = //p' tests/vectors/pvsnip_neg_06.txt)
spoilt "s/^foreseen = .*/foreseen = $beacon/" pvsnip_neg_06.txt
says "v does not solve" python3 tests/reference/pvsnip.py "$WORK/spoilt"
sender=$(sed -n 's/^owner_of_the_key = //p' tests/vectors/pvsnip_neg_24.txt)
spoilt "s/^sender = .*/sender = $sender/" pvsnip_neg_24.txt
says "is accepted: the registration" python3 tests/reference/pvsnip.py "$WORK/spoilt"

python3 tests/reference/pvsnip.py tests/vectors
