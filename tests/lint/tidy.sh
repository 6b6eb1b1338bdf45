#!/bin/sh
# tidy.sh - clang-tidy with the .clang-tidy of the root on every .c file of ours
#
# Takes the flags from the build's compile_commands.json; a .c file that stands in no
# target is a finding of its own. A file that was clean is not looked at again until it, a
# header, the flags or the checks change (stamps in BUILD/lint).
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start tidy "$@"
lint_tool clang-tidy
lint_need "$build/compile_commands.json"
lint_need "$root/.clang-tidy"

sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" |
	sed "s|^$root/||" | LC_ALL=C sort -u >"$work/compiled"
lint_files '*.c' >"$work/files"
LC_ALL=C comm -23 "$work/files" "$work/compiled" | sed 's/$/: stands in no target/' | lint_found
LC_ALL=C comm -12 "$work/files" "$work/compiled" >"$work/both"

stamps=$build/lint
mkdir -p "$stamps"
clang-tidy --version >"$work/setting"
cat .clang-tidy "$build/compile_commands.json" >>"$work/setting"
lint_files '*.h' | xargs -r cat >>"$work/setting"
setting=$(sha256sum <"$work/setting")
export stamps setting build

# The build may be gcc's, whose warnings clang does not know all. Tests are spared the
# analyzer, which takes half of all the time: they are run under the sanitizers instead.
xargs -r -P "$jobs" -n 1 sh -c '
	stamp=$stamps/$({ echo "$setting $1" && cat "$1"; } | sha256sum | cut -c 1-64)
	[ ! -e "$stamp" ] || exit 0
	case $1 in
	tests/*) checks="-clang-analyzer-*" ;;
	*) checks= ;;
	esac
	if out=$(clang-tidy --quiet -p "$build" --checks="$checks" --extra-arg=-Wno-unknown-warning-option \
		"$1" 2>&1); then
		: >"$stamp"
	else
		printf "%s\n" "$out" | grep ": \(error\|warning\): " ||
			printf "%s: clang-tidy failed: %s\n" "$1" "$out"
	fi' - <"$work/both" | sed "s|^$root/||" | sort -u | lint_found
lint_end
