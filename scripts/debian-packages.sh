# Installs Debian packages from the machine's own configured mirror. Sourced, never run.

# Package lists older than this many days are fetched again before something is installed.
list_age_limit_days=7

# Runs a command as root; require_apt has seen to it that sudo can.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        logged env DEBIAN_FRONTEND=noninteractive "$@"
    else
        logged sudo --non-interactive DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Whether sudo lets us; it may ask for a password, but only on a terminal.
sudo_allows() {
    sudo --non-interactive true 2>/dev/null || { [ -t 0 ] && sudo --validate; }
}

# Stops with a message unless packages can be installed at all. Arguments: what is wanted, for the message.
require_apt() {
    have apt-get || fail "this machine lacks $* and has no apt-get to install them with" \
        "install the programs that README.md lists under \"Set-up\", by the means of this system; then run make again"
    [ "$(id -u)" -ne 0 ] || return 0
    have sudo || fail "this machine lacks $*, and only root can install packages" "run as root: apt-get install $*"
    sudo_allows || fail "this machine lacks $*, and sudo does not let $(id -un) install packages without a password" \
        "run 'make setup' once on a terminal or as root"
}

candidate_version() {
    LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -vx '(none)'
}

installed_version() {
    LC_ALL=C dpkg-query --show --showformat='${db:Status-Abbrev} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^ii  *//p'
}

lists_are_fresh() {
    find /var/lib/apt/lists -maxdepth 1 -name '*Release' -mtime "-$list_age_limit_days" 2>/dev/null | grep -q .
}

lists_updated=no
update_lists() {
    [ "$lists_updated" = no ] || return 0
    lists_updated=yes
    say "fetching the package lists ..."
    as_root apt-get -o DPkg::Lock::Timeout=300 update ||
        say "some package lists could not be fetched, going on with the others"
}

# Fetches the package lists if they are absent or old, or if one of the packages is not in them.
update_lists_for() {
    local package
    lists_are_fresh || update_lists
    for package in "$@"; do
        [ -n "$(candidate_version "$package")" ] || update_lists
    done
}

apt_install() {
    as_root apt-get -o DPkg::Lock::Timeout=300 --yes --no-install-recommends install "$@"
}

# install_packages [-t SUITE] PACKAGE...
install_packages() {
    local options=() package
    if [ "$1" = -t ]; then options=(-t "$2"); shift 2; fi
    require_apt "$@"
    update_lists_for "$@"
    for package in "$@"; do
        [ -n "$(candidate_version "$package")" ] ||
            fail "no package $package in the suites this machine is configured for" \
                "add Debian 12 (bookworm, with updates and security suites) to the package sources; then run make again"
    done
    say "installing $* ${options:+from ${options[1]} }..."
    apt_install "${options[@]}" "$@" && return
    # Lists that are a few days old can name versions that the mirror has replaced since.
    if [ "$lists_updated" = no ]; then
        update_lists
        apt_install "${options[@]}" "$@" && return
    fi
    show_log
    fail "apt-get could not install $*" \
        "its messages are above, all of them in build/setup.log; set right what they name, then run make again"
}

# Whether this user may install packages, without being asked for a password.
may_install() {
    have apt-get || return 1
    [ "$(id -u)" -eq 0 ] || { have sudo && sudo --non-interactive true 2>/dev/null; }
}

# Whether apt would install these and leave everything else as it is.
fits() {
    LC_ALL=C apt-get --simulate --no-remove --no-install-recommends "$@" install $qemu_packages 2>/dev/null |
        awk '/^Remv / { removed = 1 } /^Inst / { installed = 1 } END { exit removed || !installed }'
}

# Installs QEMU where that leaves what is installed as it is: its parts refuse to be mixed across suites. Otherwise, and
# where packages cannot be installed, unpacks it below build/. Its Debian packages as arguments.
provide_qemu() {
    local qemu_packages=$* version suite
    if may_install; then
        # shellcheck disable=SC2086 # the list is meant to be split
        update_lists_for $qemu_packages
        for suite in "" bookworm-backports; do
            if fits ${suite:+-t "$suite"}; then
                # shellcheck disable=SC2086
                install_packages ${suite:+-t "$suite"} $qemu_packages
                return
            fi
        done
        say "QEMU cannot be installed beside the parts of it that are installed"
    else
        say "QEMU is not installed, and $(id -un) may not install packages"
    fi
    for version in 7.2 10.0; do
        if "$scripts/qemu-packages" "$version"; then
            mkdir -p "$build/lib/bulkhead"
            ln -sfn "../../qemu/$version" "$build/lib/bulkhead/qemu"
            return
        fi
    done
    fail "this machine has no QEMU for x86 and SPARC, and it can be neither installed nor unpacked" \
        "see above; or install $qemu_packages by hand; then run make again"
}
