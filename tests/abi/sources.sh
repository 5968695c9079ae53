#!/bin/sh
# No file is forgotten: what lies in a source directory is in its build list.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

# unlisted BUILD_FILE DIRECTORY: C files that the build file does not name.
unlisted()
{
    for file in "$2"/*.c; do
        [ -e "$file" ] || continue
        grep -q "'\\([a-z/]*/\\)\\{0,1\\}$(basename "$file")'" "$1" ||
            grep -q "'$(basename "$file" .c)'" "$1" ||
            echo "$file is not in $1"
    done
}

check 'lib' "$(unlisted lib/meson.build lib | grep -v '^lib/freestanding.c ' || true)"
check 'examples' "$(unlisted examples/meson.build examples)"
check 'examples/firewall' "$(unlisted examples/meson.build examples/firewall)"
check 'examples/inspect' "$(unlisted examples/meson.build examples/inspect)"
check 'examples/streams' "$(unlisted examples/meson.build examples/streams)"
check 'fuzz' "$(unlisted fuzz/meson.build fuzz)"
for directory in abi conn golden stream support table unit; do
    check "tests/$directory" "$(unlisted tests/meson.build "tests/$directory")"
done
check 'public headers' "$(for header in include/tcpseg/*.h; do
    grep -q "'$header'" meson.build || echo "$header is not in meson.build"
done)"
check 'each fuzz target has seeds' "$(for target in fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    [ -n "$(ls "fuzz/corpus/$name" 2>/dev/null)" ] ||
        echo "fuzz/corpus/$name is empty"
done)"
finish
