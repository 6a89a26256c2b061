#!/bin/sh
# Makes .venv hold exactly what a lock file names, and the project itself.
#
#   scripts/setup.sh missing      prints what this machine lacks, in one line; nothing if all is there
#   scripts/setup.sh run|dev      makes .venv fit requirements.lock | requirements-dev.lock
#
# Stamps in .venv say which lock it fits, so that nothing is done twice. PYTHON names the python3
# that a new .venv is made with. Which index the packages come from is pip's own setting.
set -eu
cd "$(dirname "$0")/.."

kind=$1
python=${PYTHON:-python3}
venv=.venv

# The place is part of a stamp: a .venv that was moved or copied does not work.
checksum() { { pwd -P; cat "$@"; } | cksum; }
stamped() { [ -x "$venv/bin/python" ] && [ "$(cat "$venv/stamp-$1" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s\n' "$2" >"$venv/stamp-$1"; }

run_sum=$(checksum requirements.lock)
dev_sum=$(checksum requirements.lock requirements-dev.lock)
project_sum=$(checksum pyproject.toml)

fits() { # a .venv with the tools for developers, which hold all the others, serves both
    stamped dev "$dev_sum" || { [ "$1" = run ] && stamped run "$run_sum"; }
}

stale() { # what an older lock file left behind must not stay
    { [ -e "$venv/stamp-run" ] && ! stamped run "$run_sum"; } ||
        { [ -e "$venv/stamp-dev" ] && ! stamped dev "$dev_sum"; } ||
        { ! [ -e "$venv/stamp-run" ] && ! [ -e "$venv/stamp-dev" ]; }
}

missing() {
    if ! command -v "$python" >/dev/null 2>&1; then
        echo "$python is missing: install it with 'apt-get install python3 python3-venv'"
    elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        version=$("$python" -c 'import platform; print(platform.python_version())')
        echo "$python is $version, too old: 'apt-get install python3.11-venv' and give PYTHON=python3.11"
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python cannot make virtual environments: install them with 'apt-get install python3-venv'"
    fi
}

if [ "$kind" = missing ]; then
    fits run || missing
    exit
fi

if command -v flock >/dev/null 2>&1; then # two at once wait for each other
    exec 9<scripts/setup.sh
    flock 9
fi

pip_install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install -qq --no-deps "$@" || {
        echo "agent-tui: pip could not install the packages; what it says above tells why" >&2
        exit 2
    }
}

if ! fits "$kind"; then
    if stale; then
        echo "agent-tui: making $venv (once; about half a minute)" >&2
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    case $kind in
    run) pip_install --only-binary :all: -r requirements.lock && stamp run "$run_sum" ;;
    dev) pip_install --only-binary :all: -r requirements-dev.lock && stamp dev "$dev_sum" ;;
    esac
fi

if ! stamped project "$project_sum"; then
    pip_install --no-build-isolation --editable .
    stamp project "$project_sum"
fi
