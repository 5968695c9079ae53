#!/bin/sh
# The gate of docs/abi.md: the shared library against the snapshot of its interface
# in the tree, tests/abi/tcpseg.abi. Any difference fails, an addition as well: who
# means it refreshes the snapshot in the same commit,
#
#     tests/abi/abidiff.sh build/native/lib/libtcpseg.so --update
#
# and reads in the diff what he has changed.
# usage: abidiff.sh SHARED_LIBRARY [--update]
set -eu
shared=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
snapshot=tests/abi/tcpseg.abi
NAME='no difference to tests/abi/tcpseg.abi'

# What keeps this library from being read; nothing, if nothing does.
obstacle()
{
    have abidw && have abidiff || {
        echo 'no abidw and abidiff here (Debian: abigail-tools)'
        return
    }
    machine=$(readelf -h "$1" | sed -n 's/^ *Machine: *//p')
    case $machine in
    *X86-64) ;;
    *) echo "the snapshot is one of x86-64, not of $machine" && return ;;
    esac
    readelf -S "$1" | grep -q '\.debug_info' ||
        echo 'the library was built without debug information'
}

# Private types are those no public header knows; without places and paths, the
# snapshot changes only with the interface.
write_snapshot()
{
    abidw --exported-interfaces-only --drop-private-types --headers-dir include \
        --no-corpus-path --no-comp-dir-path --no-show-locs \
        --out-file "$2" "$1"
}

# Both sides written by the same rules: told to drop private types itself, abidiff
# drops those of the snapshot, which says not where they were declared. Harmless
# is what does not break a program that is compiled, such as a new name.
compare()
{
    write_snapshot "$1" "$scratch/now" &&
        abidiff --harmless "$snapshot" "$scratch/now"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
obstacle=$(obstacle "$shared")
if [ "${2-}" = --update ]; then
    [ -z "$obstacle" ] || { echo "$obstacle" >&2 && exit 1; }
    # One source file and no optimisation: the same text on each machine.
    lib/amalgamate.sh "$scratch"
    here=$PWD
    { echo "TCPSEG_$(sed -n 's/^#define TCPSEG_ABI //p' include/tcpseg/version.h) {"
        echo 'global:' && sed 's/$/;/' lib/tcpseg.sym && echo 'local: *; };'; } \
        >"$scratch/map"
    soname=$(objdump -p "$shared" | awk '$1 == "SONAME" { print $2 }')
    (cd "$scratch" && gcc -std=c11 -g -O0 -shared -fPIC -fvisibility=hidden \
        -Wl,--version-script=map "-Wl,-soname,$soname" tcpseg.c -o library)
    mkdir "$scratch/include" && mv "$scratch/tcpseg.h" "$scratch/include"
    (cd "$scratch" && write_snapshot library "$here/$snapshot")
    compare "$shared"
    exit
fi
if [ -n "$obstacle" ]; then
    skip "$NAME" "$obstacle"
else
    check "$NAME" "$(problems_of compare "$shared" | head -n 60)"
fi
finish
