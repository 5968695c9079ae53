#!/bin/sh
# Every target under AFL++: built by fuzz/ossfuzz.sh with its compiler, and for a few
# seconds fuzzed from its seeds. Long runs are done by hand:
#
#     CC=afl-clang-fast CXX=afl-clang-fast++ OUT=build/afl fuzz/ossfuzz.sh
#     afl-fuzz -i fuzz/corpus/fuzz_conn -o build/afl-findings build/afl/fuzz_conn
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
SECONDS_EACH=5

for program in afl-clang-fast afl-fuzz; do
    have $program || {
        skip 'AFL++' "no $program here (Debian: afl++)"
        finish
    }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
problems=$(problems_of env CC=afl-clang-fast CXX=afl-clang-fast++ CFLAGS='-g -O2' \
    AFL_QUIET=1 LIB_FUZZING_ENGINE=-fsanitize=fuzzer OUT="$scratch/out" fuzz/ossfuzz.sh)
check 'every target builds' "$problems"
[ -z "$problems" ] || finish

# A few of the seeds, so that there is time for more than reading them.
fuzz()
{
    mkdir -p "$scratch/seeds/$1" "$scratch/found"
    for seed in $(ls "fuzz/corpus/$1" | head -n 4); do
        cp "fuzz/corpus/$1/$seed" "$scratch/seeds/$1"
    done
    timeout $((SECONDS_EACH + 60)) env AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_ARITH=1 AFL_FAST_CAL=1 \
        afl-fuzz -V $SECONDS_EACH -t 5000 -i "$scratch/seeds/$1" -o "$scratch/found/$1" \
        -- "$scratch/out/$1" >"$scratch/$1.log" 2>&1 || tail -n 20 "$scratch/$1.log"
    ls "$scratch/found/$1"/default/crashes/id* "$scratch/found/$1"/default/hangs/id* \
        2>/dev/null || true
}

for target in fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    problems=$(fuzz "$name")
    done=$(sed -n 's/^execs_done *: *//p' "$scratch/found/$name/default/fuzzer_stats" \
        2>/dev/null || true)
    [ "${done:-0}" -gt 0 ] || problems="$problems
it was never run"
    check "$name under AFL++, ${done:-0} runs" "$problems"
done
finish
