# shellcheck shell=bash
# A private rack inside one machine, for tests and for tools/quickstart. Source it; it is safe under `set -euo pipefail`.
#
#   netns PREFIX-PID-srv        netns PREFIX-PID-lab                      netns PREFIX-PID-NAME
#   +----------------+          +------------------------------+          +--------------+
#   | rackcastd      |   veth   |            br0               |   veth   | a client     |
#   | eth0 10.99.0.1 |==========| srv0     port1 ...  tap1 ... |==========| eth0, no     |
#   +----------------+          +----------------------+-------+          | address yet  |
#                                                      `-- QEMU           +--------------+
#
# The host's own network is never touched. Namespace names carry the PID of the shell that made them, so two runs do not meet.
# What a run starts and makes is recorded under RACK_RUN/PREFIX-PID; cleaning up ends only recorded processes, and a process counts
# as ours only while its start time is the recorded one (PIDs are reused). A run that was killed is swept up by the next one.
#
# Needs root, iproute2, ethtool and util-linux's setpriv.

RACK_RUN=/run/rackcast-racks
RACK_SERVER=10.99.0.1
RACK_ID=''    # PREFIX-PID once rack_create ran
RACK_DIR=''   # private folder of this run: logs, state, records; removed by rack_cleanup unless RACK_KEEP is set
RACK_SRV=''   # namespace of the server
RACK_LAB=''   # namespace of the bridge and of the QEMU machines
RACK_NS=''    # answer of rack_add_client
RACK_PID=''   # answer of rack_spawn
RACK_SCRATCH='' # answer of rack_scratch
rack_ports=0

# wait_until SECONDS COMMAND...: polls until COMMAND succeeds (0) or the time is over (1). COMMAND's output is dropped.
wait_until() {
  local deadline=$(($(rack_now_ms) + $1 * 1000)) pause=0.1
  shift
  until "$@" >/dev/null 2>&1; do
    (($(rack_now_ms) < deadline)) || return 1
    sleep "$pause"
  done
}

# Milliseconds since the machine started: a monotonic clock.
rack_now_ms() {
  local up
  read -r up _ </proc/uptime
  up=${up/./}
  echo "$((10#$up * 10))"
}

# rack_missing COMMAND...: prints why a rack cannot be made here and returns 0; returns 1 when nothing is missing.
rack_missing() {
  local tool
  if ((EUID != 0)); then
    echo "root is needed to make network namespaces"
    return 0
  fi
  if [[ ! -c /dev/net/tun ]]; then
    echo "/dev/net/tun is missing (modprobe tun)"
    return 0
  fi
  for tool in ip ethtool setpriv "$@"; do
    if ! command -v "$tool" >/dev/null; then
      echo "$tool is not installed (tools/test --deps-only installs everything)"
      return 0
    fi
  done
  if ! ip netns add "rackcast-probe-$$" 2>/dev/null; then
    echo "this kernel or container does not let root make a network namespace"
    return 0
  fi
  ip netns del "rackcast-probe-$$"
  return 1
}

# rack_start_time PID: prints the kernel's start time of a process that runs; fails for one that is gone or a zombie.
rack_start_time() {
  local stat fields
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # The second field is the command in parentheses and may hold anything: cut behind its last parenthesis.
  read -r -a fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] || return 1
  echo "${fields[19]}"
}

# rack_is_ours PID START: that very process still runs.
rack_is_ours() { [[ $(rack_start_time "$1") == "$2" ]]; }
rack_is_gone() { ! rack_is_ours "$@"; }

# rack_end PID START: TERM, five seconds, KILL.
rack_end() {
  rack_is_ours "$@" || return 0
  kill -TERM "$1" 2>/dev/null || return 0
  wait_until 5 rack_is_gone "$@" || kill -KILL "$1" 2>/dev/null || true
  wait_until 2 rack_is_gone "$@" || true
}

# rack_dismantle FOLDER: ends what FOLDER records, deletes its namespaces, removes it.
rack_dismantle() {
  local folder=$1 pid start namespace
  if [[ -f $folder/processes ]]; then
    # The newest first: a machine is ended before the server it boots from.
    while read -r pid start; do
      rack_end "$pid" "$start"
    done < <(tac "$folder/processes")
  fi
  if [[ -f $folder/namespaces ]]; then
    while read -r namespace; do
      ip netns del "$namespace" 2>/dev/null || true
    done <"$folder/namespaces"
  fi
  if [[ -f $folder/scratch ]]; then
    xargs -r -d '\n' rm -rf -- <"$folder/scratch"
  fi
  rm -rf "$folder"
}

# rack_sweep PREFIX: removes what earlier runs of PREFIX left behind, if their shell is dead.
rack_sweep() {
  local folder pid start
  for folder in "$RACK_RUN/$1"-*; do
    [[ ${folder##*/} =~ ^"$1"-[0-9]+$ && -f $folder/owner ]] || continue
    read -r pid start <"$folder/owner"
    rack_is_ours "$pid" "$start" || rack_dismantle "$folder"
  done
}

# rack_namespace NAME: adds PREFIX-PID-NAME with its loopback up, recorded before it exists.
rack_namespace() {
  echo "$RACK_ID-$1" >>"$RACK_DIR/namespaces"
  ip netns add "$RACK_ID-$1"
  ip -n "$RACK_ID-$1" link set lo up
}

# rack_create PREFIX: the srv and lab namespaces and the bridge between them. Call it once, after `trap rack_cleanup EXIT`.
# RACK_OFFLOADS=off turns segmentation and checksum offloads off on every port, for backends that read raw frames.
rack_create() {
  rack_sweep "$1"
  RACK_ID=$1-$$
  mkdir -p "$RACK_RUN"
  mkdir "$RACK_RUN/$RACK_ID" # fails rather than share
  RACK_DIR=$RACK_RUN/$RACK_ID
  chmod 755 "$RACK_RUN" "$RACK_DIR"
  echo "$$ $(rack_start_time $$)" >"$RACK_DIR/owner"
  RACK_SRV=$RACK_ID-srv
  RACK_LAB=$RACK_ID-lab
  rack_namespace srv
  rack_namespace lab
  # No forwarding delay: a firmware's first DISCOVER must get through. No snooping: nobody queries here.
  ip -n "$RACK_LAB" link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0
  ip -n "$RACK_LAB" link set br0 up
  rack_plug "$RACK_SRV" srv0
  ip -n "$RACK_SRV" address add "$RACK_SERVER/24" dev eth0
}

# rack_plug NAMESPACE PORT: eth0 of NAMESPACE on the bridge, by way of PORT in lab.
rack_plug() {
  ip link add eth0 netns "$1" type veth peer name "$2" netns "$RACK_LAB"
  ip -n "$RACK_LAB" link set "$2" master br0 up
  ip -n "$1" link set eth0 up
  if [[ ${RACK_OFFLOADS:-on} == off ]]; then
    rack_offloads_off "$1" eth0
    rack_offloads_off "$RACK_LAB" "$2"
  fi
}

# rack_offloads_off NAMESPACE DEVICE: whoever reads frames raw sees whole checksums and no super-frames.
rack_offloads_off() { ip netns exec "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null; }

# rack_add_tap NAME: a tap on the bridge, for one QEMU machine.
rack_add_tap() {
  ip -n "$RACK_LAB" tuntap add dev "$1" mode tap
  ip -n "$RACK_LAB" link set "$1" master br0 up
}

# rack_add_client NAME: a namespace with eth0 on the bridge and no address. Sets RACK_NS.
rack_add_client() {
  rack_namespace "$1"
  RACK_NS=$RACK_ID-$1
  rack_ports=$((rack_ports + 1))
  rack_plug "$RACK_NS" "port$rack_ports"
}

# rack_spawn NAMESPACE LOG COMMAND...: runs COMMAND in the background, its output appended to LOG, and records it. Sets RACK_PID.
# Not from a subshell: the process is told to end when the shell that started it is killed.
rack_spawn() {
  local namespace=$1 log=$2
  shift 2
  ip netns exec "$namespace" setpriv --pdeathsig TERM "$@" >>"$log" 2>&1 </dev/null &
  rack_record $!
}

# rack_record PID: a child of this shell that ends with the rack. Sets RACK_PID.
rack_record() {
  # shellcheck disable=SC2034  # for the caller
  RACK_PID=$1
  echo "$1 $(rack_start_time "$1" || echo gone)" >>"$RACK_DIR/processes"
}

# rack_running PID: a process of rack_spawn still runs.
rack_running() {
  local pid start
  while read -r pid start; do
    if [[ $pid == "$1" ]] && rack_is_ours "$pid" "$start"; then return 0; fi
  done <"$RACK_DIR/processes"
  return 1
}

# rack_stop PID: ends a process of rack_spawn and returns its exit status.
rack_stop() {
  local pid start
  while read -r pid start; do
    if [[ $pid == "$1" ]]; then rack_end "$pid" "$start"; fi
  done <"$RACK_DIR/processes"
  wait "$1" 2>/dev/null
}

# rack_scratch: a folder on disk for what is too big for RACK_DIR (which is in memory); goes with the rack. Sets RACK_SCRATCH.
rack_scratch() {
  RACK_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/$RACK_ID.XXXXXX")
  echo "$RACK_SCRATCH" >>"$RACK_DIR/scratch"
  chmod 755 "$RACK_SCRATCH"
}

# rack_in NAMESPACE COMMAND...: in the foreground.
rack_in() { ip netns exec "$@"; }

# rack_cleanup: for the EXIT trap. Does nothing before rack_create, and nothing twice. With RACK_KEEP set the folder's files stay.
rack_cleanup() {
  local folder=$RACK_DIR
  [[ -n $folder && -d $folder ]] || return 0
  RACK_DIR=''
  if [[ -n ${RACK_KEEP:-} ]]; then
    local kept
    kept=$(mktemp -d "${TMPDIR:-/tmp}/rackcast-kept.XXXXXX")
    cp -r "$folder/." "$kept/"
    echo "kept the files of this run in $kept" >&2
  fi
  rack_dismantle "$folder"
}
