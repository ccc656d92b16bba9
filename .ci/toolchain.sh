#!/bin/sh
# sh .ci/toolchain.sh
# Says whether a Swift compiler that can build this package is there, and installs the libraries the build needs.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if ! command -v swift >/dev/null 2>&1; then
    echo "swift is not on PATH. Install Swift 6.2 or newer from https://www.swift.org/install/linux/ and try again." >&2
    exit 1
fi

# The first line: what the Swift toolchain itself needs on Debian. The second: the C libraries the proxy stands on.
sh "$here/install.sh" ca-certificates curl git binutils g++ libc6-dev libcurl4 libxml2 libedit2 libsqlite3-0 libncurses6 tzdata \
    pkg-config libcurl4-openssl-dev libyaml-dev libpcre2-dev libssl-dev libhiredis-dev libsqlite3-dev

version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
case $version in
    6.[2-9]* | 6.[1-9][0-9]* | [7-9].* | [1-9][0-9].*) ;;
    *)
        echo "Swift ${version:-of unknown version} is on PATH; this package needs 6.2 or newer." >&2
        exit 1
        ;;
esac
