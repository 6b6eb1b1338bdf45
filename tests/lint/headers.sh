#!/bin/sh
# headers.sh - every header says what it is for, and stands alone
#
#   line 1   /* name - what it is for
#   line 2    * Room: the folder it lies in, more if there is more to say
#   a guard named by the path: common/core/err.h is COMMON_CORE_ERR_H
# and it compiles alone.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start headers "$@"
lint_tool gcc

lint_files '*.h' >"$work/headers"
xargs -r awk '
function check() {
	if (file == "")
		return
	if (!named)
		print file ":1: expected \"/* " base " - what it is for\""
	if (!roomed)
		print file ":2: expected \" * Room: " room "\""
	if (guard != expected || !defined)
		print file ": expected the guard " expected
}
FNR == 1 {
	check()
	file = room = base = expected = FILENAME
	sub(/\/[^\/]*$/, "", room)
	sub(/.*\//, "", base)
	sub(/\.h$/, "", base)
	expected = toupper(expected)
	gsub(/[^A-Z0-9]/, "_", expected)
	guard = ""
	defined = roomed = 0
	named = index($0, "/* " base " - ") == 1 || index($0, "/* " base ".h - ") == 1
}
FNR == 2 { roomed = index($0, " * Room: " room) == 1 }
guard == "" && $1 == "#ifndef" { guard = $2; next }
guard != "" && $1 == "#define" && $2 == guard { defined = 1 }
END { check() }' <"$work/headers" | lint_found

# The folders of libraries and of generated code are those of the build.
flags=
if [ -e "$build/compile_commands.json" ]; then
	flags=$(grep -o -e ' -I[^ "]*' -e ' -isystem [^ "]*' "$build/compile_commands.json" |
		sort -u | tr '\n' ' ')
fi
export flags
xargs -r -P "$jobs" -n 1 sh -c '
	out=$(gcc -std=c17 -D_POSIX_C_SOURCE=200809L -I. $flags -Wall -Wextra -Werror \
		-fsyntax-only -x c "$1" 2>&1) || printf "%s\n" "$out" | grep ": \(fatal \)*error: " |
		sed "s|^[^ ]* \(fatal \)*error: |$1: does not compile alone: |"
	' - <"$work/headers" | lint_found
lint_end
