# shellcheck shell=bash
# Small things every script here uses. Source it; it sets nothing but functions and ROOT.

# shellcheck disable=SC2034 # used by those who source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '\033[36m==>\033[0m %s\n' "$*" >&2; }
die() {
    printf '\033[31merror:\033[0m %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
((BASH_VERSINFO[0] >= 4)) || die "these scripts need bash 4 or newer"

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the kernel's range for outgoing connections, so that nothing else is given the port meanwhile.
free_port() {
    local port
    for _ in {1..200}; do
        port=$((20000 + RANDOM % 12000))
        if ! listens "$port"; then
            echo "$port"
            return
        fi
    done
    die "found no free port between 20000 and 32000 on 127.0.0.1"
}

# wait_for SECONDS WHAT CMD…: polls until CMD succeeds; status 1 when the time is over.
wait_for() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= until)); then
            echo "$what was not ready in time" >&2
            return 1
        fi
        sleep 0.1
    done
}

# need COMMAND PACKAGES [COMMAND PACKAGES]…: installs what is missing where that is possible without asking anybody.
need() {
    local missing=() packages
    while (($#)); do
        if ! have "$1"; then
            read -ra packages <<<"$2"
            missing+=("${packages[@]}")
        fi
        shift 2
    done
    ((${#missing[@]})) || return 0
    install_packages "${missing[@]}"
}

install_packages() {
    local log
    if ! have apt-get || ((EUID != 0)); then
        die "missing on this machine: $*
  On Debian or Ubuntu:  sudo apt-get install --yes --no-install-recommends $*
  Elsewhere install the same programs by your system's package manager, then run this again."
    fi
    say "installing: $*"
    log=$(mktemp)
    # RUNLEVEL=1 keeps Debian from starting the services it installs.
    if ! {
        apt-get update --quiet &&
            RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
                apt-get install --yes --quiet --no-install-recommends "$@"
    } </dev/null >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        die "apt-get could not install: $*"
    fi
    rm -f "$log"
}
