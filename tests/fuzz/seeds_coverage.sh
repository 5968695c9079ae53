#!/bin/sh
# What the seeds of fuzz/corpus reach of lib/ by themselves, without any fuzzing.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
LINES=95
BRANCHES=90

for program in clang-14 llvm-profdata-14 llvm-cov-14; do
    have $program || {
        skip 'coverage by seeds' "no $program here (Debian: clang, llvm-14)"
        finish
    }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

compile()
{
    clang-14 -g -O1 -std=c11 -fprofile-instr-generate -fcoverage-mapping \
        -Iinclude -Ilib -Ifuzz "$@"
}

# Each target replays its own seeds.
replay()
{
    for source in lib/*.c; do
        compile -c "$source" -o "$scratch/$(basename "$source" .c).o" || return 1
    done
    for target in fuzz/fuzz_*.c; do
        name=$(basename "$target" .c)
        compile "$target" fuzz/standalone.c "$scratch"/*.o -o "$scratch/$name" &&
            LLVM_PROFILE_FILE="$scratch/$name.profraw" \
                "$scratch/$name" "fuzz/corpus/$name" || return 1
    done
    llvm-profdata-14 merge -o "$scratch/all" "$scratch"/*.profraw
}

# The columns of the report that are percentages: of lines and of branches.
report()
{
    set -- "$scratch/fuzz_calls"
    for target in "$scratch"/fuzz_*.profraw; do
        set -- "$@" -object "${target%.profraw}"
    done
    llvm-cov-14 report "$@" -instr-profile="$scratch/all" lib/*.c lib/*.h |
        awk 'NF > 9 && $1 != "Filename" { print $1, $10 + 0, $13 + 0 }'
}

problems=$(problems_of replay)
check 'every seed is replayed' "$problems"
[ -z "$problems" ] || finish
report >"$scratch/report"
set -- $(grep '^TOTAL ' "$scratch/report")
worst=$(sort -k 3 -n "$scratch/report" | awk '$3 > 0 { print } ++n == 12 { exit }')
echo "# lines $2 %, branches $3 %; the least branches, with their lines before them:"
echo "$worst" | sed 's/^/#   /'
enough()
{
    awk -v is="$2" -v due="$3" -v what="$1" \
        'BEGIN { if (is < due) print is " %, and " due " % are due" }'
}
check "lines that seeds reach: $2 %" "$(enough lines "$2" $LINES)"
check "branches that seeds take both ways: $3 %" "$(enough branches "$3" $BRANCHES)"
finish
