# shellcheck shell=sh
# shellcheck disable=SC2034 # what is set here is for those who read this
# upstream_lib.sh - what the tests of px-upstream share; to be read by them with `.`
#
# Wants the path of px-upstream in $1. One line a check; `finish` counts, and fails if any
# failed. PARALLAX_DATA may name a folder of recorded answers. Nothing here sleeps: it waits
# for events, or for curl's own time limit where the point is that nothing comes.
set -u

[ $# -eq 1 ] || {
	echo "usage: $0 PX_UPSTREAM" >&2
	exit 64
}
binary=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
passed=0
failed=0
skipped=0
servers=

stop_all() {
	for pid in $servers; do
		kill -KILL "$pid" 2>"$work/null"
	done
	rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 2' HUP INT TERM

# check NAME EXPECTED FOUND
check() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1: expected '$2', found '$3'"
	fi
}

# check_ends NAME FOUND EXPECTED...: one of several that are right
check_ends() {
	ends_name=$1
	ends_found=$2
	shift 2
	for ends_expected in "$@"; do
		[ "$ends_expected" != "$ends_found" ] || break
	done
	check "$ends_name" "$ends_expected" "$ends_found"
}

# check_that NAME CONDITION...: the command succeeds
check_that() {
	name=$1
	shift
	if "$@"; then
		check "$name" yes yes
	else
		check "$name" yes "no: $*"
	fi
}

skip() {
	skipped=$((skipped + 1))
	echo "ok $1 # skipped: $2"
}

# less A B: A < B, fractions allowed
less() {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 < b + 0) }'
}

has() {
	grep -q -e "$2" "$1"
}

# start OPTION...: a server; sets ready (its line), pid, http, https, control
start() {
	rm -f "$work/ready"
	mkfifo "$work/ready"
	"$binary" --control 127.0.0.1:0 --die-with-parent "$@" >"$work/ready" 2>"$work/stderr" &
	pid=$!
	servers="$servers $pid"
	read -r ready <"$work/ready" || {
		echo "not ok start: $(cat "$work/stderr")"
		exit 1
	}
	http=http://127.0.0.1:$(field .http)
	https=https://127.0.0.1:$(field .https)
	control=http://127.0.0.1:$(field .control)
}

field() {
	printf '%s' "$ready" | jq -r "$1"
}

# ask CURL_OPTION...: body to $work/body; prints status and curl's exit status
ask() {
	: >"$work/body"
	ask_code=$(curl -sS -m 60 -o "$work/body" -D "$work/headers" -w '%{http_code}' "$@" \
		2>"$work/error")
	echo "$ask_code $?"
}

order() {
	curl -sS -m 90 -o "$work/order" -w '%{http_code}' "$@"
}

# rule JSON: replaces all rules by this one
rule() {
	order -X DELETE "$control/rules" >"$work/null"
	order -X PUT "$control/rules" -d "$1" >"$work/put"
	[ "$(cat "$work/put")" = 200 ] || echo "not ok rule: $1: $(cat "$work/order")"
}

reset() {
	order -X POST "$control/reset" >"$work/null"
}

body() {
	jq -r "$1" "$work/body"
}

size() {
	wc -c <"$work/body" | tr -d ' '
}

# count QUERY: how many requests the server saw
count() {
	curl -sS -m 60 "$control/requests?$1" | jq .count
}

prompt='{"contents":[{"role":"user","parts":[{"text":"a lighthouse"}]}]}'
model=/v1beta/models/gemini-3-pro-image-preview
generate=$model:generateContent
key='x-goog-api-key: good-key-0001'

# gemini BASE [CURL_OPTION...]: one generation
gemini() {
	gemini_base=$1
	shift
	ask -H "$key" -H 'Content-Type: application/json' -d "$prompt" "$@" \
		"$gemini_base$generate"
}

# stalled BYTES COMMAND...: ask or gemini with a time limit that grows until so much has
# come: a busy machine needs longer to bring what comes before the silence
stalled() {
	stalled_bytes=$1
	shift
	for stalled_s in 0.5 3 20; do
		stalled_found=$("$@" -m "$stalled_s")
		[ "$(size)" != "$stalled_bytes" ] || break
	done
	echo "$stalled_found"
}

# error_is NAME HTTP STATUS: the last answer is a Google error of that kind
error_is() {
	check "$1" "$2 $3" "$(body '.error|"\(.code) \(.status)"')"
}

# finish: the last line, and the exit status
finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}
