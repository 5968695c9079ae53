#!/bin/sh
# usage: run_ffi.sh LIBTCPSEG_SO
# The programs of examples/ffi, each in another language, all say tests/tool/ffi.txt.
#
# The environment variable KOFFI names the directory with node_modules/koffi.
set -eu
library=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
capture=examples/captures/handshake-and-close.pcap
headers=include/tcpseg
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
directory=$(dirname "$library")
# The name that programs look for when they start.
ln -s "$library" "$scratch/libtcpseg.so"
export LD_LIBRARY_PATH="$directory${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# says COMMAND..: nothing, if it says the transcript.
says()
{
    "$@" >"$scratch/out" 2>"$scratch/err" ||
        { echo "failed: $*" && cat "$scratch/err"; }
    diff tests/tool/ffi.txt "$scratch/out"
}

# in_language NAME WHY COMMAND..: a test, or skipped, if WHY is not empty.
in_language()
{
    name=$1
    why=$2
    shift 2
    if [ -n "$why" ]; then
        skip "$name" "$why"
    else
        check "$name" "$("$@")"
    fi
}

# lacks DEBIAN_PACKAGE TEST..: what is missing, if the test fails.
lacks()
{
    package=$1
    shift
    "$@" >/dev/null 2>&1 || echo "no $package here"
}

with_ctypes()
{
    says python3 examples/ffi/follow_ctypes.py "$library" $capture
}

# The first Python that has it: Debian's may be another than the first.
python_with_cffi()
{
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import cffi' 2>/dev/null && echo "$python" && return
    done
    return 1
}

with_cffi()
{
    PYTHONDONTWRITEBYTECODE=1 says "$(python_with_cffi)" examples/ffi/follow_cffi.py \
        "$library" $capture $headers
}

with_lua()
{
    python3 examples/ffi/declarations.py $headers >"$scratch/tcpseg.h"
    says luajit examples/ffi/follow.lua "$library" $capture "$scratch/tcpseg.h"
}

with_node()
{
    says node examples/ffi/follow.mjs "$library" $capture
}

with_go()
{
    problems_of env CGO_CFLAGS="-I$PWD/include" CGO_LDFLAGS="-L$scratch -ltcpseg" \
        GOCACHE="$scratch/cache" GO111MODULE=off GOFLAGS= \
        go build -o "$scratch/follow_go" examples/ffi/follow.go
    says "$scratch/follow_go" $capture
}

# Later ones take size_t for usize by themselves.
with_rust()
{
    usize=
    bindgen --help | grep -q -e ' --size_t-is-usize' && usize=--size_t-is-usize
    problems_of bindgen include/tcpseg/tcpseg.h -o "$scratch/bindings.rs" $usize \
        --allowlist-function 'tcp.*' --allowlist-type 'tcp.*' \
        --allowlist-var 'TCP.*' --no-layout-tests -- -Iinclude
    problems_of env BINDINGS="$scratch/bindings.rs" rustc --edition 2021 \
        -L "$scratch" -l tcpseg -o "$scratch/follow_rust" examples/ffi/follow.rs
    says "$scratch/follow_rust" $capture
}

has_koffi()
{
    have node && [ -d "${KOFFI:-.}/node_modules/koffi" ]
}

has_rust()
{
    have rustc && have bindgen
}

in_language 'Python with ctypes' "$(lacks python3 have python3)" with_ctypes
in_language 'Python with cffi' \
    "$(lacks python3-cffi python_with_cffi)" with_cffi
in_language 'LuaJIT' "$(lacks luajit have luajit)" with_lua
in_language 'Node with koffi' "$(lacks 'nodejs, or koffi by npm,' has_koffi)" \
    with_node
in_language 'Go with cgo' "$(lacks golang-go have go)" with_go
in_language 'Rust with bindgen' "$(lacks 'rustc, or bindgen,' has_rust)" with_rust
finish
