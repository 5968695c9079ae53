#!/bin/sh
# Each public header compiles alone, as strict C11 and as old and new C++.
# usage: header_alone.sh
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

# compile COMPILER LANGUAGE STANDARD HEADER
compile()
{
    printf '#include <tcpseg/%s>\nextern int unused;\n' "$4" |
        "$1" -x "$2" "-std=$3" -pedantic-errors -Wall -Wextra -Werror \
            -Iinclude -fsyntax-only -
}

for header in include/tcpseg/*.h; do
    name=${header##*/}
    for case in gcc/c/c11 clang/c/c11 g++/c++/c++98 g++/c++/c++20 \
        clang++/c++/c++98 clang++/c++/c++20; do
        compiler=${case%%/*}
        language=${case#*/}
        standard=${language#*/}
        language=${language%/*}
        if have "$compiler"; then
            check "$name alone, $compiler $standard" "$(problems_of \
                compile "$compiler" "$language" "$standard" "$name")"
        else
            skip "$name alone, $compiler $standard" "no $compiler here"
        fi
    done
done
finish
