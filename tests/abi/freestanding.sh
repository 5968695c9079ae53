#!/bin/sh
# Without a C library: compiled with -ffreestanding and only the compiler's own
# headers, the library asks for memcpy, memmove, memset and memcmp at most, and
# with freestanding.c for nothing.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# build COMPILER LEVEL: one relocatable object with all but freestanding.c, and
# one with it.
build()
{
    headers=$("$1" -print-file-name=include)
    rm -f "$scratch"/*.o
    for file in lib/*.c; do
        object=$scratch/$(basename "$file" .c).o
        "$1" -std=c11 "-O$2" -ffreestanding -fPIC -nostdinc \
            -isystem "$headers" -Iinclude -c "$file" -o "$object" || return
    done
    mv "$scratch/freestanding.o" "$scratch/mem"
    ld -r "$scratch"/*.o -o "$scratch/library" || return
    ld -r "$scratch/library" "$scratch/mem" -o "$scratch/whole"
}

# What an object asks for, but for the linker's own table.
undefined()
{
    nm -u "$1" | awk '{ print $2 }' | grep -vx _GLOBAL_OFFSET_TABLE_ || true
}

# A memcpy that calls itself would be no memcpy.
self_calls()
{
    objdump -dr "$scratch/mem" |
        grep -E 'R_[A-Z0-9_]*(PLT|PC)32.*mem(cpy|move|set|cmp)|call.*<mem' || true
}

for compiler in gcc clang; do
    for level in 0 2 3 s; do
        name="$compiler -O$level"
        if ! have "$compiler"; then
            skip "$name: only the four functions" "no $compiler here"
            continue
        fi
        problems=$(problems_of build "$compiler" "$level")
        if [ -z "$problems" ]; then
            problems=$(undefined "$scratch/library" |
                grep -vx 'memcpy\|memmove\|memset\|memcmp' || true)
        fi
        check "$name: only the four functions" "$problems"
        check "$name: nothing, with freestanding.c" \
            "$(undefined "$scratch/whole"; self_calls)"
    done
done
finish
