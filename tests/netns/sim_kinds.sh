# shellcheck shell=bash
# shellcheck disable=SC2154  # variables come from sim_test and rack.sh
# Every kind of machine, and every scenario that sim_test has no check of its own for, against rackcastd. Sourced by sim_test.

KINDS_BYTES=200000 # of a board's kernel and of Windows' image
KINDS_EACH=2       # two machines of a kind: what is not in the tree by its own name is held against the other's

# What loaders ask for that the demo tree has not. One [dhcp.boot] gives all 64-bit UEFI machines ipxe.efi, which each takes for its
# own loader; from the second stage on they differ.
kinds_tree() {
  local boot=$tree/tftpboot name
  mkdir -p "$boot/Boot/Fonts" "$boot/sources"
  for name in bootcode.bin start.elf fixup.dat bootmgfw.efi grubx64.efi Boot/BCD Boot/Fonts/wgl4_boot.ttf; do
    head -c 30000 "$boot/ipxe.efi" >"$boot/$name"
  done
  for name in kernel8.img sources/boot.wim; do
    head -c "$KINDS_BYTES" "$boot/vmlinuz" >"$boot/$name"
  done
  echo "enable_uart=1" >"$boot/config.txt"
  echo "console=serial0,115200" >"$boot/cmdline.txt"
  kinds_menu /vmlinuz /initrd.img >"$boot/grub.cfg"
  cp "$boot/grubx64.efi" "$tree/tree/"
  kinds_menu /boot/vmlinuz /boot/initrd.img >"$tree/tree/grub.cfg"
}

kinds_menu() {
  printf 'set default=0\nmenuentry "install" {\n  linux %s ks=http://%s/ks.cfg\n  initrd %s\n}\n' "$1" "$RACK_SERVER" "$2"
}

kinds_checks() {
  check "every kind of machine" kinds_all
  check "a script for BIOS machines with iPXE, after a reload" kinds_script
  check "waves" run_well 10 30 waves rack_size=5 gap=1
  check "slow_readers" run_well 10 60 slow_readers share=30 pace=2000 ack_delay=5
  check "late_joiners" run_well 10 30 late_joiners share=50 when=2
  check "stp_delay" run_well 10 60 stp_delay seconds=3
  check "soak: machines boot again and again" kinds_soak
}

# All that --help names; ipxe-script wants another answer from DHCP than ipxe, with the same question.
kinds_all() {
  local kinds count
  kinds=$("$sim" --help | sed -n '/^Profiles:/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p' | grep -v '^ipxe-script$')
  count=$(wc -l <<<"$kinds")
  echo "$kinds"
  ((count >= 15)) && run_well $((count * KINDS_EACH)) 120 boot_storm --profile "$(paste -sd, <<<"$kinds")"
}

kinds_script() {
  local config=$RACK_DIR/rackcast.toml status=0
  cp "$config" "$config.before"
  sed -i 's|^ipxe = .*|ipxe = "http://{{server}}/boot.ipxe"|' "$config"
  kinds_reload
  run_well 4 30 boot_storm --profile ipxe-script || status=$?
  mv "$config.before" "$config"
  kinds_reload
  return "$status"
}

kinds_reload() {
  local before
  before=$(kinds_reloads)
  kill -HUP "$DAEMON_PID"
  wait_until 10 kinds_reloaded "$before"
}
kinds_reloads() { grep -c 'reloaded' "$DAEMON_LOG" || true; }
kinds_reloaded() { (($(kinds_reloads) > $1)); }

kinds_soak() {
  run_well 10 60 soak hours=0.002 every=3 && [[ $(verdict verdict.restarts) -ge 10 ]]
}
