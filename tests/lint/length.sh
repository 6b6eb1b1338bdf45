#!/bin/sh
# length.sh - no function over 70 lines between its braces, no file over 800 lines
#
# A function's braces stand alone in the first column: lint.format sees to that.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start length "$@"

lint_files '*.c' '*.h' | xargs -r awk '
function file_end() {
	if (lines > 800)
		print file ": " lines " lines, 800 are allowed"
}
FNR == 1 { file_end(); file = FILENAME; opened = 0; name = "" }
{ lines = FNR }
/^[a-z_][A-Za-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
/^{$/ { opened = FNR }
/^}$/ && opened > 0 {
	if (FNR - opened - 1 > 70)
		print FILENAME ":" opened ": " name " has " FNR - opened - 1 \
		    " lines between its braces, 70 are allowed"
	opened = 0
}
END { file_end() }' | lint_found
lint_end
