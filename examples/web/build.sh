#!/bin/sh
# usage: examples/web/build.sh [DIRECTORY]
# Makes the page in DIRECTORY, or in build/web: files for any server of static files.
# Wants clang and wasm-ld (Debian: clang, lld); CLANG names another clang.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
to=${1:-$top/build/web}
CLANG=${CLANG:-clang}

for program in "$CLANG" wasm-ld; do
    command -v "$program" >/dev/null 2>&1 || {
        echo "examples/web/build.sh: no $program here (Debian: clang, lld)" >&2
        exit 1
    }
done

mkdir -p "$to"
# The stack comes first in memory: below it there is nothing to run into.
"$CLANG" --target=wasm32 -std=c11 -O2 -ffreestanding -nostdlib \
    -fvisibility=hidden -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow \
    -Wpedantic -Wstrict-prototypes -Wmissing-prototypes -Werror \
    -I"$top/include" -I"$top/lib" "$top"/lib/*.c "$top/examples/web/glue.c" \
    -Wl,--no-entry -Wl,--export-dynamic -Wl,--stack-first -Wl,--strip-all \
    -o "$to/tcpseg.wasm"

# Servers know .js; of .mjs not all know that it is JavaScript, and browsers want to be
# told so.
for file in "$top"/examples/web/*.mjs; do
    sed "s:\(from '\./[a-z]*\)\.mjs':\1.js':" "$file" \
        >"$to/$(basename "$file" .mjs).js"
done
for file in index.html style.css icon.svg; do
    cp "$top/examples/web/$file" "$to"
done
cp "$top/examples/captures/handshake-and-close.pcap" "$to/example.pcap"
chmod 644 "$to/tcpseg.wasm"
echo "$to"
