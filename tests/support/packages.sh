# What a script needs and how to get it. Sourced.
#
#   want PACKAGE REASON TEST...   note a Debian package, unless TEST succeeds
#   install_wanted                install what was noted; exit 1 if that fails
#
# The package manager is called only when something is missing. The working
# directory is the top of the tree.

wanted=
wanted_reasons=

have()
{
    command -v "$1" >/dev/null 2>&1
}

# Whether pkg-config knows a library.
have_library()
{
    pkg-config --exists "$1" 2>/dev/null
}

# Whether a compiler command makes programs: compiles COMPILER FLAGS...
compiles()
{
    probe=$(mktemp -d) || return
    printf '#include <stdio.h>\nint main(void) { return 0; }\n' >"$probe/a.c"
    "$@" "$probe/a.c" -o "$probe/a" >/dev/null 2>&1
    probe_result=$?
    rm -rf "$probe"
    return $probe_result
}

clang_can_fuzz()
{
    probe=$(mktemp -d) || return
    echo 'int LLVMFuzzerTestOneInput(const char *d, int n)
        { return d && n < 0; }' >"$probe/a.c"
    clang -fsanitize=fuzzer,address,undefined "$probe/a.c" -o "$probe/a" \
        >/dev/null 2>&1
    probe_result=$?
    rm -rf "$probe"
    return $probe_result
}

want()
{
    want_package=$1
    want_reason=$2
    shift 2
    "$@" >/dev/null 2>&1 && return
    wanted="$wanted $want_package"
    wanted_reasons="$wanted_reasons
$(printf '  %-24s %s' "$want_package" "$want_reason")"
}

install_wanted()
{
    [ -n "$wanted" ] || return 0
    echo "missing, by the names of Debian's packages:$wanted_reasons"
    if ! have apt-get; then
        echo "this system has no apt-get; please install what corresponds to them"
        exit 1
    fi

    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        if ! have sudo || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            echo "installing them needs root; please run:"
            echo "  apt-get install -y --no-install-recommends$wanted"
            exit 1
        fi
    fi
    echo "installing them now; apt-get's words are in build/packages.log"
    mkdir -p build
    # A stale list is better than none: install decides.
    $as_root apt-get update >build/packages.log 2>&1 ||
        echo "apt-get update complained; going on with the lists there are"
    if ! $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $wanted \
        </dev/null >>build/packages.log 2>&1; then
        tail -n 15 build/packages.log
        echo "that failed; please run:"
        echo "  apt-get install -y --no-install-recommends$wanted"
        exit 1
    fi
    wanted=
    wanted_reasons=
}
