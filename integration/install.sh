#!/bin/sh
# Installs the servers that the integration suite starts: Debian or Ubuntu packages, and what is built or fetched into a
# cache folder of the user's. It installs what is missing and nothing else, starts no service, and says what it did. Where
# it cannot install it says so and still ends well: the suite then reports those peers as not run. Run it as the user who
# runs the tests; apt-get alone is run through sudo.
set -eu

peers=$(dirname "$0")/peers
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ifmatch-peers

say() { echo "integration/install.sh: $*"; }

apt_packages() {
	packages="lighttpd lighttpd-mod-webdav lighttpd-mod-deflate nginx python3-flask default-jdk-headless
		libspring-web-servlet-java libspring-web-java libspring-context-java libspring-core-java libspring-beans-java
		libspring-expression-java libjetty9-java libjackson2-databind-java libservlet-api-java libcommons-logging-java"
	# shellcheck disable=SC2086,SC2116 # makes one line of it
	packages=$(echo $packages)
	if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
		say "there is no apt-get here; install by other means, as far as they exist: $packages"
		return
	fi
	missing=""
	for p in $packages; do
		dpkg-query --show --showformat='${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
	done
	if [ -z "$missing" ]; then
		say "installed already: $packages"
		return
	fi
	root=""
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null; then
			say "only root can install:$missing"
			return
		fi
		root=sudo
	fi

	# The packages' own services must neither start now nor at the next boot: the suite starts servers of its own. A
	# policy-rc.d that ends with 101 forbids the start (invoke-rc.d(8)); one that is there already is left alone.
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
		$root chmod 755 "$policy"
		trap '$root rm -f "$policy"' EXIT
	fi
	# shellcheck disable=SC2086 # lists of words
	if ! { $root apt-get -q -q update &&
		$root env DEBIAN_FRONTEND=noninteractive apt-get -q -q -y --no-install-recommends install $missing; } >&2; then
		say "apt-get failed; not installed:$missing"
		return
	fi
	for p in $missing; do
		case $p in
		lighttpd | nginx)
			if command -v systemctl >/dev/null; then $root systemctl --quiet disable "$p.service" 2>/dev/null || true; fi
			;;
		esac
	done
	say "installed:$missing"
}

# go_peer NAME builds the program in peers/NAME. The name of the result holds a hash of what it was built from, which the
# suite computes too, so that it never runs an old one.
go_peer() {
	if ! command -v go >/dev/null || ! command -v sha256sum >/dev/null; then
		say "there is no go or no sha256sum here; not built: $1"
		return
	fi
	hash=$(cd "$peers/$1" && cat go.mod go.sum main.go | sha256sum | cut -c 1-16)
	if [ -x "$cache/$1-$hash" ]; then
		say "built already: $1"
		return
	fi
	say "building $1, which takes some minutes the first time"
	if ! (cd "$peers/$1" && GOWORK=off go build -o "$cache/$1-$hash.new" .) >&2; then
		say "go build failed; not built: $1"
		return
	fi
	for old in "$cache/$1"-*; do [ "$old" = "$cache/$1-$hash.new" ] || rm -f "$old"; done
	mv "$cache/$1-$hash.new" "$cache/$1-$hash"
	say "built: $1"
}

# npm_peer NAME installs the packages that peers/NAME/package-lock.json names, in these versions, without running any program
# of theirs. The copy of that file, which the suite compares, comes last: it says that the rest is there.
npm_peer() {
	if ! command -v npm >/dev/null; then
		say "there is no npm here (Node 20 or newer); not installed: $1"
		return
	fi
	if cmp -s "$peers/$1/package-lock.json" "$cache/$1/installed.json"; then
		say "installed already: $1"
		return
	fi
	rm -rf "${cache:?}/$1"
	mkdir -p "$cache/$1"
	cp "$peers/$1/package.json" "$peers/$1/package-lock.json" "$cache/$1"
	if ! (cd "$cache/$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2; then
		say "npm failed; not installed: $1"
		return
	fi
	cp "$cache/$1/package-lock.json" "$cache/$1/installed.json"
	say "installed: $1"
}

mkdir -p "$cache"
apt_packages
go_peer kubernetes
for p in azurite cap couchdb express json-server s3rver; do npm_peer "$p"; done
