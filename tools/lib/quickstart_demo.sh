# shellcheck shell=bash
# The virtual rack of tools/quickstart: one QEMU machine and many simulated ones, watched on the boot board until all are installed.
# Sourced by tools/quickstart, whose variables it uses: lib bin io machines stay.
# shellcheck disable=SC2154

# shellcheck source=tools/lib/rack.sh
. "$lib/rack.sh"
# shellcheck source=tools/lib/machine.sh
. "$lib/machine.sh"
# shellcheck source=tools/lib/daemon.sh
. "$lib/daemon.sh"

demo_started_ms=0
demo_firmware=''  # process of the QEMU machine
demo_simulator='' # and of the simulated ones
demo_board=''

quickstart_demo() {
  local reason
  if reason=$(machine_missing); then give_up "$reason"; fi
  trap rack_cleanup EXIT
  trap 'echo; echo "taking the rack down"; exit 130' INT
  trap 'exit 143' TERM
  rack_create rackcast-quickstart
  daemon_trees
  rack_scratch
  daemon_config "$RACK_DIR/rackcast.toml" "$io" "$DAEMON_TFTP_ROOT" "$DAEMON_TREE"
  daemon_start "$bin/rackcastd" "$RACK_DIR/rackcast.toml"
  demo_show_board_on_host
  demo_power_on
  demo_watch
  demo_summary
}

# The board listens inside the rack; a forwarder makes it reachable from a browser on this host.
demo_show_board_on_host() {
  python3 "$lib/board_forward.py" "/run/netns/$RACK_SRV" 8077 >"$RACK_DIR/forward.log" 2>&1 </dev/null &
  rack_record $!
  if wait_until 5 grep -q '^http' "$RACK_DIR/forward.log"; then
    demo_board=$(head -n 1 "$RACK_DIR/forward.log")
  fi
}

demo_power_on() {
  demo_started_ms=$(rack_now_ms)
  boot_bios 52:54:00:99:00:01 tap1 "$RACK_DIR/bios.log"
  demo_firmware=$MACHINE_PID
  rack_add_client machines
  rack_spawn "$RACK_NS" "$RACK_DIR/machines.log" "$bin/rackcast-sim" boot_storm --clients "$machines" --interface eth0 \
    --tree "$DEMO_TREE" --profile bios-pxelinux=4,edk2=2,ipxe=1 --time-max 600 --json "$RACK_DIR/machines.json"
  demo_simulator=$RACK_PID
}

# demo_firmware_state: installed, failed or booting, by what the machine itself said last.
demo_firmware_state() {
  case $(grep -a -o -E "$machine_marker" "$RACK_DIR/bios.log" 2>/dev/null | tail -n 1) in
    *-OK) echo installed ;;
    *-FAIL) echo failed ;;
    *) echo booting ;;
  esac
}

demo_all_ended() {
  if rack_running "$demo_simulator"; then return 1; fi
  ! rack_running "$demo_firmware" || [[ $(demo_firmware_state) != booting ]]
}

# demo_simulated_done: how many simulated machines installed with every byte right; 0 without a verdict.
demo_simulated_done() {
  python3 - "$RACK_DIR/machines.json" 2>/dev/null <<'END' || echo 0
import json
import sys

verdict = json.load(open(sys.argv[1]))["verdict"]
print(verdict["done"] if verdict["bytes_right"] else 0)
END
}

demo_elapsed() { echo $((($(rack_now_ms) - demo_started_ms) / 1000)); }

# demo_table: what `rackcast status` shows.
demo_table() { rack_in "$RACK_SRV" "$bin/rackcast" status 2>&1 || true; }

demo_screen() {
  local table
  table=$(demo_table)
  # On a terminal the table is redrawn in place; in a log it is repeated.
  if [[ -t 1 ]]; then printf '\033[H\033[2J'; fi
  printf 'rackcast quickstart, %s s since power-on: 1 real firmware (52:54:00:99:00:01) and %s simulated machines\n\n%s\n\n' \
    "$(demo_elapsed)" "$machines" "$table"
  demo_where
}

demo_where() {
  if [[ -n $demo_board ]]; then echo "  board     $demo_board"; fi
  echo "  status    ip netns exec $RACK_SRV $bin/rackcast status --watch"
  echo "  firmware  tail -f $RACK_DIR/bios.log"
  echo "  daemon    tail -f $DAEMON_LOG"
  echo
}

demo_watch() {
  local pause=2
  until demo_all_ended; do
    demo_screen
    if ! rack_running "$DAEMON_PID"; then
      tail -n 20 "$DAEMON_LOG" >&2
      give_up "rackcastd ended; its last lines are above"
    fi
    sleep "$pause"
  done
}

demo_summary() {
  local installed seconds
  seconds=$(demo_elapsed)
  demo_screen
  installed=$(demo_simulated_done)
  cat "$RACK_DIR/machines.log"
  if [[ $(demo_firmware_state) == installed ]]; then
    installed=$((installed + 1))
  else
    echo "the firmware did not install; its last lines:"
    tail -n 5 "$RACK_DIR/bios.log" | tr -cd '\n\t -~' | sed 's/^/    /'
  fi
  echo "$installed of $((machines + 1)) machines installed $seconds s after power-on, every byte checked"
  if [[ $stay == yes ]]; then
    echo "the rack stays up; Ctrl-C takes it down"
    wait "$DAEMON_PID" || true
  fi
  ((installed == machines + 1))
}
