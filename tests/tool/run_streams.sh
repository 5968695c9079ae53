#!/bin/sh
# usage: run_streams.sh TCPSEG_STREAMS TABLE_SIZE
# What tcpseg-streams promises: which bytes stand in which files, and what it says
# when it cannot write them.
set -eu
tool=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
table_size=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

[ -x "$tool" ] || { echo "Bail out! $tool does not run"; exit 1; }

capture=examples/captures/handshake-and-close.pcap
request=010.077.000.001.43610-010.077.000.002.00080
answer=010.077.000.002.00080-010.077.000.001.43610
client=010.000.000.001.01024-010.000.000.002.00080
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out
err=$scratch/err
dir=$scratch/dir

# Run the tool; $status, $out and $err are left behind.
run()
{
    status=0
    "$tool" "$@" >"$out" 2>"$err" || status=$?
}

# The same, with an empty directory to write to.
write()
{
    rm -rf "$dir"
    run -o "$dir" "$@"
}

# expect STATUS: what is wrong with the last run, if anything.
expect()
{
    [ "$status" -eq "$1" ] || { echo "exit status $status"; cat "$err"; }
}

says()
{
    grep -qF -- "$2" "$1" || { echo "no '$2' in:"; cat "$1"; }
}

silent()
{
    [ ! -s "$1" ] || { echo 'should be empty:'; cat "$1"; }
}

# holds FILE BYTES: as printf writes them.
holds()
{
    # shellcheck disable=SC2059 # it is a format
    printf "$2" | cmp - "$1" 2>&1 || od -c "$1"
}

# files NAME ...: there are no others.
files()
{
    printf '%s\n' "$@" | sort >"$scratch/wanted"
    ls "$dir" | sort | diff "$scratch/wanted" - || true
}

# ---- captures made by hand ----

bytes()
{
    for pair in $*; do
        printf "\\$(printf %03o "0x$pair")"
    done
}

# frame LENGTH BYTES: a record at time 0, its length in hex.
frame()
{
    bytes 00 00 00 00 00 00 00 00 "$1" 00 00 00 "$1" 00 00 00
    shift
    bytes "$*"
}

header()
{
    bytes d4 c3 b2 a1 02 00 04 00 00 00 00 00 00 00 00 00 ff ff 00 00 65 00 00 00
}

from_client='45 00 00 28 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02'
from_server='45 00 00 28 00 00 00 00 40 06 00 00 0a 00 00 02 0a 00 00 01'
handshake()
{
    header
    frame 28 "$from_client" \
        04 00 00 50 00 00 10 00 00 00 00 00 50 02 04 00 00 00 00 00
    frame 28 "$from_server" \
        00 50 04 00 00 00 20 00 00 00 10 01 50 12 04 00 00 00 00 00
    frame 28 "$from_client" \
        04 00 00 50 00 00 10 01 00 00 20 01 50 10 04 00 00 00 00 00
}

# text NUMBER FOUR_BYTES [URGENT_POINTER]: from the client.
text()
{
    set -- "$1" "$2" "${3:-}"
    frame 2c 45 00 00 2c 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
        04 00 00 50 00 00 10 "$1" 00 00 20 01 50 "$([ -z "$3" ] && echo 18 || echo 38)" 04 00 \
        00 00 00 "0${3:-0}"
    printf %s "$2"
}

# ack NUMBER: of the server.
ack()
{
    frame 28 "$from_server" \
        00 50 04 00 00 00 20 01 00 00 10 "$1" 50 10 04 00 00 00 00 00
}

# ---- files ----

write "$capture"
check 'a file for each direction' "$(expect 0
    silent "$out"
    silent "$err"
    files "$request" "$answer"
    head -n 1 "$dir/$request" | grep -q '^GET /article HTTP/1.0' || cat "$dir/$request"
    head -n 1 "$dir/$answer" | grep -q '^HTTP/1.0 200 OK' || cat "$dir/$answer")"

cp "$dir/$request" "$scratch/request"
write --dir ba "$capture"
check '--dir ba: one direction' "$(expect 0
    files "$answer")"

write tests/captures/ipv6.pcap
low=fd77:0000:0000:0000:0000:0000:0000:0001.43610
high=fd77:0000:0000:0000:0000:0000:0000:0002.00080
check 'IPv6 in full' "$(expect 0
    files "$low-$high" "$high-$low")"

write tests/captures/reuse.pcap
check 'a reused pair: c1' "$(expect 0
    files "$request" "$answer" "${request}c1" "${answer}c1"
    [ -s "$dir/${request}c1" ] || echo empty)"
write --conn 1 tests/captures/reuse.pcap
check '--conn 1: the second one, under the same name' "$(expect 0
    files "${request}c1" "${answer}c1")"
write --conn 2 tests/captures/reuse.pcap
check '--conn of none' "$(expect 1
    says "$err" 'tcpseg-streams: --conn 2: there are 2 connections, numbered from 0')"

write tests/captures/refused.pcap
check 'no bytes, no file' "$(expect 0
    [ -z "$(ls "$dir")" ] || ls "$dir")"

# A hundred connections at once, in turn; each picked up in its middle.
{
    header
    for letter in a b; do
        for tens in 0 1 2 3 4 5 6 7 8 9; do
            for ones in 0 1 2 3 4 5 6 7 8 9; do
                [ "$letter" = a ] && at=01 || at=03
                frame 2a 45 00 00 2a 00 00 00 00 40 06 00 00 0a 00 00 01 \
                    0a 00 00 02 "$tens$ones" 00 00 50 00 00 10 $at 00 00 20 01 \
                    50 18 04 00 00 00 00 00
                printf %s "$letter$ones"
            done
        done
    done
} >"$scratch/hundred"
rm -rf "$dir"
status=0
(ulimit -n 80 && exec "$tool" -k -o "$dir" "$scratch/hundred") >"$out" 2>"$err" ||
    status=$?
check 'more files than may be open' "$(expect 0
    silent "$err"
    [ "$(ls "$dir" | wc -l)" -eq 100 ] || ls "$dir"
    for file in "$dir"/*; do
        case $(cat "$file") in
        a?b?) ;;
        *) echo "$file" && cat "$file" ;;
        esac
    done)"

# ---- gaps ----

{
    handshake
    text 01 abcd
    text 09 ijkl
    ack 0d
    text 11 qrst
} >"$scratch/gaps"
write -k "$scratch/gaps"
check 'gaps are zeros, and told' "$(expect 0
    files "$client"
    holds "$dir/$client" 'abcd\0\0\0\0ijkl\0\0\0\0qrst'
    [ "$(wc -l <"$err")" -eq 2 ] || cat "$err"
    says "$err" "tcpseg-streams: $client: bytes 4 to 8 are missing: acknowledged-unseen"
    says "$err" "bytes 12 to 16 are missing: given-up")"
write -k --gaps skip --quiet "$scratch/gaps"
check '--gaps skip --quiet: nothing of either' "$(expect 0
    silent "$err"
    holds "$dir/$client" abcdijklqrst)"
run -k -o - --conn 0 "$scratch/gaps"
check 'gaps on standard output' "$(expect 0
    holds "$out" 'abcd\0\0\0\0ijkl\0\0\0\0qrst')"

{
    handshake
    text 01 abcd
    ack 05
    text 05 efgh
} >"$scratch/unproven"
write -k --on-ack "$scratch/unproven"
check '--on-ack: what was acknowledged' "$(expect 0
    holds "$dir/$client" 'abcd\0\0\0\0'
    says "$err" 'bytes 4 to 8 are missing: unproven')"

{
    handshake
    ack 21
    frame 28 "$from_client" \
        04 00 00 50 00 00 10 21 00 00 20 01 50 10 04 00 00 00 00 00
} >"$scratch/nothing"
write -k "$scratch/nothing"
check 'a gap alone makes no file' "$(expect 0
    says "$err" "$client: bytes 0 to 32 are missing"
    [ -z "$(ls "$dir")" ] || ls "$dir")"

# Two hosts in the middle of their connection, and before them a segment from
# somewhere else.
{
    header
    frame 38 45 00 00 38 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
        04 00 00 50 70 00 00 01 00 00 20 01 50 18 04 00 00 00 00 00
    printf 'from nowhere ...'
    text 01 abcd
    ack 05
    text 05 efgh
    ack 09
    text 09 ijkl
} >"$scratch/moved"
write -k "$scratch/moved"
check 'a connection found elsewhere begins anew' "$(expect 0
    holds "$dir/$client" abcdefghijkl
    says "$err" "$client begins anew")"

# ---- out of order, and sent twice ----

{
    handshake
    text 05 efgh
    text 07 XYij
    text 01 abcd
} >"$scratch/overlap"
write -k "$scratch/overlap"
check 'bytes out of order, and an overlap' "$(expect 0
    holds "$dir/$client" abcdefghij
    says "$err" "$client: bytes 6 to 8 came twice and differ: the old ones stay")"
write -k --overlap last "$scratch/overlap"
check '--overlap last' "$(expect 0
    holds "$dir/$client" abcdefXYij
    says "$err" "the new ones stay")"

{
    handshake
    text 03 cdef
    text 09 ijkl
    text 09 IJKL
    text 01 abcd
    text 05 efgh
} >"$scratch/twice"
write -k --overlap hpux11 "$scratch/twice"
check '--overlap hpux11' "$(expect 0
    holds "$dir/$client" abcdefghIJKL)"
for words in '--snort --overlap hpux11' '--overlap hpux11 --snort'; do
    # shellcheck disable=SC2086 # three words
    write -k $words "$scratch/twice"
    check "$words" "$(expect 0
        holds "$dir/$client" abcdefghijkl)"
done

# ---- urgent bytes ----

{
    handshake
    text 01 abcd 3
} >"$scratch/urgent"
write -k "$scratch/urgent"
check 'urgent bytes in line' "$(expect 0
    files "$client"
    holds "$dir/$client" abcd)"
write -k --urgent out "$scratch/urgent"
check '--urgent out' "$(expect 0
    files "$client"
    holds "$dir/$client" abd)"
write -k --urgent apart "$scratch/urgent"
check '--urgent apart' "$(expect 0
    files "$client" "$client.urgent"
    holds "$dir/$client" abd
    holds "$dir/$client.urgent" c)"

# ---- the pool ----

# Thirty connections, in each of which 60000 bytes wait for the first 16.
{
    header
    for port in 0 1 2; do
        for ones in 0 1 2 3 4 5 6 7 8 9; do
            frame 28 "$from_client" "$port$ones" 00 00 50 \
                00 00 10 00 00 00 00 00 50 02 ff ff 00 00 00 00
            frame 28 "$from_server" 00 50 "$port$ones" 00 \
                00 00 20 00 00 00 10 01 50 12 ff ff 00 00 00 00
            bytes 00 00 00 00 00 00 00 00 88 ea 00 00 88 ea 00 00
            bytes 45 00 ea 88 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
                "$port$ones" 00 00 50 00 00 10 11 00 00 20 01 50 18 ff ff \
                00 00 00 00
            head -c 60000 /dev/zero
        done
    done
} >"$scratch/waiting"
write -k "$scratch/waiting"
check 'bytes out of order find room' "$(expect 0
    [ "$(ls "$dir" | wc -l)" -eq 30 ] || ls "$dir"
    grep 'no room' "$err" || true)"
write -k --pool 1 "$scratch/waiting"
check 'not in a smaller pool, and that is told' "$(expect 0
    [ "$(grep -c ': bytes 16 to 60016 came out of order and found no room' \
        "$err")" -eq 15 ] || cat "$err")"

# ---- standard output ----

run -o - --conn 0 --dir ab "$capture"
check '-o -: one direction to standard output' "$(expect 0
    silent "$err"
    cmp "$out" "$scratch/request" 2>&1)"
run -o - "$capture"
check '-o - wants one connection' "$(expect 2
    says "$err" '--conn N')"
run -o - --conn 0 --urgent apart "$capture"
check 'and has no place for urgent bytes apart' "$(expect 2
    says "$err" '--urgent in-line or out')"
for file in "$capture" "$scratch/waiting"; do # found out at the end, or before
    {
        sleep 0.3
        status=0
        "$tool" -k -q -o - --conn 0 "$file" 2>"$err" || status=$?
        echo "$status" >"$scratch/status"
    } | :
    status=$(cat "$scratch/status")
    check "a reader that has gone is no error: $(basename "$file")" "$(expect 0
        silent "$err")"
done
if [ -c /dev/full ]; then
    for file in "$capture" "$scratch/waiting"; do
        status=0
        "$tool" -k -q -o - --conn 0 "$file" >/dev/full 2>"$err" || status=$?
        check "a full disk is an error: $(basename "$file")" "$(expect 1
            says "$err" 'tcpseg-streams: standard output: '
            [ "$(wc -l <"$err")" -eq 1 ] || cat "$err")"
    done
else
    skip 'a full disk is an error' 'no /dev/full'
fi

# ---- what is there already ----

write "$capture"
echo mine >"$dir/$request"
run -o "$dir" "$capture"
check 'no file is replaced' "$(expect 1
    says "$err" "$dir/$request: File exists (--overwrite replaces it)"
    holds "$dir/$request" 'mine\n')"
echo mine >"$scratch/outside"
ln -sf ../outside "$dir/$request"
run -w -o "$dir" "$capture"
check '--overwrite replaces a link, not what it leads to' "$(expect 0
    holds "$scratch/outside" 'mine\n'
    [ ! -L "$dir/$request" ] && [ -s "$dir/$request" ] || ls -l "$dir")"
ln -sf ../nowhere "$dir/$request"
run -o "$dir" "$capture"
check 'no link is followed to where no file is' "$(expect 1
    [ ! -e "$scratch/nowhere" ] || echo written)"
run -o README.md "$capture"
check 'the directory is none' "$(expect 1
    says "$err" 'tcpseg-streams: README.md: Not a directory')"
run -o "$scratch/no/where" "$capture"
check 'the directory cannot be made' "$(expect 1
    says "$err" "$scratch/no/where: No such file or directory")"

# ---- options and captures ----

run --help
check '--help' "$(expect 0
    silent "$err"
    for option in conn connections dir filter gaps half-open ipv6 memory \
        no-checksums on-ack output overlap overwrite pool quiet snort urgent version; do
        says "$out" "--$option"
    done)"
run --version
check '--version' "$(expect 0
    version=$(sed -n 's/.*TCPSEG_VERSION "\(.*\)"/\1/p' include/tcpseg/version.h)
    says "$out" "tcpseg-streams $version, libtcpseg $version")"
for words in '--gaps none' '--dir a' '--urgent 1' '--conn x' '--pool 0' \
    '--overlap best'; do
    # shellcheck disable=SC2086 # two words
    write $words "$capture"
    check "$words" "$(expect 2
        says "$err" 'wants'
        says "$err" 'try: tcpseg-streams --help'
        [ ! -e "$dir" ] || echo 'a directory was made')"
done
run "$capture"
check 'no -o' "$(expect 2
    says "$err" '-o DIRECTORY')"
run -o "$dir"
check 'no file' "$(expect 2
    says "$err" 'one FILE')"
write --filter 'src port 80' "$capture"
check '--filter' "$(expect 0
    [ -s "$dir/$answer" ] || ls "$dir"
    [ ! -e "$dir/$request" ] || ls "$dir")"
write --filter 'port' "$capture"
check 'a filter that is none' "$(expect 2
    says "$err" 'tcpseg-streams: --filter: ')"
{
    handshake
    frame 2c 45 00 00 2c 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
        04 00 00 50 00 00 10 01 00 00 20 01 50 18 04 00 12 34 00 00 61 62 63 64
} >"$scratch/checksum"
write -k "$scratch/checksum"
check '-k: no checksum is verified' "$(expect 0
    holds "$dir/$client" abcd)"
write "$scratch/checksum"
check 'a wrong checksum is not taken without -k' "$(expect 0
    [ -z "$(ls "$dir")" ] || ls "$dir")"
# ---- how many connections ----

run --memory --connections 1000 --half-open 300 --ipv6 200
check '--memory tells what the library says' "$(expect 0
    silent "$err"
    says "$out" '1000 connections, of which 200 may be IPv6, and 300 half-open'
    size=$("$table_size" 0 1000 300 200)
    says "$out" "$size bytes of table")"

many=tests/captures/inject-established.pcap
write --quiet "$many"
all=$(ls "$dir" | wc -l)
write --quiet --connections 4 --half-open 2 "$many"
check 'more connections than there is room for' "$(expect 0
    [ "$(ls "$dir" | wc -l)" -ge "$all" ] || ls "$dir")"

write "$scratch/missing"
check 'no such file' "$(expect 1
    says "$err" "tcpseg-streams: $scratch/missing: No such file or directory"
    [ ! -e "$dir" ] || echo 'a directory was made')"
write README.md
check 'a file that is no capture' "$(expect 1
    says "$err" 'README.md: at byte 0, before the first frame: ')"
head -c 700 "$capture" >"$scratch/cut"
write "$scratch/cut"
check 'a capture that is cut: what was read is written' "$(expect 1
    says "$err" "$scratch/cut: at byte 669, after frame 6: "
    files "$request" "$answer")"

finish
