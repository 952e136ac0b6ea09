# shellcheck shell=bash
# The virtual rack of tools/quickstart: one QEMU machine and many light ones, watched on the boot board until all are installed.
# Sourced by tools/quickstart, whose variables it uses: lib bin io machines stay.
# shellcheck disable=SC2154

# shellcheck source=tools/lib/rack.sh
. "$lib/rack.sh"
# shellcheck source=tools/lib/machine.sh
. "$lib/machine.sh"
# shellcheck source=tools/lib/daemon.sh
. "$lib/daemon.sh"

demo_started_ms=0
demo_names=() # one per machine: bios, machine1, …
demo_pids=()  # and its process
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
  local number folder
  demo_started_ms=$(rack_now_ms)
  boot_bios 52:54:00:99:00:01 tap1 "$RACK_DIR/bios.log"
  demo_names=(bios)
  demo_pids=("$MACHINE_PID")
  for ((number = 1; number <= machines; number++)); do
    rack_add_client "machine$number"
    ip -n "$RACK_NS" link set eth0 address "$(printf '52:54:00:99:01:%02x' "$number")"
    folder=$RACK_SCRATCH/machine$number
    mkdir "$folder"
    rack_spawn "$RACK_NS" "$RACK_DIR/machine$number.log" "$lib/light_machine" "$DEMO_TREE/host/busybox" "$folder" "$number"
    demo_names+=("machine$number")
    demo_pids+=("$RACK_PID")
  done
}

# demo_state NAME: installed, failed or booting, by what the machine itself said last.
demo_state() {
  case $(grep -a -o -E "$machine_marker" "$RACK_DIR/$1.log" 2>/dev/null | tail -n 1) in
    *-OK) echo installed ;;
    *-FAIL) echo failed ;;
    *) echo booting ;;
  esac
}

demo_all_ended() {
  local index
  for index in "${!demo_pids[@]}"; do
    if rack_running "${demo_pids[index]}" && [[ $(demo_state "${demo_names[index]}") == booting ]]; then return 1; fi
  done
}

demo_elapsed() { echo $((($(rack_now_ms) - demo_started_ms) / 1000)); }

# demo_table: what `rackcast status` shows.
demo_table() { rack_in "$RACK_SRV" "$bin/rackcast" status 2>&1 || true; }

demo_screen() {
  local table
  table=$(demo_table)
  # On a terminal the table is redrawn in place; in a log it is repeated.
  if [[ -t 1 ]]; then printf '\033[H\033[2J'; fi
  printf 'rackcast quickstart, %s s since power-on: 1 real firmware (52:54:00:99:00:01) and %s light machines\n\n%s\n\n' \
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
  local name installed=0
  local seconds
  seconds=$(demo_elapsed)
  demo_screen
  for name in "${demo_names[@]}"; do
    if [[ $(demo_state "$name") == installed ]]; then
      installed=$((installed + 1))
    else
      echo "$name did not install; its last lines:"
      tail -n 5 "$RACK_DIR/$name.log" | tr -cd '\n\t -~' | sed 's/^/    /'
    fi
  done
  echo "$installed of ${#demo_names[@]} machines installed $seconds s after power-on, their packages' checksums right over FTP and HTTP"
  if [[ $stay == yes ]]; then
    echo "the rack stays up; Ctrl-C takes it down"
    wait "$DAEMON_PID" || true
  fi
  ((installed == ${#demo_names[@]}))
}
