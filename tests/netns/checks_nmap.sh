# shellcheck shell=bash
# nmap's DHCP scripts: what an administrator asks a network with. Sourced by clients_test, and by its proxy section.

nmap_checks() {
  local report=$RACK_DIR/nmap
  rack_add_client nmap
  nmap_ns=$RACK_NS
  nmap_mac=$(mac_of "$nmap_ns")
  ip -n "$nmap_ns" address add 10.99.0.30/24 dev eth0
  ip -n "$nmap_ns" route add default via 10.99.0.1
  nmap_inform_checks "$report.inform"
  nmap_discover_checks "$report.discover"
}

# dhcp-discover is an INFORM: from somebody who has an address already.
nmap_inform_checks() {
  check "nmap dhcp-discover: is answered" nmap_ask "$1" dhcp-discover -sU -p 67 10.99.0.1
  check "nmap dhcp-discover: an ACK" nmap_says "$1" 'DHCP Message Type: DHCPACK'
  check "nmap dhcp-discover: server" nmap_says "$1" 'Server Identifier: 10\.99\.0\.1'
  check "nmap dhcp-discover: subnet mask" nmap_says "$1" 'Subnet Mask: 255\.255\.255\.0'
  check "nmap dhcp-discover: router" nmap_says "$1" 'Router: 10\.99\.0\.1'
  check "nmap dhcp-discover: name server" nmap_says "$1" 'Domain Name Server: 10\.99\.0\.1'
  check "nmap dhcp-discover: no lease time" nmap_says_not "$1" 'Lease Time'
  check "nmap dhcp-discover: it is seen" logged 'DHCPINFORM from 10\.99\.0\.30 via eth0'
  check "nmap dhcp-discover: and its answer" logged "DHCPACK to 10\\.99\\.0\\.30 \\($nmap_mac\\) via eth0"
  check "nmap dhcp-discover: no lease is stored" leases_with 10.99.0.30 0
}

# An offer that is never taken up.
nmap_discover_checks() {
  local mac=de:ad:c0:de:ca:fe offered
  check "nmap broadcast-dhcp-discover: is answered" nmap_ask "$1" broadcast-dhcp-discover -e eth0
  check "nmap broadcast-dhcp-discover: once" nmap_says "$1" 'Response 1 of 1:'
  offered=$(sed -n 's/^|.*IP Offered: //p' "$1")
  check "nmap broadcast-dhcp-discover: address in the range" in_range "$offered"
  check "nmap broadcast-dhcp-discover: an offer" nmap_says "$1" 'DHCP Message Type: DHCPOFFER'
  check "nmap broadcast-dhcp-discover: server" nmap_says "$1" 'Server Identifier: 10\.99\.0\.1'
  check "nmap broadcast-dhcp-discover: lease time" nmap_says "$1" 'IP Address Lease Time: 10m00s'
  check "nmap broadcast-dhcp-discover: subnet mask" nmap_says "$1" 'Subnet Mask: 255\.255\.255\.0'
  check "nmap broadcast-dhcp-discover: router" nmap_says "$1" 'Router: 10\.99\.0\.1'
  check "nmap broadcast-dhcp-discover: name server" nmap_says "$1" 'Domain Name Server: 10\.99\.0\.1'
  check "nmap broadcast-dhcp-discover: the offer is seen" logged "DHCPOFFER on $offered to $mac via eth0"
  check "nmap broadcast-dhcp-discover: no lease is stored" leases_with "$mac" 0
  check "nmap broadcast-dhcp-discover: asked again, it is offered the same address" nmap_ask "$1" broadcast-dhcp-discover -e eth0
  check "nmap broadcast-dhcp-discover: $offered" nmap_says "$1" "IP Offered: $offered"
}

# nmap_ask FILE SCRIPT ARGUMENTS...: what nmap reports is in FILE. A broadcast's answers are collected for the whole of 4 s.
nmap_ask() {
  local file=$1 script=$2
  shift 2
  timeout -k 2 60 ip netns exec "$nmap_ns" nmap -n -oN "$file" --script "$script" \
    --script-args broadcast-dhcp-discover.timeout=4s "$@"
  grep -q "$script" "$file"
}

nmap_says() {
  cat "$1"
  grep -qE "^\|[_ ].*$2" "$1"
}

nmap_says_not() { ! nmap_says "$@"; }
