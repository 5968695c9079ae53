#!/bin/sh
# Build every fuzz target the way OSS-Fuzz asks for it: compiler, flags and engine
# come from CC, CFLAGS and LIB_FUZZING_ENGINE, programs go to OUT with their seeds,
# dictionary and options beside them. CXX links, where the engine is C++.
set -eu
cd "$(dirname "$0")/.."
: "${CC:=clang}" "${CFLAGS:=-g -O1}" "${OUT:?names the directory for the programs}"
: "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}" "${CXX:=$CC}"

mkdir -p "$OUT"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for source in lib/*.c fuzz/fuzz_*.c; do
    # CFLAGS and the like are lists of words.
    $CC $CFLAGS -std=c11 -Iinclude -Ilib -c "$source" \
        -o "$work/$(basename "$source" .c).o"
done
for target in fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    mv "$work/$name.o" "$work/harness"
    # The other harnesses' objects stay out: each has the same entry point.
    $CXX ${CXXFLAGS:-$CFLAGS} "$work/harness" $(ls "$work"/*.o | grep -v '/fuzz_') \
        $LIB_FUZZING_ENGINE -o "$OUT/$name"
    if [ -d "fuzz/corpus/$name" ] && command -v zip >/dev/null; then
        zip -qjr "$OUT/${name}_seed_corpus.zip" "fuzz/corpus/$name"
    fi
    for beside in "fuzz/dict/$name.dict" "fuzz/options/$name.options"; do
        [ ! -e "$beside" ] || cp "$beside" "$OUT"
    done
done
