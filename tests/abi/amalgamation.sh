#!/bin/sh
# The library in one file, as lib/amalgamate.sh writes it: compiles alone without a
# warning, exports what the library does, and gives the golden run's answers.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
CC=${CC:-cc}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
WARNINGS='-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wpedantic
    -Wstrict-prototypes -Wmissing-prototypes -Werror'

check 'lib/amalgamate.sh' "$(problems_of lib/amalgamate.sh "$scratch")"
check 'two files, of the same bytes each time' "$(
    lib/amalgamate.sh "$scratch/again"
    for file in tcpseg.c tcpseg.h; do
        cmp "$scratch/$file" "$scratch/again/$file" 2>&1 || true
    done
    ls "$scratch/again" | grep -vx 'tcpseg\.[ch]' || true)"

# compile COMPILER FLAG...
compile()
{
    # shellcheck disable=SC2086 # a list of words
    (cd "$scratch" && "$@" -std=c11 $WARNINGS -c tcpseg.c -o tcpseg.o)
}

for compiler in gcc clang; do
    for flags in -O2 '-O2 -ffreestanding' '-O0 -ffreestanding -DTCPSEG_NO_MEM'; do
        name="alone, $compiler $flags"
        if ! have "$compiler"; then
            skip "$name" "no $compiler here"
            continue
        fi
        # shellcheck disable=SC2086
        problems=$(problems_of compile "$compiler" $flags)
        check "$name" "$problems"
        [ -z "$problems" ] || continue
        case $flags in
        -O2)
            # shellcheck disable=SC2016 # a dollar that is awk's
            check "$name: exports no more than the library" "$(
                nm -g --defined-only "$scratch/tcpseg.o" | awk '{ print $3 }' |
                    grep -v '^tcpsegp_' | sort >"$scratch/names"
                sort lib/tcpseg.sym | comm -3 - "$scratch/names")"
            ;;
        *NO_MEM)
            check "$name: only the four functions" "$(nm -u "$scratch/tcpseg.o" |
                grep -vw 'memcpy\|memmove\|memset\|memcmp\|_GLOBAL_OFFSET_TABLE_' ||
                true)"
            ;;
        *)
            check "$name: asks for nothing" "$(nm -u "$scratch/tcpseg.o" |
                grep -v _GLOBAL_OFFSET_TABLE_ || true)"
            ;;
        esac
    done
done

# Where there is no C library at all, nor a linker of this machine's.
for target in wasm32 armv6m-none-eabi riscv32-none-elf mips-none-elf; do
    if have clang; then
        check "alone, clang for $target" "$(problems_of compile clang \
            "--target=$target" -O2 -ffreestanding -nostdinc \
            -isystem "$(clang -print-file-name=include)")"
    else
        skip "alone, clang for $target" 'no clang here'
    fi
done

# The header in one file as well, and the same words as from many files.
example()
{
    sed 's:<tcpseg/tcpseg\.h>:"tcpseg.h":' "examples/$1.c" \
        >"$scratch/example.c" &&
        $CC -std=c11 -Iinclude "examples/$1.c" lib/*.c -o "$scratch/many" &&
        (cd "$scratch" && $CC -std=c11 example.c tcpseg.c -o one) &&
        "$scratch/many" >"$scratch/many.out" &&
        "$scratch/one" >"$scratch/one.out" &&
        [ -s "$scratch/one.out" ] &&
        cmp "$scratch/many.out" "$scratch/one.out"
}

# golden FLAG...: with the one file compiled like that
golden()
{
    $CC -std=c11 "$@" -c "$scratch/tcpseg.c" -o "$scratch/tcpseg.o" &&
        $CC -std=gnu11 -Iinclude -Ilib -Itests/support tests/golden/*.c \
            tests/support/*.c "$scratch/tcpseg.o" -o "$scratch/golden" &&
        "$scratch/golden" tests/golden >"$scratch/golden.out" &&
        ! grep '^not ok' "$scratch/golden.out" &&
        grep -q '^ok' "$scratch/golden.out"
}

for example in parse_segment follow_handshake; do
    check "examples/$example.c with both files" "$(problems_of example $example)"
done
check 'the golden run' "$(problems_of golden -O2)"
check "the golden run, by a compiler without gcc's extensions" \
    "$(problems_of golden -U__GNUC__)"
finish
