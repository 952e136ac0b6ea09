# shellcheck shell=bash
# shellcheck disable=SC2034  # for boot_test
# What machines boot from, one function each. Sourced by boot_test; called once the rack and the trees are there.
#
#   keys         one rackcastd, [dhcp.boot] in its TOML file
#   menu         the same with a PXE menu instead of the BIOS ROM's file; UEFI machines are to boot by HTTP
#   dhcpd_conf   the classic setup: one rackcastd runs an old dhcpd.conf and xinetd.d/tftp as they are; another, as the site's own FTP and
#                HTTP servers did, holds the install tree
#   proxy        rackcastd as a proxyDHCP server; a dnsmasq that knows nothing about booting owns the addresses
#
# Each sets: the daemon's PID in DAEMON_PID (and more in setup_more_pids), setup_first and setup_last: what addresses machines get,
# setup_named: they are told their names, setup_board: the board that sees a whole boot there is one.

setup_first=$DAEMON_RANGE_FIRST
setup_last=$DAEMON_RANGE_LAST
setup_named=yes
setup_board=yes
setup_more_pids=()

setup_keys() { setup_daemon daemon_dhcp; }

setup_menu() { setup_daemon setup_menu_dhcp; }

setup_proxy() {
  setup_first=$OWNER_RANGE_FIRST
  setup_last=$OWNER_RANGE_LAST
  setup_named=no
  owner_start
  setup_daemon daemon_dhcp_proxy
}

# setup_daemon DHCP: the one daemon; DHCP prints its configuration of DHCP.
setup_daemon() {
  daemon_config "$RACK_DIR/rackcast.toml" "$io" "$DAEMON_TFTP_ROOT" "$DAEMON_TREE" "$1"
  daemon_start "$rackcastd" "$RACK_DIR/rackcast.toml"
}

# The first item at once, and no discovery but by unicast: the ROM asks port 4011 for its file.
setup_menu_dhcp() {
  daemon_dhcp | sed 's|^bios = .*|http = "http://{{server}}/boot/ipxe.efi"|'
  cat <<'END'
[dhcp.pxe]
discovery_control = 3
prompt_seconds = 0
prompt = "Install"
[[dhcp.pxe.boot_server]]
type = 32768
addresses = ["10.99.0.1"]
[[dhcp.pxe.menu]]
type = 32768
text = "Install"
file = "pxelinux.0"
[[dhcp.pxe.menu]]
type = 0
text = "Local disk"
END
}

setup_dhcpd_conf() {
  setup_board=no
  mkdir -p "$RACK_DIR/old/var-lib"
  setup_old_dhcpd >"$RACK_DIR/old/dhcpd.conf"
  setup_old_tftp >"$RACK_DIR/old/tftp"
  # Its state goes where it goes by default, in a mount namespace of its own (`ip netns exec` makes it).
  DAEMON_STATE=$RACK_DIR/old/var-lib/rackcast
  # shellcheck disable=SC2016  # the inner shell's
  rack_spawn "$RACK_SRV" "$RACK_DIR/old/log" sh -c 'mount --bind "$1/var-lib" /var/lib &&
    exec "$0" --dhcpd-conf "$1/dhcpd.conf" --xinetd "$1/tftp" --io "$2" --foreground' "$rackcastd" "$RACK_DIR/old" "$io"
  local old=$RACK_PID
  setup_more_pids=("$old")
  if ! wait_until 20 setup_old_is_up "$old" || ! rack_running "$old"; then
    cat "$RACK_DIR/old/log"
    return 1
  fi
  local state=$DAEMON_STATE
  DAEMON_STATE=$RACK_DIR/state
  daemon_config "$RACK_DIR/tree.toml" "$io" "$DAEMON_TFTP_ROOT" "$DAEMON_TREE" true
  sed -i '/^\[tftp\]/,/^root/d' "$RACK_DIR/tree.toml"
  daemon_start "$rackcastd" "$RACK_DIR/tree.toml"
  DAEMON_STATE=$state
}

# Its TFTP answers: it is the last to come up.
setup_old_is_up() {
  ! rack_running "$1" || rack_in "$RACK_SRV" curl -sS -f --max-time 2 -o /dev/null tftp://127.0.0.1/boot.msg
}

# A lab's dhcpd.conf as it has grown: BIOS first, UEFI and iPXE in ifs, HTTP boot last.
setup_old_dhcpd() {
  cat <<END
# DHCP of the lab
ddns-update-style interim;
ignore client-updates;
authoritative;
ignore-client-uids true;
option architecture code 93 = unsigned integer 16;

subnet 10.99.0.0 netmask 255.255.255.0 {
	option routers			10.99.0.1;
	option subnet-mask		255.255.255.0;
	option domain-name-servers	10.99.0.1;
	option host-name = concat("station", binary-to-ascii(10, 8, ".", substring(leased-address, 3, 1)), ".$DAEMON_DOMAIN");
	range dynamic-bootp $DAEMON_RANGE_FIRST $DAEMON_RANGE_LAST;
	default-lease-time 21600;
	max-lease-time 43200;
	next-server 10.99.0.1;
	filename "pxelinux.0";
	if exists user-class and option user-class = "iPXE" and option architecture = 00:07 {
		filename "http://10.99.0.1/boot.ipxe";
	} elsif option architecture = 00:07 or option architecture = 00:09 {
		filename "ipxe.efi";
	} elsif option architecture = 00:10 {
		option vendor-class-identifier "HTTPClient";
		filename "http://10.99.0.1/boot/ipxe.efi";
	}
}
END
}

setup_old_tftp() {
  cat <<END
service tftp
{
	socket_type		= dgram
	protocol		= udp
	wait			= yes
	user			= root
	server			= /usr/sbin/in.tftpd
	server_args		= -s $DAEMON_TFTP_ROOT
	disable			= no
	per_source		= 11
	cps			= 100 2
	flags			= IPv4
}
END
}
