# Finds, or installs, the two Rust tool chains: one for this machine, one for bare metal. Sourced, never run.
#
# A tool chain is named by the folder of its programs. The one for bare metal builds `core` from source, so it needs
# that source, and a compiler that takes -Z options: a nightly, or Debian's with RUSTC_BOOTSTRAP=1.

minimum_rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
debian_rust_packages="rustc-web cargo-web rust-web-src rustfmt-web rust-web-clippy"
debian_rust_programs=/usr/bin
# The nightly of rustup's that everything is tried with, by the date that its `rustc --version` tells.
pinned_nightly=2026-05-19
# A component that has not come after this many seconds is taken as one that cannot be had.
component_time_limit=120

# Never let rustup install a tool chain behind the user's back.
export RUSTUP_AUTO_INSTALL=0

rust_version() { "$1/rustc" --version 2>/dev/null | cut -d ' ' -f 2 | cut -d - -f 1; }

new_enough() {
    local version
    version=$(rust_version "$1")
    [ -n "$version" ] && at_least "$version" "$minimum_rust"
}

has_style_programs() {
    "$1/cargo-fmt" --version && "$1/rustfmt" --version && "$1/cargo-clippy" --version && "$1/clippy-driver" --version
} >/dev/null 2>&1

core_source() { echo "$("$1/rustc" --print sysroot)/lib/rustlib/src/rust/library/core/src/lib.rs"; }

has_core_source() { [ -f "$(core_source "$1")" ]; }

# Names of rustup's tool chains, the user's choice first; the argument selects by prefix.
rustup_toolchains() {
    have rustup || return 0
    { rustup show active-toolchain; rustup toolchain list; } 2>/dev/null |
        cut -d ' ' -f 1 | awk '!seen[$0]++' | grep "^$1"
}

rustup_programs() { dirname "$(rustup which --toolchain "$1" rustc 2>/dev/null)"; }

add_component() {
    say "adding $2 to rustup's $1 ..."
    logged timeout "$component_time_limit" rustup component add --toolchain "$1" "$2"
}

# Prints the programs' folder of a tool chain of rustup's that is fit for this machine.
find_rustup_host() {
    local name programs
    for name in $(rustup_toolchains ""); do
        programs=$(rustup_programs "$name")
        new_enough "$programs" || continue
        has_style_programs "$programs" ||
            { add_component "$name" rustfmt && add_component "$name" clippy; } >&2 || continue
        echo "$programs"
        return
    done
    return 1
}

is_pinned() { "$(rustup_programs "$1")/rustc" --version 2>/dev/null | grep -qF " $pinned_nightly)"; }

# Names of rustup's nightlies, the pinned one first.
rustup_nightlies() {
    local name others=
    for name in $(rustup_toolchains nightly | sort); do
        if is_pinned "$name"; then echo "$name"; else others="$others $name"; fi
    done
    [ -z "$others" ] || printf '%s\n' $others
}

# Prints the programs' folder of a nightly of rustup's with the source of `core`.
find_rustup_bare() {
    local name programs
    for name in $(rustup_nightlies); do
        programs=$(rustup_programs "$name")
        new_enough "$programs" || continue
        has_core_source "$programs" || add_component "$name" rust-src >&2 || continue
        has_style_programs "$programs" ||
            { add_component "$name" rustfmt && add_component "$name" clippy; } >&2 || continue
        is_pinned "$name" ||
            say "the nightly of $pinned_nightly, which everything is tried with, is not there: taking $name" >&2
        echo "$programs"
        return
    done
    return 1
}

# Prints the folder of a cargo that neither rustup nor this script's Debian packages have brought.
find_other_host() {
    local programs
    programs=$(dirname "$(command -v cargo || echo /none/cargo)")
    new_enough "$programs" && has_style_programs "$programs" && echo "$programs"
}

debian_is_fit() {
    new_enough "$debian_rust_programs" && has_style_programs "$debian_rust_programs" &&
        has_core_source "$debian_rust_programs"
}

install_debian_rust() {
    local version
    debian_is_fit && return
    # shellcheck disable=SC2086 # the list is meant to be split
    require_apt $debian_rust_packages
    # shellcheck disable=SC2086
    update_lists_for $debian_rust_packages
    version=$(candidate_version rustc-web)
    [ -n "$version" ] && at_least "${version%%+*}" "$minimum_rust" ||
        { update_lists; version=$(candidate_version rustc-web); }
    [ -n "$version" ] && at_least "${version%%+*}" "$minimum_rust" ||
        fail "no Rust $minimum_rust or newer: rustup has none, and Debian offers rustc-web ${version:-in no suite}" \
            "add bookworm-security to the package sources, or a nightly with rust-src to rustup; then run make again"
    # shellcheck disable=SC2086
    install_packages $debian_rust_packages
    debian_is_fit || fail "Debian's Rust is installed but not complete ($debian_rust_packages)" \
        "the newest of all five must be installed together: see 'apt-cache policy $debian_rust_packages'"
}

# write_wrapper NAME PROGRAMS VARIABLE=VALUE...: makes build/toolchain/NAME, a cargo with everything set.
write_wrapper() {
    local name=$1 programs=$2 variable
    shift 2
    {
        echo '#!/bin/sh'
        echo "# Written by scripts/setup: cargo of Rust $(rust_version "$programs")."
        echo 'unset MAKEFLAGS MFLAGS # make does not hand its job server down'
        echo 'unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET # .cargo/config.toml says what is needed'
        # Behind what is installed, the QEMU that could not be.
        for variable in "PATH=\"$programs:\$PATH:$own_qemu\"" "$@"; do
            echo "export $variable"
        done
        echo "exec \"$programs/cargo\" \"\$@\""
    } >"$build/toolchain/$name.new"
    chmod +x "$build/toolchain/$name.new"
    mv "$build/toolchain/$name.new" "$build/toolchain/$name"
}
