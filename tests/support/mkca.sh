#!/bin/sh
# mkca.sh - a certificate authority for tests
#
# mkca.sh DIR [DNS:name|IP:address]...   the CA and the server's certificates
# mkca.sh DIR client NAME                a client certificate (and the CA, if need be)
#
# Makes in DIR, all EC P-256 and in PEM (PKCS #8 keys):
#   ca.pem ca.key                  the authority
#   server.pem server.key          for the names given, localhost and 127.0.0.1 by default
#   expired.pem expired.key        the same names, over since yesterday
#   expiring.pem expiring.key      the same names, over in five days
#   wrong-name.pem wrong-name.key  for wrong-name.invalid only
#   client-NAME.pem client-NAME.key
# and for each of them X.both.pem, certificate and key in one file, as nng wants them.
#
# What exists stays as it is, unless the server's names changed; so it can be run again, and
# by two callers one after the other. mbedTLS 2.28, which nng uses, knows no addresses in
# certificates: give it a DNS name and let clients expect that.
set -eu

usage() {
	sed -n '2,18s/^# \{0,1\}//p' "$0" >&2
	exit 64
}

# newkey FILE
newkey() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>"$work/log"
	chmod 600 "$1"
}

# config NAMES PURPOSE: what `openssl ca` needs to sign one certificate
config() {
	cat <<-END
		[ca]
		default_ca = own
		[own]
		database = $work/index
		new_certs_dir = $work
		rand_serial = yes
		default_md = sha256
		unique_subject = no
		policy = any
		x509_extensions = leaf
		[any]
		commonName = supplied
		[leaf]
		basicConstraints = critical,CA:FALSE
		keyUsage = critical,digitalSignature
		extendedKeyUsage = $2
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
		subjectAltName = $1
	END
}

# sign NAME COMMON_NAME NAMES PURPOSE START END: makes DIR/NAME.pem, .key and .both.pem.
# The certificate gets its name last: where it is, all of it is.
sign() {
	: >"$work/index"
	config "$3" "$4" >"$work/config"
	newkey "$work/key"
	openssl req -new -key "$work/key" -subj "/CN=$2" -out "$work/request" 2>"$work/log"
	openssl ca -batch -notext -config "$work/config" -cert "$dir/ca.pem" \
		-keyfile "$dir/ca.key" -in "$work/request" -out "$work/cert" \
		-startdate "$5" -enddate "$6" 2>"$work/log"
	cat "$work/cert" "$work/key" >"$work/both"
	chmod 600 "$work/both"
	mv "$work/key" "$dir/$1.key"
	mv "$work/both" "$dir/$1.both.pem"
	mv "$work/cert" "$dir/$1.pem"
}

# day OFFSET: the time that many days from now, as ASN.1 writes it
day() {
	date -u -d "@$(($(date +%s) + $1 * 86400))" +%Y%m%d%H%M%SZ
}

make_ca() {
	[ ! -e "$dir/ca.pem" ] || return 0
	newkey "$work/ca.key"
	cat >"$work/ca.config" <<-END
		[req]
		distinguished_name = name
		[name]
		[ca]
		basicConstraints = critical,CA:TRUE
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
	END
	openssl req -new -x509 -key "$work/ca.key" -subj "/CN=Test CA" -days 3650 -sha256 \
		-config "$work/ca.config" -extensions ca -out "$work/ca.pem" 2>"$work/log"
	mv "$work/ca.key" "$dir/ca.key"
	mv "$work/ca.pem" "$dir/ca.pem"
}

make_server() {
	if [ -e "$dir/server.pem" ] && [ "$(cat "$dir/server.names" 2>"$work/log")" = "$1" ]; then
		return 0
	fi
	sign expired "expired" "$1" serverAuth "$(day -30)" "$(day -1)"
	sign expiring "expiring" "$1" serverAuth "$(day -30)" "$(day 5)"
	sign wrong-name "wrong-name" DNS:wrong-name.invalid serverAuth "$(day -1)" "$(day 825)"
	rm -f "$dir/server.names"
	sign server "server" "$1" serverAuth "$(day -1)" "$(day 825)"
	printf '%s\n' "$1" >"$dir/server.names"
}

[ $# -ge 1 ] || usage
dir=$1
shift
case $dir in -*) usage ;; esac
if [ "${1-}" = client ]; then
	[ $# -eq 2 ] || usage
	case $2 in */* | '' | -*) usage ;; esac
else
	for name in "$@"; do
		case $name in
		DNS:?* | IP:?*) ;;
		*) usage ;;
		esac
	done
fi
mkdir -p "$dir"
work=$(mktemp -d "$dir/.mkca.XXXXXX")
status=1
trap '[ $status -eq 0 ] || cat "$work/log" >&2; rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
: >"$work/log"

make_ca
if [ "${1-}" = client ]; then
	[ -e "$dir/client-$2.pem" ] ||
		sign "client-$2" "$2" "DNS:$2" clientAuth "$(day -1)" "$(day 825)"
	status=0
	exit 0
fi
names=
for name in "$@"; do
	names=$names${names:+,}$name
done
make_server "${names:-DNS:localhost,IP:127.0.0.1}"
status=0
