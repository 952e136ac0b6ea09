# shellcheck shell=bash
# DHCP clients: ISC dhclient and busybox udhcpc. Sourced by clients_test.

dhcp_script=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/lease_script

dhcp_checks() {
  dhclient_checks
  udhcpc_checks
  check "two machines at once have two addresses" dhcp_addresses_differ
}

# lease_value FOLDER REASON NAME: what the client was given.
lease_value() { sed -n "s/^$3=//p" "$1/$2"; }

# lease_is FOLDER REASON NAME VALUE
lease_is() {
  local got
  got=$(lease_value "$1" "$2" "$3")
  echo "$3 is '$got', wanted '$4'"
  [[ $got == "$4" ]]
}

in_range() {
  echo "address '$1'"
  [[ $1 =~ ^10\.99\.0\.([0-9]+)$ ]] &&
    ((BASH_REMATCH[1] >= ${DAEMON_RANGE_FIRST##*.} && BASH_REMATCH[1] <= ${DAEMON_RANGE_LAST##*.}))
}

# dhclient_start: in the background; a copy, because Debian's AppArmor profile ties the installed one to its own script and files.
dhclient_start() {
  rack_spawn "$dhclient_ns" "$RACK_DIR/dhclient.log" "$RACK_DIR/dhclient" -4 -d -v -cf "$dhclient/conf" -lf "$dhclient/leases" \
    -pf "$dhclient/pid" -sf "$dhcp_script" -e "LEASE_FOLDER=$dhclient" eth0
  dhclient_pid=$RACK_PID
}

dhclient_prepare() {
  dhclient=$RACK_DIR/lease-dhclient
  mkdir "$dhclient"
  cp "$(command -v dhclient)" "$RACK_DIR/dhclient"
  # A shorter lease than the default, and renewed long before its half, so that it can be waited for.
  cat >"$dhclient/conf" <<'END'
timeout 20;
retry 5;
initial-interval 1;
send dhcp-lease-time 400;
supersede dhcp-renewal-time 6;
request subnet-mask, broadcast-address, routers, domain-name-servers, host-name;
END
  rack_add_client dhclient
  dhclient_ns=$RACK_NS
}

dhclient_checks() {
  dhclient_prepare
  dhclient_start
  check "dhclient: gets a lease" wait_until 20 test -f "$dhclient/BOUND"
  if [[ ! -f $dhclient/BOUND ]]; then
    sed 's/^/#   /' "$RACK_DIR/dhclient.log"
    return
  fi
  dhclient_address=$(lease_value "$dhclient" BOUND new_ip_address)
  check "dhclient: address in the range" in_range "$dhclient_address"
  check "dhclient: host name by the last octet" \
    lease_is "$dhclient" BOUND new_host_name "station${dhclient_address##*.}.$DAEMON_DOMAIN"
  check "dhclient: subnet mask" lease_is "$dhclient" BOUND new_subnet_mask 255.255.255.0
  check "dhclient: router" lease_is "$dhclient" BOUND new_routers 10.99.0.1
  check "dhclient: name server" lease_is "$dhclient" BOUND new_domain_name_servers 10.99.0.1
  check "dhclient: server identifier" lease_is "$dhclient" BOUND new_dhcp_server_identifier 10.99.0.1
  check "dhclient: a shorter lease is given when asked for" lease_is "$dhclient" BOUND new_dhcp_lease_time 400
  check "dhclient: renews by unicast" wait_until 20 test -f "$dhclient/RENEW"
  check "dhclient: keeps its address over the renewal" lease_is "$dhclient" RENEW new_ip_address "$dhclient_address"
  check "dhclient: ends" dhclient_end
  dhclient_start
  check "dhclient: after a reboot it asks for its old lease" wait_until 20 test -f "$dhclient/REBOOT"
  check "dhclient: and gets its old address" lease_is "$dhclient" REBOOT new_ip_address "$dhclient_address"
}

dhclient_end() {
  rack_stop "$dhclient_pid"
  ! rack_running "$dhclient_pid"
}

# udhcpc_ask NAME ARGUMENTS...: one exchange of a new machine; the answer is in lease-NAME/bound.
udhcpc_ask() {
  local folder=$RACK_DIR/lease-$1
  shift
  mkdir -p "$folder"
  LEASE_FOLDER=$folder timeout -k 2 30 ip netns exec "$udhcpc_ns" "$DEMO_TREE/host/busybox" udhcpc -i eth0 -s "$dhcp_script" \
    -n -q -f -t 5 -T 2 -O hostname -O tftp -O bootfile "$@"
}

udhcpc_checks() {
  local plain=$RACK_DIR/lease-plain pxe='PXEClient:Arch:00000:UNDI:002001'
  rack_add_client udhcpc
  udhcpc_ns=$RACK_NS
  check "udhcpc: gets a lease" udhcpc_ask plain
  [[ -f $plain/bound ]] || return 0
  udhcpc_address=$(lease_value "$plain" bound ip)
  check "udhcpc: address in the range" in_range "$udhcpc_address"
  check "udhcpc: host name by the last octet" lease_is "$plain" bound hostname "station${udhcpc_address##*.}.$DAEMON_DOMAIN"
  check "udhcpc: default lease time" lease_is "$plain" bound lease 600
  check "udhcpc: asks again" udhcpc_ask again
  check "udhcpc: and has the same address" lease_is "$RACK_DIR/lease-again" bound ip "$udhcpc_address"
  check "udhcpc as a BIOS ROM: gets a lease" udhcpc_ask bios -V "$pxe" -x 0x5d:0000
  check "udhcpc as a BIOS ROM: boot file" lease_is "$RACK_DIR/lease-bios" bound boot_file pxelinux.0
  check "udhcpc as a BIOS ROM: next server" lease_is "$RACK_DIR/lease-bios" bound siaddr 10.99.0.1
  check "udhcpc as a UEFI ROM: gets a lease" udhcpc_ask uefi -V "${pxe/00000/00007}" -x 0x5d:0007
  check "udhcpc as a UEFI ROM: boot file" lease_is "$RACK_DIR/lease-uefi" bound boot_file ipxe.efi
  check "udhcpc as iPXE on UEFI: gets a lease" udhcpc_ask ipxe -V "${pxe/00000/00007}" -x 0x5d:0007 -x 0x4d:69505845
  check "udhcpc as iPXE on UEFI: a script instead" lease_is "$RACK_DIR/lease-ipxe" bound boot_file http://10.99.0.1/boot.ipxe
}

dhcp_addresses_differ() {
  echo "dhclient ${dhclient_address:-none}, udhcpc ${udhcpc_address:-none}"
  [[ -n ${dhclient_address:-} && -n ${udhcpc_address:-} && $dhclient_address != "$udhcpc_address" ]]
}
