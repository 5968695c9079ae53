#!/bin/sh
# fuzz/oss-fuzz/build.sh, run with the variables that OSS-Fuzz sets for each of its
# sanitizers, for 32 bits, and for its coverage build: each target is built, with its
# seeds, dictionary and options beside it, and runs on those seeds and a bit further.
set -u
cd "$(dirname "$0")/../.."
root=$PWD
. tests/support/tap.sh

: "${SECONDS_EACH:=2}" # of fuzzing, for each target
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src" && ln -s "$root" "$scratch/src/tcpseg"

# As infra/base-images/base-builder sets them.
BASE='-O1 -fno-omit-frame-pointer -gline-tables-only
    -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION'
flags_of()
{
    case $1 in
    address) echo '-fsanitize=address -fsanitize-address-use-after-scope' ;;
    undefined) echo '-fsanitize=array-bounds,bool,builtin,enum,function' \
        '-fsanitize=integer-divide-by-zero,null,object-size,return' \
        '-fsanitize=returns-nonnull-attribute,shift,signed-integer-overflow' \
        '-fsanitize=unreachable,vla-bound,vptr -fno-sanitize-recover=all' ;;
    memory) echo '-fsanitize=memory -fsanitize-memory-track-origins' ;;
    coverage) echo '-fprofile-instr-generate -fcoverage-mapping' ;;
    i386) echo '-m32 -fsanitize=address' ;;
    esac
}

# Whether this machine's clang makes such programs.
can()
{
    echo 'int LLVMFuzzerTestOneInput(const char *d, int n) { return d && n < 0; }' \
        >"$scratch/probe.c"
    clang $BASE $(flags_of "$1") -fsanitize=fuzzer-no-link -c "$scratch/probe.c" \
        -o "$scratch/probe.o" 2>/dev/null &&
        clang++ $BASE $(flags_of "$1") "$scratch/probe.o" -fsanitize=fuzzer \
            -o "$scratch/probe" 2>/dev/null
}

build()
{
    mkdir "$scratch/$1"
    flags="$BASE $(flags_of "$1") -fsanitize=fuzzer-no-link"
    env -i PATH="$PATH" HOME="$scratch" SRC="$scratch/src" OUT="$scratch/$1" \
        CC=clang CXX=clang++ CFLAGS="$flags" CXXFLAGS="$flags" \
        LIB_FUZZING_ENGINE=-fsanitize=fuzzer SANITIZER="$1" \
        bash -eu fuzz/oss-fuzz/build.sh
}

# What has to lie beside a program.
missing()
{
    for name in "$2" "${2}_seed_corpus.zip" "$2.options" "$2.dict"; do
        [ -s "$scratch/$1/$name" ] || echo "no $name"
    done
    [ "$(python3 -m zipfile -l "$scratch/$1/${2}_seed_corpus.zip" | sed 1d | wc -l)" \
        -eq "$(ls "fuzz/corpus/$2" | wc -l)" ] || echo "seeds are missing"
}

# From the seeds on, with the options as they are in the file.
fuzz()
{
    mkdir -p "$scratch/new"
    max=$(sed -n 's/^max_len = //p' "$scratch/$1/$2.options")
    (cd "$scratch/$1" && LLVM_PROFILE_FILE=/dev/null timeout 120 "./$2" \
        -max_len="$max" -dict="$2.dict" -max_total_time="$SECONDS_EACH" \
        -timeout=25 -rss_limit_mb=2560 "$scratch/new" "$root/fuzz/corpus/$2")
    status=$?
    rm -rf "$scratch/new"
    return $status
}

if ! have clang || ! have clang++ || ! have zip; then
    skip 'builds of OSS-Fuzz' 'clang or zip is not here'
    finish
fi
check 'the same build.sh for ClusterFuzzLite' \
    "$(problems_of cmp fuzz/oss-fuzz/build.sh .clusterfuzzlite/build.sh)"
for sanitizer in address undefined memory coverage i386; do
    if ! can "$sanitizer"; then
        skip "$sanitizer" "clang makes no such programs here"
        continue
    fi
    problems=$(problems_of build "$sanitizer")
    check "$sanitizer: is built" "$problems"
    [ -z "$problems" ] || continue
    for target in fuzz/fuzz_*.c; do
        name=$(basename "$target" .c)
        check "$sanitizer: what is beside $name" "$(missing "$sanitizer" "$name")"
        check "$sanitizer: $name runs" "$(problems_of fuzz "$sanitizer" "$name" |
            tail -n 40)"
    done
    rm -rf "${scratch:?}/$sanitizer"
done
finish
