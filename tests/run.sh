#!/bin/sh
# Run the tests of the kinds named (unit story sim fuzz e2e) from $BUILD, one line each, and end with
# the totals. A failed test's output is printed whole. Exit code 0 only where none failed.
# TRIES=2 runs a test that failed once more, and names it at the end: the timing of a busy machine may
# fail a test of real processes once, a defect fails it twice.
set -u
cd "$(dirname "$0")/.." || exit
BUILD=${BUILD:-build}
export BUILD
passed=0
failed=0
repeated=
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# one <name> <command...>
one() {
    if attempt "$@"; then
        passed=$((passed + 1))
    elif [ "${TRIES:-1}" -gt 1 ] && repeated="$repeated $1" && attempt "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

attempt() {
    name=$1
    shift
    begin=$(date +%s)
    if timeout -k 10 900 "$@" >"$log" 2>&1; then
        skips=$(grep -c '^skipped' "$log" || true)
        note=
        [ "$skips" -eq 0 ] || note=" ($(grep -m1 '^skipped' "$log"))"
        printf 'ok    %s, %s s%s\n' "$name" "$(($(date +%s) - begin))" "$note"
    else
        printf 'FAIL  %s\n' "$name"
        sed 's/^/      /' "$log"
        return 1
    fi
}

for kind in "$@"; do
    case $kind in
    unit | story | sim)
        for source in tests/"$kind"/test_*.c; do
            [ -e "$source" ] || continue
            program=$BUILD/${source%.c}
            one "$kind/$(basename "$program")" "$program"
        done
        ;;
    fuzz)
        for source in tests/fuzz/fuzz_*.c; do
            [ -e "$source" ] || continue
            program=$BUILD/${source%.c}
            one "corpus/$(basename "$program")" "$program" "tests/fuzz/corpus/$(basename "$program")"
        done
        ;;
    e2e)
        for script in tests/e2e/test_*.sh; do
            [ -e "$script" ] || continue
            one "e2e/$(basename "$script" .sh)" "$script"
        done
        ;;
    *)
        echo "run.sh: unknown kind '$kind': unit, story, sim, fuzz or e2e is expected" >&2
        exit 2
        ;;
    esac
done
[ -z "$repeated" ] || echo "run twice:$repeated"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
