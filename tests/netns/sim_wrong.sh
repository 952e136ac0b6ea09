# shellcheck shell=bash
# shellcheck disable=SC2154  # variables come from sim_test and rack.sh
# The simulator against servers that answer, wrongly (wrong_server): one machine for each fault, and each machine's own verdict has
# its reason. Sourced by sim_test.

WRONG_FIRST=10.99.0.100 # machine N has this address plus N
wrong_pid=''

wrong_checks() {
  ip -n "$RACK_SRV" address add 10.99.0.2/16 dev eth0
  wrong_dhcp
  wrong_tftp
  wrong_http
  ip -n "$RACK_SRV" address del 10.99.0.2/16 dev eth0
}

wrong_dhcp() {
  wrong_run dhcp 60 boot_storm spread=0 --profile ipxe --time-max 40
  wrong_says dhcp no_server "bad offer" "no server identifier"
  wrong_says dhcp other_port "bad offer" "not from the server's port"
  wrong_says dhcp no_end "bad offer" "options that run past their field or have no end"
  wrong_says dhcp multicast "bad offer" "an address no machine can have"
  wrong_says dhcp other_ack "bad offer" "the ACK gives another address than the OFFER"
  wrong_says dhcp nak "naked" "NAK to every REQUEST"
  wrong_says dhcp no_ack "no ack" "no usable ACK"
  wrong_says dhcp no_lease "bad offer" "no lease time"
  wrong_says dhcp no_file "no boot file" ""
}

wrong_tftp() {
  wrong_run tftp 60 boot_storm spread=0 --profile ipxe --skip dhcp,kickstart,packages --boot-file pxelinux.0 --time-max 30
  wrong_says tftp oack_blksize "protocol" "OACK: blksize not as asked"
  wrong_says tftp oack_text "protocol" "OACK: a value that is no number"
  wrong_says tftp other_port "timeout" "datagrams came from elsewhere"
  wrong_says tftp other_address "protocol" "datagrams came from elsewhere"
  wrong_says tftp more_than_said "wrong size" "more bytes than announced"
  wrong_says tftp less_than_said "wrong size" "announced"
  wrong_says tftp large_block "protocol" "a block larger than the block size"
  wrong_says tftp far_block "protocol" "block 900 while 0 was the last"
  wrong_says tftp endless_config "endless" "more than a configuration has"
  wrong_says tftp endless_file "endless|run ended" ""
  wrong_says tftp wrong_bytes "wrong bytes" "vmlinuz"
}

wrong_http() {
  wrong_run http 60 boot_storm spread=0 --profile ipxe-script --skip dhcp,kickstart,packages \
    --boot-file http://10.99.0.1/boot.ipxe --time-max 40
  wrong_says http no_http "protocol" ""
  wrong_says http status "refused" "500"
  wrong_says http redirects "protocol" ""
  wrong_says http cut "connection lost" ""
  wrong_says http trailing "wrong size" ""
  wrong_says http endless_script "endless" ""
  wrong_says http endless_file "endless|run ended" ""
  wrong_says http silent "timeout" ""
  wrong_says http wrong_bytes "wrong bytes" "vmlinuz"
}

# wrong_run MODE SECONDS ARGUMENTS...: a machine for each of the mode's faults; the run fails, ends by itself and leaves no routes.
wrong_run() {
  local mode=$1 count
  count=$("$here/wrong_server" "$mode" --list | wc -l)
  rack_spawn "$RACK_SRV" "$RACK_DIR/wrong_$mode.log" "$here/wrong_server" "$mode" --tree "$tree" --first "$WRONG_FIRST"
  wrong_pid=$RACK_PID
  wait_until 10 wrong_listens || true
  local addresses=()
  [[ $mode == dhcp ]] || addresses=(--server "$RACK_SERVER" --addresses "$WRONG_FIRST/16")
  check "a wrong server, $mode: $count machines, a run that ends" wrong_simulate "${@:2}" --clients "$count" --interface eth0 \
    --tree "$tree" "${addresses[@]}"
  rack_stop "$wrong_pid" || true
}

wrong_listens() { [[ $(ip netns exec "$RACK_SRV" ss -Hlntup) == *"pid=$wrong_pid,"* ]]; }

wrong_simulate() { ends_with 1 simulate "$@" && no_routes_left; }

# wrong_says MODE FAULT REASON DETAIL: the machine that met FAULT failed with REASON, and its detail contains DETAIL.
wrong_says() { check "wrong server, $1, $2: $3" wrong_machine "$@"; }

wrong_machine() {
  python3 - "$RACK_DIR/run.json" <("$here/wrong_server" "$1" --list) "${@:2}" <<'END'
import json
import sys

run, faults = json.load(open(sys.argv[1])), open(sys.argv[2]).read().split()
fault, reason, detail = sys.argv[3:]
machine = run["machines"][faults.index(fault)]
print(machine)
assert machine["failure"] in reason.split("|"), machine["failure"]  # which comes first depends on the machine's speed
assert detail in machine["detail"], machine["detail"]
END
}
