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
exit $failed
