#!/bin/sh
# Every man page compiles, and mandoc finds no error in it.
set -eu
cd "$(dirname "$0")/../.."
failed=0
for page in docs/man/*.scd; do
    [ -e "$page" ] || continue
    if ! scdoc <"$page" >/tmp/souk-man.$$ || ! mandoc -T lint -W error /tmp/souk-man.$$; then
        echo "$page: not a clean man page"
        failed=1
    fi
done
rm -f /tmp/souk-man.$$

# described <page> <sources...>: every command and option of the tables is in the page.
described() {
    page=$1
    shift
    sed -nE 's/^ *\{"([a-z][a-z -]*)", ("|NULL).*/\1/p' "$@" | while IFS= read -r name; do
        grep -qE -- "\\*(souk |souk-server |souk-signer |--)$name\\*" "$page" || echo "$page: '$name' is not described"
    done
}
missing=$(
    described docs/man/souk.1.scd tools/wallet/*.c
    described docs/man/souk-server.1.scd tools/server/main.c
    described docs/man/souk-signer.1.scd tools/signer/main.c
)
if [ -n "$missing" ]; then
    echo "$missing"
    failed=1
fi
exit $failed
