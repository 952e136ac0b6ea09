# shellcheck shell=bash
# DHCP clients: ISC dhclient and busybox udhcpc, and what all of them are judged by: their own record of the lease, `rackcast leases`,
# the log's dhcpd lines, the board. Sourced by clients_test.

dhcp_script=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/lease_script

dhcp_checks() {
  dhclient_checks
  udhcpc_checks
  dhcpcd_checks
  nmap_checks
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

# lease_matches FOLDER REASON NAME PATTERN: as lease_is, for values that are not known to the letter.
lease_matches() {
  local got
  got=$(lease_value "$1" "$2" "$3")
  echo "$3 is '$got', wanted $4"
  [[ $got =~ $4 ]]
}

# stored STATE ADDRESS MAC [CLIENT_ID]: `rackcast leases` says so. Rows that nobody waits for (a RELEASE's) are written a little later.
stored() { wait_until 5 stores "$@" || stores "$@"; }

stores() {
  local row
  row=$(lease_table | grep "^$2 ")
  echo "${row:-no row of $2}"
  [[ $row =~ ^$2\ +$1\ +$3\ +${4:-} ]]
}

lease_table() { "$rackcast" leases --all --file "$DAEMON_STATE/leases.db"; }

# leases_with TEXT COUNT: that many rows have TEXT as a word: an address, a MAC.
leases_with() {
  local table
  table=$(lease_table) || return 1
  echo "$table"
  (($(grep -cwF -e "$1" <<<"$table") == $2))
}

# logged LINE: as a whole line behind the logger's own prefix. The log is written by a thread of its own.
logged() { wait_until 5 grep -qE -e "(^|[] ])$1\$" "$DAEMON_LOG" || ! tail -n 12 "$DAEMON_LOG"; }

# board_has MAC ADDRESS: the board has the machine, once, with that address.
board_has() { wait_until 5 board_shows "$@" || board_shows "$@"; }
board_shows() {
  daemon_get /api/machines | python3 -c '
import json, sys
shown = [(machine["address"], machine["stage"]) for machine in json.load(sys.stdin) if machine["mac"].lower() == sys.argv[1]]
print(shown)
sys.exit([address for address, _ in shown] != [sys.argv[2]])' "$@"
}

mac_of() { ip netns exec "$1" cat /sys/class/net/eth0/address; }

in_range() {
  echo "address '$1'"
  [[ $1 =~ ^10\.99\.0\.([0-9]+)$ ]] &&
    ((BASH_REMATCH[1] >= ${DAEMON_RANGE_FIRST##*.} && BASH_REMATCH[1] <= ${DAEMON_RANGE_LAST##*.}))
}

# A copy, because Debian's AppArmor profile ties the installed one to its own script and files.
dhclient_command=()
dhclient_start() { # in the background
  rm -f "$dhclient"/{BOUND,RENEW,REBOOT,RELEASE}
  rack_spawn "$dhclient_ns" "$RACK_DIR/dhclient.log" "${dhclient_command[@]}" -d eth0
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
  dhclient_command=("$RACK_DIR/dhclient" -4 -v -cf "$dhclient/conf" -lf "$dhclient/leases" -pf "$dhclient/pid" -sf "$dhcp_script"
    -e "LEASE_FOLDER=$dhclient")
  rack_add_client dhclient
  dhclient_ns=$RACK_NS
  dhclient_mac=$(mac_of "$dhclient_ns")
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
  check "dhclient: discovered, was offered, asked, was acknowledged, in dhcpd's words" dhclient_dora_logged
  check "dhclient: the lease is stored" stored active "$dhclient_address" "$dhclient_mac"
  check "dhclient: the board has the machine" board_has "$dhclient_mac" "$dhclient_address"
  check "dhclient: renews by unicast" wait_until 20 test -f "$dhclient/RENEW"
  check "dhclient: keeps its address over the renewal" lease_is "$dhclient" RENEW new_ip_address "$dhclient_address"
  # Without the server's identifier: what SELECTING had.
  check "dhclient: the renewal is seen" logged "DHCPREQUEST for $dhclient_address from $dhclient_mac via eth0"
  check "dhclient: ends" dhclient_end
  dhclient_start
  check "dhclient: after a reboot it asks for its old lease" wait_until 20 test -f "$dhclient/REBOOT"
  check "dhclient: and gets its old address" lease_is "$dhclient" REBOOT new_ip_address "$dhclient_address"
  dhclient_release_checks
  dhclient_moved_checks
}

dhclient_dora_logged() {
  local on="$dhclient_address to $dhclient_mac via eth0"
  logged "DHCPDISCOVER from $dhclient_mac via eth0" && logged "DHCPOFFER on $on" &&
    logged "DHCPREQUEST for $dhclient_address \(10\.99\.0\.1\) from $dhclient_mac via eth0" && logged "DHCPACK on $on"
}

dhclient_release_checks() {
  check "dhclient -r: ends the running one" timeout -k 2 30 ip netns exec "$dhclient_ns" "${dhclient_command[@]}" -r eth0
  check "dhclient: the release is seen" logged "DHCPRELEASE of $dhclient_address from $dhclient_mac via eth0 \(found\)"
  check "dhclient: and stored" stored released "$dhclient_address" "$dhclient_mac"
  rm "$dhclient/leases"
  dhclient_start
  check "dhclient: asks anew" wait_until 20 test -f "$dhclient/BOUND"
  check "dhclient: and has the address it gave back" lease_is "$dhclient" BOUND new_ip_address "$dhclient_address"
  check "dhclient: which is stored again" stored active "$dhclient_address" "$dhclient_mac"
  check "dhclient: ends" dhclient_end
}

# A machine carried here from another network: its lease file says where it was.
dhclient_moved_checks() {
  sed -i 's/fixed-address .*;/fixed-address 10.98.0.5;/' "$dhclient/leases"
  dhclient_start
  check "dhclient with a lease of another network: is told no, and asks anew" wait_until 20 test -f "$dhclient/BOUND"
  check "dhclient: and has its address here" lease_is "$dhclient" BOUND new_ip_address "$dhclient_address"
  check "dhclient: the wrong network is seen" logged "DHCPREQUEST for 10\.98\.0\.5 from $dhclient_mac via eth0: wrong network\."
  check "dhclient: and the NAK" logged "DHCPNAK on 10\.98\.0\.5 to $dhclient_mac via eth0"
  check "dhclient: ends" dhclient_end
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
  udhcpc_mac=$(mac_of "$udhcpc_ns")
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
  udhcpc_identity_checks
  udhcpc_signal_checks
}

# One machine, one address, whatever it calls itself: a ROM by its UUID, systems by 255, IAID and DUID.
udhcpc_identity_checks() {
  local duid=ff:0a:0b:0c:0d:00:01:00:01:2f:00:11:22:52:54:00:99:00:77
  check "udhcpc as a ROM named by its UUID: gets a lease" udhcpc_ask uuid -C -x 0x3d:0000112233445566778899aabbccddeeff \
    -V PXEClient:Arch:00000:UNDI:002001 -x 0x5d:0000
  check "udhcpc as a ROM named by its UUID: same address" lease_is "$RACK_DIR/lease-uuid" bound ip "$udhcpc_address"
  check "udhcpc as a system with a DUID: gets a lease" udhcpc_ask duid -C -x "0x3d:${duid//:/}"
  check "udhcpc as a system with a DUID: same address" lease_is "$RACK_DIR/lease-duid" bound ip "$udhcpc_address"
  check "udhcpc: its latest name is stored" stored active "$udhcpc_address" "$udhcpc_mac" "$duid"
  check "udhcpc: one machine, one lease" leases_with "$udhcpc_mac" 1
}

# The one that stays, as in an appliance: renews and releases when it is told to.
udhcpc_signal_checks() {
  local folder=$RACK_DIR/lease-stays pid
  mkdir "$folder"
  rack_spawn "$udhcpc_ns" "$RACK_DIR/udhcpc.log" env "LEASE_FOLDER=$folder" "$DEMO_TREE/host/busybox" udhcpc -i eth0 -s "$dhcp_script" -f -t 5 -T 2
  pid=$RACK_PID
  check "udhcpc in the background: gets a lease" wait_until 20 test -f "$folder/bound"
  kill -USR1 "$pid"
  check "udhcpc: renews" wait_until 20 test -f "$folder/renew"
  check "udhcpc: keeps its address" lease_is "$folder" renew ip "$udhcpc_address"
  rm -f "$folder/deconfig"
  kill -USR2 "$pid"
  check "udhcpc: releases" wait_until 20 test -f "$folder/deconfig"
  check "udhcpc: the release is seen" logged "DHCPRELEASE of $udhcpc_address from $udhcpc_mac via eth0 \(found\)"
  check "udhcpc: and stored" stored released "$udhcpc_address" "$udhcpc_mac"
  check "udhcpc: ends" rack_stop "$pid"
}

dhcp_addresses_differ() {
  echo "dhclient ${dhclient_address:-none}, udhcpc ${udhcpc_address:-none}"
  [[ -n ${dhclient_address:-} && -n ${udhcpc_address:-} && $dhclient_address != "$udhcpc_address" ]]
}
