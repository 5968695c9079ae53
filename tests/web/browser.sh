#!/bin/sh
# usage: browser.sh TCPSEG_INSPECT [PICTURES]
# examples/web in Chromium without a window. PICTURES, a directory, receives screenshots.
set -eu
inspect=$(realpath "$1")
pictures=$(realpath "${2:-.}")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

for program in clang wasm-ld node chromium; do
    have $program || {
        skip 'the page in a browser' \
            "no $program here (Debian: clang, lld, nodejs, chromium)"
        finish
    }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ $# -gt 1 ] || pictures=$scratch
problems=$(problems_of examples/web/build.sh "$scratch/page")
if [ -n "$problems" ]; then
    check 'examples/web/build.sh' "$problems"
    finish
fi
node tests/web/browser.mjs "$scratch/page" "$(command -v chromium)" "$inspect" \
    "$scratch" "$pictures"
