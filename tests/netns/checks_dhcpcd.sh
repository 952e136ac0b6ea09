# shellcheck shell=bash
# dhcpcd: names itself by a DUID, probes its address by ARP before it uses it, and declines one that somebody has. Sourced by
# clients_test.

dhcpcd_checks() {
  dhcpcd_prepare
  dhcpcd_lease_checks
  dhcpcd_reboot_checks
  dhcpcd_decline_checks
}

dhcpcd_prepare() {
  dhcpcd=$RACK_DIR/lease-dhcpcd
  mkdir -p "$dhcpcd" "$RACK_DIR"/dhcpcd/{state,run} /run/dhcpcd
  cat >"$RACK_DIR/dhcpcd/conf" <<END
duid
persistent
option subnet_mask, routers, domain_name_servers, host_name, dhcp_lease_time
require dhcp_server_identifier
noipv4ll
script $dhcp_script
env LEASE_FOLDER=$dhcpcd
env LEASE_APPLIED=yes
END
  rack_add_client dhcpcd
  dhcpcd_ns=$RACK_NS
  dhcpcd_mac=$(mac_of "$dhcpcd_ns")
}

# dhcpcd_start ARGUMENTS...: in the background, in a mount namespace of its own (`ip netns exec` makes it): its state is not the host's.
dhcpcd_start() {
  rm -f "$dhcpcd"/*
  rack_spawn "$dhcpcd_ns" "$RACK_DIR/dhcpcd.log" sh -c '
    mount --bind "$0/state" /var/lib/dhcpcd && mount --bind "$0/run" /run/dhcpcd && exec dhcpcd -f "$0/conf" "$@"' \
    "$RACK_DIR/dhcpcd" -B -4 -d "$@" eth0
  dhcpcd_pid=$RACK_PID
}

dhcpcd_end() {
  rack_stop "$dhcpcd_pid"
  ! rack_running "$dhcpcd_pid"
}

dhcpcd_is_gone() { ! rack_running "$dhcpcd_pid"; }

dhcpcd_lease_checks() {
  dhcpcd_start
  check "dhcpcd: gets a lease" wait_until 30 test -f "$dhcpcd/BOUND"
  dhcpcd_address=$(lease_value "$dhcpcd" BOUND new_ip_address)
  check "dhcpcd: address in the range" in_range "$dhcpcd_address"
  check "dhcpcd: host name by the last octet" \
    lease_is "$dhcpcd" BOUND new_host_name "station${dhcpcd_address##*.}.$DAEMON_DOMAIN"
  check "dhcpcd: subnet mask" lease_is "$dhcpcd" BOUND new_subnet_mask 255.255.255.0
  check "dhcpcd: router" lease_is "$dhcpcd" BOUND new_routers 10.99.0.1
  check "dhcpcd: name server" lease_is "$dhcpcd" BOUND new_domain_name_servers 10.99.0.1
  check "dhcpcd: default lease time" lease_is "$dhcpcd" BOUND new_dhcp_lease_time 600
  check "dhcpcd: the lease is stored, with its DUID" stored active "$dhcpcd_address" "$dhcpcd_mac" ff:
  check "dhcpcd: the board has the machine" board_has "$dhcpcd_mac" "$dhcpcd_address"
  kill -USR1 "$dhcpcd_pid"
  check "dhcpcd: renews when it is told to" wait_until 20 test -f "$dhcpcd/RENEW"
  check "dhcpcd: keeps its address over the renewal" lease_is "$dhcpcd" RENEW new_ip_address "$dhcpcd_address"
  check "dhcpcd: ends, and keeps its lease" dhcpcd_end
  check "dhcpcd: which stays stored" stored active "$dhcpcd_address" "$dhcpcd_mac" ff:
}

dhcpcd_reboot_checks() {
  dhcpcd_start
  check "dhcpcd: after a reboot it asks for its old lease" wait_until 30 test -f "$dhcpcd/REBOOT"
  check "dhcpcd: and gets its old address" lease_is "$dhcpcd" REBOOT new_ip_address "$dhcpcd_address"
  kill -ALRM "$dhcpcd_pid"
  check "dhcpcd: releases when it is told to, and ends" wait_until 20 dhcpcd_is_gone
  check "dhcpcd: the release is seen" logged "DHCPRELEASE of $dhcpcd_address from $dhcpcd_mac( \\(.*\\))? via eth0 \\(found\\)"
  check "dhcpcd: and stored" stored released "$dhcpcd_address" "$dhcpcd_mac"
}

# While it was away the walker took its address.
dhcpcd_decline_checks() {
  local other
  ip -n "$walker" address add "$dhcpcd_address/24" dev eth0
  dhcpcd_start
  check "dhcpcd on an address that somebody uses: has another one in the end" wait_until 60 test -f "$dhcpcd/BOUND"
  other=$(lease_value "$dhcpcd" BOUND new_ip_address)
  check "dhcpcd: in the range" in_range "$other"
  check "dhcpcd: not that one" test "$other" != "$dhcpcd_address"
  check "dhcpcd: it was declined" logged "DHCPDECLINE of $dhcpcd_address from $dhcpcd_mac( \\(.*\\))? via eth0: abandoned"
  check "dhcpcd: and is not given for now" stored abandoned "$dhcpcd_address" '[^ ]*'
  check "dhcpcd: the other one is stored" stored active "$other" "$dhcpcd_mac" ff:
  check "dhcpcd: ends" dhcpcd_end
  ip -n "$walker" address del "$dhcpcd_address/24" dev eth0
}
