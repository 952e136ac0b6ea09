# shellcheck shell=bash
# The Debian 12 packages rackcast is built and tested with, for tools/quickstart and tools/test. Source it; `set -euo pipefail` safe.
# A machine that has only git and apt needs nothing else. docs/dependencies.md says why each library is here.

# What `cmake --preset release && cmake --build --preset release` needs.
packages_build() {
  printf '%s\n' \
    g++ cmake ninja-build ccache pkg-config python3 \
    liburing-dev libspdlog-dev libcli11-dev libboost1.81-dev libsqlite3-dev nlohmann-json3-dev libtomlplusplus-dev \
    libexpected-dev libssl-dev prometheus-cpp-dev libcap-dev libsystemd-dev libxxhash-dev libgtest-dev libgmock-dev libbenchmark-dev
}

# Linters and the other presets (fuzz, sanitizers).
packages_check() { printf '%s\n' clang clang-tidy clang-format libclang-rt-14-dev shellcheck; }

# The private rack, the demo tree, the machines in it.
packages_demo() {
  printf '%s\n' \
    iproute2 ethtool util-linux procps kmod cpio gzip curl ca-certificates atftp \
    qemu-system-x86 seabios ipxe-qemu ovmf
}

# Every client and tool of tests/netns and tests/boot.
packages_test() {
  packages_demo
  printf '%s\n' nftables wget lftp tftp-hpa isc-dhcp-client isc-dhcp-server dhcpcd-base nmap dnf rpm createrepo-c git tcpdump dnsmasq-base tftpd-hpa vsftpd nginx-light xinetd chromium \
    liblog4cplus-2.0.5 libmariadb3 libpq5
}

# packages_missing NAME...: prints those that are not installed, one a line.
packages_missing() {
  local name
  for name; do
    # shellcheck disable=SC2016  # the format is dpkg-query's
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done
}

# packages_install NAME...: installs what is missing, and nothing else; says so. No package may start a service while it is installed.
packages_install() {
  local missing
  if ! command -v apt-get >/dev/null; then
    echo "this is not Debian (no apt-get); install the counterparts of: $*" >&2
    return 1
  fi
  mapfile -t missing < <(packages_missing "$@")
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)); then
    echo "missing packages; run as root, or: apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
  packages_apt update && packages_without_services packages_apt install -y --no-install-recommends "${missing[@]}"
}

packages_apt() { DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" >&2; }

# packages_without_services COMMAND...: Debian's own way: maintainer scripts ask policy-rc.d, and 101 means no. One that exists stays.
packages_without_services() (
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  "$@"
)
