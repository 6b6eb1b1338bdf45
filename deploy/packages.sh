#!/bin/sh
# packages.sh - the Debian 12 packages that Parallax needs, named in this one place
#
#   sh deploy/packages.sh list GROUP...      prints them, one a line
#   sh deploy/packages.sh missing GROUP...   prints those that are not installed
#   sh deploy/packages.sh install GROUP...   installs those, as root or through sudo
#
# Groups: run (to run the programs), build (to build them), demo (to run the demo),
# test (to run every test).
# Other scripts source this file and call packages_list, packages_missing and
# packages_install with the same groups. Where everything is there already, nothing is
# asked of the network and no rights are needed.

packages_list() {
	for packages_group in "$@"; do
		case $packages_group in
		run)
			printf '%s\n' ca-certificates libc-ares2 libcurl4 libcyaml1 libexpat1 \
				libjansson4 liblmdb0 libmicrohttpd12 libnng1 libprotobuf-c1 libssl3 \
				libyaml-0-2 libzstd1 tzdata
			;;
		build)
			printf '%s\n' cmake gcc libc-ares-dev libc6-dev libcurl4-openssl-dev \
				libcyaml-dev libexpat1-dev libjansson-dev liblmdb-dev \
				libmicrohttpd-dev libnng-dev libprotobuf-c-dev libssl-dev libyaml-dev \
				libzstd-dev make pkgconf protobuf-c-compiler
			;;
		demo)
			# the pretended upstream and what the story is told with
			printf '%s\n' ca-certificates curl iproute2 jq libcmocka-dev \
				libgnutls28-dev openssl procps zlib1g-dev
			;;
		test)
			# gnutls and zlib are for the test server; curl, jq and openssl for scripts
			printf '%s\n' ca-certificates clang clang-format clang-tidy cppcheck curl jq \
				libclang-rt-14-dev libcmocka-dev libgnutls28-dev llvm nftables openssl \
				python3-aiosmtpd shellcheck tzdata zlib1g-dev
			;;
		*)
			echo "packages: no group '$packages_group': run, build, demo or test" >&2
			return 64
			;;
		esac
	done
}

packages_missing() {
	packages_wanted=$(packages_list "$@") || return
	for packages_name in $packages_wanted; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$packages_name" 2>&1) in
		installed) ;;
		*) echo "$packages_name" ;;
		esac
	done
}

# Root runs the rest of the line as it is, others through sudo.
packages_as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# packages_apt PACKAGE...: installs them from what apt knows now.
packages_apt() {
	packages_as_root env DEBIAN_FRONTEND=noninteractive apt-get \
		-o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@" </dev/null
}

packages_install() {
	if ! command -v dpkg-query >/dev/null; then
		echo "packages: this is not Debian; please install what stands for:" >&2
		packages_list "$@" | tr '\n' ' ' >&2
		echo >&2
		return 0
	fi
	packages_absent=$(packages_missing "$@") || return
	[ -n "$packages_absent" ] || return 0
	packages_absent=$(echo "$packages_absent" | sort -u | tr '\n' ' ')
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		echo "packages: missing: $packages_absent" >&2
		echo "packages: run this as root, or install sudo, or as root run:" >&2
		echo "    apt-get install --no-install-recommends $packages_absent" >&2
		return 1
	fi
	echo "packages: installing $packages_absent"
	# Only when the lists that apt has are too old or absent are new ones fetched.
	# shellcheck disable=SC2086 # a list of names
	packages_apt $packages_absent >/dev/null 2>&1 && return 0
	packages_as_root apt-get -o DPkg::Lock::Timeout=120 update </dev/null || {
		echo "packages: apt-get update failed; missing: $packages_absent" >&2
		return 1
	}
	# shellcheck disable=SC2086 # a list of names
	packages_apt $packages_absent || {
		echo "packages: could not install: $packages_absent" >&2
		return 1
	}
}

case ${0##*/} in
packages.sh)
	packages_command=${1:-}
	[ $# -eq 0 ] || shift
	[ $# -gt 0 ] || packages_command=
	case $packages_command in
	list) packages_list "$@" | sort -u ;;
	missing) packages_missing "$@" | sort -u ;;
	install) packages_install "$@" ;;
	*)
		echo "usage: packages.sh list|missing|install run|build|demo|test ..." >&2
		exit 64
		;;
	esac
	;;
esac
