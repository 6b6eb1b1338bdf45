#!/bin/sh
# cppcheck.sh - cppcheck on every .c file of ours, with the build's own flags
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start cppcheck "$@"
lint_tool cppcheck
lint_need "$build/compile_commands.json"

# Left out, with the reason:
#   unusedStructMember      members are used in files that cppcheck does not see at once
#   unmatchedSuppression    an inline suppression may be for one configuration only
#   unreadVariable          does not see a read through &envelope.base; the analyzer of
#                           clang-tidy finds dead stores, and sees it
#   knownConditionTrueFalse knows wrong after `len = x < MAX ? x : MAX` and after a
#                           subtraction that a return has guarded
#   memleak, uninitvar      do not follow a pointer into a compound literal, nor
#                           `!found || item->key`; the analyzer and ASan do
#   variableScope           a declaration at the head of a function is allowed
set -- --suppress=unusedStructMember --suppress=unmatchedSuppression \
	--suppress=unreadVariable --suppress=knownConditionTrueFalse --suppress=memleak \
	--suppress=uninitvar --suppress=variableScope

mkdir -p "$build/cppcheck"
cppcheck --project="$build/compile_commands.json" --suppress="*:$build/*" \
	--cppcheck-build-dir="$build/cppcheck" -j "$jobs" --quiet \
	--enable=warning,style,performance,portability --inline-suppr --error-exitcode=1 \
	--template='{file}:{line}: {severity}: {message} [{id}]' "$@" >"$work/out" 2>&1
status=$?
sed "s|^$root/||" "$work/out" | sort -u | lint_found
[ "$status" -eq 0 ] || [ -s "$work/findings" ] || echo "cppcheck failed" | lint_found
lint_end
