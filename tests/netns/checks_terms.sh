# shellcheck shell=bash
# What depends on who asks and where: [[tftp.class]], clamp_to_mtu, unique_root. Clients: atftp, whose trace shows the OACK, and udhcpc,
# which makes a machine's kind and MAC address known. Sourced by clients_test; the daemon is started anew for each group.

terms_checks() {
  tftp_root=$RACK_SCRATCH/tftpboot
  terms_machines
  class_checks
  mtu_checks
  unique_root_checks
}

# The walker at 10.99.0.20; a machine that no DHCP server knows; a UEFI machine with a lease.
terms_machines() {
  rack_add_client stranger
  terms_stranger=$RACK_NS
  ip -n "$terms_stranger" address add 10.99.0.40/24 dev eth0
  rack_add_client efi
  terms_efi=$RACK_NS
  terms_mac=$(ip netns exec "$terms_efi" cat /sys/class/net/eth0/address)
}

# terms_daemon KEYS [CLASSES]: the daemon anew, with more keys in [tftp] and tables behind all, and the UEFI machine has its lease.
terms_daemon() {
  rack_stop "$DAEMON_PID" || true
  sed "s|^\[tftp\]\$|&\n$1|" "$RACK_DIR/rackcast.toml" >"$RACK_DIR/terms.toml"
  printf '%s\n' "${2:-}" >>"$RACK_DIR/terms.toml"
  daemon_start "$rackcastd" "$RACK_DIR/terms.toml"
  check "udhcpc as a UEFI ROM: gets a lease" terms_lease
}

terms_lease() {
  local folder=$RACK_DIR/lease-terms
  mkdir -p "$folder"
  LEASE_FOLDER=$folder timeout -k 2 30 ip netns exec "$terms_efi" "$DEMO_TREE/host/busybox" udhcpc -i eth0 -s "$dhcp_script" \
    -n -q -f -t 5 -T 2 -V PXEClient:Arch:00007:UNDI:003016 -x 0x5d:0007
}

# granted NAMESPACE BLKSIZE WINDOW GIVEN_BLKSIZE GIVEN_WINDOW: what the OACK says, and the file is whole. "" is not asked for.
granted() {
  local said
  rm -f "$out/fetched"
  said=$(timeout -k 2 30 ip netns exec "$1" atftp --trace --option "blksize $2" ${3:+--option "windowsize $3"} --get \
    --remote-file pxelinux.0 --local-file "$out/fetched" 10.99.0.1 2>&1 | grep 'received OACK')
  echo "$said"
  [[ $said =~ "blksize: $4"([^0-9]|$) ]] && [[ -z $3 || $said =~ "windowsize: $5"([^0-9]|$) ]] && same_as_root pxelinux.0
}

class_checks() {
  terms_daemon 'max_blksize = 1300' '
[[tftp.class]]
name = "walker"
network = "10.99.0.20/32"
max_blksize = 1024
max_windowsize = 4
[[tftp.class]]
name = "UEFI by option 60"
vendor_class = "PXEClient:Arch:00007"
max_blksize = 700
[[tftp.class]]
name = "never reached by what the first holds"
network = "10.99.0.16/28"
max_blksize = 512'
  check "class by network: block and window of its own" granted "$walker" 1468 16 1024 4
  check "class by network: less is granted as asked" granted "$walker" 600 2 600 2
  check "class by option 60, as DHCP heard it" granted "$terms_efi" 1468 16 700 16
  check "no class: [tftp]'s own limits" granted "$terms_stranger" 1468 16 1300 16
}

# The server's port takes less than the clients': 1400 - 20 (IPv4) - 8 (UDP) - 4 (TFTP).
mtu_checks() {
  ip -n "$RACK_SRV" link set eth0 mtu 1400
  terms_daemon 'clamp_to_mtu = true'
  check "clamp_to_mtu: no block that would be cut into fragments" granted "$terms_stranger" 8192 '' 1368 ''
  check "clamp_to_mtu: what fits is granted as asked" granted "$terms_stranger" 1368 4 1368 4
  check "clamp_to_mtu: is seen in the metrics" counted tftp_blocks_clamped_total 1
  terms_daemon 'clamp_to_mtu = false'
  check "without clamp_to_mtu, fragments are sent" granted "$terms_stranger" 8192 '' 8192 ''
  check "without clamp_to_mtu, nothing is counted" clamps_nothing
  ip -n "$RACK_SRV" link set eth0 mtu 1500
}

clamps_nothing() { counted tftp_requests_total 1 && ! counts tftp_blocks_clamped_total 1; }

unique_root_checks() {
  local ip_folder=$tftp_root/10.99.0.20 mac_folder=$tftp_root/${terms_mac//:/-}
  mkdir "$ip_folder" "$mac_folder"
  head -c 30000 /dev/urandom >"$ip_folder/own"
  head -c 30001 /dev/urandom >"$mac_folder/own"
  head -c 30002 /dev/urandom >"$tftp_root/own"
  terms_daemon 'unique_root = "ip"'
  check "unique_root by IP: the machine's own file" fetches "$walker" own "$ip_folder/own"
  check "unique_root by IP: the root's, where it has none" fetches "$walker" vmlinuz "$tftp_root/vmlinuz"
  check "unique_root by IP: the root's, for others" fetches "$terms_stranger" own "$tftp_root/own"
  check "unique_root by IP: .. out of the root is refused" fetches "$terms_stranger" ../tree/ks.cfg ''
  terms_daemon 'unique_root = "mac"'
  check "unique_root by MAC: the machine's own file" fetches "$terms_efi" own "$mac_folder/own"
  check "unique_root by MAC: the root's, for one that DHCP never heard" fetches "$walker" own "$tftp_root/own"
  terms_daemon 'unique_root = "off"'
  check "unique_root off: the root's for all" fetches "$walker" own "$tftp_root/own"
}

# fetches NAMESPACE NAME FILE: by tftp-hpa, byte-exact; no FILE: refused with an ERROR packet.
fetches() {
  local said
  rm -f "$out/fetched"
  said=$(timeout -k 2 30 ip netns exec "$1" tftp -m binary 10.99.0.1 -c get "$2" "$out/fetched" 2>&1)
  echo "$said"
  if [[ -z $3 ]]; then
    [[ $said == *"Error code "* && ! -s $out/fetched ]]
  else
    cmp "$3" "$out/fetched"
  fi
}
