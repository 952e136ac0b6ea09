# shellcheck shell=bash
# proxyDHCP beside a dnsmasq that owns the addresses: what PXE clients are told on ports 67 and 4011, and that nobody gets an address
# from us. Clients: udhcpc, nmap, and pxe_client, a PXE ROM that says all it was told; real firmware is tests/boot's. Sourced by
# clients_test; the daemon is started anew.

proxy_checks() {
  proxy_menu='
[dhcp.pxe]
discovery_control = 0
discovery_group = "239.255.77.2"
prompt_seconds = 10
prompt = "Press F8"
[[dhcp.pxe.boot_server]]
type = 32768
addresses = ["10.99.0.1"]
[[dhcp.pxe.menu]]
type = 32768
text = "Install"
file = "pxelinux"
[[dhcp.pxe.menu]]
type = 32769
text = "Rescue"
file = "rescue.0"
[[dhcp.pxe.menu]]
type = 0
text = "Local disk"'
  owner_start
  proxy_daemon ''
  rack_add_client rom
  rom=$RACK_NS
  proxy_silence_checks
  proxy_file_checks
  proxy_daemon "$proxy_menu"
  proxy_menu_checks
  check "proxy: no lease was given" proxy_gave_none
}

# proxy_daemon TABLES: the daemon anew, as a proxy, with more tables behind all.
proxy_daemon() {
  rack_stop "$DAEMON_PID" || true
  DAEMON_STATE=$RACK_DIR/state-proxy
  daemon_config "$RACK_DIR/proxy.toml" "$io" "$RACK_SCRATCH/tftpboot" "$RACK_SCRATCH/tree" daemon_dhcp_proxy
  echo "$1" >>"$RACK_DIR/proxy.toml"
  daemon_start "$rackcastd" "$RACK_DIR/proxy.toml"
}

# What does not boot is the owner's alone.
proxy_silence_checks() {
  local plain=$RACK_DIR/lease-beside address
  rack_add_client beside
  udhcpc_ns=$RACK_NS
  check "beside a proxy, udhcpc: gets a lease" udhcpc_ask beside
  check "beside a proxy, udhcpc: of the owner" lease_is "$plain" bound serverid "$OWNER_ADDRESS"
  address=$(lease_value "$plain" bound ip)
  check "beside a proxy, udhcpc: from its range" owner_leased "$address" "$(mac_of "$RACK_NS")"
  check "beside a proxy, udhcpc: no boot file" lease_is "$plain" bound boot_file ''
  nmap_ns=$RACK_NS
  ip -n "$nmap_ns" route add default via 10.99.0.1
  check "beside a proxy, nmap broadcast-dhcp-discover: is answered" nmap_ask "$RACK_DIR/nmap.beside" broadcast-dhcp-discover -e eth0
  check "beside a proxy, nmap broadcast-dhcp-discover: once" nmap_says "$RACK_DIR/nmap.beside" 'Response 1 of 1:'
  check "beside a proxy, nmap broadcast-dhcp-discover: by the owner" nmap_says "$RACK_DIR/nmap.beside" "Server Identifier: ${OWNER_ADDRESS//./\\.}"
}

# pxe_ask NAME ARCHITECTURE ASK...: a new machine boots; what it was told is in RACK_DIR/pxe-NAME.
pxe_ask() {
  local name=$1 architecture=$2 asks=() ask
  shift 2
  for ask; do asks+=(--ask "$ask"); done
  ip -n "$rom" address flush dev eth0
  timeout -k 2 60 ip netns exec "$rom" "$here/pxe_client" --interface eth0 --architecture "$architecture" "${asks[@]}" >"$RACK_DIR/pxe-$name"
}

# pxe_says NAME LINE...: whole lines.
pxe_says() {
  local name=$1 line
  shift
  cat "$RACK_DIR/pxe-$name"
  for line; do grep -qxF -e "$line" "$RACK_DIR/pxe-$name" || return 1; done
}

proxy_file_checks() {
  check "proxy, BIOS ROM: boots" pxe_ask bios 0 file
  check "proxy, BIOS ROM: its address is the owner's" pxe_says bios owner.server="$OWNER_ADDRESS" owner.file=
  check "proxy, BIOS ROM: an offer without address, with the file, to be loaded at once" pxe_says bios proxy.server=10.99.0.1 \
    proxy.address=0.0.0.0 proxy.class=PXEClient proxy.file=pxelinux.0 proxy.next=10.99.0.1 proxy.43.6=08 proxy.uuid=echoed
  check "proxy, BIOS ROM: the same file on port 4011" pxe_says bios ask1.from=10.99.0.1:4011 ask1.file=pxelinux.0 ask1.next=10.99.0.1 \
    ask1.address=0.0.0.0 ask1.server=10.99.0.1 ask1.class=PXEClient ask1.uuid=echoed
  check "proxy, UEFI: boots" pxe_ask uefi 7 file
  check "proxy, UEFI: an offer without file sends it to port 4011" pxe_says uefi proxy.address=0.0.0.0 proxy.class=PXEClient proxy.file= \
    proxy.next=10.99.0.1
  check "proxy, UEFI: and there is the file" pxe_says uefi ask1.from=10.99.0.1:4011 ask1.file=ipxe.efi ask1.file67=ipxe.efi \
    ask1.next=10.99.0.1 ask1.address=0.0.0.0
  rom_mac=$(mac_of "$rom")
  check "proxy: the offer is seen" logged "DHCPOFFER on 0\\.0\\.0\\.0 to $rom_mac via eth0"
  check "proxy: the board has the machine, with the owner's address" board_has "$rom_mac" "$(sed -n 's/^owner.address=//p' "$RACK_DIR/pxe-uefi")"
}

# Boot server discovery: by each of PXE's three ways; layers; what is not on the menu.
proxy_menu_checks() {
  check "menu, BIOS ROM: boots" pxe_ask menu 0 32768:unicast 32768:broadcast 32768:multicast '?7:unicast' '?32768.32768:unicast' \
    32768.1:unicast '?32769.1:unicast' 32769:unicast
  check "menu: it is in the offer, with prompt, servers and group" pxe_says menu proxy.address=0.0.0.0 proxy.class=PXEClient \
    proxy.43.6=00 proxy.43.7=efff4d02 proxy.43.8=8000010a630001 "proxy.43.9=$(menu_octets 8000 Install 8001 Rescue 0000 'Local disk')" \
    "proxy.43.10=0a$(octets 'Press F8')"
  local way number=0
  for way in unicast broadcast multicast; do
    number=$((number + 1))
    check "menu: boot server discovery by $way" pxe_says menu ask$number.file=pxelinux.0 ask$number.next=10.99.0.1 \
      ask$number.43.71=80000000 ask$number.server=10.99.0.1
  done
  check "menu: what is not on it is not answered" pxe_says menu ask4.silent=yes
  check "menu: nor a client that wants credentials" pxe_says menu ask5.silent=yes
  check "menu: an item's next layer" pxe_says menu ask6.file=pxelinux.1 ask6.43.71=80000001
  check "menu: another item" pxe_says menu ask8.file=rescue.0 ask8.43.71=80010000
  check "menu: a file of one layer has no other" pxe_says menu ask7.silent=yes
}

octets() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

# menu_octets TYPE TEXT...
menu_octets() {
  while (($# > 0)); do
    printf '%s%02x%s' "$1" "${#2}" "$(octets "$2")"
    shift 2
  done
}

# The store is there, and empty but for its head.
proxy_gave_none() {
  local table
  table=$(lease_table) || return 1
  echo "$table"
  [[ $(wc -l <<<"$table") == 1 && $table == ADDRESS* ]]
}
