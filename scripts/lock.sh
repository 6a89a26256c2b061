#!/bin/sh
# Writes requirements.lock and requirements-dev.lock anew: the newest versions that pyproject.toml
# allows, the build backend among them, for the Python that .venv has. The tool that chooses them
# lives in a virtual environment of its own. The files hold no address: pip's settings name those.
set -eu
cd "$(dirname "$0")/.."

tools=build/lock-venv
[ -x "$tools/bin/pip-compile" ] || {
    .venv/bin/python -m venv --clear "$tools"
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$tools/bin/python" -m pip install -qq pip-tools
}

compile() { # target, what it is for, options
    target=$1 purpose=$2
    shift 2
    "$tools/bin/pip-compile" -q --upgrade --strip-extras --build-deps-for editable \
        --no-header --no-annotate --no-emit-options \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
        "$@" --output-file "build/$target" pyproject.toml
    {
        echo "# $purpose"
        echo "# Exact versions for $(.venv/bin/python -c 'import sys; print("Python %d.%d" % sys.version_info[:2])'). Made by 'make lock'."
        grep -E '^[a-z0-9]' "build/$target"
    } >"$target"
}

mkdir -p build
rm -f build/requirements.lock build/requirements-dev.lock
compile requirements.lock "What agent-tui runs with, and what builds it."
compile requirements-dev.lock "What agent-tui is checked and tested with, and all of requirements.lock." \
    --extra dev --constraint requirements.lock
