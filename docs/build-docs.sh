#!/bin/sh
# usage: build-docs.sh DOXYGEN HTML_DIRECTORY
# The Doxyfile with the version of version.h and a place for the output.
set -eu
doxygen=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
{
    cat docs/Doxyfile
    echo "PROJECT_NUMBER = $(sed -n 's/^#define TCPSEG_VERSION "\(.*\)"/\1/p' \
        include/tcpseg/version.h)"
    echo "OUTPUT_DIRECTORY = $(dirname "$out")"
    echo "HTML_OUTPUT = $(basename "$out")"
} | "$doxygen" -
