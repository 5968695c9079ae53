#!/bin/sh
# usage: run_firewall.sh TCPSEG_FIREWALL
# What tcpseg-firewall promises from capture to capture: honest traffic goes on as it
# is, and of what was injected it holds back what a real Linux did not miss.
set -eu
tool=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

[ -x "$tool" ] || { echo "Bail out! $tool does not run"; exit 1; }

capture=examples/captures/handshake-and-close.pcap
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out
err=$scratch/err
log=$scratch/log
passed=$scratch/passed.pcap

# Run the tool; $status, $out and $err are left behind.
run()
{
    status=0
    "$tool" "$@" >"$out" 2>"$err" || status=$?
}

pass()
{
    run -w "$passed" --log "$log" -r "$@"
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

# ---- honest recordings ----

for states in tests/captures/*.states; do
    file=${states%.states}.pcap
    pass "$file"
    check "as it was: $(basename "$file")" "$(expect 0
        cmp "$file" "$passed" 2>&1 || cat "$log")"
done
pass tests/captures/udp.pcap
check 'as it was: no TCP' "$(expect 0
    cmp tests/captures/udp.pcap "$passed" 2>&1)"

# ---- recordings with injected segments, and what Linux did with them ----

# What Linux took goes on; what it refused in silence does not; where it refused and
# answered, the segment goes on, since its sender may need the answer. (TIME-WAIT
# answers even what is certainly forged.) Inline, nothing is missed, so what only "a
# SYN,ACK that the tap missed" would make good is refused.
judge()
{
    awk -v capture="$1" '
        FNR == NR { held[$2] = 1; next }
        /^#/ { next }
        { n++ }
        ($1 in held) && $2 != "rejected" && !/that the tap missed/ {
            print "held back: " $0
        }
        !($1 in held) && $2 == "rejected" && /no answer/ { print "let through: " $0 }
        ($1 in held) && /answered by ACK/ && capture !~ /time-wait/ {
            print "answered, and held back: " $0
        }
        END { if (!n) print "no verdicts" }' "$log" "$2"
}
for verdicts in tests/captures/inject-*.verdicts; do
    file=${verdicts%.verdicts}.pcap
    pass "$file"
    echo none 0 >>"$log" # so that it is not empty
    check "as Linux would have it: $(basename "$file")" "$(expect 0
        judge "$file" "$verdicts"
        says "$out" " $(($(wc -l <"$log") - 1)) held back")"
done

inject=tests/captures/inject-established.pcap
pass "$inject"
check 'a line of the log, whole' "$(
    says "$log" '1795423985.501630208 29 10.77.0.1:40002 > 10.77.0.2:80 dropped rejected rst-inexact: '
    says "$log" "The RST's number is not the one that the receiver expects next. (RFC 5961 3.2)")"
size=$(wc -c <"$passed")
pass "$inject" --dry-run
check '--dry-run: all go on' "$(expect 0
    cmp "$inject" "$passed" 2>&1
    says "$out" '18 would be held back')"
pass "$inject" --limit 0
check '--limit 0: nothing goes on that is challenged' "$(expect 0
    says "$log" ' limited rejected syn-in-connection: '
    says "$out" '0 challenged within the limit'
    [ "$(wc -c <"$passed")" -lt "$size" ] || echo 'no smaller')"
pass "$inject" -k
check '--no-checksums' "$(expect 0
    ! grep bad-checksum "$log")"

# Without the handshake's two frames, of 74 bytes and a header of 16 each.
{
    head -c 24 "$capture"
    tail -c +205 "$capture"
} >"$scratch/middle"
pass "$scratch/middle"
check 'a connection found in its middle goes on' "$(expect 0
    cmp "$scratch/middle" "$passed" 2>&1)"
pass "$scratch/middle" --midstream off
check '--midstream off: it does not' "$(expect 0
    says "$out" ' 0 passed'
    says "$log" ' dropped stray: ')"

# ---- fragments: by hand ----

bytes()
{
    for pair in $*; do
        printf "\\$(printf %03o "0x$pair")"
    done
}

# A SYN in a first fragment of 24 bytes, and 8 bytes behind it.
{
    bytes d4 c3 b2 a1 02 00 04 00 00 00 00 00 00 00 00 00 ff ff 00 00 65 00 00 00
    bytes 00 00 00 00 00 00 00 00 2c 00 00 00 2c 00 00 00
    bytes 45 00 00 2c 00 07 20 00 40 06 00 00 0a 00 00 01 0a 00 00 02
    bytes 04 00 00 50 00 00 10 00 00 00 00 00 50 02 04 00 00 00 00 00 61 62 63 64
    bytes 00 00 00 00 00 00 00 00 1c 00 00 00 1c 00 00 00
    bytes 45 00 00 1c 00 07 00 03 40 06 00 00 0a 00 00 01 0a 00 00 02
    bytes 65 66 67 68 69 6a 6b 6c
} >"$scratch/fragments"
pass "$scratch/fragments"
check 'fragments go on' "$(expect 0
    says "$out" '2 frames: 2 passed'
    says "$out" '1 later fragments')"
pass "$scratch/fragments" --fragments drop
check '--fragments drop: not behind the first' "$(expect 0
    says "$out" '2 frames: 1 passed'
    says "$log" ' 2 10.0.0.1 > 10.0.0.2 dropped later-fragment: ')"

# ---- the guide ----

page=docs/guide/firewall.md
sed -n '/^<!-- transcript: firewall -->/,/^```$/p' "$page" | sed '1,2d;$d' >"$scratch/shown"
pass tests/captures/inject-syn-crossed.pcap
check 'the guide shows what is printed' "$(
    cat "$log" "$out" | diff "$scratch/shown" - || true)"

# ---- options and errors ----

run --help
check '--help, and the guide' "$(expect 0
    for option in connections count dry-run fragments half-open inline limit log \
        midstream no-checksums profile read time version write; do
        says "$out" "--$option"
        case $option in
        version) ;;
        *) grep -qe "--$option" -e "-$(printf %.1s "$option") " "$page" ||
            echo "$page has no --$option" ;;
        esac
    done)"
run --version
check '--version' "$(expect 0
    version=$(sed -n 's/.*TCPSEG_VERSION "\(.*\)"/\1/p' include/tcpseg/version.h)
    says "$out" "tcpseg-firewall $version, libtcpseg $version")"
for words in '--fragments none' '--midstream x' '--profile bsd' '--limit -1' \
    '--connections 0' '--half-open 1x' '--count 0' '--time 0'; do
    # shellcheck disable=SC2086 # two words
    pass "$capture" $words
    check "$words" "$(expect 2
        says "$err" 'wants'
        says "$err" 'try: tcpseg-firewall --help')"
done
for words in '' '-r x' '-w x' '--inline' '--inline a' '--inline a b c' \
    '--inline -r x a b' '-r x -w y z' '--unknown'; do
    # shellcheck disable=SC2086 # some words
    run $words
    check "usage: $words" "$(expect 2
        says "$err" 'try: tcpseg-firewall --help')"
done
pass "$scratch/missing"
check 'no such capture' "$(expect 1
    says "$err" "tcpseg-firewall: $scratch/missing: No such file or directory")"
run -r "$capture" -w "$scratch/no/where"
check 'nowhere to write' "$(expect 1
    says "$err" "$scratch/no/where: No such file or directory")"
run -r "$capture" -w "$passed" -l "$scratch/no/where"
check 'nowhere to log' "$(expect 1
    says "$err" "$scratch/no/where: No such file or directory")"
cp "$capture" "$scratch/own"
run -r "$scratch/own" -w "$scratch/own"
check 'no capture is written over itself' "$(expect 1
    says "$err" 'is the capture that is read'
    cmp "$capture" "$scratch/own" 2>&1)"
head -c 700 "$capture" >"$scratch/cut"
pass "$scratch/cut"
check 'a capture that is cut: what was read is written' "$(expect 1
    says "$err" "$scratch/cut: at byte 669, after frame 6: "
    [ "$(wc -c <"$passed")" -eq 669 ] || wc -c "$passed")"
if [ -c /dev/full ]; then
    run -r "$capture" -w /dev/full
    check 'a full disk is an error' "$(expect 1
        says "$err" 'tcpseg-firewall: /dev/full: ')"
else
    skip 'a full disk is an error' 'no /dev/full'
fi
run --inline "$(printf 'no\033[1m')" other
check '--inline without such an interface; its name does nothing to a terminal' \
    "$(expect 1
    ! grep "$(printf '\033')" "$err"
    [ "$(uname)" != Linux ] || says "$err" 'no such interface')"

finish
