#!/bin/sh
# run.sh - builds a release and runs every benchmark
#
#   sh tests/bench/run.sh [--json FILE] [--only PATTERN] [--quick] [--build DIR]
#
# Prints a table; with --json it also writes one JSON object a line:
#   name, value, unit, baseline, ratio (value / baseline), goal, met, note
# where baseline is the same work done bare in the same run, and null stands for "none".
# --only takes a shell pattern of program names without `bench_`. --quick only shows that
# everything still runs; its numbers mean nothing. The exit status is 0 when every
# benchmark ran, whether or not it met its goal: numbers are judged by people and trends,
# on a machine that had nothing else to do.
set -eu

usage() {
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$script"
}

script=$0
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/release
json=
only='*'
quick=
while [ $# -gt 0 ]; do
	case $1 in
	--json | --only | --build)
		[ $# -ge 2 ] || {
			usage >&2
			exit 64
		}
		case $1 in
		--json) json=$2 ;;
		--only) only=$2 ;;
		--build) build=$2 ;;
		esac
		shift
		;;
	--quick) quick=--quick ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 64
		;;
	esac
	shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if ! {
	cmake -S "$root" -B "$build" -D PRESET=release &&
		cmake --build "$build" --parallel "$(nproc)"
} >"$work/build" 2>&1; then
	cat "$work/build" >&2
	echo "bench: the release build failed" >&2
	exit 1
fi

failed=0
: >"$work/rows"
while read -r program; do
	[ -n "$program" ] || continue
	name=$(basename "$program")
	name=${name#bench_}
	# shellcheck disable=SC2254 # it is meant as a pattern
	case $name in
	$only) ;;
	*) continue ;;
	esac
	echo "running $name" >&2
	if ! "$program" $quick >"$work/out" </dev/null; then
		echo "bench: $name failed" >&2
		failed=1
	fi
	cat "$work/out" >>"$work/rows"
done <"$build/tests/bench/benchmarks.txt"

[ -z "$json" ] || cp "$work/rows" "$json"

# Every row is one line that bench_print() wrote, so its keys stand in a known order.
awk '
function field(key,    rest, at) {
	at = index($0, "\"" key "\":")
	if (at == 0)
		return "-"
	rest = substr($0, at + length(key) + 3)
	if (substr(rest, 1, 1) == "\"") {
		rest = substr(rest, 2)
		sub(/".*/, "", rest)
	} else {
		sub(/[,}].*/, "", rest)
	}
	return rest == "null" ? "-" : rest
}
function number(text) {
	if (text == "-")
		return text
	return text + 0 >= 100 ? sprintf("%.0f", text) : sprintf("%.4g", text)
}
BEGIN {
	form = "%-32s %14s %-12s %14s %8s  %-34s %s\n"
	printf form, "name", "value", "unit", "baseline", "ratio", "goal", "met"
}
{
	met = field("met")
	printf form, field("name"), number(field("value")), field("unit"),
	    number(field("baseline")), field("ratio"), field("goal"),
	    met == "true" ? "yes" : met == "false" ? "NO" : "-"
}' "$work/rows"
exit $failed
