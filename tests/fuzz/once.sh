#!/bin/sh
# once.sh PROGRAM - one fuzzer for `seconds`, from its corpus; part of tests/run.sh
#
# From the environment: seconds; work: leaves fuzz/NAME.log there, and fuzz/NAME.passed when
# nothing was found; under: a command to run it under, or nothing. What it learns stays in
# the build folder.
name=${1##*/}
found=build/fuzz/found/$name
mkdir -p "$found"
set -- "$1" "$found"
[ ! -d "tests/fuzz/corpus/${name#fuzz_}" ] || set -- "$@" "tests/fuzz/corpus/${name#fuzz_}"
program=$1
shift
# shellcheck disable=SC2086,SC2154 # `under` is a command and its argument, or nothing
if $under timeout $((seconds + 60)) "$program" -max_total_time="$seconds" -timeout=10 \
	-rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$found/" "$@" \
	</dev/null >"$work/fuzz/$name.log" 2>&1; then
	: >"$work/fuzz/$name.passed"
fi
exit 0
