# shellcheck shell=sh
# namespaces.sh - regions as network namespaces on one machine; to be read with `.`
#
# Two networks: `inet` is the internet, with upstream and controls on it; over `mgmt` the
# agents reach the collector. Each region has a leg in both, which can be cut by itself. TAG
# keeps the namespaces of one run apart from those of another.
#
#   TAG-hub      bridges inet (10.91.0.1 to .3) and mgmt (10.91.1.1)
#   TAG-REGION   legs inet (10.91.0.N) and mgmt (10.91.1.N), N from 11 in the order given

# namespaces_possible TAG: not every place lets root enter one; containers may not.
namespaces_possible() {
	[ "$(id -u)" -eq 0 ] && ip netns add "$1-try" 2>/dev/null || return 1
	namespaces_entered=0
	ip netns exec "$1-try" true 2>/dev/null || namespaces_entered=1
	ip netns del "$1-try"
	return "$namespaces_entered"
}

# namespaces_build TAG REGION...
namespaces_build() {
	namespaces_hub=$1-hub
	namespaces_tag=$1
	namespaces_last=11
	shift
	ip netns add "$namespaces_hub"
	ip -n "$namespaces_hub" link set lo up
	for namespaces_net in inet mgmt; do
		ip -n "$namespaces_hub" link add "$namespaces_net" type bridge
		ip -n "$namespaces_hub" link set "$namespaces_net" up
	done
	for namespaces_byte in 1 2 3; do
		ip -n "$namespaces_hub" addr add "10.91.0.$namespaces_byte/24" dev inet
	done
	ip -n "$namespaces_hub" addr add 10.91.1.1/24 dev mgmt
	for namespaces_region in "$@"; do
		namespaces_join "$namespaces_tag-$namespaces_region" "$namespaces_region"
		namespaces_last=$((namespaces_last + 1))
	done
}

# namespaces_join NAMESPACE REGION: makes it, with its legs
namespaces_join() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	for namespaces_net in inet mgmt; do
		ip -n "$namespaces_hub" link add "$2-$namespaces_net" type veth \
			peer name "$namespaces_net" netns "$1"
		ip -n "$namespaces_hub" link set "$2-$namespaces_net" \
			master "$namespaces_net" up
		ip -n "$1" link set "$namespaces_net" up
	done
	ip -n "$1" addr add "10.91.0.$namespaces_last/24" dev inet
	ip -n "$1" addr add "10.91.1.$namespaces_last/24" dev mgmt
}

# namespaces_remove TAG REGION...: also what is only half there
namespaces_remove() {
	namespaces_tag=$1
	shift
	for namespaces_region in hub "$@"; do
		ip netns del "$namespaces_tag-$namespaces_region" 2>/dev/null || true
	done
}
