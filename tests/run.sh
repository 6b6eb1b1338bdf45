#!/bin/sh
# run.sh - installs what is missing, builds everything, runs every kind of test
#
#   sh tests/run.sh [--quick] [--stage NAME]... [--list] [--help]
#
#   --quick        the stages release and lint alone
#   --stage NAME   this stage alone; may be given more than once
#   --list         the stages, one a line
#
# Works on a bare Debian 12 as root or with sudo; once the packages of deploy/packages.sh
# are there, without the network and without rights. Build folders are build/STAGE. The
# last line is always `N passed, N failed, N skipped`, and the exit status is 0 only when
# nothing failed.
#
# What is counted: every single test case, once in each build it ran in. A cmocka program
# has one for each of its tests; a script one for each line `ok NAME`, `not ok NAME` or
# `skipped NAME` that it prints; any other ctest test is one
# (tests/support/count_cases.awk reads them from `ctest --output-junit`). A build is one, a
# run of a fuzzer is one, and a test that leaves a process behind adds one that failed.
#
# Two labels of ctest count here: `release-only` keeps a test away from the sanitizers,
# `not-tsan` from TSan alone.
#
# From the environment: JOBS (default: the number of processors) and FUZZ_SECONDS (for
# each fuzzer; default 2).
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
stages='release dev tsan clang fuzz lint'

describe() {
	case $1 in
	release) echo 'gcc, optimised: every test' ;;
	dev) echo 'gcc with ASan and UBSan: every test that is not about speed' ;;
	tsan) echo 'clang with TSan: every test of code that knows threads' ;;
	clang) echo 'clang, optimised: warnings as errors, unit and property tests' ;;
	fuzz) echo 'clang with libFuzzer: every fuzzer for a few seconds' ;;
	lint) echo 'rooms, includes, lengths, format, clang-tidy, cppcheck, words, tree' ;;
	*) return 1 ;;
	esac
}

usage() {
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$root/tests/run.sh"
}

chosen=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) chosen="$chosen release lint" ;;
	--stage)
		if [ $# -lt 2 ] || ! describe "$2" >/dev/null; then
			echo "run.sh: --stage wants one of: $stages" >&2
			exit 64
		fi
		chosen="$chosen $2"
		shift
		;;
	--list)
		for stage in $stages; do
			printf '%-8s %s\n' "$stage" "$(describe "$stage")"
		done
		exit 0
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 64
		;;
	esac
	shift
done
[ -n "$chosen" ] || chosen=$stages

cd "$root" || exit 1
work=$(mktemp -d) || exit 1
jobs=${JOBS:-$(nproc)}
started=$(date +%s)
stage=packages
: >"$work/cases"
: >"$work/table"
# Whoever descends from this run carries its name, see left_behind().
PARALLAX_TEST_RUN=run-$$-$started
export PARALLAX_TEST_RUN

say() {
	printf '[%4ds] %s\n' $(($(date +%s) - started)) "$*"
}

# record RESULT NAME: one case.
record() {
	echo "$1 $stage/$2" >>"$work/cases"
	[ "$1" = passed ] || say "$1: $2"
}

tally() {
	grep -c "^$1 " "$work/cases"
}

# left_behind: the processes that a test started and nobody ended. Everything that was
# executed since the variable was exported shows it; this shell, older, does not.
left_behind() {
	set -- /proc/[0-9]*/environ
	grep -l -s -z -x -e "PARALLAX_TEST_RUN=$PARALLAX_TEST_RUN" "$@" | cut -d / -f 3
}

# sweep: ends what the stage left behind, and calls it a failure.
sweep() {
	for pid in $(left_behind); do
		name=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null)
		[ -n "$name" ] || continue
		kill "$pid" 2>/dev/null || continue
		record failed "left behind: $name"
	done
}

finish() {
	status=$?
	trap - EXIT
	if [ "$status" -ne 0 ] && [ "$(tally failed)" -eq 0 ]; then
		record failed 'the run itself'
	fi
	if [ -s "$work/table" ]; then
		printf '\n%-9s %8s %8s %8s %8s\n' stage seconds passed failed skipped
		cat "$work/table"
	fi
	for result in failed skipped; do
		if [ "$(tally "$result")" -gt 0 ]; then
			printf '\n%s:\n' "$result"
			sed -n "s/^$result /    /p" "$work/cases"
		fi
	done
	[ "$(tally failed)" -eq 0 ] || status=1
	printf '\n%d passed, %d failed, %d skipped\n' \
		"$(tally passed)" "$(tally failed)" "$(tally skipped)"
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'sweep; exit 130' HUP INT TERM

# build STAGE PRESET COMPILER: configures and builds build/STAGE; 1 when that fails.
build() {
	say "$stage: building with $3, PRESET=$2"
	# one error must not hide the others; make and ninja spell that differently
	keep_going='-k'
	[ ! -e "build/$1/build.ninja" ] || keep_going='-k0'
	if {
		cmake -S . -B "build/$1" -D PRESET="$2" -D CMAKE_C_COMPILER="$3" &&
			cmake --build "build/$1" --parallel "$jobs" -- "$keep_going"
	} </dev/null >"$work/build.log" 2>&1; then
		record passed 'the build'
		return 0
	fi
	grep -e ' error: ' -e 'CMake Error' -e 'undefined reference' -e ' Error [0-9]' -A 8 "$work/build.log" | head -n 120
	record failed 'the build'
	return 1
}

# run_ctest STAGE ARGUMENT...: runs tests of build/STAGE and counts their cases.
run_ctest() {
	folder=build/$1
	shift
	rm -f "$folder/cases.xml"
	say "$stage: testing"
	# twice as many at once as there are processors: the long ones wait more than they work
	# shellcheck disable=SC2086 # `under` is a command and its argument, or nothing
	$under ctest --test-dir "$folder" --parallel $((2 * jobs)) --output-on-failure \
		--no-tests=error --timeout 300 --output-junit cases.xml \
		--test-output-size-passed 67108864 --test-output-size-failed 67108864 \
		"$@" </dev/null >"$work/ctest.log" 2>&1
	result=$?
	if [ "$result" -ne 0 ]; then
		cat "$work/ctest.log"
	fi
	before=$(tally failed)
	if [ -e "$folder/cases.xml" ]; then
		awk -v prefix="$stage/" -f tests/support/count_cases.awk "$folder/cases.xml" \
			>>"$work/cases"
	fi
	if [ "$result" -ne 0 ] && [ "$(tally failed)" -eq "$before" ]; then
		record failed "ctest (status $result)"
	fi
}

# Sanitizers need things of the machine that a container may refuse: an address space they
# know, and ptrace for the leak search. So a small program is tried, and what it needs is
# arranged: `under` is put before ctest.
under=
cat >"$work/probe.c" <<'END'
#include <pthread.h>
#include <stdlib.h>
static void *
run(void *value)
{
	free(value);
	return NULL;
}
int
main(void)
{
	pthread_t thread;
	return pthread_create(&thread, NULL, run, malloc(7)) != 0 ||
	    pthread_join(thread, NULL) != 0;
}
END

# probe TIMES: does the probe run that often? Where addresses are drawn at random one run
# proves little.
probe() {
	probe_left=$1
	while [ "$probe_left" -gt 0 ]; do
		# shellcheck disable=SC2086 # as above
		$under "$work/probe" </dev/null >"$work/probe.log" 2>&1 || return 1
		probe_left=$((probe_left - 1))
	done
}

# sanitizer COMPILER FLAGS: arranges `under`; 1 when there is no way.
sanitizer() {
	under=
	if ! "$1" "$2" -pthread -o "$work/probe" "$work/probe.c" >"$work/probe.log" 2>&1; then
		cat "$work/probe.log"
		return 1
	fi
	probe 20 && return 0
	under='setarch -R'
	if probe 20; then
		say "$stage: addresses are not drawn at random here, sanitizers do not bear it"
		return 0
	fi
	under=
	return 1
}

stage_release() {
	build release release gcc || return
	run_ctest release -E '^lint\.'
}

stage_dev() {
	UBSAN_OPTIONS=print_stacktrace=1
	ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
	export UBSAN_OPTIONS ASAN_OPTIONS
	if ! sanitizer gcc -fsanitize=address,undefined; then
		ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS#*:}
		if sanitizer gcc -fsanitize=address,undefined; then
			record skipped 'the search for leaks (no ptrace here)'
		else
			record skipped 'ASan does not run on this machine'
			return
		fi
	fi
	build dev dev gcc || return
	run_ctest dev -E '^(lint|bench)\.' -LE release-only
}

stage_tsan() {
	# libraries are not instrumented: only what our own code touches is judged
	TSAN_OPTIONS=ignore_noninstrumented_modules=1:second_deadlock_stack=1
	export TSAN_OPTIONS
	if ! sanitizer clang -fsanitize=thread; then
		record skipped 'TSan does not run on this machine'
		return
	fi
	build tsan tsan clang || return
	# property tests and corpora exercise cores and parsers, which know no threads
	run_ctest tsan -E '^(lint|bench|prop|fuzz)\.' -LE 'release-only|not-tsan'
}

stage_clang() {
	build clang release clang || return
	run_ctest clang -R '^(unit|prop)\.'
}

stage_fuzz() {
	UBSAN_OPTIONS=print_stacktrace=1
	ASAN_OPTIONS=detect_leaks=1
	export UBSAN_OPTIONS ASAN_OPTIONS
	if ! sanitizer clang -fsanitize=address,undefined; then
		ASAN_OPTIONS=detect_leaks=0
		if ! sanitizer clang -fsanitize=address,undefined; then
			record skipped 'ASan does not run on this machine'
			return
		fi
	fi
	build fuzz fuzz clang || return
	seconds=${FUZZ_SECONDS:-2}
	mkdir -p "$work/fuzz"
	say "$stage: each fuzzer for $seconds s"
	for fuzzer in build/fuzz/tests/fuzz/fuzz_*; do
		[ ! -f "$fuzzer" ] || [ ! -x "$fuzzer" ] || echo "$fuzzer"
	done >"$work/fuzzers"
	export under seconds work
	xargs -r -P "$jobs" -n 1 sh tests/fuzz/once.sh <"$work/fuzzers"
	while read -r fuzzer; do
		name=${fuzzer##*/}
		if [ -e "$work/fuzz/$name.passed" ]; then
			record passed "$name"
		else
			tail -n 60 "$work/fuzz/$name.log"
			record failed "$name"
		fi
	done <"$work/fuzzers"
	[ -s "$work/fuzzers" ] || record failed 'there is no fuzzer'
}

stage_lint() {
	under=
	case " $done_stages " in
	*' release '*) ;;
	*) build release release gcc || return ;;
	esac
	run_ctest release -R '^lint\.'
}

# shellcheck source=deploy/packages.sh
. deploy/packages.sh
say 'looking for missing packages'
packages_install build demo test || exit 1

done_stages=
for stage in $stages; do
	case " $chosen " in
	*" $stage "*) ;;
	*) continue ;;
	esac
	say "$stage: $(describe "$stage")"
	before_s=$(date +%s)
	before_passed=$(tally passed)
	before_failed=$(tally failed)
	before_skipped=$(tally skipped)
	"stage_$stage"
	sweep
	done_stages="$done_stages $stage"
	printf '%-9s %8d %8d %8d %8d\n' "$stage" $(($(date +%s) - before_s)) \
		$(($(tally passed) - before_passed)) $(($(tally failed) - before_failed)) \
		$(($(tally skipped) - before_skipped)) >>"$work/table"
	say "$stage: $(tail -n 1 "$work/table" |
		awk '{ print $3 " passed, " $4 " failed, " $5 " skipped in " $2 " s" }')"
done
exit 0
