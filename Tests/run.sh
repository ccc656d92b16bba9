#!/bin/sh
# sh Tests/run.sh [--real] [ARGUMENT...]
#
# Installs what is missing, checks the sources, builds once and runs every test. The last line is the test runner's own.
# --real adds what takes long to install: llama-server with a real model behind the proxy, driven by the official openai
# Python SDK, and the checks of the Dockerfile and the Kubernetes example. Further arguments go to `swift test`
# (for example: --filter RouteLanguageTests).
set -eu
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)"

real=no
if [ "${1:-}" = --real ]; then
    real=yes
    shift
fi
step() { printf '\n==> %s\n' "$*"; }

step 'Tools'
sh .ci/toolchain.sh
sh .ci/install.sh openssl strace procps git tzdata redis-server
if [ "$real" = yes ]; then
    HOOSH_CACHE=$(sh Tests/Real/parts.sh)
    HOOSH_REAL=1
    export HOOSH_CACHE HOOSH_REAL
else
    unset HOOSH_REAL
fi

step 'Sources: form, imports'
swift format lint --strict -r -p Sources Tests Package.swift </dev/null
sh Tests/floors.sh

step 'Build (the whole package with its tests, optimised, once)'
build() { swift build -c release --build-tests --explicit-target-dependency-import-check error "$@" </dev/null; }
build
HOOSH_BIN=$(build --show-bin-path)
export HOOSH_BIN

step 'Route files'
"$HOOSH_BIN/hoosh-proxy" lint routes
"$HOOSH_BIN/hoosh-proxy" test routes

if [ "$real" = yes ]; then
    step 'Dockerfile and Kubernetes example (--real)'
    "$HOOSH_CACHE/hadolint/bin/hadolint" Dockerfile
    echo 'hadolint: Dockerfile is clean'
    for manifest in examples/kubernetes/*.yaml; do
        "$HOOSH_CACHE/kubernetes-validate/bin/kubernetes-validate" -k 1.31 --strict "$manifest"
    done
fi

step 'Tests'
skipped=''
if [ "$real" = no ]; then
    skipped='--skip RealTests'
    cat <<'TEXT'
********************************************************************************************************************
  LEFT OUT of this run, because they need parts that take long to install (sh Tests/run.sh --real runs them):
TEXT
    sed -n 's/^ *@Test func `\(.*\)`().*/    - \1/p' Tests/Real/RealTests/*.swift
    cat <<'TEXT'
    - hadolint on the Dockerfile
    - kubernetes-validate on examples/kubernetes
********************************************************************************************************************
TEXT
fi

# A filter that matches nothing passes with 0 tests, and a crash may leave no closing line: both are failures.
log=$(mktemp "${TMPDIR:-/tmp}/hoosh-tests.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
{
    code=0
    # Two words or none: the splitting is meant.
    # shellcheck disable=SC2086
    swift test -c release --skip-build --disable-xctest $skipped "$@" </dev/null 2>&1 || code=$?
    echo "$code" >"$log.code"
} | tee "$log"
code=$(cat "$log.code")
rm -f "$log.code"
if [ "$code" -ne 0 ]; then
    # What failed stands far above among a thousand lines, which a log may cut: here it is once more, before the count.
    step 'What failed'
    grep -aE -A 12 '^✘ .*recorded an issue|^✘ .*failed after|: [Ff]atal error|^error:' "$log" | grep -avE '^(◇|✔|--)|Test run with' | head -n 200 || :
    grep -a 'Test run with' "$log" | tail -n 1 || :
fi
if [ "$code" -eq 0 ] && ! grep -Eq 'Test run with [1-9][0-9]* tests? .*passed' "$log"; then
    echo 'run.sh: no test ran, or the run did not come to its end' >&2
    exit 1
fi
exit "$code"
