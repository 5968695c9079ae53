#!/bin/sh
# usage: run_inspect.sh TCPSEG_INSPECT TABLE_SIZE
# What tcpseg-inspect promises to who calls it: its output on a recorded
# connection, options, exit statuses, and what it does with captures that are cut,
# empty, or no captures.
set -eu
tool=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
table_size=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

[ -x "$tool" ] || { echo "Bail out! $tool does not run"; exit 1; }

capture=examples/captures/handshake-and-close.pcap
datagrams=examples/captures/udp.pcap
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out
err=$scratch/err

# Run the tool; $status, $out and $err are left behind.
run()
{
    status=0
    "$tool" "$@" >"$out" 2>"$err" || status=$?
}

# expect STATUS: what is wrong with the last run, if anything.
expect()
{
    [ "$status" -eq "$1" ] || { echo "exit status $status"; cat "$err"; }
}

# says FILE TEXT: nothing, if the file has the text in it.
says()
{
    grep -qF -- "$2" "$1" || { echo "no '$2' in:"; cat "$1"; }
}

silent()
{
    [ ! -s "$1" ] || { echo 'should be empty:'; cat "$1"; }
}

# Bytes from hex digits in pairs.
bytes()
{
    for pair in $*; do
        printf "\\$(printf %03o "0x$pair")"
    done
}

# Lines that show a frame.
frames()
{
    grep -c '^ *[0-9][0-9]*  *[0-9][0-9]*\.[0-9]* ' "$1" || true
}

# ---- what it prints ----

run "$capture"
check 'a recorded connection, as text' "$(expect 0
    silent "$err"
    diff tests/tool/handshake-and-close.txt "$out")"

run --json "$capture"
check 'the same, as JSON' "$(expect 0
    silent "$err"
    diff tests/tool/handshake-and-close.json "$out")"

if have python3; then
    check 'every line is JSON by itself' "$(for file in tests/captures/*.pcap; do
        "$tool" --json "$file" || echo "$file: exit status $?"
    done | python3 -c 'import json, sys
for line in sys.stdin:
    json.loads(line)' 2>&1)"
else
    skip 'every line is JSON by itself' 'no python3'
fi

run --quiet "$capture"
check '--quiet shows no frame' "$(expect 0
    [ "$(frames "$out")" -eq 0 ] || cat "$out"
    says "$out" 'connection 0: opened by 10.77.0.1:43610, closed')"

run --summary --ascii tests/captures/inject-fin-wait-1.pcap
check '--summary is a table, the worst first' "$(expect 0
    silent "$err"
    [ "$(frames "$out")" -eq 0 ] || cat "$out"
    [ "$(grep -c '^ *[0-9]*  10.77.0.1:4' "$out")" -eq 16 ] || cat "$out"
    sed 1d "$out" | head -n 1 >"$err"
    says "$err" '     1  10.77.0.1:40001 -> 10.77.0.2:80  end-of-capture '
    says "$err" ' 23           0  1 RST in doubt, 1 rejected, 1 challenge ACK')"

run --ascii "$capture"
check '--ascii' "$(expect 0
    says "$out" '43610 -> 80 [SYN] Seq=0'
    LC_ALL=C grep -n '[^ -~]' "$out" || true)"

run --explain 9 "$capture"
check '--explain a segment, in sentences' "$(expect 0
    silent "$err"
    says "$out" 'Frame 9, 0.380614 s: 10.77.0.2'
    says "$out" 'Kind 8, timestamps (RFC 7323): 10 bytes.'
    says "$out" '10.77.0.2:80 goes from ESTABLISHED to CLOSE-WAIT'
    says "$out" 'That is inferred'
    sed 1d "$out" | LC_ALL=C grep -nE '[^ -~]|.{79}' || true)"

run --explain 16 tests/captures/inject-fin-wait-1.pcap
check '--explain why a segment is refused' "$(expect 0
    says "$out" 'rejected: 10.77.0.2:80 throws it away.'
    says "$out" 'rst-inexact (suspect): The RST'
    says "$out" '(RFC 5961 3.2)'
    says "$out" 'Both stay where they are: ESTABLISHED and FIN-WAIT-1.')"

run --explain 12 "$capture"
check '--explain a frame that is not there' "$(expect 1
    says "$err" 'frame 12 was not read, or has no TCP segment')"

run "$datagrams"
check 'UDP is shown, and makes no connection' "$(expect 0
    says "$out" 'UDP 43610 → 7777 Len=17'
    says "$out" '0 TCP segments of 0 connections, 2 UDP datagrams')"

# pcap LINKTYPE: a file header, as the two bytes of its link type.
pcap_header()
{
    bytes d4 c3 b2 a1 02 00 04 00 00 00 00 00 00 00 00 00 ff ff 00 00 "$1" 00 00
}

ip='00 01 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02'
{
    pcap_header '65 00'
    bytes 00 00 00 00 00 00 00 00 28 00 00 00 28 00 00 00
    bytes 45 00 00 28 "$ip"
    bytes 04 00 00 50 00 00 10 00 00 00 20 00 5f ff 04 00 00 00 00 07
    bytes 00 00 00 00 00 00 00 00 50 00 00 00 50 00 00 00
    bytes 45 00 00 50 "$ip"
    bytes 04 01 00 50 00 00 10 00 00 00 20 00 f0 10 04 00 00 00 00 00
    bytes 1c 04 80 3c 22 02 ac 05 00 00 01 1b 08 0f 10 00 00 00 04
    bytes 14 04 80 05 05 0a 00 00 20 01 00 00 20 05 fe 04 ac ce 01 01 01
} >"$scratch/words"
run --no-checksums "$scratch/words"
check 'all flags and less usual options, in Wireshark'\''s words' "$(expect 0
    says "$out" '1024 → 80 [FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE, Reserved] Seq=0 Ack=1 Win=1024 Urg=7 Len=0'
    says "$out" '1025 → 80 [ACK] Seq=1 Ack=1 Win=1024 Len=0 USER_TO=60 TFO=R EE0B=1 QSresp=1.31072 Gbit/s SCPS[BETS] Connection ID=5 SLE=2 SRE=6 ExID=ACCE')"

# ---- options ----

run --help
check '--help' "$(expect 0
    silent "$err"
    for option in ascii connections count filter half-open hash help interface ipv6 json memory no-checksums \
        quiet summary version; do
        says "$out" "--$option"
    done)"

run --version
check '--version' "$(expect 0
    version=$(sed -n 's/.*TCPSEG_VERSION "\(.*\)"/\1/p' include/tcpseg/version.h)
    says "$out" "tcpseg-inspect $version, libtcpseg $version")"

run -c 3 "$capture"
check '-c 3 shows three frames' "$(expect 0
    [ "$(frames "$out")" -eq 3 ] || cat "$out")"

run --filter 'tcp[tcpflags] & tcp-fin != 0' "$capture"
check '--filter leaves frames their numbers and times' "$(expect 0
    [ "$(frames "$out")" -eq 2 ] || cat "$out"
    grep -q '^ *8  *0\.330993 ' "$out" || cat "$out")"

run --filter 'port http and' "$capture"
check 'a wrong filter is a usage error' "$(expect 2
    silent "$out"
    says "$err" '--filter: ')"

# usage_error NAME ARGUMENT...
usage_error()
{
    name=$1
    shift
    run "$@"
    check "usage error: $name" "$(expect 2
        silent "$out"
        says "$err" 'try: tcpseg-inspect --help')"
}

usage_error 'no file'
usage_error 'two files' "$capture" "$capture"
usage_error 'an unknown option' --frobnicate "$capture"
usage_error 'a count of 0' -c 0 "$capture"
usage_error 'a count that is no number' -c 3x "$capture"
usage_error 'a negative count' -c -3 "$capture"
usage_error 'an interface and a file' -i lo "$capture"
usage_error 'JSON and summary' --json --summary "$capture"

# ---- how many connections ----

run --memory --connections 1000 --half-open 300 --ipv6 200
check '--memory tells what the library says' "$(expect 0
    silent "$err"
    says "$out" '1000 connections, of which 200 may be IPv6, and 300 half-open'
    size=$("$table_size" 3 1000 300 200)
    says "$out" "$size bytes of table"
    says "$out" ' 63 bytes of it a half-open one, 95 of IPv6')"

many=tests/captures/inject-established.pcap
run --quiet "$many"
all=$(grep -c '^connection ' "$out")
run --quiet --connections 4 --half-open 2 "$many"
check 'more connections than there is room for: each is told' "$(expect 0
    silent "$err"
    [ "$(grep -c '^connection ' "$out")" -eq "$all" ] || cat "$out"
    says "$out" ', evicted, ')"

run --connections 1 "$capture"
check 'room for one is enough for one' "$(expect 0
    diff tests/tool/handshake-and-close.txt "$out")"

for number in 0 -1 3x 5000000000; do
    usage_error "--connections $number" --connections "$number" "$capture"
done

# ---- where captures come from ----

status=0
"$tool" - <"$capture" >"$out" 2>"$err" || status=$?
check 'a file as standard input' "$(expect 0
    diff tests/tool/handshake-and-close.txt "$out")"

status=0
cat "$capture" | "$tool" - >"$out" 2>"$err" || status=$?
check 'a pipe as standard input' "$(expect 0
    diff tests/tool/handshake-and-close.txt "$out")"

# One SYN, in a pcapng file whose interface counts nanoseconds.
syn='45 00 00 28 00 01 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02
    04 00 00 50 00 00 10 00 00 00 00 00 50 02 04 00 83 90 00 00'
{
    bytes 0a 0d 0d 0a 1c 00 00 00 4d 3c 2b 1a 01 00 00 00 \
        ff ff ff ff ff ff ff ff 1c 00 00 00
    bytes 01 00 00 00 20 00 00 00 65 00 00 00 00 00 04 00 \
        09 00 01 00 09 00 00 00 00 00 00 00 20 00 00 00
    bytes 06 00 00 00 48 00 00 00 00 00 00 00 00 00 00 00 15 cd 5b 07 \
        28 00 00 00 28 00 00 00 "$syn" 48 00 00 00
} >"$scratch/syn.pcapng"
run --json "$scratch/syn.pcapng"
check 'pcapng with nanoseconds' "$(expect 0
    says "$out" '"t":"0.123456789"'
    says "$out" '"checksum":"ok"')"

if [ "$(id -u)" -eq 0 ]; then
    run -i no-such-interface
    check 'an interface that is not there' "$(expect 1
        says "$err" 'tcpseg-inspect: no-such-interface: ')"
else
    skip 'an interface that is not there' 'capturing is for root'
fi

# ---- captures that are none, or not whole ----

run "$scratch/missing"
check 'no such file' "$(expect 1
    silent "$out"
    says "$err" "$scratch/missing: No such file or directory")"

: >"$scratch/empty"
run "$scratch/empty"
check 'an empty file' "$(expect 1
    silent "$out"
    says "$err" "$scratch/empty: at byte 0, before the first frame: ")"

run README.md
check 'a file that is no capture' "$(expect 1
    silent "$out"
    says "$err" 'README.md: at byte 0, before the first frame: ')"

run examples
check 'a directory' "$(expect 1
    silent "$out"
    says "$err" 'examples: ')"

pcap_header '65 00' >"$scratch/header"
run "$scratch/header"
check 'a capture without frames' "$(expect 0
    silent "$err"
    says "$out" '0 frames: ')"

head -c 700 "$capture" >"$scratch/cut"
run "$scratch/cut"
check 'a capture that is cut: what was read is reported' "$(expect 1
    [ "$(frames "$out")" -eq 6 ] || cat "$out"
    says "$out" '10.77.0.1:43610           ESTABLISHED   sent 3 segments'
    says "$err" "$scratch/cut: at byte 669, after frame 6: ")"

pcap_header '7f 00' >"$scratch/radiotap"
run "$scratch/radiotap"
check 'a link type that is not supported' "$(expect 1
    silent "$out"
    says "$err" 'link type 127 (IEEE802_11_RADIO) is not supported')"

# ---- hostile input ----

evil=$(printf '%s/\033[31mred' "$scratch")
cp "$scratch/empty" "$evil"
run "$evil"
check 'a file name cannot steer the terminal' "$(expect 1
    LC_ALL=C grep -n '[^ -~]' "$err" || true
    says "$err" '\x1b[31mred')"

{
    pcap_header '65 00'
    bytes 00 00 00 00 00 00 00 00 28 00 00 00 28 00 00 00
    bytes "$syn" | head -c 32
    bytes 40 02 04 00 93 90 00 00
} >"$scratch/offset"
run "$scratch/offset"
check 'a data offset below 5, as text' "$(expect 0
    says "$out" 'Win=1024, bogus TCP header length (16, must be at least 20)'
    says "$out" 'malformed: bad-offset')"

run --json "$scratch/offset"
check 'a data offset below 5, as JSON' "$(expect 0
    says "$out" '{"ev":"seg","conn":null,"frame":1,'
    says "$out" '"verdict":"malformed"'
    says "$out" '"reasons":["bad-offset"]'
    [ "$(wc -l <"$out")" -eq 1 ] || cat "$out")"

{
    pcap_header '65 00'
    bytes 00 00 00 00 00 00 00 00 28 00 00 00 28 00 00 00
    bytes "$syn" | head -c 36
    bytes 83 91 00 00
} >"$scratch/checksum"
run "$scratch/checksum"
check 'a wrong checksum is shown and rejected' "$(expect 0
    says "$out" 'Win=1024 [TCP CHECKSUM INCORRECT] Len=0'
    says "$out" 'rejected: bad-checksum')"

run --no-checksums "$scratch/checksum"
check '--no-checksums takes it' "$(expect 0
    says "$out" 'CLOSED → SYN-SENT')"

# ---- readers that go, disks that are full, users who have seen enough ----

{
    sleep 0.3
    status=0
    "$tool" "$capture" 2>"$err" || status=$?
    echo "$status" >"$scratch/status"
} | :
status=$(cat "$scratch/status")
check 'a reader that has gone is no error' "$(expect 0
    silent "$err")"

if [ -c /dev/full ]; then
    status=0
    "$tool" "$capture" >/dev/full 2>"$err" || status=$?
    check 'a full disk is an error' "$(expect 1
        says "$err" 'tcpseg-inspect: standard output: ')"
else
    skip 'a full disk is an error' 'no /dev/full'
fi

# ---- verdicts, reuse, policy ----

run tests/captures/inject-unread.pcap
check 'a provisional verdict is shown, and what settles it' "$(expect 0
    says "$out" 'accepted: window-overhang (until the answer tells)'
    says "$out" 'frame 15 settled: rejected: window-overhang')"
run --json tests/captures/inject-unread.pcap
check 'the same, as JSON' "$(expect 0
    says "$out" '"verdict":"accepted","provisional":true'
    says "$out" '"ev":"revise"'
    says "$out" '"of":15,"verdict":"rejected","reasons":["window-overhang"]')"
run --profile rfc9293 tests/captures/inject-unread.pcap
check '--profile changes what a receiver does' "$(expect 0
    says "$out" 'trimmed: window-overhang')"
run --inline tests/captures/inject-closing.pcap
check '--inline refuses an ACK of what was not seen' "$(expect 0
    says "$out" 'rejected: ack-unsent')"
run tests/captures/reuse.pcap
check 'a reused pair is two connections' "$(expect 0
    says "$out" ' of 2 connections'
    says "$out" ', reused, ')"
run --json tests/captures/reuse.pcap
check 'the second one begins behind the end of the first' "$(expect 0
    grep -o '"ev":"[cens][onet][dnag][a-z]*","conn":[01]' "$out" | uniq >"$err"
    says "$err" '"ev":"end","conn":0'
    [ "$(grep -n '"ev":"end","conn":0' "$err" | cut -d: -f1)" -lt \
        "$(grep -n '"ev":"conn","conn":1' "$err" | cut -d: -f1)" ] ||
        cat "$err")"
run --checks
check '--checks explains them' "$(expect 0
    says "$out" 'rst-inexact'
    says "$out" 'RFC 5961 3.2')"
run --msl 1 --timeouts netfilter "$capture"
check '--msl and --timeouts are taken' "$(expect 0)"
for words in '--profile bsd' '--timeouts none' '--msl 0' '--msl x'; do
    # shellcheck disable=SC2086 # two words
    run $words "$capture"
    check "$words is no policy" "$(expect 2
        says "$err" 'wants')"
done

# frame LENGTH BYTES: a record at time 0, its length in hex.
frame()
{
    bytes 00 00 00 00 00 00 00 00 "$1" 00 00 00 "$1" 00 00 00
    shift
    bytes "$*"
}

# One ACK settles the verdict of many frames: text beyond a window of 16 bytes, sent
# again and again.
{
    pcap_header '65 00'
    frame 28 "$syn"
    frame 28 45 00 00 28 00 00 00 00 40 06 00 00 0a 00 00 02 0a 00 00 01 \
        00 50 04 00 00 00 20 00 00 00 10 01 50 12 00 10 00 00 00 00
    frame 28 45 00 00 28 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
        04 00 00 50 00 00 10 01 00 00 20 01 50 10 04 00 00 00 00 00
    frame 30 45 00 00 30 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
        04 00 00 50 00 00 10 11 00 00 20 01 50 18 04 00 00 00 00 00 \
        74 65 78 74 74 65 78 74 >"$scratch/text"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        cat "$scratch/text" "$scratch/text" "$scratch/text" "$scratch/text" \
            "$scratch/text" "$scratch/text" "$scratch/text" "$scratch/text" \
            "$scratch/text" "$scratch/text" "$scratch/text" "$scratch/text" \
            "$scratch/text" "$scratch/text" "$scratch/text"
    done
    frame 28 45 00 00 28 00 00 00 00 40 06 00 00 0a 00 00 02 0a 00 00 01 \
        00 50 04 00 00 00 20 01 00 00 10 19 50 10 00 10 00 00 00 00
} >"$scratch/many"
run --no-checksums --json "$scratch/many"
check 'every frame that an ACK settles is told' "$(expect 0
    [ "$(grep -c '"verdict":"rejected","provisional":true' "$out")" -eq 300 ] &&
        [ "$(grep -c '"ev":"revise","conn":0,"frame":304,' "$out")" -eq 300 ] ||
        cut -c1-300 "$out" | tail -n 5)"

# ---- streams ----

# text SEQUENCE WORD: from the client of the handshake that begins a capture.
handshake()
{
    pcap_header '65 00'
    frame 28 "$syn"
    frame 28 45 00 00 28 00 00 00 00 40 06 00 00 0a 00 00 02 0a 00 00 01 \
        00 50 04 00 00 00 20 00 00 00 10 01 50 12 00 10 00 00 00 00
    frame 28 45 00 00 28 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
        04 00 00 50 00 00 10 01 00 00 20 01 50 10 04 00 00 00 00 00
}

text()
{
    frame 2c 45 00 00 2c 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 \
        04 00 00 50 00 00 10 "$1" 00 00 20 01 50 "$3" 04 00 00 00 00 "$4"
    printf %s "$2"
}

# Out of order, a hole that is filled, and other bytes in place of some.
{
    handshake
    text 05 efgh 18 00
    text 07 XYij 18 00
    text 01 abcd 18 00
} >"$scratch/overlap"
sum=$(printf abcdefghij | sha256sum | cut -d ' ' -f 1)
run --no-checksums --json --hash "$scratch/overlap"
check '--hash tells what the receiver got' "$(expect 0
    says "$out" '"ev":"data","conn":0,"frame":6,"t":"0.000000000","dir":"ab","off":0,"len":4'
    says "$out" '"ev":"overlap","conn":0,"frame":5,"t":"0.000000000","dir":"ab","off":6,"len":2,"winner":"old"'
    says "$out" '"delivered":10,"gaps":0,"conflicts":1,"not_kept":0,"sha256":"'"$sum"'","sha256_no_urgent":"'"$sum"'"')"
sum=$(printf abcdefXYij | sha256sum | cut -d ' ' -f 1)
run --no-checksums --json --hash --overlap last "$scratch/overlap"
check '--overlap last: the later bytes' "$(expect 0
    says "$out" '"len":2,"winner":"new"'
    says "$out" "\"sha256\":\"$sum\"")"
run --no-checksums "$scratch/overlap"
check 'an overlap in text' "$(expect 0
    says "$out" 'overlap: bytes 6 to 8 of 10.0.0.1:1024 came twice and differ: the old ones stay'
    says "$out" ', 1 conflict')"
run --no-checksums --json --on-ack "$scratch/overlap"
check '--on-ack: nothing is taken without an ACK' "$(expect 0
    ! grep '"ev":"data"' "$out"
    says "$out" '"ev":"gap","conn":0,"frame":6,"t":"0.000000000","dir":"ab","off":0,"len":10,"why":"unproven"')"
run --overlap middle "$capture"
check '--overlap wants a policy' "$(expect 2
    says "$err" '--overlap wants linux, first')"

{
    handshake
    text 01 abcd 38 03
    text 09 ijkl 18 00
} >"$scratch/urgent"
run --no-checksums --json --hash "$scratch/urgent"
check 'an urgent byte, and a gap at the end' "$(expect 0
    says "$out" '"off":2,"len":1,"urgent":true'
    says "$out" '"off":4,"len":4,"why":"given-up"'
    says "$out" "\"sha256\":\"$(printf abcdijkl | sha256sum | cut -d ' ' -f 1)\""
    says "$out" "\"sha256_no_urgent\":\"$(printf abdijkl | sha256sum | cut -d ' ' -f 1)\"")"

# ---- what was agreed ----

# agreed CAPTURE WORDS
agreed()
{
    run "tests/captures/$1.pcap"
    check "agreed, under the last segment of the handshake: $1" "$(expect 0
        grep -qF -- "│ agreed: $2" "$out" && grep -qF -- "    agreed: $2" "$out" ||
            cat "$out")"
}

agreed no-options 'MSS 1460 and 1460'
agreed no-wscale 'MSS 1460 and 1460, SACK'
agreed ecn 'MSS 1460 and 1460, window scale 10 and 10, SACK, timestamps, classic ECN'
agreed fast-open 'MSS 1460 and 1460, window scale 10 and 10, SACK, timestamps, Fast Open granted'
agreed mptcp 'MSS 1460 and 1460, window scale 10 and 10, SACK, timestamps, MPTCP'
agreed signed 'MSS 1460 and 1460, window scale 10 and 10, SACK, MD5 signatures'
agreed simultaneous-open 'MSS 1460 and 1460, window scale 10 and 10, SACK, timestamps, both opened'
run --filter 'tcp[13] != 18' "$capture"
check 'not told where the SYN,ACK was not seen' "$(expect 0
    says "$out" 'SYN-RECEIVED → ESTABLISHED'
    grep agreed "$out" || true)"
run tests/captures/refused.pcap
check 'nothing is agreed without a handshake' "$(expect 0
    grep agreed "$out" || true)"

# ---- findings ----

run --json -f 'port 40001' tests/captures/inject-established.pcap
check 'a finding is told when seen, and again before the end' "$(expect 0
    says "$out" '"ev":"finding","conn":0,"frame":18,'
    says "$out" '"dir":"ab","why":"seen","check":"rst-inexact","severity":"suspect","count":1}'
    tail -n 2 "$out" | head -n 1 >"$err"
    says "$err" '"dir":"ab","why":"silence","check":"rst-inexact"')"
run --quiet -f 'port 40001' tests/captures/inject-established.pcap
check 'the summary doubts a refused RST' "$(expect 0
    says "$out" 'in doubt: an RST of 10.77.0.1:40001, refused: not exact')"
run -f 'port 40000' tests/captures/inject-established.pcap
check 'an RST is in doubt whose sender goes on' "$(expect 0
    says "$out" 'in doubt: an RST believed earlier')"

# ---- time ----

# later SECONDS: a frame without IP, so long after the capture's first one.
start=$(od -A n -t u4 -j 24 -N 4 "$capture")
later()
{
    time=$(printf %08x $((start + $1)))
    bytes "${time#??????}" "$(echo "$time" | cut -c5-6)" \
        "$(echo "$time" | cut -c3-4)" "${time%??????}" 00 00 00 00 \
        0e 00 00 00 0e 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 08 06
}

{
    cat "$capture"
    later 70
    later 71
} >"$scratch/later"
run --json --msl 4 "$scratch/later"
check 'TIME-WAIT lasts twice what --msl says' "$(expect 0
    says "$out" '"ep":"a","old":"TIME-WAIT","new":"CLOSED"'
    says "$out" '"ev":"end","conn":0,"frame":12,')"
run --json --msl 40 "$scratch/later"
check 'or longer' "$(expect 0
    grep '"old":"TIME-WAIT"' "$out" || true
    says "$out" '"ev":"end","conn":0,"frame":13,')"

# ---- ICMP ----

# icmp TYPE CODE MTU SEQUENCE: about the SYN, quoting 8 bytes of it.
icmp()
{
    frame 38 45 00 00 38 00 01 00 00 40 01 00 00 0a 00 00 09 0a 00 00 01 \
        "$1" "$2" 00 00 00 00 "$3" 45 00 00 28 "$ip" 04 00 00 50 "$4"
}

{
    pcap_header '65 00'
    frame 28 "$syn"
    icmp 03 04 '05 78' '00 00 10 00'
    icmp 03 01 '00 00' '00 00 10 01'
    icmp 0b 00 '00 00' '00 00 10 00'
    icmp 08 00 '00 00' '00 00 10 00'
    icmp 03 03 '00 00' '00 00 10 00'
} >"$scratch/icmp"
run "$scratch/icmp"
check 'ICMP errors go to the segment that they quote' "$(expect 0
    says "$out" '10.0.0.9 → 10.0.0.1  ICMP packet too big MTU=1400 for 1024 → 80 Seq=0'
    says "$out" 'ICMP host unreachable for 1024 → 80 Seq=1'
    says "$out" 'ICMP time exceeded for 1024 → 80 Seq=0'
    says "$out" 'ICMP port unreachable for 1024 → 80 Seq=0'
    [ "$(grep -c 'not believed: it quotes nothing in flight' "$out")" -eq 1 ] ||
        cat "$out"
    says "$out" 'SYN-SENT → CLOSED?'
    says "$out" '3 ICMP errors'
    says "$out" 'path MTU 1400'
    says "$out" 'ICMP errors about segments of these connections: 4')"
run --json "$scratch/icmp"
check 'in JSON, they have no line of their own' "$(expect 0
    says "$out" '"frame":6,"t":"0.000000000","ep":"a","old":"SYN-SENT","new":"CLOSED"'
    [ "$(grep -c '"ev":"seg"' "$out")" -eq 1 ] || cat "$out"
    says "$out" '"path_mtu":1400')"

far='20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00'
{
    pcap_header '65 00'
    frame 3c 60 00 00 00 00 14 06 40 "$far" 01 "$far" 02 \
        04 00 00 50 00 00 10 00 00 00 00 00 50 02 04 00 00 00 00 00
    frame 60 60 00 00 00 00 38 3a 40 "$far" 09 "$far" 01 \
        02 00 00 00 00 01 00 00 60 00 00 00 00 14 06 40 "$far" 01 "$far" 02 \
        04 00 00 50 00 00 10 00
} >"$scratch/icmp6"
run --no-checksums "$scratch/icmp6"
check 'ICMPv6 as well' "$(expect 0
    says "$out" '2001:db8::9 → 2001:db8::1  ICMP packet too big MTU=65536 for 1024 → 80 Seq=0'
    says "$out" 'path MTU 65536')"

# interrupt SIGNAL: while the tool waits for the rest of a capture.
interrupt()
{
    mkfifo "$scratch/fifo"
    "$tool" "$scratch/fifo" >"$out" 2>"$err" &
    pid=$!
    exec 3<>"$scratch/fifo" # read as well: opening does not wait
    cat "$capture" >&3
    sleep 0.5
    kill -s "$1" "$pid"
    status=0
    wait "$pid" || status=$?
    exec 3>&-
    rm "$scratch/fifo"
}

for signal in INT TERM; do
    interrupt "$signal"
    check "SIG$signal ends with the summary" "$(expect 0
        silent "$err"
        diff tests/tool/handshake-and-close.txt "$out")"
done

finish
