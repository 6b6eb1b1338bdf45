#!/bin/sh
# soak.sh BUILD [-s SECONDS] [-o FOLDER] [-m] [NAME...] - fuzzes for long
#
# Runs every fuzzer of BUILD (made with -D PRESET=fuzz -D CMAKE_C_COMPILER=clang), or those
# named without their fuzz_, one after the other, for SECONDS of wall time each (600). Each
# starts from its committed corpus and from what earlier soaks left in FOLDER (a fresh one
# under /tmp), and writes new inputs and findings there, never into the source tree. With
# -m, inputs that reach code no committed one reaches are merged into tests/fuzz/corpus
# afterwards, the smallest for each: look at them before committing.
#
# One line for each fuzzer: name, runs, edges covered, new inputs, verdict. Exit status 0:
# nothing found; 1: findings, which are kept in FOLDER/NAME/found; 64: usage. It is no part
# of CI, which runs each fuzzer for seconds only (tests/run.sh fuzz).
set -u

usage() {
	echo "usage: soak.sh BUILD [-s SECONDS] [-o FOLDER] [-m] [NAME...]" >&2
	exit 64
}

[ $# -ge 1 ] || usage
build=$1
shift
seconds=600
folder=
merge=no
while getopts s:o:m option; do
	case $option in
	s) seconds=$OPTARG ;;
	o) folder=$OPTARG ;;
	m) merge=yes ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
case $seconds in
'' | *[!0-9]*) usage ;;
esac

corpora=$(cd "$(dirname "$0")" && pwd)/corpus
programs=$build/tests/fuzz
[ -n "$folder" ] || folder=$(mktemp -d)
mkdir -p "$folder" || exit 1
found=0

if [ $# -eq 0 ]; then
	for program in "$programs"/fuzz_*; do
		if [ -f "$program" ] && [ -x "$program" ]; then
			set -- "$@" "${program##*/fuzz_}"
		fi
	done
fi
[ $# -gt 0 ] || {
	echo "soak.sh: no fuzzer in $programs" >&2
	exit 64
}

# last_of LOG WORD: the number behind the last `WORD: ` of libFuzzer's log
last_of() {
	sed -n "s/.* $2: \([0-9]*\).*/\1/p" "$1" | tail -n 1
}

# soak NAME
soak() {
	program=$programs/fuzz_$1
	place=$folder/$1
	[ -x "$program" ] || {
		echo "soak.sh: $program is no fuzzer" >&2
		exit 64
	}
	mkdir -p "$place/corpus" "$place/found"
	set -- "$1" "$place/corpus"
	[ ! -d "$corpora/$1" ] || set -- "$@" "$corpora/$1"
	verdict=clean
	name=$1
	shift
	before=$(find "$place/corpus" -type f | wc -l)
	if ! "$program" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 \
		-print_final_stats=1 -artifact_prefix="$place/found/" "$@" \
		</dev/null >"$place/log" 2>&1; then
		verdict="FOUND: $place/found"
		found=$((found + 1))
	fi
	after=$(find "$place/corpus" -type f | wc -l)
	runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$place/log")
	printf '%-24s %12s runs %8s edges %6d new  %s\n' "$name" "${runs:-?}" \
		"$(last_of "$place/log" cov)" $((after - before)) "$verdict"
	[ "$merge" = no ] || merge_into "$name"
}

# merge_into NAME: what the committed corpus lacks
merge_into() {
	mkdir -p "$corpora/$1"
	"$programs/fuzz_$1" -merge=1 -timeout=20 "$corpora/$1" "$folder/$1/corpus" \
		</dev/null >"$folder/$1/merge.log" 2>&1 || {
		echo "soak.sh: $1 cannot merge, see $folder/$1/merge.log" >&2
		found=$((found + 1))
	}
}

echo "soaking $# fuzzers for $seconds s each in $folder"
for name; do
	soak "$name"
done
[ "$found" -eq 0 ]
