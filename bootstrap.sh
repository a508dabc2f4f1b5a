#!/bin/sh
# Sets this folder up, doing only what is still to do:
#   sh bootstrap.sh          what `make run` needs: Python, .venv, locked packages, text libraries
#   sh bootstrap.sh --dev    and what `make test` needs: the development packages, Chromium,
#                            PostgreSQL, SoftHSM
# PYTHON=/path/to/python chooses the interpreter. Whatever cannot be put right is said in one
# sentence, with a non-zero exit code.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin # apt-get's own programs

VENV=.venv
BIN=$VENV/bin
DEBIAN_TEXT="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

say() { printf '%s\n' "$*"; }
fail() {
    printf 'Set-up stopped: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# --- Python -------------------------------------------------------------------------------------

# A version manager may put a name on the path that does not run: only running it tells.
fits() {
    "$1" -c 'import sys, ensurepip, sqlite3, ssl, venv; sys.exit(sys.version_info < (3, 12))' \
        >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        fits "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.12 or newer with venv and ssl."
        say "$PYTHON"
        return
    fi
    for candidate in python3.13 python3.14 python3.12 python3 \
        "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/3.1[2-9]*/bin/python3 \
        /opt/homebrew/bin/python3.1[2-9] /usr/local/bin/python3.1[2-9] \
        /opt/homebrew/bin/python3 "${HOME:-/nonexistent}"/.local/bin/python3.1[2-9]; do
        if fits "$candidate"; then
            say "$candidate"
            return
        fi
    done
    fetch_python
}

# Prints the path of a Python that uv has fetched. All else that it says goes to stderr.
fetch_python() {
    say "No Python 3.12 or newer found; fetching one with uv…" >&2
    uv=uv
    if ! has uv; then
        uv=$(install_uv) || no_python
    fi
    "$uv" python install --no-config 3.13 >&2 || no_python
    fetched=$("$uv" python find --no-config --managed-python 3.13) || no_python
    fits "$fetched" || no_python
    say "$fetched"
}

# Installs uv, pinned and checked by its hash in the lock, with whatever Python 3 there is.
install_uv() {
    has python3 || return 1
    mkdir -p var/uv
    sed -n '/^uv==/,/^ *# via/p' requirements-dev.lock >var/uv/uv.lock
    python3 -m pip install --quiet --require-hashes --only-binary :all: --upgrade \
        --target var/uv -r var/uv/uv.lock >&2 || return 1
    say var/uv/bin/uv
}

no_python() {
    fail "Python 3.12 or newer is needed and could not be fetched; install it (Debian, Ubuntu:" \
        "apt-get install python3 python3-venv; macOS: brew install python@3.13) or name it with" \
        "PYTHON=/path/to/python3."
}

# --- Environment and packages --------------------------------------------------------------------

# Made anew when it is not whole, when its Python is gone, or when this folder was moved: programs
# in an environment name their own place.
make_venv() {
    if [ "$(cat "$VENV/place" 2>/dev/null)" = "$PWD" ] && fits "$BIN/python"; then
        return
    fi
    python=$(find_python)
    say "Making $VENV with $("$python" --version)…"
    rm -rf "$VENV"
    "$python" -m venv "$VENV" || fail "$python could not make the environment $VENV."
    printf '%s\n' "$PWD" >"$VENV/place"
}

# Installs a lock file if it is not the one installed last. pip compiles what it installs.
install_lock() {
    cmp -s "$1" "$VENV/$1" && return
    say "Installing the packages of $1…"
    "$BIN/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
        --require-hashes --only-binary :all: -r "$1" ||
        fail "the packages of $1 could not be installed (is the package index reachable?)."
    rm -f "$VENV"/requirements*.lock
    if [ "$1" = requirements-dev.lock ]; then
        cp requirements.lock "$VENV"
    fi
    cp "$1" "$VENV"
}

# --- System packages -----------------------------------------------------------------------------

is_debian() { has apt-get && [ -e /etc/debian_version ]; }

# Debian and Ubuntu, as root or with sudo. False where neither is given.
apt_install() {
    is_debian || return 1
    if [ "$(id -u)" = 0 ]; then
        root=
    elif has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        root=sudo
    else
        return 1
    fi
    say "Installing the system packages $*…"
    $root apt-get update -qq >/dev/null &&
        $root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# What typesets the PDF is loaded for real: its name differs from system to system.
text_libraries_load() {
    "$BIN/python" -W ignore -c \
        'import sys; from weasyprint.text import ffi; sys.exit(ffi.harfbuzz_subset is None)' \
        >/dev/null 2>&1
}

check_text_libraries() {
    text_libraries_load && return
    # shellcheck disable=SC2086  # a list of packages
    if apt_install $DEBIAN_TEXT && text_libraries_load; then
        return
    fi
    if is_debian; then
        command="sudo apt-get install $DEBIAN_TEXT"
    elif has brew; then
        command="brew install pango harfbuzz"
    elif has dnf; then
        command="sudo dnf install pango harfbuzz"
    elif has apk; then
        command="apk add pango harfbuzz-subset"
    elif has pacman; then
        command="sudo pacman -S pango harfbuzz"
    else
        command="install Pango and HarfBuzz with the package manager of this system"
    fi
    fail "the libraries that typeset the PDF are missing; run: $command"
}

# --- For the tests -------------------------------------------------------------------------------

chromium_runs() { "$BIN/python" tests/find_chromium.py >/dev/null 2>&1; }

check_chromium() {
    chromium_runs && return
    say "Looking for a Chromium to test with…"
    apt_install chromium && chromium_runs && return
    "$BIN/python" -m playwright install chromium && chromium_runs && return
    fail "the browser tests need Chromium and it could not be installed; install it (Debian:" \
        "apt-get install chromium) or name it with CHROMIUM=/path/to/chromium."
}

check_postgres() {
    sh .ci/with-postgres --check && return
    apt_install postgresql && sh .ci/with-postgres --check && return
    fail "the database tests also run on PostgreSQL, which could not be installed; install it" \
        "(Debian: apt-get install postgresql) or name a server with" \
        "REXMATRIX_TEST_DATABASE_URL=postgresql://user:password@host/name."
}

softhsm_loads() { "$BIN/python" tests/find_softhsm.py >/dev/null 2>&1; }

check_softhsm() {
    softhsm_loads && return
    apt_install softhsm2 && softhsm_loads && return
    fail "the tests of signed PDFs need SoftHSM 2 and it could not be installed; install it" \
        "(Debian: apt-get install softhsm2; macOS: brew install softhsm) or name its module with" \
        "SOFTHSM2_MODULE=/path/to/libsofthsm2.so."
}

# -------------------------------------------------------------------------------------------------

make_venv
if [ "${1:-}" = --dev ]; then
    install_lock requirements-dev.lock
else
    install_lock requirements.lock
fi
check_text_libraries
if [ "${1:-}" = --dev ]; then
    check_chromium
    check_postgres
    check_softhsm
fi
