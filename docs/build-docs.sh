#!/bin/sh
# usage: build-docs.sh DOXYGEN HTML_DIRECTORY [INSPECT]
# The Doxyfile with the version of version.h and a place for the output. INSPECT
# (tcpseg-inspect) draws the pictures of our own recordings; without it, or without
# gnuplot for one of them, they are blank.
set -eu
doxygen=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
inspect=${3-}
pictures=$out-pictures
mkdir -p "$pictures"
cd "$(dirname "$0")/.."

# picture NAME OPTION CAPTURE
picture()
{
    if [ -z "$inspect" ] || ! "$inspect" "$2" "$pictures/$1.svg" "tests/captures/$3.pcap"; then
        echo '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>' \
            >"$pictures/$1.svg"
        echo "$1.svg could not be drawn"
    fi
}
picture lost-data --svg lost-data
picture time-sequence --time-sequence stream-lost-behind
{
    cat docs/Doxyfile
    echo "PROJECT_NUMBER = $(sed -n 's/^#define TCPSEG_VERSION "\(.*\)"/\1/p' \
        include/tcpseg/version.h)"
    echo "OUTPUT_DIRECTORY = $(dirname "$out")"
    echo "HTML_OUTPUT = $(basename "$out")"
    echo "IMAGE_PATH += \"$pictures\""
} | "$doxygen" -
