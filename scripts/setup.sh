#!/bin/sh
# Makes .venv ready: a working Python 3.11-3.13, the locked packages, this project (editable).
# Does nothing, quickly, when the lock, pyproject.toml, the Python and the folder are as last time.
# PYTHON=/path/to/python chooses the interpreter.
set -eu

cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/.crypto-pipeline-stamp
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
show_version='import sys; print(".".join(map(str, sys.version_info[:3])))'

say() { printf 'setup: %s\n' "$*"; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

state() {
    cksum requirements.lock pyproject.toml scripts/setup.sh
    pwd -P
    "$venv/bin/python" -c "$show_version" 2>/dev/null
}

# PYTHON, where it is set, has to be of the version that .venv has.
is_wanted() {
    [ -z "${PYTHON:-}" ] ||
        [ "$("$PYTHON" -c "$show_version")" = "$("$venv/bin/python" -c "$show_version")" ]
}

is_ready() {
    [ -f "$stamp" ] && [ -x "$venv/bin/crypto-pipeline" ] && [ "$(state)" = "$(cat "$stamp")" ] &&
        is_wanted
}

# Every match on PATH counts: the first may be a version manager's shim that cannot start.
each_on_path() {
    old_ifs=$IFS
    IFS=:
    for folder in $PATH; do
        [ -n "$folder" ] && [ -x "$folder/$1" ] && printf '%s\n' "$folder/$1"
    done
    IFS=$old_ifs
}

interpreters() {
    for name in python3.13 python3.12 python3.11 python3 python; do
        each_on_path "$name"
    done
}

# $1 is a module that the interpreter has to have, beside a supported version.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        printf '%s\n' "$PYTHON"
        return
    fi
    interpreters | while IFS= read -r candidate; do
        if "$candidate" -c "import $1; $supported" >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            break
        fi
    done
}

found_versions() {
    interpreters | while IFS= read -r candidate; do
        "$candidate" -c "$show_version" 2>/dev/null || true
    done | sort -u | tr '\n' ' '
}

no_python() {
    if [ -n "$(find_python sys)" ]; then
        fail "$(find_python sys) has no ensurepip, so it cannot make a virtual environment." \
            "Install its venv package (Debian, Ubuntu: apt install python3-venv), or install uv."
    fi
    fail "no Python 3.11, 3.12 or 3.13 on PATH (found: $(found_versions)). dagster-dbt ends at" \
        "3.13. Install one of the three, or name it: PYTHON=/path/to/python3.12 make test"
}

# As pip does; uv's own list lacks what a company's proxy signs with.
use_system_certificates() {
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/pki/tls/cert.pem; do
        if [ -e "$bundle" ]; then
            export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-true}"
        fi
    done
}

install_with_uv() {
    use_system_certificates
    python=$(find_python sys)
    say "making $venv with uv and ${python:-a Python that uv fetches}"
    uv venv --quiet --clear --python "${python:->=3.11,<3.14}" "$venv" || return 1
    say "installing the packages of requirements.lock"
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements.lock ||
        return 1
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e . ||
        return 1
}

install_with_pip() {
    python=$(find_python ensurepip)
    [ -n "$python" ] || no_python
    say "making $venv with $python"
    "$python" -m venv --clear "$venv"
    say "installing the packages of requirements.lock with pip (a few minutes the first time)"
    pip="$venv/bin/python -m pip --disable-pip-version-check --no-input --quiet"
    # The lock is complete; without --no-deps, pip refuses the extras that a package asks of another.
    $pip install --no-deps --require-hashes -r requirements.lock
    $pip install --no-deps --no-build-isolation -e .
}

if [ -n "${PYTHON:-}" ] && ! "$PYTHON" -c "$supported" >/dev/null 2>&1; then
    fail "PYTHON=$PYTHON does not start, or is not Python 3.11, 3.12 or 3.13."
fi
is_ready && exit 0
rm -f "$stamp"
if uv --version >/dev/null 2>&1; then
    install_with_uv || {
        say "uv could not do it (its message is above); trying venv and pip"
        install_with_pip
    }
else
    install_with_pip
fi
state >"$stamp"
say "$venv is ready: Python $("$venv/bin/python" -c "$show_version")"
