# shellcheck shell=bash
# tools/quickstart --interface: a configuration and boot files for a real rack, and rackcastd in the foreground.
# Sourced by tools/quickstart, whose variables it uses: top lib bin io interface tree dhcp range dry_run.
# shellcheck disable=SC2154
#
# Everything is written under build/quickstart/INTERFACE/ (or /var/lib/rackcast-quickstart/INTERFACE/ when the unprivileged user
# cannot reach the checkout): rackcast.toml, tftpboot/, state/ (the leases survive a restart).

# Kernel and initrd by kind of tree: kind, kernel, initrd, what the installer is told ({url} is the tree over HTTP).
real_kinds=(
  "Red Hat|images/pxeboot/vmlinuz|images/pxeboot/initrd.img|inst.repo={url} method={url}"
  "Debian DVD|install.amd/vmlinuz|install.amd/initrd.gz|"
  "Debian netboot|debian-installer/amd64/linux|debian-installer/amd64/initrd.gz|"
  "rackcast demo|boot/vmlinuz|boot/initrd.img|console=ttyS0"
)

quickstart_real() {
  local folder address prefix
  tree=$(cd "$tree" 2>/dev/null && pwd) || give_up "--tree names no folder"
  real_reads "$tree" || give_up "user nobody cannot read $tree; rackcastd drops to it, so give others read access on the way there"
  real_address
  folder=$top/build/quickstart/$interface
  real_reads "$top/build" || folder=/var/lib/rackcast-quickstart/$interface
  mkdir -p "$folder"
  real_tftpboot "$folder"
  if [[ $dhcp == auto ]]; then dhcp=$(real_dhcp_mode "$folder"); fi
  real_config "$folder" >"$folder/rackcast.toml.new"
  mv "$folder/rackcast.toml.new" "$folder/rackcast.toml"
  real_explain "$folder"
  if [[ $dry_run == yes ]]; then
    cat "$folder/rackcast.toml"
    return
  fi
  exec "$bin/rackcastd" --config "$folder/rackcast.toml" --foreground
}

real_reads() { setpriv --reuid nobody --regid nogroup --clear-groups test -r "$1" -a -x "$1"; }

# Sets address and prefix: the interface's first global IPv4 address.
real_address() {
  local found
  [[ -d /sys/class/net/$interface ]] || give_up "there is no interface $interface (ip link shows them)"
  found=$(ip -4 -o address show dev "$interface" scope global | awk '{ print $4; exit }')
  [[ -n $found ]] || give_up "$interface has no IPv4 address; give it one first: ip address add 192.168.1.1/24 dev $interface"
  address=${found%/*} prefix=${found#*/}
}

# real_tftpboot FOLDER: sets tftp_root, and ipxe_script where rackcast's own boot files are used.
real_tftpboot() {
  local row kind kernel initrd words
  ipxe_script=''
  if [[ -f $tree/tftpboot/pxelinux.0 ]]; then
    tftp_root=$tree/tftpboot
    return
  fi
  for row in "${real_kinds[@]}"; do
    IFS='|' read -r kind kernel initrd words <<<"$row"
    if [[ -f $tree/$kernel && -f $tree/$initrd ]]; then
      echo "tree: $kind, kernel $kernel" >&2
      real_boot_files "$1/tftpboot" "$kernel" "$initrd" "${words//\{url\}/http:\/\/$address\/}"
      return
    fi
  done
  echo "tools/quickstart: no kernel known in $tree; looked for tftpboot/pxelinux.0 and for" >&2
  printf '  %s\n' "${real_kinds[@]}" | cut -d'|' -f1-3 | tr '|' ' ' >&2
  exit 1
}

# real_boot_files TFTPBOOT KERNEL INITRD WORDS: a TFTP root made beside its place, then swapped in.
real_boot_files() {
  local boot=$1 kernel=$2 initrd=$3 words=$4 module
  if [[ -f $tree/ks.cfg ]]; then words="$words inst.ks=http://$address/ks.cfg ks=http://$address/ks.cfg"; fi
  rm -rf "$boot.new"
  mkdir -p "$boot.new/pxelinux.cfg"
  for module in pxelinux.0 ldlinux.c32 libcom32.c32 libutil.c32 menu.c32 ipxe.efi; do
    cp "$DEMO_TREE/tftpboot/$module" "$boot.new/"
  done
  # Copies: the TFTP root follows no link that leaves it.
  cp -L "$tree/$kernel" "$boot.new/vmlinuz"
  cp -L "$tree/$initrd" "$boot.new/initrd.img"
  cat >"$boot.new/pxelinux.cfg/default" <<END
default linux
prompt 1
timeout 50
label linux
  kernel vmlinuz
  append initrd=initrd.img $words
label local
  localboot 0
END
  cat >"$boot.new/boot.ipxe" <<END
#!ipxe
kernel http://$address/$kernel initrd=${initrd##*/} $words
initrd http://$address/$initrd
boot
END
  chmod -R u+rwX,go+rX "$boot.new"
  rm -rf "$boot"
  mv "$boot.new" "$boot"
  tftp_root=$boot
  ipxe_script=boot.ipxe
}

# real_dhcp_mode FOLDER: prints proxy when somebody else gives addresses on the interface: two authorities on one wire harm everybody.
real_dhcp_mode() {
  local said
  echo "asking whether another DHCP server answers on $interface (10 s at most)" >&2
  # Offers only: the name server's and address's owner is not to be bothered, so nothing is applied and the lease is given back.
  said=$(timeout 12 "$DEMO_TREE/host/busybox" udhcpc -i "$interface" -n -q -R -f -t 4 -T 2 -s /bin/true 2>&1 || true)
  if grep -q 'select for\|lease of' <<<"$said"; then
    echo "one does: proxy mode" >&2
    echo proxy
  else
    echo "none does: rackcast gives the addresses" >&2
    echo authoritative
  fi
}

# real_subnet: prints the subnet and, unless --range says otherwise, the upper half of it without the ends and our own address.
real_subnet() {
  python3 - "$address/$prefix" "$range" <<'END'
import ipaddress
import sys

own = ipaddress.ip_interface(sys.argv[1])
network = own.network
if network.prefixlen > 29:
    sys.exit(f"tools/quickstart: {network} is too small to give addresses from; use --dhcp proxy or a wider subnet")
if sys.argv[2]:
    ends = [ipaddress.ip_address(end.strip()) for end in sys.argv[2].split("-")]
    if len(ends) != 2 or ends[0] > ends[1] or any(end not in network for end in ends):
        sys.exit(f"tools/quickstart: --range {sys.argv[2]} is not FIRST-LAST inside {network}")
    ranges = [tuple(ends)]
else:
    first, last = network[network.num_addresses // 2], network[-2]
    ranges = [(first, own.ip - 1), (own.ip + 1, last)] if first <= own.ip <= last else [(first, last)]
print(network)
print(", ".join(f'"{first}-{last}"' for first, last in ranges if first <= last))
END
}

# A list of TOML strings from words.
real_list() {
  local list=''
  printf -v list '"%s", ' "$@"
  echo "[${list%, }]"
}

real_dhcp_section() {
  local subnet ranges routers dns said
  echo "[dhcp]"
  echo "mode = \"$dhcp\""
  if [[ $dhcp == authoritative ]]; then
    said=$(real_subnet) || return 1
    { read -r subnet && read -r ranges; } <<<"$said"
    echo "[[dhcp.subnet]]"
    echo "subnet = \"$subnet\""
    echo "range = [$ranges]"
    mapfile -t routers < <(ip -4 route show default dev "$interface" | awk '{ print $3 }')
    if ((${#routers[@]})); then echo "routers = $(real_list "${routers[@]}")"; fi
    # A resolver on this host's loopback is of no use to a machine of the rack.
    mapfile -t dns < <(awk '$1 == "nameserver" && $2 !~ /^127\.|:/ { print $2 }' /etc/resolv.conf)
    if ((${#dns[@]})); then echo "dns = $(real_list "${dns[@]}")"; fi
  fi
  echo "[dhcp.boot]"
  echo 'bios = "pxelinux.0"'
  if [[ -n $ipxe_script ]]; then
    echo 'efi64 = "ipxe.efi"'
    echo "ipxe = { efi64 = \"$ipxe_script\" }"
  fi
}

# real_config FOLDER: prints rackcast.toml.
real_config() {
  local dhcp_section
  dhcp_section=$(real_dhcp_section) || return 1
  cat <<END
# Written by tools/quickstart for $interface; it is written again at every start. Copy it to /etc/rackcast/ to keep and edit it.
[server]
interfaces = ["$interface"]
io = "$io"
user = "nobody"
state_dir = "$1/state"

$dhcp_section

[tftp]
root = "$tftp_root"
[http]
listen = ["$address:80"]
root = "$tree"
[ftp]
listen = ["$address:21"]
root = "$tree"

[board]
listen = "127.0.0.1:8077"
[log]
level = "info"
END
}

real_explain() {
  cat >&2 <<END

serving $tree on $interface ($address/$prefix), DHCP $dhcp
  board          http://127.0.0.1:8077/
  status         $bin/rackcast status --watch
  configuration  $1/rackcast.toml
Power the machines on, set to boot from the network. Ctrl-C ends it.

END
}
