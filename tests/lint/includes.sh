#!/bin/sh
# includes.sh - who may include whom
#
#   */core/         its own core/, common/core/, headers without I/O, clocks or memory
#   proto/          proto/, common/core/, protobuf-c
#   */shell/        its own program, common/, proto/, any system header
#   collector/cli/  itself and common/; never LMDB, never nng
#   tests/          anything
# Every include of ours is written from the project's root.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start includes "$@"

lint_files '*.c' '*.h' | xargs -r awk '
function bad(why) {
	print FILENAME ":" FNR ": " why ": " $0
}
function starts(text, prefix) {
	return substr(text, 1, length(prefix)) == prefix
}
# Rooms of ours that a file of `room` may look into, as a regular expression.
function neighbours(room) {
	if (room ~ /\/core$/)
		return "^(common/core|" room ")/"
	if (room == "proto")
		return "^(common/core|proto)/"
	if (room == "common/shell")
		return "^common/(core|shell)/"
	if (room == "collector/cli")
		return "^(common/(core|shell)|collector/cli)/"
	if (room == "agent/shell")
		return "^(common/(core|shell)|proto|agent/(core|shell))/"
	if (room ~ /^collector\/(shell|web)$/)
		return "^(common/(core|shell)|proto|collector/(core|shell|web))/"
	return "^(common|proto|agent|collector|tests)/"
}
function pure(header) {
	return header ~ /^(assert|inttypes|iso646|limits|stdalign|stdarg|stdbool)\.h$/ ||
	    header ~ /^(stddef|stdint|stdio|stdnoreturn|string)\.h$/
}
FNR == 1 {
	room = FILENAME
	sub(/\/[^\/]*$/, "", room)
	if (room ~ /^tests\//)
		room = "tests"
}
/^[ \t]*#[ \t]*include/ {
	header = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
	kind = substr(header, 1, 1)
	header = substr(header, 2)
	sub(/[">].*/, "", header)
	if (header ~ /\.pb-c\.h$/) {
		if (room != "proto" && room != "tests")
			bad("only proto sees generated code")
	} else if (kind == "\"") {
		if (header ~ /(^|\/)\.\.?\// || index(header, "/") == 0)
			bad("not written from the root")
		else if (header !~ neighbours(room))
			bad(room " may not look there")
		else if (header ~ /\.c$/ && room != "tests")
			bad("a .c file is not included")
	} else if (kind == "<") {
		if (header == "expat.h" && FILENAME == "agent/core/xml.c")
			next
		if (room ~ /\/core$/ && !pure(header))
			bad("not for a core")
		else if (room == "proto" && !pure(header) && !starts(header, "protobuf-c/"))
			bad("not for proto")
		else if (room == "collector/cli" && header ~ /^(lmdb\.h|nng\/)/)
			bad("the command talks HTTP only")
	} else {
		bad("neither \"\" nor <>")
	}
}' | lint_found
lint_end
