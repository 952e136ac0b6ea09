# shellcheck shell=bash
# Clients that send files: tftp-hpa, atftp, curl. Sourced by clients_test; the daemon is started anew with uploads on.

upload_checks() {
  drop=$RACK_SCRATCH/drop
  tftp_root=$RACK_SCRATCH/tftpboot
  install -d -o nobody -m 750 "$drop"
  printf 'left by a crash' >"$drop/.rackcast-7.partial"
  chown nobody "$drop/.rackcast-7.partial"
  uploads_into "$drop" "upload_bytes_max = 3000000"
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
  check "a file above upload_bytes_max is refused, its size told" too_large_refused tftp -m binary 10.99.0.1 -c put "$out/large" large
  check "a file above upload_bytes_max is refused, its size not told" too_large_refused atftp --put --local-file "$out/large" \
    --remote-file large 10.99.0.1
  check "a link in the drop directory is not followed" link_is_not_followed
  check "four files of two machines at once" uploads_in_parallel
  check "nothing half-written is left" no_partials
  check "files are still served" hpa_get vmlinuz vmlinuz
  check "the log names sender, file and size" grep -q "TFTP received 10.99.0.20-curl.log from 10.99.0.20, 1000001 bytes" "$DAEMON_LOG"
  check "the metrics count files, bytes and refusals" uploads_are_counted
  full_disk_checks
  slow_checks
}

# uploads_into FOLDER LINES: the daemon anew, with uploads.
uploads_into() {
  rack_stop "$DAEMON_PID" || true
  sed "s|^\[tftp\]\$|&\nupload_dir = \"$1\"\n$2|" "$RACK_DIR/rackcast.toml" >"$RACK_DIR/uploads.toml"
  daemon_start "$rackcastd" "$RACK_DIR/uploads.toml"
}

# A disk that holds one of two files.
full_disk_checks() {
  drop=$RACK_SCRATCH/small
  mkdir "$drop"
  trap 'umount "$drop" || true; rack_cleanup' EXIT
  mount -t tmpfs -o size=1m,mode=750,uid="$(id -u nobody)" rackcast-uploads "$drop"
  uploads_into "$drop" ''
  check "a file that fits" atftp_put first.log
  check "a full disk is error 3, and nothing of the file is left" full_disk_refused
  check "a full disk is in the log and the metrics" full_disk_is_seen
  rm "$drop/10.99.0.20-first.log"
  check "a disk that was cleared takes files again" atftp_put second.log
  check "that is in the log too" grep -q "takes files again" "$DAEMON_LOG"
  rack_stop "$DAEMON_PID" || true
  umount "$drop"
  trap rack_cleanup EXIT
}

# At 1 Mbit/s, so that there is time in the middle of a file.
slow_checks() {
  drop=$RACK_SCRATCH/slow
  install -d -o nobody -m 750 "$drop"
  uploads_into "$drop" 'upload_rate_mbit = 1\nretransmit_us = 100000'
  check "upload_rate_mbit holds" rate_holds
  check "a client that vanishes leaves nothing" client_vanishes
  check "kill -9 of the daemon leaves nothing that the next start keeps" daemon_is_killed
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

# too_large_refused CLIENT...
too_large_refused() {
  head -c 3000001 /dev/zero >"$out/large"
  local said
  said=$(in_walker "$@" 2>&1)
  echo "$said"
  [[ ${said,,} == *"file too large"* && ! -e $drop/10.99.0.20-large ]] && wait_until 5 no_partials
}

link_is_not_followed() {
  echo precious >"$RACK_SCRATCH/victim"
  chown nobody "$RACK_SCRATCH/victim"
  ln -s "$RACK_SCRATCH/victim" "$drop/10.99.0.20-linked"
  in_walker atftp --put --local-file "$out/log" --remote-file linked 10.99.0.1 && arrived linked.1 &&
    [[ $(cat "$RACK_SCRATCH/victim") == precious && -L $drop/10.99.0.20-linked ]]
}

# counted NAME AT_LEAST: a counter, summed over its lanes, once the lanes have told.
counted() {
  wait_until 5 counts "$@" || counts "$@"
}

counts() {
  local value
  value=$(daemon_get /metrics | awk -v name="rackcast_$1" '$1 ~ "^" name "([{]|$)" { sum += $NF } END { print sum + 0 }')
  echo "$1 $value"
  ((value >= $2))
}

uploads_are_counted() {
  counted tftp_uploads_done_total 11 && counted tftp_upload_bytes_total 10000010 && counted tftp_upload_name_refused_total 2 &&
    counted tftp_upload_too_large_total 2 && counted upload_store_files_total 11 && counted upload_store_bytes_total 10000010
}

full_disk_refused() {
  local said
  said=$(in_walker tftp -m binary 10.99.0.1 -c put "$out/log" second.log 2>&1)
  echo "$said"
  [[ $said == *"Error code 3"* && $(ls -A "$drop") == 10.99.0.20-first.log ]] && arrived first.log
}

full_disk_is_seen() {
  counted tftp_upload_disk_full_total 1 && counted upload_store_full_total 1 && grep -q "uploads: $drop is full" "$DAEMON_LOG" &&
    grep -q "failed to receive 10.99.0.20-second.log" "$DAEMON_LOG"
}

rate_holds() {
  head -c 250000 "$out/log" >"$out/short"
  local start took
  start=$(rack_now_ms)
  in_walker curl -sS --max-time 30 -T "$out/short" tftp://10.99.0.1/short && cmp "$out/short" "$drop/10.99.0.20-short" || return 1
  took=$(($(rack_now_ms) - start))
  echo "250000 bytes took $took ms"
  ((took >= 1700 && took <= 10000))
}

# put_until_half_written NAME: atftp in the background, and some of it on disk. Sets sender.
put_until_half_written() {
  ip netns exec "$walker" atftp --put --local-file "$out/log" --remote-file "$1" 10.99.0.1 &
  sender=$!
  wait_until 20 half_written
}

half_written() { [[ -n $(find "$drop" -name '.rackcast-*.partial' -size +0) ]]; }

client_vanishes() {
  put_until_half_written vanished.log || return 1
  kill -KILL "$sender"
  wait_until 30 no_partials && [[ ! -e $drop/10.99.0.20-vanished.log ]] && counted tftp_upload_peer_silent_total 1 &&
    counted upload_store_abandoned_total 1
}

daemon_is_killed() {
  put_until_half_written killed.log || return 1
  kill -KILL "$DAEMON_PID"
  wait_until 10 rack_is_dead "$DAEMON_PID"
  kill -KILL "$sender"
  half_written || return 1
  daemon_start "$rackcastd" "$RACK_DIR/uploads.toml"
  no_partials && [[ ! -e $drop/10.99.0.20-killed.log ]] && cmp "$out/short" "$drop/10.99.0.20-short"
}

rack_is_dead() { ! rack_running "$1"; }

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
