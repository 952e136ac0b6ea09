# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # variables go to the caller and come from demo_tree.sh
# rackcastd in the rack of rack.sh: one configuration that serves every firmware, start, readiness. Source it after rack.sh.
#
# The board listens on loopback of the srv namespace, so everything that asks it runs in there.

DAEMON_PID=''
DAEMON_LOG=''
DAEMON_TFTP_ROOT=''
DAEMON_TREE=''
DAEMON_STATE='' # where leases are; set it before daemon_config for another than RACK_DIR/state
DAEMON_BOARD=http://127.0.0.1:8077
# What the configuration gives to machines; tests compare with it.
DAEMON_RANGE_FIRST=10.99.0.100
DAEMON_RANGE_LAST=10.99.0.199
DAEMON_DOMAIN=rack.test # a machine at 10.99.0.N is called stationN.rack.test

# daemon_trees: sets DAEMON_TFTP_ROOT and DAEMON_TREE to the demo tree's roots, or to a copy when the user that the daemon drops to
# cannot reach them (a checkout under /root). After demo_tree_build and rack_create.
daemon_trees() {
  local base=$DEMO_TREE
  if ! daemon_user_reads "$base/tree/ks.cfg"; then
    rack_scratch
    cp -r "$base/tftpboot" "$base/tree" "$RACK_SCRATCH/"
    base=$RACK_SCRATCH
  fi
  DAEMON_TFTP_ROOT=$base/tftpboot
  DAEMON_TREE=$base/tree
}

daemon_user_reads() { setpriv --reuid nobody --regid nogroup --clear-groups test -r "$1"; }

# daemon_config FILE IO TFTP_ROOT TREE [DHCP]: TREE is the root of HTTP and of FTP; DHCP prints what is said about DHCP, here
# daemon_dhcp.
daemon_config() {
  DAEMON_STATE=${DAEMON_STATE:-$RACK_DIR/state}
  install -d -o nobody -m 755 "$DAEMON_STATE"
  cat >"$1" <<END
[server]
interfaces = ["eth0"]
io = "$2"
user = "nobody"
state_dir = "$DAEMON_STATE"

END
  "${5:-daemon_dhcp}" >>"$1"
  cat >>"$1" <<END

[tftp]
root = "$3"
[http]
root = "$4"
[ftp]
root = "$4"

[board]
listen = "${DAEMON_BOARD#http://}"
[log]
level = "info"
END
}

# The network's DHCP server, with a file for each firmware.
daemon_dhcp() {
  cat <<END
[dhcp]
mode = "authoritative"
[[dhcp.subnet]]
subnet = "10.99.0.0/24"
range = ["$DAEMON_RANGE_FIRST-$DAEMON_RANGE_LAST"]
routers = ["10.99.0.1"]
dns = ["10.99.0.1"]
lease_seconds = { default = 600, max = 1200 }
hostname = "station{{last_octet}}.$DAEMON_DOMAIN"
[dhcp.boot]
bios = "pxelinux.0"
efi64 = "ipxe.efi"
ipxe = { efi64 = "http://{{server}}/boot.ipxe" }
END
}

# Beside a DHCP server that stays (owner.sh).
daemon_dhcp_proxy() {
  cat <<'END'
[dhcp]
mode = "proxy"
[dhcp.boot]
bios = "pxelinux.0"
efi64 = "ipxe.efi"
ipxe = { efi64 = "http://{{server}}/boot.ipxe" }
END
}

# daemon_start BINARY CONFIG: returns once the board says it is healthy; prints the log and fails when it does not within 20 s.
daemon_start() {
  DAEMON_LOG=$RACK_DIR/rackcastd.log
  rack_spawn "$RACK_SRV" "$DAEMON_LOG" "$1" --config "$2" --foreground
  DAEMON_PID=$RACK_PID
  wait_until 20 daemon_is_up_or_gone || true
  if ! daemon_get /healthz >/dev/null; then
    echo "rackcastd did not become healthy; its log:" >&2
    cat "$DAEMON_LOG" >&2
    return 1
  fi
}

# daemon_get PATH: what the board answers.
daemon_get() { rack_in "$RACK_SRV" curl -sS -f --max-time 5 "$DAEMON_BOARD$1"; }

daemon_is_up_or_gone() { ! rack_running "$DAEMON_PID" || daemon_get /healthz; }
