#!/bin/sh
# What layout.c pins, asked of a compiler for machines that nothing here runs on:
# the structures lie the same way on each, and the compiler never pads them. No
# program is made, so no C library of the target is needed.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Each row of layout.c as an assertion.
{
    sed -n '/^#define POINTER/p' tests/abi/layout.c
    echo '#include <tcpseg/tcpseg.h>'
    sed -n -e 's/^ *TYPE(\([a-z_]*\), \(.*\)),$/_Static_assert(sizeof(\1) == \2, "\1");/p' \
        -e 's/^ *AT(\([a-z_]*\), \([a-z0-9_]*\), \(.*\)),$/_Static_assert(offsetof(\1, \2) == \3, "\1.\2");/p' \
        tests/abi/layout.c
} >"$scratch/layout.c"
check 'every row of layout.c is an assertion' "$(
    rows=$(grep -c '^ *\(TYPE\|AT\)(' tests/abi/layout.c)
    assertions=$(grep -c '^_Static_assert' "$scratch/layout.c")
    [ "$rows" -eq "$assertions" ] || echo "$rows rows, $assertions assertions")"

# Only the compiler's own headers.
layout_of()
{
    "$@" -std=c11 -ffreestanding -nostdinc \
        -isystem "$("$1" -print-file-name=include)" -Iinclude -Wpadded -Werror \
        -fsyntax-only "$scratch/layout.c"
}

for target in x86_64-linux-gnu i386-linux-gnu aarch64-linux-gnu \
    armv7-linux-gnueabihf armv6m-none-eabi riscv64-linux-gnu riscv32-none-elf \
    mips-linux-gnu mips64el-linux-gnu powerpc-linux-gnu powerpc64le-linux-gnu \
    s390x-linux-gnu sparc64-linux-gnu wasm32 wasm64 x86_64-windows-msvc \
    x86_64-windows-gnu i686-windows-msvc bpfel; do
    if ! have clang; then
        skip "$target" 'no clang here'
    elif ! clang "--target=$target" -fsyntax-only -x c - </dev/null 2>/dev/null; then
        skip "$target" 'not a target of this clang'
    else
        check "$target" "$(problems_of layout_of clang "--target=$target")"
    fi
done
check "this machine, ${CC:-cc}" "$(problems_of layout_of "${CC:-cc}")"
finish
