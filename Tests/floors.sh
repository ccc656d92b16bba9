#!/bin/sh
# sh Tests/floors.sh
# Holds the laws of docs/architecture.md that the compiler does not: which files may import which C library, no
# Foundation in what a request passes through, no file that has outgrown its reader.
set -eu
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)"
broken=0
fault() { echo "floors: $*" >&2; broken=1; }

# Files importing MODULE, one a line.
importers() { grep -rlE "^[^/]*import (struct |class |enum |func |var )?$1(\.|\$| )" Sources --include='*.swift' | sort || :; }

# MODULE belongs to FOLDER..., in no more than LIMIT files of each.
belongs() {
    module=$1 limit=$2
    shift 2
    left=$(importers "$module")
    for folder in "$@"; do
        count=$(printf '%s\n' "$left" | grep -c "^$folder/" || :)
        [ "$count" -le "$limit" ] || fault "$module is imported by $count files of $folder, at most $limit may"
        left=$(printf '%s\n' "$left" | grep -v "^$folder/" || :)
    done
    [ -z "$left" ] || fault "$module may not be imported here:" "$left"
}

belongs CCurl 1 Sources/Path/Forwarding
belongs CYaml 1 Sources/Routes/RouteLanguage
belongs CPCRE2 1 Sources/Engines/Decision Sources/Engines/Content
belongs CHiredis 1 Sources/Engines/SharedPools
belongs CSSL 1 Sources/Service/hoosh-mock Sources/Service/Proxy Sources/Engines/Identity Sources/Engines/Audit Sources/Engines/Cache
belongs CSQLite 1 Sources/Engines/Store
belongs CLinux 99 Sources/Ground/Bytes Sources/Ground/Loop Sources/Path/Arrival Sources/Service/Proxy Sources/Service/hoosh-mock \
    Sources/Service/hoosh-bench
for module in Foundation FoundationEssentials Dispatch; do
    belongs "$module" 99 Sources/Service/hoosh-bench
done

for file in $(find Sources Tests -name '*.swift' | sort); do
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || fault "$file has $lines lines, at most 400 may"
done

[ "$broken" -eq 0 ] || exit 1
echo "floors: every import stands where it may"
