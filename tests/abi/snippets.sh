#!/bin/sh
# The programs in README.md and the guide compile as they stand, without a warning,
# and run. A C block without main() is a fragment and not looked at.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
CC=${CC:-cc}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

build_and_run()
{
    $CC -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude "$1" lib/*.c \
        -o "$scratch/program" && "$scratch/program"
}

for page in README.md docs/guide/*.md; do
    [ -e "$page" ] || continue
    rm -f "$scratch"/*.c
    awk -v out="$scratch/" '
        /^```c$/ { n++; inside = 1; next }
        /^```/ { inside = 0 }
        inside { print > (out n ".c") }' "$page"
    for block in "$scratch"/*.c; do
        if [ -e "$block" ] && grep -q 'main(' "$block"; then
            check "$page, block $(basename "$block" .c)" \
                "$(problems_of build_and_run "$block")"
        fi
    done
done
[ "$count" -gt 0 ] || skip 'programs in the documents' 'there are none yet'
finish
