# shellcheck shell=sh
# lib - what the lint scripts share
#
# A lint is `sh tests/lint/NAME.sh [ROOT [BUILD]]`: ROOT is the source tree to judge (its
# own by default), BUILD a finished plain build of it (ROOT/build/release). It prints one
# line a finding, "path:line: what is wrong", and exits 1 when there is one, 2 when it
# cannot judge. tests/lint/selftest.sh feeds each of them bad trees.

# lint_start NAME "$@": enters ROOT; sets `root`, `build`, `work` (a scratch folder), `jobs`.
# shellcheck disable=SC2034 # for the lints
lint_start() {
	lint_name=$1
	root=$(cd "${2:-$(dirname "$0")/../..}" && pwd) || exit 2
	build=${3:-$root/build/release}
	jobs=$(nproc)
	work=$(mktemp -d) || exit 2
	trap 'rm -rf "$work"' EXIT
	trap 'exit 2' HUP INT TERM
	cd "$root" || exit 2
	: >"$work/findings"
}

# lint_files PATTERN...: the files of ours whose names match, sorted, relative to ROOT.
lint_files() {
	set -f
	lint_names=
	for lint_pattern in "$@"; do
		lint_names="$lint_names${lint_names:+ -o }-name $lint_pattern"
	done
	# shellcheck disable=SC2086 # the words of lint_names are find's arguments
	find agent collector common proto tests deploy \
		'(' -name 'build*' -o -name '.?*' ')' -prune -o \
		-type f '(' $lint_names ')' -print 2>"$work/find" | LC_ALL=C sort
	set +f
}

# lint_need FILE: gives up when the build lacks it.
lint_need() {
	if [ ! -e "$1" ]; then
		echo "lint.$lint_name: $1 is missing; build first:" \
			"cmake -B build/release && cmake --build build/release" >&2
		exit 2
	fi
}

# lint_tool PROGRAM: gives up when it is not installed.
lint_tool() {
	if ! command -v "$1" >"$work/tool"; then
		echo "lint.$lint_name: $1 is not installed" >&2
		exit 2
	fi
}

# lint_found: adds the lines of its standard input to the findings.
lint_found() {
	cat >>"$work/findings"
}

# lint_end: prints the findings; the exit status says whether there were any.
lint_end() {
	if [ -s "$work/findings" ]; then
		cat "$work/findings"
		echo "lint.$lint_name: $(wc -l <"$work/findings") finding(s)"
		exit 1
	fi
	exit 0
}
