#!/bin/sh
# sh Tests/Fuzz/run.sh SECONDS [TARGET]...
#
# Fuzzes the codecs for so many seconds in all, the same for every target (head response body events json multipart routes).
# Begins with Tests/Fuzz/seeds; ends with 1 and the input's path when one breaks a claim. Put such an input among the
# seeds, where a test replays it. Builds in .build-fuzz; HOOSH_FUZZ_CORPUS keeps what was learnt for the next run.
set -eu
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)"

seconds=${1:-}
case $seconds in
'' | *[!0-9]*)
    echo 'usage: sh Tests/Fuzz/run.sh SECONDS [TARGET]...' >&2
    exit 2
    ;;
esac
shift
[ $# -gt 0 ] || set -- head response body events json multipart routes
each=$((seconds / $#))
[ "$each" -gt 0 ] || each=1

# The Swift crash handler would compete with libFuzzer's.
SWIFT_BACKTRACE=enable=no
resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
FUZZ=$(find -L "$resources/clang/lib" "$resources/../clang" -name "libclang_rt.fuzzer_no_main-$(uname -m).a" 2>/dev/null |
    head -n 1)
[ -n "$FUZZ" ] || {
    echo 'run.sh: this toolchain has no libFuzzer' >&2
    exit 1
}
export SWIFT_BACKTRACE FUZZ

echo 'fuzz: building'
swift build -c release --scratch-path .build-fuzz --product hoosh-fuzz </dev/null
program=$(swift build -c release --scratch-path .build-fuzz --show-bin-path)/hoosh-fuzz

work=$(mktemp -d "${TMPDIR:-/tmp}/hoosh-fuzz.XXXXXX")
corpus=${HOOSH_FUZZ_CORPUS:-$work/corpus}
findings=$work/findings
mkdir -p "$findings"
failed=0
for target in "$@"; do
    mkdir -p "$corpus/$target"
    echo "fuzz: $target for $each s"
    code=0
    "$program" "$target" "$corpus/$target" "Tests/Fuzz/seeds/$target" -max_total_time="$each" -max_len=4096 \
        -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$findings/$target-" \
        >"$work/$target.log" 2>&1 || code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
    kept=$(find "$corpus/$target" -type f | wc -l)
    if [ "$code" -eq 0 ]; then
        echo "fuzz: $target: ${runs:-0} executions, $kept inputs kept, no finding"
    else
        failed=1
        tail -n 25 "$work/$target.log"
        echo "fuzz: $target: FOUND after ${runs:-?} executions: $(find "$findings" -name "$target-*")" >&2
    fi
done
if [ "$failed" -eq 0 ]; then
    rm -rf "$work"
    echo 'fuzz: no findings'
fi
exit "$failed"
