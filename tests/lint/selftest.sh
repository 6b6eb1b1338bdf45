#!/bin/sh
# selftest.sh - each lint passes a good tree and catches what it is for in a bad one
#
# Prints `ok NAME` or `not ok NAME` for each sample. Builds its trees in a scratch folder
# with gcc alone, in a few seconds, without the network.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
tree=$work/tree
failed=0

# write_header NAME ROOM: a header that is as it should be.
write_header() {
	guard=$(echo "$2_$1_h" | tr a-z/ A-Z_)
	cat >"$tree/$2/$1.h" <<-END
		/* $1 - a sample
		 * Room: $2. */
		#ifndef $guard
		#define $guard

		/* One more than \`number\`. */
		int $1_next(int number);

		#endif
	END
}

# write_source NAME ROOM: its source.
write_source() {
	cat >"$tree/$2/$1.c" <<-END
		#include "$2/$1.h"

		int
		$1_next(int number)
		{
		$(printf '\t')return number + 1;
		}
	END
}

# fresh: a small tree in which nothing is wrong.
fresh() {
	rm -rf "$tree"
	for room in common/core common/shell agent/core agent/shell collector/core \
		collector/shell collector/cli proto tests/unit deploy; do
		mkdir -p "$tree/$room"
	done
	cp "$root/.clang-format" "$root/.clang-tidy" "$tree"
	for name in CMakeLists.txt README.md LICENSE; do
		echo '# sample' >"$tree/$name"
	done
	printf '#!/bin/sh\necho sample\n' >"$tree/deploy/sample.sh"
	write_header plus common/core && write_source plus common/core
	write_header probe agent/core && write_source probe agent/core
	write_header judge collector/core && write_source judge collector/core
	write_header wire proto && write_source wire proto
	write_header loop agent/shell && write_source loop agent/shell
	write_header command collector/cli && write_source command collector/cli
}

# build: what a plain build of the tree would leave behind.
build() {
	rm -rf "$work/build"
	echo '[' >"$work/database"
	for source in "$tree"/*/core/*.c "$tree"/*/shell/*.c; do
		object=$work/build/$(basename "$source").o
		library=${source#"$tree/"}
		library=${library%%/*}
		mkdir -p "$work/build/$library"
		gcc -std=c17 -O1 -D_POSIX_C_SOURCE=200809L -I"$tree" -c "$source" -o "$object" \
			2>"$work/gcc" || cat "$work/gcc"
		case $source in
		*/core/*) ar rcs "$work/build/$library/lib${library}_core.a" "$object" ;;
		esac
		printf '{\n"directory": "%s",\n"command": "gcc -std=c17 -I%s -c %s",\n  "file": "%s"\n},\n' \
			"$tree" "$tree" "$source" "$source"
	done | sed '$s/,$//' >>"$work/database"
	echo ']' >>"$work/database"
	mkdir -p "$work/build"
	mv "$work/database" "$work/build/compile_commands.json"
}

say() {
	echo "$1 $2"
	case $1 in
	not*)
		failed=1
		sed 's/^/    /' "$work/out"
		;;
	esac
}

# good LINT: it passes the tree as it is.
good() {
	if sh "$here/$1.sh" "$tree" "$work/build" >"$work/out" 2>&1; then
		say ok "$1: a good tree"
	else
		say 'not ok' "$1: a good tree"
	fi
}

# bad LINT WHAT TEXT: it fails on the tree as it is, and its output holds TEXT.
bad() {
	sh "$here/$1.sh" "$tree" "$work/build" >"$work/out" 2>&1
	if [ $? -eq 1 ] && grep -q -F -e "$3" "$work/out"; then
		say ok "$1: $2"
	else
		say 'not ok' "$1: $2"
	fi
	fresh
}

# append FILE: adds its standard input to the file of the tree.
append() {
	cat >>"$tree/$1"
}

fresh
build
for name in rooms includes length format tidy cppcheck words tree headers shell; do
	case $name in
	format | tidy) tool=clang-$name ;;
	cppcheck) tool=cppcheck ;;
	shell) tool=shellcheck ;;
	*) tool='sh' ;;
	esac
	# proto, the command and the like are not built here, so they stand in no target
	[ "$name" != tidy ] || rm "$tree/proto/wire.c" "$tree/collector/cli/command.c"
	if command -v $tool >"$work/tool"; then
		good "$name"
	else
		echo "skipped $name: $tool is not installed"
	fi
	[ "$name" != tidy ] || fresh
done

# rooms
append agent/core/probe.c <<'END'
#include <time.h>
long probe_clock(void);
long
probe_clock(void)
{
	return (long)time(0);
}
END
build
bad rooms 'a core that reads the clock' 'probe.c.o: calls time,'
append common/core/plus.c <<'END'
#include <stdlib.h>
void *plus_take(void);
void *
plus_take(void)
{
	return malloc(7);
}
END
build
bad rooms 'a core that takes memory' 'plus.c.o: calls malloc,'
append collector/core/judge.c <<'END'
int judge_count(void);
int
judge_count(void)
{
	static int count;
	return count++;
}
END
build
bad rooms 'a core with a mutable static' 'judge.c.o: count'
append collector/core/judge.c <<'END'
int judge_share(int part);
int
judge_share(int part)
{
	return (int)(part * 0.75);
}
END
build
bad rooms 'a core with floating point' 'judge.c:12: floating point in the core'
append agent/core/probe.c <<'END'
#include "collector/core/judge.h"
int probe_judge(void);
int
probe_judge(void)
{
	return judge_next(1);
}
END
build
bad rooms 'a core that calls the other program' 'calls judge_next,'
append agent/core/probe.c <<'END'
#include <string.h>
#include "common/core/plus.h"
unsigned long probe_len(const char *text);
unsigned long
probe_len(const char *text)
{
	return strlen(text) + (unsigned)plus_next(1);
}
END
build
good rooms
fresh
rm "$work/build/agent/libagent_core.a"
sh "$here/rooms.sh" "$tree" "$work/build" >"$work/out" 2>&1
if [ $? -eq 2 ]; then
	say ok 'rooms: cannot judge without a build'
else
	say 'not ok' 'rooms: cannot judge without a build'
fi
build

# includes: room, header, what it says
while read -r file header; do
	printf '#include %s\n' "$header" | append "$file"
	bad includes "$file with $header" "$file:"
done <<'END'
common/core/plus.c <time.h>
common/core/plus.c <stdlib.h>
common/core/plus.c "common/shell/log.h"
common/core/plus.c "agent/core/probe.h"
agent/core/probe.c "collector/core/judge.h"
agent/core/probe.c "agent/shell/loop.h"
agent/core/probe.c "proto/wire.h"
agent/shell/loop.c "collector/core/judge.h"
agent/shell/loop.c "loop.h"
agent/shell/loop.c "../core/probe.h"
agent/shell/loop.c "parallax.pb-c.h"
collector/core/judge.c <lmdb.h>
collector/cli/command.c <lmdb.h>
collector/cli/command.c "collector/core/judge.h"
proto/wire.c <curl/curl.h>
proto/wire.c "agent/core/probe.h"
END
append proto/wire.c <<'END'
#include <protobuf-c/protobuf-c.h>
#include "common/core/plus.h"
#include "parallax.pb-c.h"
END
good includes
fresh

# length
{
	printf 'int plus_many(int number);\nint\nplus_many(int number)\n{\n'
	seq 71 | sed 's/.*/\tnumber += &;/'
	printf '}\n'
} | append common/core/plus.c
bad length 'a function of 71 lines' 'plus_many has 71 lines'
{
	printf 'int plus_many(int number);\nint\nplus_many(int number)\n{\n'
	seq 69 | sed 's/.*/\tnumber += &;/'
	printf '\treturn number;\n}\n'
} | append common/core/plus.c
good length
fresh
seq 800 | sed 's/.*/int plus_&(void);/' | append common/core/plus.h
bad length 'a file of 809 lines' '809 lines, 800 are allowed'

if command -v clang-format >"$work/tool"; then
	echo 'int  plus_x( int number ) ;' | append common/core/plus.h
	bad format 'a line nobody formatted' 'plus.h:10: not formatted'
fi
if command -v clang-tidy >"$work/tool"; then
	rm "$tree/proto/wire.c" "$tree/collector/cli/command.c"
	append common/core/plus.c <<-'END'
		int PlusBad(int number);
		int
		PlusBad(int number)
		{
			int *nothing = 0;
			return *nothing + number;
		}
	END
	build
	bad tidy 'a null pointer and a bad name' 'plus.c:13'
	rm "$tree/collector/cli/command.c"
	bad tidy 'a source in no target' 'proto/wire.c: stands in no target'
fi
if command -v cppcheck >"$work/tool"; then
	append common/core/plus.c <<-'END'
		int plus_past(void);
		int
		plus_past(void)
		{
			int list[2] = {1, 2};
			return list[2];
		}
	END
	build
	bad cppcheck 'a read past an array' 'arrayIndexOutOfBounds'
	build
fi

# words: written with a ~ inside, so that this file may hold them
while read -r text; do
	text=$(echo "$text" | tr -d '~')
	printf '/* %s */\n' "$text" | append common/core/plus.c
	bad words "$text" "plus.c:8"
done <<'END'
TO~DO later
FIX~ME
XX~X
HA~CK
not imple~mented yet
a st~ub
see /wo~rk/main
/ho~me/somebody/x
END
echo "# See /ro""ot/notes" | append README.md
bad words 'a path of one machine in the README' 'README.md:2'
echo 'typed''ef struct plus plus_t;' | append common/core/plus.h
bad words 'a struct that hides' 'structs keep their name'
echo 'mktemp -d /tmp/sample.XXXXXX' | append deploy/sample.sh
good words
fresh

# tree
: >"$tree/notes.txt"
bad tree 'a stranger at the top' 'notes.txt: not one of'
mkdir "$tree/agent/extras"
: >"$tree/agent/extras/a"
bad tree 'a stranger in a room' 'agent/extras: not one of'
: >"$tree/agent/loose.c"
bad tree 'a source outside the rooms' 'agent/loose.c'
rm "$tree/README.md"
bad tree 'no README' 'README.md: missing'
: >"$tree/common/core/utils.c"
bad tree 'a file of this and that' 'say what it is for'
mkdir "$tree/build" && : >"$tree/build/x.o"
good tree
fresh

# headers
echo '/* something */' >"$tree/common/core/plus.h"
bad headers 'no purpose, no room, no guard' 'plus.h:1: expected "/* plus - '
sed -i 's/Room: common/Room: agent/' "$tree/common/core/plus.h"
bad headers 'the wrong room' 'plus.h:2: expected " * Room: common/core"'
sed -i 's/PLUS_H/PLUS_HH/' "$tree/common/core/plus.h"
bad headers 'the wrong guard' 'expected the guard COMMON_CORE_PLUS_H'
sed -i 's/int number/uint8_t number/' "$tree/common/core/plus.h"
bad headers 'a header that needs another first' 'plus.h: does not compile alone'

if command -v shellcheck >"$work/tool"; then
	# shellcheck disable=SC2016 # the sample is not meant to expand here
	echo 'rm -rf $1/x' | append deploy/sample.sh
	bad shell 'an unquoted variable' 'SC2086'
	printf '#!/bin/bash\necho\n' >"$tree/deploy/sample.sh"
	bad shell 'a script for another shell' 'expected #!/bin/sh'
fi

# the counter of tests/run.sh
cat >"$work/cases.xml" <<'END'
	<testcase name="unit.a" classname="unit.a" time="0.1" status="fail">
		<failure message=""/>
		<system-out>[ RUN      ] one
[       OK ] one
[ RUN      ] two
[  FAILED  ] two
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] two
[ RUN      ] three
[  SKIPPED ] three
[ RUN      ] four
</system-out>
	</testcase>
	<testcase name="e2e.b" classname="e2e.b" time="0.1" status="fail">
		<failure message=""/>
		<system-out>ok one &lt;
skipped two</system-out>
	</testcase>
	<testcase name="e2e.c" classname="e2e.c" time="0.1" status="run">
		<system-out></system-out>
	</testcase>
	<testcase name="e2e.d" classname="e2e.d" time="0" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<system-out></system-out>
	</testcase>
	<testcase name="e2e.e" classname="e2e.e" time="0" status="notrun">
		<skipped message="Unable to find executable"/>
		<system-out></system-out>
	</testcase>
END
cat >"$work/expected" <<'END'
passed dev/unit.a: one
failed dev/unit.a: two
skipped dev/unit.a: three
failed dev/unit.a: four
passed dev/e2e.b: one <
skipped dev/e2e.b: two
failed dev/e2e.b: as a whole
passed dev/e2e.c
skipped dev/e2e.d
failed dev/e2e.e: not run: Unable to find executable
END
awk -v prefix=dev/ -f "$root/tests/support/count_cases.awk" "$work/cases.xml" >"$work/counted"
if diff "$work/expected" "$work/counted" >"$work/out"; then
	say ok 'count_cases: every kind of ending'
else
	say 'not ok' 'count_cases: every kind of ending'
fi
exit $failed
