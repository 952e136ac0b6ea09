# shellcheck shell=bash
# Clients that send files: tftp-hpa, atftp, curl. Sourced by clients_test; the daemon is started anew with uploads on.

upload_checks() {
  drop=$RACK_SCRATCH/drop
  install -d -o nobody -m 750 "$drop"
  printf 'left by a crash' >"$drop/.rackcast-7.partial"
  chown nobody "$drop/.rackcast-7.partial"
  rack_stop "$DAEMON_PID"
  sed "s|^\[tftp\]\$|&\nupload_dir = \"$drop\"\nupload_bytes_max = 3000000|" "$RACK_DIR/rackcast.toml" >"$RACK_DIR/uploads.toml"
  daemon_start "$rackcastd" "$RACK_DIR/uploads.toml"
  head -c 1000001 /dev/urandom >"$out/log"
  check "what a crash left is gone" test ! -e "$drop/.rackcast-7.partial"
  check "tftp-hpa: put" hpa_put anaconda.log
  check "tftp-hpa: put again is another file" hpa_put_again anaconda.log
  check "tftp-hpa: put in netascii" hpa_put_text notes.txt
  check "atftp: put" atftp_put atftp.log
  check "atftp: put, blksize 1468, windowsize 8" atftp_put windows.log --option "blksize 1468" --option "windowsize 8"
  check "curl: put" curl_put curl.log
  check "a folder in the name is flattened" curl_put var/log/x.log var_log_x.log
  check "a name that leaves its folder is refused" upload_refused ../x
  check "a hidden name is refused" upload_refused .x
  check "a file above upload_bytes_max is refused" too_large_refused
  check "four files of two machines at once" uploads_in_parallel
  check "nothing half-written is left" no_partials
  check "files are still served" hpa_get vmlinuz vmlinuz
  check "the log names sender, file and size" grep -q "TFTP received 10.99.0.20-curl.log from 10.99.0.20, 1000001 bytes" "$DAEMON_LOG"
}

# arrived NAME: the walker's file is there, byte for byte.
arrived() { cmp "$out/log" "$drop/10.99.0.20-$1"; }

hpa_put() { in_walker tftp -m binary 10.99.0.1 -c put "$out/log" "$1" && arrived "$1"; }

hpa_put_again() { in_walker tftp -m binary 10.99.0.1 -c put "$out/log" "$1" && arrived "$1" && arrived "$1.1"; }

hpa_put_text() {
  printf 'one\ntwo\r\nthree' >"$out/text"
  in_walker tftp -m ascii 10.99.0.1 -c put "$out/text" "$1" && cmp "$out/text" "$drop/10.99.0.20-$1"
}

# atftp_put NAME OPTIONS...
atftp_put() {
  local name=$1
  shift
  in_walker atftp "$@" --put --local-file "$out/log" --remote-file "$name" 10.99.0.1 && arrived "$name"
}

# curl_put NAME [STORED]
curl_put() { in_walker curl -sS --max-time 30 -T "$out/log" "tftp://10.99.0.1/$1" && arrived "${2:-$1}"; }

upload_refused() {
  local before said
  before=$(ls -A "$drop")
  said=$(in_walker tftp -m binary 10.99.0.1 -c put "$out/log" "$1" 2>&1)
  echo "$said"
  [[ $said == *"Error code 2"* && $(ls -A "$drop") == "$before" ]]
}

too_large_refused() {
  head -c 3000001 /dev/zero >"$out/large"
  local said
  said=$(in_walker tftp -m binary 10.99.0.1 -c put "$out/large" large 2>&1)
  echo "$said"
  [[ $said == *"Error code 3"* && ! -e $drop/10.99.0.20-large ]]
}

uploads_in_parallel() {
  local machine transfer pids=() pid status=0
  for machine in 1 2; do
    rack_add_client "upload$machine"
    ip -n "$RACK_NS" address add "10.99.0.4$machine/24" dev eth0
    for transfer in 1 2; do
      timeout -k 2 60 ip netns exec "$RACK_NS" atftp --option "blksize 1428" --option "windowsize $((machine * 2))" --put \
        --local-file "$out/log" --remote-file "parallel-$transfer" 10.99.0.1 &
      pids+=($!)
    done
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || status=1
  done
  for machine in 1 2; do
    for transfer in 1 2; do
      cmp "$out/log" "$drop/10.99.0.4$machine-parallel-$transfer" || status=1
    done
  done
  return "$status"
}

no_partials() { ! compgen -G "$drop/.*.partial"; }
