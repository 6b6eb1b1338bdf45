#!/bin/sh
# tree.sh - the tree holds the agreed rooms and nothing beside them
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start tree "$@"

# room FOLDER NAME...: FOLDER holds nothing but these (patterns) and dotfiles.
room() {
	folder=$1
	shift
	for entry in "$folder"/*; do
		[ -e "$entry" ] || continue
		agreed=false
		for name in "$@"; do
			# shellcheck disable=SC2254 # it is meant as a pattern
			case ${entry##*/} in
			$name) agreed=true ;;
			esac
		done
		$agreed || echo "${entry#./}: not one of the agreed entries" | lint_found
	done
}

room . CMakeLists.txt README.md LICENSE agent collector common proto tests deploy 'build*'
room agent CMakeLists.txt core shell
room collector CMakeLists.txt core shell cli web
room common CMakeLists.txt core shell
room tests CMakeLists.txt run.sh unit prop fuzz sim e2e bench lint support

for name in CMakeLists.txt README.md LICENSE; do
	[ -f "$name" ] || echo "$name: missing" | lint_found
done
lint_files '*.c' '*.h' | grep -v -e '^tests/' -e '^proto/[^/]*$' \
	-e '^[a-z]*/\(core\|shell\|cli\|web\)/[^/]*$' |
	sed 's/$/: stands in no room/' | lint_found
lint_files 'utils*' 'util.*' 'helpers*' 'helper.*' 'misc*' |
	sed 's/$/: say what it is for/' | lint_found
lint_end
