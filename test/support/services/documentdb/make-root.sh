#!/bin/bash
# Unpacks Debian sid's PostgreSQL 18 with the DocumentDB engine into a folder that serves as a chroot. Packages are
# extracted only: no maintainer script runs and nothing outside the folder changes, but for mmdebstrap being installed.
# Takes about half a minute and 480 MB, once per machine. Root on Debian only. The caller holds a lock.
#
# usage: make-root.sh <folder>
set -euo pipefail

root=$1
marker=usr/share/postgresql/18/extension/documentdb.control
[ -e "$root/$marker" ] && exit 0

# The mirror that this machine's own apt is set to use.
mirror_of_apt() { apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1; }
mirror=$(mirror_of_apt)
if [ -z "$mirror" ] || ! command -v mmdebstrap >/dev/null; then
  apt-get update -qq
  mirror=$(mirror_of_apt)
fi
command -v mmdebstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends mmdebstrap >/dev/null

# Made beside its place and moved there when whole, so that a run that was cut short is never taken for a root.
parts=$root.partial
rm -rf "$parts"
mkdir -p "$(dirname "$root")"
mmdebstrap --quiet --variant=extract \
  --aptopt='Acquire::Check-Valid-Until "false"' \
  --aptopt='Apt::Install-Recommends "0"' \
  --include=postgresql-18-documentdb,dash,libc-bin,tzdata \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/lib/postgresql/*/lib/bitcode/*' \
  sid "$parts" "$mirror"

# What the maintainer scripts would have done, as far as a database server needs it.
for folder in bin sbin lib lib64; do
  [ -e "$parts/$folder" ] || ln -s "usr/$folder" "$parts/$folder"
done
[ -e "$parts/usr/bin/sh" ] || ln -s dash "$parts/usr/bin/sh"
printf 'root:x:0:0:root:/root:/bin/sh\npostgres:x:64000:64000:postgres:/var/lib/documentdb:/bin/sh\n' >"$parts/etc/passwd"
printf 'root:x:0:\npostgres:x:64000:\n' >"$parts/etc/group"
printf '127.0.0.1 localhost\n' >"$parts/etc/hosts"
printf 'hosts: files\npasswd: files\ngroup: files\n' >"$parts/etc/nsswitch.conf"
for library in blas lapack; do
  echo "/usr/lib/$(uname -m)-linux-gnu/$library"
done >"$parts/etc/ld.so.conf.d/alternatives.conf"
chroot "$parts" /usr/sbin/ldconfig
ln -sf postgis-3.control "$parts/usr/share/postgresql/18/extension/postgis.control"

rm -rf "$root"
mv "$parts" "$root"
