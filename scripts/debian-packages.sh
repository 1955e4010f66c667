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
    as_root apt-get -o DPkg::Lock::Timeout=300 update || say "some package lists could not be fetched, going on with the others"
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
        [ -n "$(candidate_version "$package")" ] || fail "no package $package in the suites this machine is configured for" \
            "add Debian 12 (bookworm, with its updates and security suites) to the package sources; then run make again"
    done
    say "installing $* ${options:+from ${options[1]} }..."
    apt_install "${options[@]}" "$@" && return
    # Lists that are a few days old can name versions that the mirror has replaced since.
    if [ "$lists_updated" = no ]; then
        update_lists
        apt_install "${options[@]}" "$@" && return
    fi
    show_log
    fail "apt-get could not install $*" "its messages are above, all of them in build/setup.log; set right what they name, then run make again"
}

# The suite that QEMU must come from, if a part of QEMU is installed: its parts refuse to be mixed across suites.
qemu_suite() {
    local part version
    for part in qemu-system-common qemu-utils qemu-system-data qemu-block-extra qemu-system-x86; do
        version=$(installed_version "$part")
        [ -z "$version" ] || break
    done
    [ -n "$version" ] || return 0
    # Third column of madison: "ADDRESS SUITE/COMPONENT ARCHITECTURE Packages".
    suite_of_version "$part" "$version" && return
    case $version in
        *~bpo12*) echo bookworm-backports ;;
    esac
}

suite_of_version() {
    LC_ALL=C apt-cache madison "$1" 2>/dev/null |
        awk -F ' *\\| *' -v version="$2" '$2 == version { split($3, place, " "); sub("/.*", "", place[2]); print place[2]; found = 1; exit }
                                         END { exit !found }'
}

offered_by() { LC_ALL=C apt-cache madison "$2" | grep -q " $1/"; }

install_qemu() {
    local suite
    require_apt "$@"
    update_lists_for "$@"
    suite=$(qemu_suite)
    [ -z "$suite" ] || offered_by "$suite" "$1" || update_lists
    if [ -z "$suite" ]; then
        install_packages "$@"
    elif offered_by "$suite" "$1"; then
        install_packages -t "$suite" "$@"
    else
        fail "a part of QEMU on this machine is from $suite, which its package sources do not have any more" \
            "add $suite to the package sources, or remove the installed parts (qemu-utils, qemu-system-common); then run make again"
    fi
}
