#!/bin/sh
# usage: run_table.sh TABLE_IN_A_FILE
# The table of the example is found again by its second run; a damaged one is refused.
set -eu
program=$1
. "$(dirname "$0")/../support/tap.sh"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
file=$directory/table

check 'the first run sees a handshake' \
    "$("$program" "$file" | tail -n 1 | grep -vx 'accepted: client ESTABLISHED, server ESTABLISHED' || true)"
check 'the second goes on from there' \
    "$("$program" "$file" | tail -n 1 | grep -vx 'accepted: client TIME-WAIT, server CLOSED' || true)"
printf 'xxxx' | dd of="$file" conv=notrunc 2>"$directory/dd"
check 'what is no table is refused' \
    "$("$program" "$file" 2>"$directory/why" || true; grep -L 'not initialised\|another build' "$directory/why")"
finish
