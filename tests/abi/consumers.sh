#!/bin/sh
# Every way in which the library is offered builds and runs a small program:
# pkg-config, CMake, Meson subproject, and one compiler line on lib/*.c.
# usage: consumers.sh BUILD_DIRECTORY   (of a finished Meson build)
set -eu
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
program=$PWD/tests/abi/consumer
source_root=$PWD
CC=${CC:-cc}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Installed once, then moved: nothing in it may depend on where it was put.
problems=$(problems_of env DESTDIR="$scratch/destination" \
    meson install -C "$build" --no-rebuild)
check 'meson install' "$problems"
prefix=$(meson introspect "$build" --buildoptions | python3 -c '
import json, sys
print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')
moved=$scratch/moved$prefix
mkdir -p "$(dirname "$moved")"
mv "$scratch/destination$prefix" "$moved"
libdir=$(dirname "$(find "$moved" -name 'libtcpseg.so')")

installed()
{
    find "$moved" -type f -o -type l | sed "s:^$moved/::" | sort
}
check 'what is installed' "$(for file in \
    include/tcpseg/base.h include/tcpseg/checksum.h include/tcpseg/conn.h \
    include/tcpseg/frame.h include/tcpseg/option.h include/tcpseg/segment.h \
    include/tcpseg/tcpseg.h include/tcpseg/udp.h include/tcpseg/version.h \
    '.*/libtcpseg\.so' '.*/libtcpseg\.so\.[0-9]' '.*/libtcpseg\.a' \
    '.*/pkgconfig/tcpseg\.pc' '.*/cmake/tcpseg/tcpseg-config\.cmake' \
    '.*/cmake/tcpseg/tcpseg-config-version\.cmake'; do
    installed | grep -qx "$file" || echo "missing: $file"
done
installed | grep '^include/' | grep -v '^include/tcpseg/[a-z]*\.h$' |
    sed 's/^/unexpected: /')"

with_pkg_config()
{
    PKG_CONFIG_SYSROOT_DIR=$scratch/moved
    PKG_CONFIG_LIBDIR=$libdir/pkgconfig
    export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
    pkg-config --exists 'tcpseg >= 0.1' || return
    if [ "$1" = shared ]; then
        $CC "$program/main.c" -o "$scratch/pc-shared" \
            $(pkg-config --cflags --libs tcpseg) || return
        LD_LIBRARY_PATH=$libdir "$scratch/pc-shared"
    else
        $CC "$program/main.c" -o "$scratch/pc-static" \
            $(pkg-config --cflags tcpseg) \
            -Wl,-Bstatic $(pkg-config --libs tcpseg) -Wl,-Bdynamic || return
        "$scratch/pc-static"
    fi
}

with_cmake()
{
    # The second path is for systems where Meson and CMake disagree about lib64.
    cmake -G Ninja -S "$program" -B "$scratch/cmake" \
        "-DCMAKE_PREFIX_PATH=$moved;$libdir/cmake/tcpseg" &&
        cmake --build "$scratch/cmake" &&
        LD_LIBRARY_PATH=$libdir "$scratch/cmake/with-tcpseg" &&
        "$scratch/cmake/with-static"
}

with_subproject()
{
    mkdir -p "$scratch/meson/subprojects" &&
        cp "$program/main.c" "$program/meson.build" "$scratch/meson" &&
        ln -s "$source_root" "$scratch/meson/subprojects/tcpseg" &&
        meson setup "$scratch/meson/build" "$scratch/meson" &&
        meson compile -C "$scratch/meson/build" &&
        "$scratch/meson/build/consumer"
}

plain()
{
    $CC -std=c11 -Iinclude "$program/main.c" lib/*.c -o "$scratch/plain" &&
        "$scratch/plain"
}

check 'pkg-config, shared' "$(problems_of with_pkg_config shared)"
check 'pkg-config, static' "$(problems_of with_pkg_config static)"
if have cmake; then
    check 'CMake, tcpseg::tcpseg and tcpseg::static' "$(problems_of with_cmake)"
else
    skip 'CMake, tcpseg::tcpseg and tcpseg::static' 'no cmake here'
fi
check 'Meson subproject' "$(problems_of with_subproject)"
check 'plain sources' "$(problems_of plain)"
finish
