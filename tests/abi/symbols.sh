#!/bin/sh
# One list of what is exported: headers, lib/tcpseg.sym and the shared library
# agree; the static library brings no foreign name and no variable.
# usage: symbols.sh SHARED_LIBRARY STATIC_LIBRARY
set -eu
shared=$(realpath "$1")
static=$(realpath "$2")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
LC_ALL=C
export LC_ALL

# The functions that the headers declare: what stands before the parenthesis
# after each TCPSEG_API, comments and preprocessor lines taken away.
declared()
{
    cat include/tcpseg/*.h | sed '/^ *#/d' | tr '\n' ' ' |
        sed 's:/\*:\n/*:g; s:\*/:*/\n:g' | grep -v '^/\*' | tr '\n' ' ' |
        grep -o 'TCPSEG_API [^(;]*(' | sed 's/($//; s/.*[ *]//' | sort
}

# differ WHAT LIST WHAT LIST: the names that only one of them has.
differ()
{
    printf '%s\n' "$2" | sort -u >"$scratch/a"
    printf '%s\n' "$4" | sort -u >"$scratch/b"
    comm -23 "$scratch/a" "$scratch/b" | sed "s/^/only in $1: /"
    comm -13 "$scratch/a" "$scratch/b" | sed "s/^/only in $3: /"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
abi=$(sed -n 's/^#define TCPSEG_ABI //p' include/tcpseg/version.h)
list=$(cat lib/tcpseg.sym)
exported=$(nm -D --defined-only "$shared" | awk '$2 != "A" { print $3 }')
global=$(nm -g --defined-only "$static" | awk 'NF == 3 { print $3 }')

check 'tcpseg.sym is sorted and has no duplicates' \
    "$(sort -uc lib/tcpseg.sym 2>&1 || true)"
check 'tcpseg.sym lists what the headers declare' \
    "$(differ headers "$(declared)" tcpseg.sym "$list")"
check 'the shared library exports what tcpseg.sym lists' \
    "$(differ library "$(echo "$exported" | sed 's/@.*//')" tcpseg.sym "$list")"
check "every export has the version TCPSEG_$abi" \
    "$(echo "$exported" | grep -v "@@TCPSEG_$abi\$" || true)"
check "the SONAME is libtcpseg.so.$abi" "$(differ library \
    "$(objdump -p "$shared" | awk '$1 == "SONAME" { print $2 }')" \
    version.h "libtcpseg.so.$abi")"
check 'the shared library needs no other' "$(objdump -p "$shared" |
    awk '$1 == "NEEDED" && $2 !~ /^libc\.so/ { print }')"
check 'all that is not exported is named tcpsegp_' \
    "$(echo "$global" | sort -u | grep -vxF "$list" | grep -v '^tcpsegp_' || true)"
check 'layout.c pins every structure' "$(differ headers \
    "$(sed -n 's/^typedef struct \([a-z_]*\) {.*/\1/p' include/tcpseg/*.h)" \
    layout.c "$(sed -n 's/^ *TYPE(\([a-z_]*\),.*/\1/p' tests/abi/layout.c)")"
check 'constants.h pins every constant' "$(differ headers \
    "$(sed -n 's/^    \(TCP[A-Z]*_[A-Z0-9_]*\) = .*/\1/p' include/tcpseg/*.h)" \
    constants.h "$(sed -n 's/^PIN(\([A-Z0-9_]*\),.*/\1/p' \
        tests/abi/constants.h | grep -v '^TCPCONN_[A-Z]*_SIZE$\|_EXID_SMC_\|^TCPSEG_ABI$')")"
check 'old_caller.c asks every function that is told how large an answer is' \
    "$(cat include/tcpseg/*.h | sed '/^ *[#*]/d' | tr '\n' ' ' | tr ';' '\n' |
        grep -E 'TCPSEG_API.*\b(out|cfg|frame)_size\)|frame_size,|out_size,' |
        sed 's/.*TCPSEG_API [^(]*[ *]\([a-z_]*\)(.*/\1/' | while read -r name; do
            grep -q "\"$name\"" tests/abi/old_caller.c || echo "not asked: $name"
        done)"
# documented: a comment ends right before it, and says since when there is the function.
documented()
{
    cat include/tcpseg/*.h | awk '
        /^\/\*\*/ { since = 0 }
        /@since/ { since = 1 }
        /^ \*\// { told = since; next }
        /TCPSEG_API/ && told { print }
        { told = 0 }' | sed 's/.*TCPSEG_API [^(]*[ *]\([a-z0-9_]*\)(.*/\1/'
}
check 'every exported function is documented' \
    "$(differ tcpseg.sym "$list" comments "$(documented)")"
# One byte that caches what the processor can do is allowed, in checksum.c.
check 'no variables, but for one byte' "$(objdump -t "$static" | awk '
    /^[^ ]+:/ { file = $1 }
    / O \.(t?data|t?bss)(\.[^r][^ \t]*)?[ \t]/ {
        if (file ~ /checksum/ && /[ \t]0*1 / && !n++) next
        print file, $0
    }')"
finish
