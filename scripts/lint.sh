#!/bin/sh
# Runs every check of the source, one after the other, each also after an earlier one failed.
# Exit 1 if any failed. Expects the .venv that scripts/setup.sh makes.
set -eu

cd "$(dirname "$0")/.."
bin=.venv/bin
failed=''
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

step() {
    title=$1
    shift
    printf 'lint: %s\n' "$title"
    "$@" || failed="$failed, $title"
}

# The tracked files; in a copy that is no git checkout, all that a checkout would hold.
project_files() {
    git ls-files --cached --others --exclude-standard 2>/dev/null ||
        find . -type f -not -path './.*/*' -not -path '*/__pycache__/*' -not -name '*.pyc'
}

secrets() {
    project_files | tr '\n' '\0' |
        xargs -0 "$bin/detect-secrets-hook" --no-verify --baseline .secrets.baseline
}

definitions() {
    mkdir -p "$scratch/dagster"
    printf 'telemetry:\n  enabled: false\n' >"$scratch/dagster/dagster.yaml"
    DAGSTER_HOME=$scratch/dagster CRYPTO_HOME=$scratch/home PYTHONWARNINGS=ignore \
        "$bin/dagster" definitions validate --module-name crypto_pipeline.definitions \
        --log-level warning </dev/null
}

step 'ruff check' "$bin/ruff" check --quiet .
step 'ruff format' "$bin/ruff" format --quiet --check .
step 'mypy' "$bin/mypy" --no-error-summary
step 'floors (import-linter)' "$bin/lint-imports" --no-cache
step 'SQL (sqlfluff)' "$bin/sqlfluff" lint --disable-progress-bar dbt_project
step 'security (bandit)' "$bin/bandit" --quiet --recursive --severity-level medium \
    --configfile pyproject.toml crypto_pipeline
step 'secrets (detect-secrets)' secrets
step 'dependencies (pip-audit)' "$bin/python" scripts/audit.py
step 'Dagster definitions' definitions

if [ -n "$failed" ]; then
    printf 'lint: FAILED: %s\n' "${failed#, }" >&2
    exit 1
fi
printf 'lint: all passed\n'
