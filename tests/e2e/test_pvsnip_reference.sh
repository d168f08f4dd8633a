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

# spoilt <text> <sed script> <file>: of this file alone, changed, the reference says this line.
spoilt() {
    rm -rf "$WORK/spoilt"
    mkdir "$WORK/spoilt"
    sed "$2" "tests/vectors/$3" >"$WORK/spoilt/$3"
    says "$1" python3 tests/reference/pvsnip.py "$WORK/spoilt"
}

for reference in pvsnip aggregation; do
    says "No such file or directory" python3 tests/reference/$reference.py "$WORK/nowhere"
    says "Not a directory" python3 tests/reference/$reference.py tests/vectors/README.md
done
says "there is no pvsnip_" python3 tests/reference/pvsnip.py "$WORK"
spoilt "line [0-9]* is not 'name = value'" 's/^ctx = ..$//;s/^ctx = .*/ctx/' pvsnip_neg_01.txt
spoilt "there is no root" '/^root = /d' pvsnip_neg_01.txt
spoilt "root is not hexadecimal" 's/^root = ../root = xy/' pvsnip_neg_01.txt
spoilt "bound is not a number" 's/^bound = .*/bound = many/' pvsnip_neg_01.txt
spoilt "verdict is 3" 's/^verdict = .*/verdict = 2/' pvsnip_neg_01.txt
spoilt "pvsnip_neg_01.txt: " 's/^proof = .*/proof = 00/' pvsnip_neg_01.txt
spoilt "pvsnip_deal_4_1.txt: " 's/^keys_1 = ./keys_1 = /;s/^keys_1 = /keys_1 = 0/' pvsnip_deal_4_1.txt
# The file of an attack holds that attack.
beacon=$(sed -n 's/^beacon_2 = //p' tests/vectors/pvsnip_neg_06.txt)
spoilt "v does not solve" "s/^foreseen = .*/foreseen = $beacon/" pvsnip_neg_06.txt
sender=$(sed -n 's/^owner_of_the_key = //p' tests/vectors/pvsnip_neg_24.txt)
spoilt "is accepted: the registration" "s/^sender = .*/sender = $sender/" pvsnip_neg_24.txt

python3 tests/reference/pvsnip.py tests/vectors
