#!/bin/sh
# Every test that the table of classes in docs/testing.md names exists under that name, and every
# mutation names a program that exists.
set -eu
cd "$(dirname "$0")/../.."
failed=0
names=$(mktemp)
trap 'rm -f "$names"' EXIT

grep -E '^\| [0-9]+ \|' docs/testing.md | tr -d '\`' |
    grep -oE '(unit|story|sim)/[a-z_0-9]+ [a-z_0-9]+' >"$names"
while read -r file test; do
    grep -q "START_TEST($test)" "tests/$file.c" 2>/dev/null || {
        echo "docs/testing.md: tests/$file.c has no test $test"
        failed=1
    }
done <"$names"
[ "$(grep -cE '^\| [0-9]+ \|' docs/testing.md)" -eq 38 ] || {
    echo "docs/testing.md: the table of classes has not 38 rows"
    failed=1
}
grep -h '^Found by: ' tests/sim/mutations/*.patch | sed 's/^Found by: //' | grep -v '^sim' | sort -u >"$names"
while read -r file; do
    [ -e "tests/$file.c" ] || {
        echo "tests/sim/mutations: tests/$file.c does not exist"
        failed=1
    }
done <"$names"
exit "$failed"
