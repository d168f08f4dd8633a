#!/bin/sh
# Every test that the table of classes in docs/testing.md names exists under that name, with a comment before it that
# has the class and where it was seen, and every mutation names a program that exists.
set -eu
cd "$(dirname "$0")/../.."
failed=0
names=$(mktemp)
trap 'rm -f "$names" "$names.comment"' EXIT

# Lines of class, file and test; a file may be followed by several tests, parted by commas.
grep -E '^\| [0-9]+ \|' docs/testing.md | tr -d '\`' | awk '{
    class = $2
    while (match($0, /(unit|story|sim)\/[a-z_0-9]+ [a-z_0-9]+(, [a-z]+_[a-z_0-9]+)*/)) {
        count = split(substr($0, RSTART, RLENGTH), words, /,? /)
        for (i = 2; i <= count; i++) {
            print class, words[1], words[i]
        }
        $0 = substr($0, RSTART + RLENGTH)
    }
}' >"$names"
# comment <file> <test>: the one that ends on the line before, in one line.
comment() {
    awk -v test="START_TEST($2)" '
        index($0, test) == 1 { if (ended == NR - 1) print text; exit }
        /^\/\*/ { text = "" }
        { text = text " " $0 }
        /\*\/$/ { ended = NR }' "$1" | tr -s ' *' '  '
}
source='(issues?|pull requests?) [0-9]+|#[0-9]+|(GHSA|ASA|CVE)-[0-9a-z]+|arXiv [0-9]+'
while read -r class file test; do
    grep -q "START_TEST($test)" "tests/$file.c" 2>/dev/null || {
        echo "docs/testing.md: tests/$file.c has no test $test"
        failed=1
        continue
    }
    comment "tests/$file.c" "$test" >"$names.comment"
    { grep -qE "[Cc]lass(es)?( [0-9]+ and)? $class([^0-9]|\$)" "$names.comment" &&
        grep -qE "$source" "$names.comment"; } || {
        echo "tests/$file.c: the comment over $test does not say: class $class, and where it was seen"
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
