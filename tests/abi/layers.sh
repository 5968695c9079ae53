#!/bin/sh
# The layers of lib/ hold: each file includes only what stands beside or under it,
# the connection reads no packet bytes, and nobody takes more from the compiler
# than the freestanding headers.
set -eu
cd "$(dirname "$0")/../../lib"
. ../tests/support/tap.sh

# What the files of a layer may include, besides their own layer's headers.
# Public headers count as what they declare: tcpseg.h is everything.
allowed()
{
    case $1 in
    bytes.h | seq.h | inline.h) ;;
    checksum*) echo 'bytes.h checksum_*.h <tcpseg/checksum.h>' ;;
    option* | mptcp*) echo 'bytes.h seq.h option_int.h <tcpseg/option.h>' ;;
    segment*) echo 'bytes.h seq.h option_int.h segment_plain.h <tcpseg/segment.h>' ;;
    frame*) echo 'bytes.h frame_int.h segment_plain.h <tcpseg/frame.h>' ;;
    udp*) echo 'bytes.h <tcpseg/udp.h>' ;;
    build*) echo 'bytes.h option_int.h <tcpseg/checksum.h> <tcpseg/segment.h>' ;;
    fsm* | event* | learn* | verdict* | window* | tstamp* | handshake* | \
        provisional* | remark* | profile* | timeout* | check* | \
        conn* | judge* | straight*)
        echo 'seq.h conn_int.h judge_int.h straight.h stats_int.h deliver_int.h
            opening.h calm.h <tcpseg/conn.h> <tcpseg/stream.h> <tcpseg/summary.h>' ;;
    analysis* | wireshark* | seen* | zeek* | sent* | calm*)
        echo 'seq.h conn_int.h judge_int.h stats_int.h analysis_int.h sent.h
            <tcpseg/analysis.h>' ;;
    stats* | summary* | icmp* | save*)
        echo 'seq.h conn_int.h judge_int.h stats_int.h <tcpseg/summary.h> <tcpseg/save.h>' ;;
    pool* | overlap* | queue*)
        echo 'bytes.h seq.h pool_int.h queue_int.h queue_page.h <tcpseg/stream.h>' ;;
    stream*) echo 'stream_int.h queue_int.h' ;;
    env*) echo 'conn_int.h queue_int.h' ;;
    deliver*) echo 'deliver_int.h conn_int.h judge_int.h stream_int.h' ;;
    opening*) echo 'opening.h judge_int.h <tcpseg/conn.h> <tcpseg/summary.h>' ;;
    standing*) echo 'standing.h deliver_int.h judge_int.h pool_int.h <tcpseg/conn.h>' ;;
    table* | hash* | bucket* | record* | wheel* | expiry* | visit* | burst* | \
        translate*) echo 'bytes.h frame_int.h table_int.h opening.h standing.h <tcpseg/table.h> <tcpseg/save.h>' ;;
    error*) echo '<tcpseg/base.h> <tcpseg/segment.h>' ;;
    version*) echo '<tcpseg/tcpseg.h>' ;;
    freestanding*) echo 'bytes.h' ;;
    *) echo 'no layer' ;;
    esac
    echo 'inline.h <stdbool.h> <stddef.h> <stdint.h> <limits.h>'
    # One file asks the processor what it can do.
    case $1 in checksum*) echo '<stdatomic.h> <*intrin.h> <arm_neon.h>' ;; esac
}

# The includes of a file that its layer does not allow.
forbidden()
{
    may=$(allowed "$1")
    case $may in *'no layer'*) echo "no layer is known for $1" ;; esac
    sed -n 's/^ *# *include *\(["<][^">]*[">]\).*/\1/p' "$1" | tr -d '"' |
        while read -r included; do
            found=no
            set -f
            for pattern in $may; do
                case $included in $pattern) found=yes ;; esac
            done
            set +f
            [ $found = yes ] || echo "$1 includes $included"
        done
}

for file in *.[ch]; do
    check "$file includes only its own layer and below" "$(forbidden "$file")"
done

connection=$(ls | grep -E '^(fsm|event|learn|verdict|window|tstamp|handshake|provisional|remark|profile|timeout|check\.|env|conn|judge|straight|stats|summary|icmp|save).*\.[ch]$' || true)
check 'the connection reads no packet bytes' \
    "$(grep -nE '\b(load|store)_be[0-9]+' /dev/null $connection || true)"
check 'the segment knows no connection' \
    "$(grep -nE '\btcpconn_|\btcptable_' \
        $(ls | grep -E '^(bytes|checksum|option|mptcp|segment|frame|udp|build)') ||
        true)"
finish
