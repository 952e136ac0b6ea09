# shellcheck shell=bash
# dnf, the installer's own client: metadata, then packages, over each protocol. Sourced by clients_test.

dnf_checks() {
  local scheme
  printf '[main]\n' >"$RACK_DIR/dnf.conf"
  for scheme in http ftp; do
    check "dnf: reads the repository over $scheme" dnf_lists "$scheme"
    check "dnf: installs from it over $scheme" dnf_installs "$scheme"
    check "dnf: a missing repository is an error over $scheme" fails dnf_run "$scheme" no/such makecache
  done
}

# dnf_run SCHEME PATH ARGUMENTS...: with nothing of this host's own: no configuration, cache, plugins or installed packages. librepo
# gives up below 1000 B/s, so a server that stalls shows as an error.
dnf_run() {
  local scheme=$1 path=$2
  shift 2
  in_walker dnf -y --config="$RACK_DIR/dnf.conf" --installroot="$RACK_SCRATCH/root-$scheme" --releasever=1 --noplugins \
    --setopt=cachedir="$RACK_SCRATCH/dnf-$scheme" --setopt=reposdir=/dev/null --setopt=retries=1 --setopt=timeout=10 --nogpgcheck \
    --repofrompath="demo,$scheme://10.99.0.1/$path" --repo=demo "$@"
}

dnf_lists() {
  dnf_run "$1" repository repoquery --available | tee "$RACK_DIR/listed"
  grep -qx 'rackcast-demo-0:1.0-1.noarch' "$RACK_DIR/listed"
}

dnf_installs() {
  dnf_run "$1" repository install rackcast-demo &&
    grep -q 'rackcast demo tree' "$RACK_SCRATCH/root-$1/usr/share/rackcast-demo/message"
}
