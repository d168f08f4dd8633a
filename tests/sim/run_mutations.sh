#!/bin/sh
# Break the core and the market on purpose, one fault at a time, and show that the tests find each.
#
#     tests/sim/run_mutations.sh          every patch of tests/sim/mutations/
#     tests/sim/run_mutations.sh quick    those marked "Quick: yes"; of the others, that they apply
#     tests/sim/run_mutations.sh NAME...  those named
#
# A patch says what it breaks and who finds it: `sim` with options, or a test program. It is applied to
# a copy of consensus/ and market/ in $BUILD/mutants/, without any tolerance: a patch that no longer
# applies fails loudly. Exit code 0 only where every mutant was found.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
SEEDS=${MUTANT_SEEDS:-1500}
CC=${CC:-cc}
libraries='-l:liblmdb.a -l:libuv_a.a -l:libsecp256k1.a -l:libgmp.a -l:libjansson.a -l:libinih.a -l:libcrypto.a -lm -ldl'
archives="$BUILD/consensus.a $BUILD/market.a $BUILD/vm.a $BUILD/crypto.a $BUILD/base.a"
sim_objects=$(find "$BUILD/tools/sim" -name '*.o' ! -name main.o ! -name check_memo.o | sort)
memo="$BUILD/tools/sim/check_memo.o -Wl,--wrap=signature_check,--wrap=public_key_valid,--wrap=point_valid" # as in the Makefile
patches=tests/sim/mutations
found=0
missed=0

# header <patch> <key>
header() {
    sed -n "s/^$2: //p" "$1" | head -n 1
}

# prepare <name>: the broken copy and the objects of the files that changed, in $objects
prepare() {
    folder=$BUILD/mutants/$1
    rm -rf "$folder"
    mkdir -p "$folder"
    cp -r consensus market "$folder/"
    patch -s -p1 -F0 -d "$folder" <"$patches/$1.patch" || {
        echo "FAILED $1: the patch does not apply; write it anew"
        return 1
    }
    objects=
    sed -n 's|^+++ b/||p' "$patches/$1.patch" >"$folder/sources"
    while read -r source; do
        # shellcheck disable=SC2086 # a compiler and its wrapper
        $CC -std=c11 -O1 -w -fPIE -D_GNU_SOURCE -I"$folder" -I. -c "$folder/$source" -o "$folder/$source.o" ||
            return 1
        objects="$objects $folder/$source.o"
    done <"$folder/sources"
}

# run_sim <folder> <options...>: 0 where the simulator found a fault; its words are in the log
run_sim() {
    folder=$1
    shift
    # shellcheck disable=SC2086
    $CC -pthread -pie -o "$folder/souk-sim" "$BUILD/tools/sim/main.o" $sim_objects $memo $objects $archives $libraries || exit 1
    ! "$folder/souk-sim" --seeds "$SEEDS" --heights 12 --quiet --stop "$@" >"$folder/log" 2>&1
}

# whole <program>: the test passes on the core as it is, or its failure would say nothing
whole_tests=
whole() {
    case " $whole_tests " in *" $1 "*) return ;; esac
    saved=$objects
    objects=
    mkdir -p "$BUILD/mutants/none"
    if run_test "$BUILD/mutants/none" "$1"; then
        echo "FAILED: $1 fails without any mutation"
        exit 1
    fi
    objects=$saved
    whole_tests="$whole_tests $1"
}

# run_test <folder> <program>: 0 where the test failed
run_test() {
    # shellcheck disable=SC2086
    $CC -pthread -pie -o "$1/test" "$BUILD/tests/$2.o" $sim_objects $objects "$BUILD/tests/lib.a" \
        $archives $libraries -lcheck -lsubunit -lrt -lm || exit 1
    ! "$1/test" >"$1/log" 2>&1
}

# find_mutant <name>
find_mutant() {
    name=$1
    by=$(header "$patches/$name.patch" 'Found by')
    prepare "$name" || { missed=$((missed + 1)); return; }
    folder=$BUILD/mutants/$name
    # shellcheck disable=SC2086
    case $by in
    sim*) if run_sim "$folder" --n 4-10 ${by#sim}; then how=$(sim_words "$folder/log"); else how=; fi ;;
    *) whole "$by"; if run_test "$folder" "$by"; then how=$(test_words "$by" "$folder/log"); else how=; fi ;;
    esac
    if [ -n "$how" ]; then
        found=$((found + 1))
        printf 'found  %-34s %s\n' "$name" "$how"
    else
        missed=$((missed + 1))
        printf 'MISSED %-34s by %s: %s\n' "$name" "$by" "$(head -n 1 "$patches/$name.patch")"
    fi
    rm -f "$folder/souk-sim" "$folder/test"
}

sim_words() {
    seeds=$(sed -n 's/^\([0-9]*\) seeds, .*/\1/p' "$1" | tail -n 1)
    printf 'sim, after %s seeds: %s' "${seeds:-some}" "$(sed -n 's/^seed [0-9]*: FAILED: //p' "$1" | head -n 1 | grep . || tail -n 1 "$1")"
}

test_words() {
    printf '%s: %s' "$1" "$(grep -m 1 ':[FE]:' "$2" | sed 's/^[^:]*:[0-9]*:[FE]:[^:]*:\([^:]*\):.*/\1/')"
}

case ${1:-all} in
all) names=$(find "$patches" -name '*.patch' -exec basename {} .patch \; | sort) ;;
quick)
    names=$(grep -l '^Quick: yes' "$patches"/*.patch | xargs -n 1 basename | sed 's/\.patch$//')
    for file in "$patches"/*.patch; do
        patch -s -p1 -F0 --dry-run <"$file" || { echo "FAILED: $file does not apply"; missed=$((missed + 1)); }
    done
    ;;
*) names=$* ;;
esac
for mutant in $names; do
    find_mutant "$mutant"
done
echo "$found mutants found, $missed missed"
[ "$missed" -eq 0 ] && [ "$found" -gt 0 ]
