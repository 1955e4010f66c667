# What the set-up scripts share: messages, the log, running as root. Sourced, never run.

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
log=$build/setup.log

# make does not hand its job server to these scripts, so no compiler must look for it.
unset MAKEFLAGS MFLAGS

say() { printf 'setup: %s\n' "$*"; }

# fail WHAT-IS-WRONG WHAT-WOULD-BE-RIGHT
fail() {
    printf 'setup: error: %s\n' "$1" >&2
    printf 'setup: %s\n' "$2" >&2
    exit 1
}

# Runs a command with its output in the log; the caller decides what a failure means.
logged() {
    mkdir -p "$build"
    printf '\n$ %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null
}

show_log() { sed -n 's/^/    /p' "$log" | tail -n "${1:-15}" >&2; }

have() { command -v "$1" >/dev/null 2>&1; }

# at_least VERSION MINIMUM: compares versions of numbers and dots.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort --version-sort | head -n 1)" = "$2" ]; }
