# The Test Anything Protocol, for checks written in shell. Sourced.
count=0
failures=0

# check NAME PROBLEMS: passed if there are none.
check()
{
    count=$((count + 1))
    if [ -z "$2" ]; then
        echo "ok $count - $1"
    else
        failures=$((failures + 1))
        echo "not ok $count - $1"
        printf '%s\n' "$2" | sed 's/^/#   /'
    fi
}

# skip NAME REASON
skip()
{
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# Run a command; its output, if it fails, else nothing.
problems_of()
{
    problems_output=$("$@" 2>&1) ||
        printf '%s\n%s\n' "failed: $*" "$problems_output"
}

have()
{
    command -v "$1" >/dev/null 2>&1
}

finish()
{
    echo "1..$count"
    [ "$failures" -eq 0 ]
    exit
}
