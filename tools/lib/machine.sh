# shellcheck shell=bash
# Real PXE firmware in the rack of rack.sh: QEMU without KVM, one tap per machine. Source it after rack.sh.
#
#   BIOS   SeaBIOS and QEMU's iPXE ROM. The ROM says at once that it is iPXE (option 175, user class) with architecture 0.
#   UEFI   OVMF and its own PXE stack: the NIC has no ROM.
#   HTTP   the same, booting by HTTP
#
# A machine ends by itself (the demo initrd powers off), by its hard timeout, or with the rack. Its serial line goes to a log.

MACHINE_PID=''         # answer of boot_bios, boot_uefi and boot_http
MACHINE_SECONDS=240    # hard timeout of a machine, from power-on
machine_marker='RACKCAST-BOOT-(OK|FAIL)'
machine_ovmf=/usr/share/OVMF

# boot_bios MAC TAP LOG
boot_bios() {
  machine_start "$1" "$2" "$3" -m 512 -boot n \
    -device "virtio-net-pci,netdev=net,mac=$1"
}

# boot_uefi MAC TAP LOG [QEMU-ARGUMENTS...]
boot_uefi() {
  local variables=$RACK_DIR/$2.vars.fd
  cp "$machine_ovmf/OVMF_VARS_4M.fd" "$variables"
  machine_start "$1" "$2" "$3" -machine q35 -m 1024 \
    -drive "if=pflash,format=raw,unit=0,readonly=on,file=$machine_ovmf/OVMF_CODE_4M.fd" \
    -drive "if=pflash,format=raw,unit=1,file=$variables" \
    -device "virtio-net-pci,netdev=net,mac=$1,romfile=" "${@:4}"
}

# boot_http MAC TAP LOG: UEFI's HTTP boot. OVMF tries PXE first; it is told to leave that out, as in a firmware's setup.
boot_http() {
  boot_uefi "$@" -fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n -fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n
}

# machine_start MAC TAP LOG QEMU-ARGUMENTS...: sets MACHINE_PID.
machine_start() {
  local mac=$1 tap=$2 log=$3 header=on
  shift 3
  # A backend that reads frames raw must not be sent partial checksums: without the virtio header the kernel completes them.
  if [[ ${RACK_OFFLOADS:-on} == off ]]; then header=off; fi
  rack_add_tap "$tap"
  : >"$log"
  rack_spawn "$RACK_LAB" "$log.qemu" timeout -k 5 "$MACHINE_SECONDS" qemu-system-x86_64 \
    -name "$mac" -accel tcg -display none -monitor none -no-reboot -serial "file:$log" \
    -netdev "tap,id=net,ifname=$tap,script=no,downscript=no,vnet_hdr=$header" "$@"
  # shellcheck disable=SC2034  # for the caller
  MACHINE_PID=$RACK_PID
}

# wait_for_marker PID LOG: waits until the machine prints its marker or ends, and prints the marker's line. 0 only for OK.
wait_for_marker() {
  wait_until "$MACHINE_SECONDS" machine_is_done "$1" "$2" || true
  local line
  line=$(grep -a -E -o "$machine_marker.*" "$2" | tail -n 1 | tr -d '\r') || true
  echo "${line:-no marker: the machine ended or ran out of time}"
  [[ $line == RACKCAST-BOOT-OK* ]]
}

machine_is_done() { grep -a -q -E "$machine_marker" "$2" || ! rack_running "$1"; }

# machine_missing COMMAND...: prints what real firmware, and the caller, needs and this host has not, and returns 0; returns 1 when nothing is missing.
machine_missing() {
  rack_missing qemu-system-x86_64 timeout "$@" && return 0
  local file
  for file in "$machine_ovmf/OVMF_CODE_4M.fd" "$machine_ovmf/OVMF_VARS_4M.fd"; do
    if [[ ! -f $file ]]; then
      echo "$file is missing (package ovmf)"
      return 0
    fi
  done
  return 1
}
