#!/bin/sh
# words.sh - words that do not belong into this tree
#
# Notes to oneself, unfinished work, paths of one machine, and in C what the house style
# does without. (The brackets in the patterns keep this file from finding itself.)
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start words "$@"

# seek WHY PATTERN: lines of the files named on standard input that match.
seek() {
	xargs -r grep -nHEI -e "$2" | sed "s/\$/ <- $1/" | lint_found
}

{
	lint_files '*.c' '*.h' '*.sh' '*.txt' '*.proto' '*.cmake' '*.in' '*.awk'
	[ ! -e CMakeLists.txt ] || echo CMakeLists.txt
} >"$work/text"
seek "unfinished" '\<(T[O]DO|F[I]XME|X[X]X|H[A]CK)\>' <"$work/text"
seek "unfinished" '\<([Nn]ot [i]mplemented|[Ss]t[u]b(s|bed)?)\>' <"$work/text"

{
	cat "$work/text"
	lint_files '*.md' '*.yaml' '*.yml' '*.json' '*.service' '*.html' '*.js'
	[ ! -e README.md ] || echo README.md
} >"$work/all"
seek "path of one machine" '(^|[^[:alnum:]_.~/-])/(w[o]rk|h[o]me/[a-z]+|r[o]ot|U[s]ers)(/|\>)' \
	<"$work/all"

lint_files '*.c' '*.h' >"$work/c"
seek "structs keep their name" '^[[:space:]]*t[y]pedef (struct|union|enum)\>' <"$work/c"
seek "asserts stay on" '\<N[D]EBUG\>' <"$work/text"
lint_end
