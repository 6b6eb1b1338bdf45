#!/bin/sh
# demo_test.sh - the demo's story, as a test
#
#   sh demo_test.sh DEMO BUILD [loopback|namespaces]
#
# Runs DEMO with the programs in BUILD to its end and looks at the timeline it wrote: every
# line has all members, with values of the kinds they promise, and the faults come in order.
# Exit status 77 when the place for it is not there (no jq, no right to make namespaces).
set -u

demo=$1 build=$2 place=${3:-loopback}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
for tool in jq curl openssl; do
	command -v "$tool" >/dev/null || exit 77
done
arguments=--loopback
if [ "$place" = namespaces ]; then
	arguments=
	ip netns add "px-test-$$" 2>/dev/null || exit 77
	ip netns exec "px-test-$$" true 2>/dev/null
	may_enter=$?
	ip netns del "px-test-$$"
	[ "$may_enter" -eq 0 ] || exit 77
fi

wrong=0
verdict() { # verdict NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		wrong=1
	fi
}

# shellcheck disable=SC2086 # none or one
TMPDIR=$work timeout 500 sh "$demo" --once $arguments --json "$work/story.jsonl" \
	--build "$build" >"$work/out" 2>&1
verdict "the story ends well" $?
[ "$wrong" -eq 0 ] || tail -n 60 "$work/out"

jq -es 'length > 15 and all(.[];
	(keys == ["at", "incident", "kind", "scope", "text", "verdict"]) and
	(.at | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z$")) and
	(.scope | type == "string" and length > 0) and
	(.text | type == "string" and length > 0) and
	(if .kind == "fault" then .verdict == null and .incident == null
	 else (.kind == "verdict" or .kind == "alert") and
		(.verdict | type == "string") and (.incident | type == "number" and . > 0)
	 end))' "$work/story.jsonl" >/dev/null
verdict "every line of the timeline has its members" $?

jq -es '(map(.at) | . == sort) and
	([.[] | select(.kind == "verdict" and (.text | startswith("opened: "))) | .verdict] ==
	["region_network", "upstream_outage", "rate_limited", "credential"])' \
	"$work/story.jsonl" >/dev/null
verdict "its lines are in order, and the verdicts those of the faults" $?

jq -es '[.[] | select(.kind == "alert")] | group_by(.incident) | length == 3 and
	all(.[]; (map(select(.text | startswith("firing delivered"))) | length == 1) and
		(map(select(.text | startswith("resolved delivered"))) | length == 1))' \
	"$work/story.jsonl" >/dev/null
verdict "each of three incidents fired once and was resolved once" $?
exit "$wrong"
