#!/bin/sh
# The fuzz seeds in the tree are what their generators in fuzz/seeds write.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
CC=${CC:-cc}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

generate()
{
    mkdir "$scratch/$1" &&
        $CC -std=gnu11 -Iinclude -Ilib -Ifuzz -Itests/support \
            "fuzz/seeds/$1.c" tests/support/frame*.c tests/support/script.c lib/*.c \
            -o "$scratch/generator" &&
        "$scratch/generator" "$scratch/$1" &&
        [ -n "$(ls "$scratch/$1")" ]
}

for generator in fuzz/seeds/*.c; do
    name=$(basename "$generator" .c)
    problems=$(problems_of generate "$name")
    check "fuzz/seeds/$name.c writes seeds" "$problems"
    [ -z "$problems" ] || continue
    check "fuzz/corpus/fuzz_$name has them" "$(for seed in "$scratch/$name"/*; do
        cmp "$seed" "fuzz/corpus/fuzz_$name/$(basename "$seed")" 2>&1 || true
    done)"
done
finish
