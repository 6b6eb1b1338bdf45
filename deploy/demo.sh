#!/bin/sh
# demo.sh - the main job, end to end, without keys or internet
#
# Builds Parallax, starts three agents in three regions, a collector, and a pretended
# upstream that speaks the true protocols, and tells a story of faults:
#
#   all is well               silence
#   region ap loses its network   one warning: region network fault; the upstream is not
#                             blamed; what ap found meanwhile arrives late and complete
#   the upstream answers 503  one critical alert: upstream outage, though its status page
#                             says all clear; the collector is killed and started again in
#                             the middle: no second alert, nothing lost
#   the upstream answers 429  no alert, an info entry
#   one agent's key is refused    one warning: that key, not the upstream
#
# and each is resolved once when it is over.
#
# usage: sh deploy/demo.sh [--once] [--json FILE] [--loopback] [--keep DIR]
#   --once       end after the story; exit status 0 if and only if every expected verdict
#                and alert came, and no other
#   --json FILE  write the timeline, one JSON object a line: at, kind (fault, verdict,
#                alert), verdict, scope, incident, text
#   --loopback   do without network namespaces, as it is done when not root
#   --keep DIR   work in DIR and leave it there (logs, stores); default: a new folder in
#                $TMPDIR that is removed
#   --build DIR  use this build folder; default: build/demo
#
# Without --once it stays up after the story and prints where to look; Ctrl-C ends it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
once=no json='' keep='' loopback=no build=$root/build/demo

usage() {
	sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" | sed '$d'
}

while [ $# -gt 0 ]; do
	case $1 in
	--once) once=yes ;;
	--loopback) loopback=yes ;;
	--json | --keep | --build)
		[ $# -gt 1 ] || {
			echo "demo: $1 needs a value, see --help" >&2
			exit 64
		}
		case $1 in
		--json) json=$2 ;;
		--keep) keep=$2 ;;
		*) build=$2 ;;
		esac
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		echo "demo: unknown argument '$1', see --help" >&2
		exit 64
		;;
	esac
	shift
done
[ -z "$json" ] || : >"$json" || exit 64

say() {
	printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$*"
}

# ---- install, build ----

# shellcheck source=deploy/packages.sh
. "$here/packages.sh"
packages_install run build demo
say "building in $build"
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -D PRESET=release >/dev/null
cmake --build "$build" --parallel "$(nproc)" \
	--target agent collector ctl upstream >"$build/demo-build.log" 2>&1 || {
	tail -n 30 "$build/demo-build.log" >&2
	exit 1
}
agent_bin=$build/agent/parallax-agent
collector_bin=$build/collector/parallax-collector
upstream_bin=$build/tests/support/px-upstream
parallax=$build/collector/parallax

# ---- the stage ----

if [ -n "$keep" ]; then
	mkdir -p "$keep"
	work=$(cd "$keep" && pwd)
	# What an earlier run left would be part of this story.
	rm -rf "$work/store" "$work"/agent-* "$work"/*.jsonl "$work"/*.log "$work"/*.fifo
else
	work=$(mktemp -d "${TMPDIR:-/tmp}/parallax-demo.XXXXXX")
fi
tag=px$$
socket=$work/api.sock
export PARALLAX_SOCKET="$socket"
regions="ap eu us"
# shellcheck source=deploy/namespaces.sh
. "$here/namespaces.sh"
[ "$loopback" = yes ] || namespaces_possible "$tag" || loopback=yes

in_ns() { # in_ns NAME COMMAND...: runs it in that namespace, or here
	in_ns_name=$1
	shift
	if [ "$loopback" = yes ]; then
		"$@"
	else
		ip netns exec "$tag-$in_ns_name" "$@"
	fi
}

# spawn NAME LOG COMMAND...: the same in the background; $! is the program itself
spawn() {
	spawn_name=$1 spawn_log=$2
	shift 2
	: >>"$spawn_log" # there from now on for those who wait for a line in it
	if [ "$loopback" = yes ]; then
		"$@" </dev/null >>"$spawn_log" 2>&1 &
	else
		# `ip netns exec` becomes the program
		ip netns exec "$tag-$spawn_name" "$@" </dev/null >>"$spawn_log" 2>&1 &
	fi
}

number() { # number REGION: the last byte of its addresses
	case $1 in
	ap) echo 11 ;;
	eu) echo 12 ;;
	*) echo 13 ;;
	esac
}

pids=
cleanup() {
	trap - EXIT INT TERM
	for pid in $pids ${collector_pid:-} ${events_pid:-}; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in $pids ${collector_pid:-} ${events_pid:-}; do
		wait "$pid" 2>/dev/null || true
	done
	if [ "$loopback" = no ]; then
		# shellcheck disable=SC2086 # a list
		namespaces_remove "$tag" $regions
	fi
	[ -n "$keep" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ "$loopback" = no ]; then
	# shellcheck disable=SC2086 # a list
	namespaces_build "$tag" $regions
	upstream_ip=10.91.0.1 control_a=10.91.0.2 control_b=10.91.0.3
	say "three regions in network namespaces $tag-ap, $tag-eu, $tag-us"
else
	upstream_ip=127.0.0.1 control_a=127.0.0.2 control_b=127.0.0.3
	say "three regions on loopback addresses 127.0.1.11, .12, .13"
fi

sh "$root/tests/support/mkca.sh" "$work/ca" DNS:collector.demo DNS:localhost IP:127.0.0.1
for region in $regions; do
	sh "$root/tests/support/mkca.sh" "$work/ca" client "$region-1"
done

# ---- programs ----

api() { # api METHOD PATH [BODY]: asks the pretended upstream's control port
	api_method=$1 api_path=$2
	shift 2
	if [ $# -gt 0 ]; then
		in_ns hub curl -sS --fail-with-body -X "$api_method" "$upstream_control$api_path" -d "$1"
	else
		in_ns hub curl -sS --fail-with-body -X "$api_method" "$upstream_control$api_path"
	fi
}

start_upstream() { # start_upstream [COLLECTOR]: HOST:PORT, for relays to lead to
	data=
	[ ! -d "$root/../shared/data" ] || data="--data $root/../shared/data"
	relays=
	if [ "$loopback" = yes ]; then
		for region in $regions; do
			relays="$relays --relay $region=127.0.0.1:0,$1"
		done
	fi
	# shellcheck disable=SC2086 # lists of arguments
	spawn hub "$work/upstream.log" "$upstream_bin" --http "$upstream_ip:0" \
		--http "$control_a:0" --http "$control_b:0" --https "$upstream_ip:0" \
		--control 127.0.0.1:0 --name "IP:$upstream_ip" --ca-out "$work/upstream-ca.pem" \
		--ready-file "$work/upstream.json" $data $relays
	pids="$pids $!"
	await_log "$work/upstream.log" 60 '"event":"ready"'
	ready=$(cat "$work/upstream.json")
	upstream_control=http://127.0.0.1:$(echo "$ready" | jq -r .control)
	upstream_port=$(echo "$ready" | jq -r .https)
	http_port=$(echo "$ready" | jq -r .http)
	control_a_port=$(echo "$ready" | jq -r --arg a "$control_a" \
		'first(.listeners[] | select((.address // .addr // "") | startswith($a)) | .port)')
	control_b_port=$(echo "$ready" | jq -r --arg a "$control_b" \
		'first(.listeners[] | select((.address // .addr // "") | startswith($a)) | .port)')
}

write_collector() { # write_collector LISTEN
	cat >"$work/collector.yaml" <<-END
		listen: [$1]
		tls:
		  ca: $work/ca/ca.pem
		  cert: $work/ca/server.pem
		  key: $work/ca/server.key
		store: { path: $work/store, size_max: 1GiB }
		http: { socket: $socket }
		regions:
		  - { name: ap, domain: cloud-a }
		  - { name: eu, domain: cloud-b }
		  - { name: us, domain: cloud-c }
		agents:
		  - { id: ap-1, region: ap, keys: { google: project-ap } }
		  - { id: eu-1, region: eu, keys: { google: project-eu } }
		  - { id: us-1, region: us, keys: { google: project-us } }
		targets:
		  - name: nano-banana-pro
		    group: image-generation
		    provider: google
		    tier: core
		    probes:
		      - name: generate
		        kind: gemini-image
		        url: https://$upstream_ip:$upstream_port
		        model: gemini-3-pro-image-preview
		        key: google
		        interval: 1s
		        timeout: 3s
		        connect_timeout: 800ms
		      - name: model
		        kind: gemini-model
		        url: https://$upstream_ip:$upstream_port
		        model: gemini-3-pro-image-preview
		        key: google
		        interval: 1s
		        timeout: 2s
		        connect_timeout: 800ms
		controls:
		  - { name: control-a, url: "http://$control_a:$control_a_port/generate_204", expect_status: 204, interval: 1s, timeout: 800ms }
		  - { name: control-b, url: "http://$control_b:$control_b_port/generate_204", expect_status: 204, interval: 1s, timeout: 800ms }
		sources:
		  - name: google-cloud-status
		    kind: gcloud-status
		    url: http://$upstream_ip:$http_port/incidents.json
		    products: [Z0FZJAMvEB4j3NbCJs6B, sdXM79fz1FS6ekNpu37K]
		    targets: [nano-banana-pro]
		    interval: 2s
		    timeout: 2s
		policy: { cooldown: 30m, reopen: 1s }
		channels:
		  - { name: log, kind: log, level_min: info, updates: true, path: $work/alerts.log }
		  - { name: pager, kind: webhook, level_min: warning, updates: true, url: "env:PX_PAGER_URL" }
		log_level: info
	END
}

write_agent() { # write_agent REGION COLLECTOR-URL
	source_address=
	[ "$loopback" = no ] || source_address="source_address: 127.0.1.$(number "$1")"
	cat >"$work/agent-$1.yaml" <<-END
		id: $1-1
		region: $1
		collectors: [$2]
		tls:
		  ca: $work/ca/ca.pem
		  cert: $work/ca/client-$1-1.pem
		  key: $work/ca/client-$1-1.key
		  server_name: collector.demo
		spool: { path: $work/agent-$1-spool, size_max: 64MiB }
		probe_ca: $work/upstream-ca.pem
		$source_address
		keys:
		  - name: google
		    value: env:PX_KEY
		    hosts: ["$upstream_ip:$upstream_port"]
	END
}

start_collector() {
	PX_PAGER_URL=http://$upstream_ip:$http_port/hook/pager
	export PX_PAGER_URL
	spawn hub "$work/collector.log" "$collector_bin" -c "$work/collector.yaml"
	collector_pid=$!
}

start_agent() { # start_agent REGION
	PX_KEY=key-of-$1-0123456789
	export PX_KEY
	spawn "$1" "$work/agent-$1.log" "$agent_bin" -c "$work/agent-$1.yaml"
	pids="$pids $!"
}

# ---- telling and waiting ----

timeline=$work/timeline.jsonl
events=$work/events.jsonl
: >"$timeline"
: >"$events"
started=$(date +%s)

fault() { # fault SCOPE TEXT: what is done to the world, for the timeline and for people
	jq -cn --arg at "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" --arg scope "$1" --arg text "$2" \
		'{at: $at, kind: "fault", verdict: null, scope: $scope, incident: null, text: $text}' \
		>>"$timeline"
	say ">>> $2"
}

fail() {
	say "FAILED: $*"
	say "the last lines of the collector:"
	tail -n 15 "$work/collector.log" 2>/dev/null || true
	[ -z "$json" ] || write_json
	exit 1
}

# await SECONDS WHAT FILTER: blocks until an event that fits was told; sets $event
await() {
	mkfifo "$work/await.fifo"
	tail -n +1 -f "$events" </dev/null >"$work/await.fifo" 2>/dev/null &
	await_tail=$!
	event=$(timeout "$1" jq -cn --unbuffered "first(inputs | select($3))" \
		<"$work/await.fifo") || event=
	kill "$await_tail" 2>/dev/null || true
	wait "$await_tail" 2>/dev/null || true
	rm -f "$work/await.fifo"
	[ -n "$event" ] || fail "$2 did not come within $1 s"
	say "    $(echo "$event" | jq -r '"\(.level) \(.event): \(.text)"')"
}

# await_log FILE SECONDS PATTERN: blocks until a line of a log fits
await_log() {
	mkfifo "$work/await.fifo"
	tail -n +1 -f "$1" </dev/null >"$work/await.fifo" 2>/dev/null &
	await_tail=$!
	timeout "$2" grep -q -m 1 "$3" <"$work/await.fifo" || await_missing=yes
	kill "$await_tail" 2>/dev/null || true
	wait "$await_tail" 2>/dev/null || true
	rm -f "$work/await.fifo"
	[ "${await_missing:-no}" = no ] || fail "'$3' did not come in $(basename "$1") within $2 s"
}

# await_requests N: blocks until the upstream has seen N more image requests
await_requests() {
	seen=$(api GET "/requests?path=/v1beta/*" | jq '.total // .count // (.counters | map(.count) | add)')
	api GET "/requests?wait=$((seen + $1))&path=/v1beta/*&timeout_ms=60000" >/dev/null ||
		fail "the agents stopped probing"
}

write_json() {
	# the log channel repeats what the timeline says; the pager is whom an alert wakes
	jq -c 'select(.kind == "verdict" or (.kind == "alert" and .channel == "pager")) |
		{at, kind, verdict, scope, incident,
		 text: (if .kind == "alert" then .text else "\(.event): \(.text)" end)}' "$events" |
		cat "$timeline" - | jq -cs 'sort_by(.at)[]' >"$json"
}

# ---- curtain up ----

if [ "$loopback" = no ]; then
	start_upstream
	write_collector tls+tcp://10.91.1.1:7441
	collector_url=tls+tcp://10.91.1.1:7441
else
	# Known before the relays that lead to it, on a loopback address that is this run's
	# alone: whatever else runs here, nobody has that port.
	collector=127.$((64 + $$ / 65536 % 128)).$(($$ / 256 % 256)).$(($$ % 256)):7441
	start_upstream "$collector"
	write_collector "tls+tcp://$collector"
fi
start_collector
await_log "$work/collector.log" 60 collector.started
"$parallax" events --follow -o json </dev/null >>"$events" 2>"$work/events.log" &
events_pid=$!
for region in $regions; do
	[ "$loopback" = no ] ||
		collector_url=tls+tcp://127.0.0.1:$(echo "$ready" | jq -r ".relays.$region")
	write_agent "$region" "$collector_url"
	start_agent "$region"
done
say "collector, three agents and a pretended upstream are running"

fault all "(a) all is well"
await_requests 24
[ ! -s "$events" ] || fail "something was told although all is well: $(head -n 1 "$events")"
# A region may be a little behind the others at first.
tries=0
until "$parallax" status >"$work/status.txt"; do
	tries=$((tries + 1))
	[ "$tries" -lt 20 ] || fail "the status is not healthy: $(cat "$work/status.txt")"
	await_requests 3
done
cat "$work/status.txt"

cut_internet() {
	if [ "$loopback" = no ]; then
		ip -n "$tag-$1" link set inet down
	else
		api PUT /rules "{\"id\":\"cut-$1\",\"path\":\"connect\",\"client\":\"127.0.1.$(number "$1")\",\"action\":{\"refuse\":true}}" >/dev/null
	fi
}

heal_internet() {
	if [ "$loopback" = no ]; then
		ip -n "$tag-$1" link set inet up
	else
		api DELETE "/rules/cut-$1" >/dev/null
	fi
}

cut_uplink() {
	if [ "$loopback" = no ]; then
		ip -n "$tag-$1" link set mgmt down
	else
		api PUT "/relays/$1" '{"state":"down"}' >/dev/null
	fi
}

heal_uplink() {
	if [ "$loopback" = no ]; then
		ip -n "$tag-$1" link set mgmt up
	else
		api PUT "/relays/$1" '{"state":"up"}' >/dev/null
	fi
}

fault "region ap" "(b) region ap loses its network: first the internet ..."
cut_internet ap
await 60 "the verdict on region ap" '.event == "opened" and .verdict == "region_network" and (.scope | contains("ap"))'
await 60 "the alert on region ap" '.kind == "alert" and .event == "delivered" and .verdict == "region_network" and .channel == "pager"'
fault "region ap" "    ... then the line to the collector, too"
cut_uplink ap
await_requests 24
fault "region ap" "    both come back"
heal_internet ap
heal_uplink ap
await 60 "the end of the fault of region ap" '.event == "resolved" and .kind == "verdict" and .verdict == "region_network"'

fault nano-banana-pro "(c) the upstream answers 503 to everybody; its status page says all clear"
api PUT /rules '{"id":"outage","path":"/v1beta/*","action":{"shape":"503-overloaded"}}' >/dev/null
await 60 "the verdict on the upstream" '.event == "opened" and .verdict == "upstream_outage"'
await 60 "the alert on the upstream" '.kind == "alert" and .event == "delivered" and .verdict == "upstream_outage" and .channel == "pager"'
outage=$(echo "$event" | jq .incident)
"$parallax" explain "$outage" || true

fault collector "(f) the collector is killed in the middle of it, and started again"
kill -9 "$collector_pid"
wait "$collector_pid" 2>/dev/null || true
await_requests 12
start_collector
await_log "$work/collector.log" 60 store.restored
await_requests 18

fault nano-banana-pro "(g) the upstream recovers"
api DELETE /rules/outage >/dev/null
await 60 "the end of the outage" ".event == \"resolved\" and .kind == \"verdict\" and .incident == $outage"
await 60 "the resolved message" ".kind == \"alert\" and .event == \"delivered\" and .incident == $outage and .channel == \"pager\" and (.text | test(\"resolved\"; \"i\"))"

fault nano-banana-pro "(d) the upstream answers 429 to everybody"
api PUT /rules '{"id":"rate","path":"/v1beta/*","action":{"shape":"429-rate"}}' >/dev/null
await 60 "the entry on rate limiting" '.event == "opened" and .verdict == "rate_limited"'
api DELETE /rules/rate >/dev/null
await 60 "the end of rate limiting" '.event == "resolved" and .kind == "verdict" and .verdict == "rate_limited"'

fault "key project-eu" "(e) the key of the agent in eu becomes invalid"
api PUT /rules '{"id":"key","path":"/v1beta/*","key":"key-of-eu","action":{"shape":"400-key-invalid"}}' >/dev/null
await 60 "the verdict on the key" '.event == "opened" and .verdict == "credential"'
api DELETE /rules/key >/dev/null
await 60 "the end of the key's fault" '.event == "resolved" and .kind == "verdict" and .verdict == "credential"'
await 60 "its resolved message" '.kind == "alert" and .event == "delivered" and .verdict == "credential" and .channel == "pager" and (.text | test("resolved"; "i"))'

# ---- was it so, and only so? ----

wrong=0
check() { # check WHAT EXPECTED SEEN
	if [ "$2" = "$3" ]; then
		say "ok      $1"
	else
		say "not ok  $1: expected $2, seen $3"
		wrong=$((wrong + 1))
	fi
}

say "checking what was told"
check "verdicts, each opened once and no other" \
	'["credential","rate_limited","region_network","upstream_outage"]' \
	"$(jq -cs '[.[] | select(.kind == "verdict" and (.event == "opened" or .event == "reopened")) | .verdict] | sort' "$events")"
check "each resolved once" \
	'["credential","rate_limited","region_network","upstream_outage"]' \
	"$(jq -cs '[.[] | select(.kind == "verdict" and .event == "resolved") | .verdict] | sort' "$events")"
api GET "/hooks/pager" | jq -c '.deliveries[].body | if type == "string" then fromjson else . end' \
	>"$work/pages.jsonl"
pages() {
	jq -cs "[.[] | select(.kind == \"$1\") | .verdict] | sort" "$work/pages.jsonl"
}
check "the pager was paged once for each of three faults" \
	'["credential","region_network","upstream_outage"]' "$(pages firing)"
check "and told once that each is over" \
	'["credential","region_network","upstream_outage"]' "$(pages resolved)"
check "levels" '{"credential":"warning","region_network":"warning","upstream_outage":"critical"}' \
	"$(jq -csS '[.[] | select(.kind == "firing") | {(.verdict): .level}] | add' "$work/pages.jsonl")"
check "the outage was told with the status page saying all clear" true \
	"$(jq -cs '[.[] | select(.verdict == "upstream_outage" and .kind == "firing") | tojson | contains("all clear")] | any' "$work/pages.jsonl")"
for region in $regions; do
	"$parallax" results --agent "$region-1" --last 10m --limit 1000 -o json >"$work/results-$region.json"
	check "every result of $region is there once, none is missing" true \
		"$(jq -cs 'map(if has("results") then .results[] else . end) | map(.seq) | (sort == [range(1; max + 1)])' "$work/results-$region.json")"
done
check "results of ap came late, after healing" true \
	"$(jq -cs 'map(if has("results") then .results[] else . end) | map((.received_at | sub("\\.[0-9]+"; "") | fromdate) - (.started_at | sub("\\.[0-9]+"; "") | fromdate)) | max >= 3' "$work/results-ap.json")"
"$parallax" status || true
[ -z "$json" ] || write_json
say "the story took $(($(date +%s) - started)) s"
if [ "$wrong" -ne 0 ]; then
	say "$wrong checks failed"
	[ "$once" = yes ] && exit 1
else
	say "every expected verdict and alert came, and no other"
fi
[ "$once" = yes ] && exit 0

cat <<END

Still running. Look at it from another terminal:
  export PARALLAX_SOCKET=$socket
  $parallax status
  $parallax incidents
  $parallax explain $outage
  $parallax results --last 5m
  curl --unix-socket $socket http://localhost/metrics
Logs and stores: $work
Ctrl-C ends it.
END
wait "$collector_pid"
