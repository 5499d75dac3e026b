#!/bin/sh
# Installs the servers that the integration suite starts (Debian, Ubuntu). It installs what is missing and nothing else,
# starts no service, and says what it did. Where it cannot install it says so and still ends well: the suite
# then reports those peers as not run. Run it as root; the suite itself needs no root.
set -eu

packages="lighttpd lighttpd-mod-webdav lighttpd-mod-deflate"

say() { echo "integration/install.sh: $*"; }

installed() { dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	say "there is no apt-get here; install by other means, as far as they exist: $packages"
	exit 0
fi
missing=""
for p in $packages; do
	installed "$p" || missing="$missing $p"
done
if [ -z "$missing" ]; then
	say "nothing to do, installed already: $packages"
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	say "only root can install:$missing"
	exit 0
fi

# The packages' own services must neither start now nor at the next boot: the suite starts servers of its own. A
# policy-rc.d that ends with 101 forbids the start (invoke-rc.d(8)); one that is there already is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if ! { apt-get -q -q update && apt-get -q -q -y --no-install-recommends install $missing; } >&2; then
	say "apt-get failed; not installed:$missing"
	exit 0
fi
case $missing in
*" lighttpd "* | *" lighttpd")
	if command -v systemctl >/dev/null; then systemctl --quiet disable lighttpd.service 2>/dev/null || true; fi
	;;
esac
say "installed:$missing"
