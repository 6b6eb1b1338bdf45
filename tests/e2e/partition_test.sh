#!/bin/sh
# partition_test.sh - what networks do to the line between agents and their collector
#
#   sh partition_test.sh AGENT COLLECTOR PARALLAX UPSTREAM SPOOL_TOLD
#
# Three regions and the collector in network namespaces, with certificates on both sides; a
# fourth region, `calm`, is left alone. The lines of the three are cut, made deaf or mute,
# throttled, lossy, and too narrow for packets of more than 600 bytes without saying so; at
# last the collector's first address goes for good. After each, all that was found until then
# has to arrive; in the end every number given is at the collector once or in the spool, and
# the three regions have found what the calm one has.
#
# Exit status 77 where namespaces or nft cannot be had. Time passes in probes, by what
# px-upstream has seen.
set -u

[ $# -eq 5 ] || {
	echo "usage: $0 AGENT COLLECTOR PARALLAX UPSTREAM SPOOL_TOLD" >&2
	exit 64
}
agent_bin=$1 collector_bin=$2 parallax=$3 upstream_bin=$4 spool_told=$5
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=deploy/namespaces.sh
. "$root/deploy/namespaces.sh"
for tool in ip nft jq curl openssl; do
	command -v "$tool" >/dev/null || exit 77
done
tag=pxp$$
regions="ap eu us"
namespaces_possible "$tag" || exit 77

work=$(mktemp -d)
pids=
agents=
cleanup() {
	trap - EXIT INT TERM HUP
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	# shellcheck disable=SC2086 # a list
	namespaces_remove "$tag" $regions calm
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT HUP
trap 'exit 143' TERM

wrong=0
started=$(date +%s)
verdict() { # verdict NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		wrong=1
	fi
}

give_up() {
	verdict "$1" 1
	tail -n 20 "$work"/*.log
	exit 1
}

spawn() { # spawn NAMESPACE LOG COMMAND...
	spawn_name=$tag-$1 spawn_log=$work/$2
	shift 2
	: >>"$spawn_log"
	ip netns exec "$spawn_name" "$@" </dev/null >>"$spawn_log" 2>&1 &
	pids="$pids $!"
}

# await_log LOG PATTERN: blocks until a line of it fits
await_log() {
	mkfifo "$work/await.fifo"
	tail -n +1 -f "$work/$1" </dev/null >"$work/await.fifo" 2>/dev/null &
	await_tail=$!
	timeout 60 grep -q -m 1 -e "$2" <"$work/await.fifo"
	await_status=$?
	kill "$await_tail" 2>/dev/null
	wait "$await_tail" 2>/dev/null
	rm -f "$work/await.fifo"
	[ "$await_status" -eq 0 ] || give_up "$1 says $2"
}

api() { # api METHOD PATH [BODY]
	api_method=$1 api_path=$2
	shift 2
	ip netns exec "$tag-hub" curl -sS --fail-with-body -X "$api_method" \
		"$control$api_path" ${1:+-d "$1"}
}

# probes N: blocks until the upstream has seen N more requests
probes() {
	seen=$(api GET '/requests?last=0&path=*' | jq .count)
	api GET "/requests?last=0&path=*&wait=$((seen + $1))&timeout_ms=60000" \
		>"$work/seen" || give_up "the agents probe"
}

# ---- the stage ----

# shellcheck disable=SC2086 # a list
namespaces_build "$tag" $regions calm
ip netns exec "$tag-hub" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/mgmt/promote_secondaries'
ip -n "$tag-hub" addr add 10.91.1.2/24 dev mgmt
sh "$root/tests/support/mkca.sh" "$work/ca" DNS:collector.test
for region in $regions calm; do
	sh "$root/tests/support/mkca.sh" "$work/ca" client "$region-1"
done

spawn hub upstream.log "$upstream_bin" --http 10.91.0.1:0 --https 10.91.0.1:0 \
	--control 127.0.0.1:0 --name IP:10.91.0.1 --ca-out "$work/upstream-ca.pem" \
	--ready-file "$work/upstream.json"
await_log upstream.log '"event":"ready"'
control=http://127.0.0.1:$(jq -r .control "$work/upstream.json")
https=10.91.0.1:$(jq -r .https "$work/upstream.json")
http=10.91.0.1:$(jq -r .http "$work/upstream.json")
PARALLAX_SOCKET=$work/api.sock
PX_KEY=key-of-a-test-0123456789
export PARALLAX_SOCKET PX_KEY

cat >"$work/collector.yaml" <<END
listen: ['tls+tcp://10.91.1.1:7441', 'tls+tcp://10.91.1.2:7441']
tls: { ca: $work/ca/ca.pem, cert: $work/ca/server.pem, key: $work/ca/server.key }
store: { path: $work/store, size_max: 1GiB }
http: { socket: $work/api.sock }
regions:
$(for region in $regions calm; do echo "  - { name: $region, domain: cloud-$region }"; done)
agents:
$(for region in $regions calm; do
	echo "  - { id: $region-1, region: $region, keys: { google: project-$region } }"
done)
targets:
  - name: banana
    provider: google
    tier: core
    probes:
      - { name: model, kind: gemini-model, role: target, url: 'https://$https',
          model: gemini-3-pro-image-preview, key: google, interval: 250ms, timeout: 5s }
controls:
  - { name: one, url: 'http://$http/generate_204', expect_status: 204, interval: 250ms,
      timeout: 5s }
policy: { silent_after: 60s }
channels: [{ name: log, kind: log, level_min: info, path: $work/alerts.log }]
END
start_collector() { # start_collector LOG
	spawn hub "$1" "$collector_bin" -c "$work/collector.yaml"
	collector=$!
	await_log "$1" ' collector.started '
}
start_collector collector-1.log

for region in $regions calm; do
	cat >"$work/agent-$region.yaml" <<END
id: $region-1
region: $region
collectors: ['tls+tcp://10.91.1.1:7441', 'tls+tcp://10.91.1.2:7441']
tls: { ca: $work/ca/ca.pem, cert: $work/ca/client-$region-1.pem,
       key: $work/ca/client-$region-1.key, server_name: collector.test }
spool: { path: $work/spool-$region, size_max: 64MiB }
probe_ca: $work/upstream-ca.pem
keys: [{ name: google, value: 'env:PX_KEY', hosts: ['$https'] }]
END
	spawn "$region" "agent-$region.log" "$agent_bin" -c "$work/agent-$region.yaml"
	agents="$agents $!"
done
for region in $regions calm; do
	await_log "agent-$region.log" ' plan.applied '
done

# ---- what has arrived ----

# results REGION: all of its results, each as [number, series, outcome, started]; one answer
# has the thousand of one series, which two minutes do not fill
results() {
	for series in 'banana --probe model' 'control --probe one'; do
		# shellcheck disable=SC2086 # words
		"$parallax" results --agent "$1-1" --target $series --last 1h --limit 1000 \
			-o json | jq -c --arg series "$series" \
			'.results[] | [.seq, $series, .outcome, .started_at]'
	done | jq -cs .
}

# until_results REGION WHAT FILTER: blocks until they fit; $last and $since are for it
until_results() {
	tries=0
	until results "$1" | jq -e --argjson last "$last" --arg since "$since" "$3" \
		>"$work/seen"; do
		tries=$((tries + 1))
		[ "$tries" -lt 120 ] || give_up "$2 of $1"
		probes 12
	done
}

# drained NAME: what is fresh comes first; what was found before it has to follow.
drained() {
	since=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
	for region in $regions calm; do
		last=0
		until_results "$region" "$1: something new" 'any(.[]; .[3] > $since)'
		last=$(results "$region" | jq '[.[][0]] | max')
		until_results "$region" "$1: everything older" \
			'[.[][0] | select(. <= $last)] | length == $last'
	done
	verdict "$1: everything arrives ($(($(date +%s) - started)) s)" 0
}

# ---- what networks do ----

# rule REGION HOOK RULE: drops by nft what fits; counted
rule() {
	ip netns exec "$tag-$1" nft -f - <<END
table inet fault
table inet fault {
	chain $2 {
		type filter hook $2 priority 0; policy accept;
		$3 counter drop
	}
}
END
}

# heal NAME: takes all rules back; each region must have lost something by them
heal() {
	for region in $regions; do
		ip netns exec "$tag-$region" nft list table inet fault |
			grep -q 'counter packets [1-9]'
		verdict "$1: $region lost packets" $?
		ip netns exec "$tag-$region" nft delete table inet fault
	done
}

links() { # links up|down
	for region in $regions; do
		ip -n "$tag-$region" link set mgmt "$1"
	done
}

drained 'all is well'

links down
api PUT /rules '{"id":"outage","path":"/v1beta/*","action":{"shape":"503-overloaded"}}' \
	>"$work/seen"
probes 120
api DELETE /rules/outage >"$work/seen"
links up
drained 'cut, during an outage'

# Deaf ones are heard, and do not know; mute ones hear, and are not heard. It lasts until a
# request is given up.
rule ap input 'iifname "mgmt"'
rule eu output 'oifname "mgmt"'
rule us input 'iifname "mgmt"'
probes 560
heal 'one way'
drained 'one way'

# The kernel may not know tbf.
for region in $regions; do
	ip netns exec "$tag-$region" tc qdisc add dev mgmt root \
		tbf rate 8kbit burst 2000 latency 400ms 2>"$work/seen" ||
		rule "$region" output 'oifname "mgmt" limit rate over 1 kbytes/second'
done
probes 120
for region in $regions; do
	{
		ip netns exec "$tag-$region" tc -s qdisc show dev mgmt root |
			grep -q 'overlimits [1-9]'
	} || ip netns exec "$tag-$region" nft list table inet fault 2>"$work/seen" |
		grep -q 'counter packets [1-9]'
	verdict "throttled: packets of $region waited" $?
	ip netns exec "$tag-$region" tc qdisc del dev mgmt root 2>"$work/seen" ||
		ip netns exec "$tag-$region" nft delete table inet fault
done
drained 'throttled'

for region in $regions; do
	rule "$region" input 'iifname "mgmt" numgen random mod 100 < 20'
done
probes 160
heal 'one packet in five lost'
drained 'one packet in five lost'

# A collector that is killed is greeted anew, with certificates that do not fit.
for region in $regions; do
	rule "$region" input 'iifname "mgmt" meta length > 600'
done
kill -KILL "$collector"
wait "$collector" 2>/dev/null
start_collector collector-2.log
probes 160
heal 'nothing above 600 bytes'
drained 'nothing above 600 bytes'

ip -n "$tag-hub" addr del 10.91.1.1/24 dev mgmt
drained 'another address'

# ---- the account ----

for pid in $agents; do
	kill "$pid"
done
for pid in $agents; do
	wait "$pid"
	verdict 'an agent ends well' $?
done
for region in $regions calm; do
	results "$region" >"$work/results-$region.json"
	"$spool_told" "$work/spool-$region" >"$work/spool-$region.json" ||
		give_up "the spool of $region is whole"
	jq -en --slurpfile r "$work/results-$region.json" --slurpfile s \
		"$work/spool-$region.json" '[$r[0][][0]] as $here | $s[0] as $spool |
		($here | length == (unique | length)) and $spool.dropped == 0 and
		($here + $spool.rows | unique) == [range(1; $spool.given + 1)]' >"$work/seen"
	verdict "$region: every number is here once, or in the spool" $?
	"$parallax" agents -o json | jq -e --arg name "$region-1" \
		'.agents[] | select(.name == $name) | .gaps == 0' >"$work/seen"
	verdict "$region: no gap" $?
done

# The calm region began and ended within a second of the others.
for region in $regions; do
	jq -en --slurpfile r "$work/results-$region.json" --slurpfile c \
		"$work/results-calm.json" '
		def counts: group_by(.[1:3]) | map({(.[0][1:3] | join(" ")): length}) | add;
		($r[0] | counts) as $mine | ($c[0] | counts) as $calm |
		($mine + $calm | keys) | all(.[]; ($mine[.] // 0) as $m | ($calm[.] // 0) as $k |
			(($m - $k) | fabs) <= 8 + $k / 10)' >"$work/seen"
	same=$?
	verdict "$region: as many results of each series and outcome as in the calm region" $same
	[ "$same" -eq 0 ] || jq -c 'group_by(.[1:3]) | map([.[0][1:3], length])' \
		"$work/results-$region.json" "$work/results-calm.json"
done
echo "took $(($(date +%s) - started)) s"
exit "$wrong"
