#!/bin/sh
# twice.sh PARALLAX_SIM SUITE - the same seed goes the same way, byte for byte
set -eu
sim=$1
suite=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in s30-outage-and-clocks s49-collector-restart n51-outage-and-restarts; do
	for run in a b; do
		"$sim" run "$suite/$name.scenario" --seed 11 -o json \
			--transcript "$work/$name.$run" 2>"$work/table" >"$work/$name.$run.json" ||
			true
	done
	cmp "$work/$name.a" "$work/$name.b"
	cmp "$work/$name.a.json" "$work/$name.b.json"
	# what is told is the hash of what was written
	hash=$(sha256sum "$work/$name.a" | cut -d' ' -f1)
	grep -q "$hash" "$work/$name.a.json"
	"$sim" run "$suite/$name.scenario" --seed 12 -o json --transcript "$work/other" \
		2>"$work/table" >"$work/other.json" || true
	if cmp -s "$work/$name.a" "$work/other"; then
		echo "another seed goes the same way"
		exit 1
	fi
done
# several processes tell the same in the same order
"$sim" run "$suite"/s0*.scenario --seeds 2 -o json 2>"$work/table" >"$work/one" || true
"$sim" run "$suite"/s0*.scenario --seeds 2 -o json -j 2 2>"$work/table" >"$work/two" || true
cmp "$work/one" "$work/two"
[ "$(wc -l <"$work/one")" -eq 18 ]
echo "ok"
