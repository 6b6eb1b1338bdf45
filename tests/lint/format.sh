#!/bin/sh
# format.sh - every C file is as clang-format writes it with the .clang-format of the root
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start format "$@"
lint_tool clang-format
lint_need "$root/.clang-format"

lint_files '*.c' '*.h' | xargs -r \
	clang-format --dry-run -Werror --style=file 2>&1 |
	sed -n 's/^\([^ ]*:[0-9]*\):[0-9]*: error: .*/\1: not formatted/p' | sort -u | lint_found
lint_end
