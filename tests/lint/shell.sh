#!/bin/sh
# shell.sh - every shell script is POSIX sh and passes shellcheck
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start shell "$@"
lint_tool shellcheck

{
	lint_files '*.sh'
	lint_files '*' | xargs -r awk 'FNR == 1 && /^#!.*sh( |$)/ { print FILENAME }'
	[ ! -e .ci/run ] || echo .ci/run
} | sort -u >"$work/scripts"
xargs -r awk 'FNR == 1 && /^#!/ && !/^#!\/bin\/sh( -[a-z]+)?$/ {
	print FILENAME ":1: expected #!/bin/sh"
}' <"$work/scripts" | lint_found
# Left out: SC2016, since programs for awk and sh -c stand in single quotes on purpose, and
# SC2317, which does not see that a function is called by a name put together.
xargs -r shellcheck -x -s sh -e SC2016,SC2317 -f gcc <"$work/scripts" 2>&1 | lint_found
lint_end
