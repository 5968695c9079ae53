#!/bin/sh
# usage: run.sh TCPSEG_INSPECT
# The library as WebAssembly, as examples/web has it: says of all shipped captures what
# the tool says, and no file makes it trap.
set -eu
inspect=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

for program in clang wasm-ld node; do
    have $program || {
        skip 'the library as WebAssembly' \
            "no $program here (Debian: clang, lld, nodejs)"
        finish
    }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
problems=$(problems_of examples/web/build.sh "$scratch")
if [ -n "$problems" ]; then
    check 'examples/web/build.sh' "$problems"
    finish
fi
node tests/web/run.mjs "$scratch" "$inspect" tests/captures/*.pcap \
    examples/captures/*.pcap
