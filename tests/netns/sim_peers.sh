# shellcheck shell=bash
# shellcheck disable=SC2154  # variables come from sim_test and rack.sh
# The simulator against Debian's own servers: dnsmasq for DHCP and TFTP, vsftpd for FTP, nginx for HTTP. Sourced by sim_test.

peers_checks() {
  local server
  for server in dnsmasq vsftpd nginx; do
    if ! command -v "$server" >/dev/null; then
      echo "skipped: $server is not installed (tools/test --deps-only installs everything)"
      return
    fi
  done
  peers_start
  check "dnsmasq, vsftpd, nginx: a verdict for $clients machines" peers_verdict
  check "and their CPU" peers_cpu
  check "and no routes are left" no_routes_left
  for pid in "${peers_pids[@]}"; do rack_stop "$pid" || true; done
}

peers_pids=()

peers_start() {
  local folder=$RACK_DIR/peers
  mkdir -p "$folder/empty"
  cat >"$folder/vsftpd.conf" <<END
listen=YES
background=NO
anonymous_enable=YES
local_enable=NO
no_anon_password=YES
anon_root=$tree/tree
secure_chroot_dir=$folder/empty
run_as_launching_user=NO
seccomp_sandbox=NO
END
  cat >"$folder/nginx.conf" <<END
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.err;
user nobody nogroup;
events { worker_connections 2048; }
http {
  access_log off;
  sendfile on;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server { listen $RACK_SERVER:80; root $tree/tree; }
}
END
  peers_spawn dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --port=0 --interface=eth0 --user=root \
    --dhcp-range=$DAEMON_RANGE_FIRST,$DAEMON_RANGE_LAST,255.255.0.0,10m --dhcp-leasefile="$folder/leases" --dhcp-boot=pxelinux.0 \
    --dhcp-authoritative --dhcp-no-override --enable-tftp --tftp-root="$tree/tftpboot" --tftp-max=1000 --dhcp-lease-max=3000 --no-ping
  peers_spawn vsftpd "$folder/vsftpd.conf"
  peers_spawn nginx -c "$folder/nginx.conf" -p "$folder/"
  wait_until 10 peers_listen
}

peers_spawn() {
  rack_spawn "$RACK_SRV" "$RACK_DIR/peers/$1.log" "$(command -v "$1")" "${@:2}"
  peers_pids+=("$RACK_PID")
}

peers_listen() {
  local sockets
  sockets=$(ip netns exec "$RACK_SRV" ss -Hlntu)
  [[ $sockets == *:69\ * && $sockets == *:67\ * && $sockets == *:21\ * && $sockets == *:80\ * ]]
}

# A verdict is what is asked for, not that they pass: every machine is done or failed with a reason, and no byte was wrong.
peers_verdict() {
  local status=0 said
  simulate 300 boot_storm --clients "$clients" --interface eth0 --tree "$tree" --time-max 200 || status=$?
  ((status <= 1)) || return 1
  said=$(verdict verdict.done verdict.failed wrong_files)
  echo "$said"
  python3 - "$RACK_DIR/run.json" "$clients" <<'END'
import json
import sys

run, clients = json.load(open(sys.argv[1])), int(sys.argv[2])
verdict = run["verdict"]
assert verdict["done"] + verdict["failed"] == clients, "not every machine has an end"
assert sum(group["machines"] for group in verdict["failures"]) == verdict["failed"], "a failure without a reason"
assert not run["wrong_files"], run["wrong_files"]
assert verdict["done"] > 0, "nobody finished"
END
}

peers_cpu() { verdict verdict.server_cpu_s && [[ $(verdict verdict.server_cpu_s) != null ]]; }
