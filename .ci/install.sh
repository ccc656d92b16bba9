#!/bin/sh
# sh .ci/install.sh PACKAGE...
# Installs the Debian packages among PACKAGE... that are missing, and says which. Does nothing when none is.
set -eu

say() { printf '%s\n' "$*" >&2; }

if ! command -v apt-get >/dev/null 2>&1; then
    say "install: no apt-get here; this needs the equivalent of these Debian packages: $*"
    exit 0
fi

missing=
for package in "$@"; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || state=
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        say "install: these packages are missing:$missing"
        say "install: and there is no sudo. As root, run:  apt-get update && apt-get install -y$missing"
        exit 1
    fi
    as_root=sudo
fi

say "install: installing with apt-get (a minute or less):$missing"
# A fresh image has no package lists, and old lists name files that a mirror no longer has.
$as_root apt-get update -qq </dev/null >/dev/null
# The names come from our own scripts: splitting them is meant.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null
say "install: done"
