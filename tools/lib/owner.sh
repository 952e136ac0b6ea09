# shellcheck shell=bash
# shellcheck disable=SC2034  # for the caller
# A DHCP server that owns the addresses of the rack of rack.sh and knows nothing about booting: dnsmasq, in a namespace of its own.
# Source it after rack.sh and call owner_start after rack_create.

OWNER_ADDRESS=10.99.0.2
# Not the range of daemon.sh: an address tells who gave it.
OWNER_RANGE_FIRST=10.99.0.210
OWNER_RANGE_LAST=10.99.0.230
OWNER_LOG=''
OWNER_PID=''

# owner_start: returns once it serves; prints its log and fails when it does not within 10 s.
owner_start() {
  local folder=$RACK_DIR/dnsmasq
  install -d -o nobody -m 755 "$folder"
  OWNER_LOG=$folder/log
  rack_add_client owner
  ip -n "$RACK_NS" address add "$OWNER_ADDRESS/24" dev eth0
  # No ping before an offer: nobody else gives addresses here, and it costs every machine 3 s.
  rack_spawn "$RACK_NS" "$OWNER_LOG" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=eth0 --bind-interfaces \
    --user=nobody --no-ping --log-dhcp --log-facility=- --pid-file= --dhcp-leasefile="$folder/leases" --dhcp-authoritative \
    --dhcp-range="$OWNER_RANGE_FIRST,$OWNER_RANGE_LAST,255.255.255.0,10m" --dhcp-option=option:router,10.99.0.1
  OWNER_PID=$RACK_PID
  if ! wait_until 10 grep -q 'DHCP, IP range' "$OWNER_LOG"; then
    echo "dnsmasq did not come up; its log:" >&2
    cat "$OWNER_LOG" >&2
    return 1
  fi
}

# owner_leased ADDRESS MAC: its lease file says so.
owner_leased() { grep -q -i -E "^[0-9]+ $2 $1 " "$RACK_DIR/dnsmasq/leases"; }
