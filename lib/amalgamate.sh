#!/bin/sh
# usage: amalgamate.sh DIRECTORY
# The whole library as two files, DIRECTORY/tcpseg.c and DIRECTORY/tcpseg.h: put them
# among your own sources and compile tcpseg.c as C11, with no other flag. Compiled
# with -ffreestanding it brings memcpy, memmove, memset and memcmp, unless
# TCPSEG_NO_MEM is defined.
#
# Each file of lib/ is its own world; in one file, two static names that are the same
# meet. So a static name or an enumerator of a C file that any other file also uses
# for something is written with its file's name in front: is_open of event.c becomes
# event_is_open. What this script does not see (a typedef) is a compiler's error,
# never another meaning: then give one of the two a better name.
set -eu
[ $# -eq 1 ] || { sed -n 's/^# \(usage: .*\)/\1/p' "$0" >&2 && exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
LC_ALL=C
export LC_ALL
sources=$(ls lib/*.c | grep -v '/freestanding\.c$')

# Includes of our own files are replaced by what they name, once each.
# shellcheck disable=SC2016 # dollars are awk's
expand='
function own(line) {
    if (line !~ /^#include ("|<tcpseg\/)/) return ""
    gsub(/^[^"<]*["<]|[">].*$/, "", line)
    return line
}
function expand(file, directory, line, included) {
    if (seen[file]++) return
    directory = file
    sub(/[^\/]*$/, "", directory)
    while ((getline line <file) > 0) {
        included = own(line)
        if (included == "") body(file, line)
        else if (included !~ /\//) expand(directory included)
    }
    close(file)
}'

# Words of a line that are names: not in comments or strings, and no members.
# shellcheck disable=SC2016
words='
function scan(line, visit, text, rest, word, before) {
    text = ""
    rest = line
    while (rest != "") {
        if (in_comment) {
            if (!match(rest, /\*\//)) return text rest
            in_comment = 0
        } else if (!match(rest, TOKEN)) {
            return text rest
        }
        word = substr(rest, RSTART, RLENGTH)
        before = text substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        if (word == "/*") in_comment = 1
        else if (word ~ /^[A-Za-z_]/ && before !~ /(\.|->)$/)
            word = visit_word(word, before, rest, before ~ /struct $/ ? "struct " word : word)
        text = before word
    }
    return text
}
BEGIN { TOKEN = "[0-9A-Za-z_]+|\"([^\"\\\\]|\\\\.)*\"|\047([^\047\\\\]|\\\\.)*\047|/\\*" }'

licence()
{
    echo "/* $1: libtcpseg" "$(sed -n 's/^#define TCPSEG_VERSION "\(.*\)"/\1/p' \
        include/tcpseg/version.h) in one file, made by lib/amalgamate.sh."
    echo ' *'
    sed 's/^/ * /; s/ *$//' LICENSE
    echo ' */'
}

{
    licence tcpseg.h
    # shellcheck disable=SC2016
    awk "$expand"'
function body(file, line) { print line }
BEGIN { expand("include/tcpseg/tcpseg.h") }'
} >"$out/tcpseg.h"

# FILE NAME for each name that is to be written FILE_NAME.
# shellcheck disable=SC2016,SC2086 # dollars are awk's; a list of words
renames=$(awk "$words"'
function visit_word(word, before, rest, name) {
    if (!((name, FILENAME) in found)) {
        found[name, FILENAME] = 1
        files[name]++
    }
    if (name != word && rest ~ /^ \{$/ && FILENAME ~ /\.c$/)
        defined_in[FILENAME] = defined_in[FILENAME] ",struct " word
    if (!wanted) return word
    # In a list of enumerators, what follows a brace or a comma; else what stands
    # before a parenthesis, a bracket, an initial value or the end.
    if (enumerators ? before ~ /(^ *|[{,] *)$/ && rest ~ /^ *([,=}]|$)/ \
                    : rest ~ /^ *([(=;]|\[)/) {
        defined_in[FILENAME] = defined_in[FILENAME] "," word
        if (!enumerators) wanted = 0
    }
    return word
}
FNR == 1 { in_comment = wanted = enumerators = 0 }
FILENAME ~ /\.c$/ && /^([A-Z0-9]+ )?static / && !/;.*;/ { wanted = 1 }
FILENAME ~ /\.c$/ && /^(typedef )?enum .*\{/ { wanted = enumerators = 1 }
{ scan($0) }
/[{;]$|^}/ && !enumerators { wanted = 0 }
/}/ { wanted = enumerators = 0 }
END {
    for (file in defined_in) {
        n = split(defined_in[file], names, ",")
        for (i = 2; i <= n; i++)
            if (files[names[i]] > 1) print file, names[i]
    }
}' $sources lib/*.h | sort -u)

{
    licence tcpseg.c
    echo '#include "tcpseg.h"'
    echo
    echo '/* Not every target needs each function of the headers that stand here. */'
    echo '#if defined(__clang__)'
    echo '#pragma clang diagnostic ignored "-Wunused-function"'
    echo '#endif'
    # shellcheck disable=SC2016,SC2086
    printf '%s\n' "$renames" | awk "$expand$words"'
function visit_word(word, before, rest, name) {
    if (word == "define" && before ~ /^ *# *$/) {
        match(rest, /[A-Za-z0-9_]+/)
        macros[++n_macros] = substr(rest, RSTART, RLENGTH)
    }
    return (current, name) in prefix ? prefix[current, name] word : word
}
# Of a header nothing is renamed, and its macros stay.
function body(file, line) {
    if (file ~ /\.h$/) {
        print line
        return
    }
    current = file
    print scan(line)
}
function source(file, name) {
    print "\n/* ---- " file " */"
    n_macros = 0
    expand(file)
    for (; n_macros > 0; n_macros--)
        print "#undef " macros[n_macros]
}
{
    file = $1
    name = substr($0, length(file) + 2)
    gsub(/^.*\/|\.c$/, "", $1)
    prefix[file, name] = $1 "_"
}
END {
    n = split("'"$(echo $sources)"'", list, " ")
    for (i = 1; i <= n; i++)
        source(list[i])
    print "\n#if !defined(TCPSEG_NO_MEM)"
    source("lib/freestanding.c")
    print "#endif"
}'
} >"$out/tcpseg.c"
