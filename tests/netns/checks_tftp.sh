# shellcheck shell=bash
# TFTP clients: tftp-hpa, atftp, curl, busybox. Sourced by clients_test.

tftp_checks() {
  tftp_root=$RACK_SCRATCH/tftpboot
  check "tftp-hpa: vmlinuz, byte-exact" hpa_get vmlinuz vmlinuz
  check "tftp-hpa: /vmlinuz" hpa_get /vmlinuz vmlinuz
  check "tftp-hpa: //vmlinuz" hpa_get //vmlinuz vmlinuz
  check "tftp-hpa: \\vmlinuz" hpa_get '\vmlinuz' vmlinuz
  check "tftp-hpa: pxelinux.cfg\\default" hpa_get 'pxelinux.cfg\default' pxelinux.cfg/default
  check "tftp-hpa: the root's own path in front" hpa_get "$tftp_root/vmlinuz" vmlinuz
  check "tftp-hpa: a missing file is refused" hpa_refuses get no-such-file
  check "tftp-hpa: .. out of the root is refused" hpa_refuses get ../tree/ks.cfg
  check "tftp-hpa: .. behind a folder is refused" hpa_refuses get pxelinux.cfg/../../tree/ks.cfg
  check "tftp-hpa: put is refused" hpa_refuses_put
  check "atftp: plain" atftp_get vmlinuz
  check "atftp: blksize 1468" atftp_get vmlinuz --option "blksize 1468"
  check "atftp: blksize 1468, windowsize 16" atftp_get vmlinuz --option "blksize 1468" --option "windowsize 16"
  check "atftp: blksize and windowsize are granted as asked" atftp_is_granted
  check "atftp: block numbers roll over (34 MB in blocks of 512)" atftp_get big.img --option "windowsize 16"
  check "atftp: blksize above the MTU" atftp_get vmlinuz --option "blksize 8192"
  check "atftp: tsize and timeout" atftp_get initrd.img --option "tsize 0" --option "timeout 2" --option "blksize 1428"
  check "curl: tftp" curl_tftp_get
  check "busybox tftp: blksize 1400" busybox_tftp_get
  check "eight transfers of four machines at once" tftp_in_parallel
}

# same_as_root NAME: what was fetched is the file, byte for byte; the copy is removed.
same_as_root() {
  cmp "$tftp_root/$1" "$out/fetched" && rm "$out/fetched"
}

# hpa_get ASKED NAME
hpa_get() {
  rm -f "$out/fetched"
  in_walker tftp -m binary 10.99.0.1 -c get "$1" "$out/fetched" && same_as_root "$2"
}

# hpa_refuses VERB NAME: an ERROR packet came and no byte with it.
hpa_refuses() {
  rm -f "$out/fetched"
  local said
  said=$(in_walker tftp -m binary 10.99.0.1 -c "$1" "$2" "$out/fetched" 2>&1)
  echo "$said"
  [[ $said == *"Error code "* && ! -s $out/fetched ]]
}

hpa_refuses_put() {
  echo "not wanted" >"$out/upload"
  local said
  said=$(in_walker tftp -m binary 10.99.0.1 -c put "$out/upload" uploaded 2>&1)
  echo "$said"
  [[ $said == *"Error code "* && ! -e $tftp_root/uploaded ]]
}

# atftp_get NAME OPTIONS...
atftp_get() {
  local name=$1
  shift
  rm -f "$out/fetched"
  in_walker atftp "$@" --get --remote-file "$name" --local-file "$out/fetched" 10.99.0.1 && same_as_root "$name"
}

# atftp's trace shows the OACK.
atftp_is_granted() {
  local said
  said=$(in_walker atftp --trace --option "blksize 1468" --option "windowsize 16" --get --remote-file pxelinux.0 \
    --local-file "$out/fetched" 10.99.0.1 2>&1 | sed -n 1,20p)
  echo "$said"
  grep -q 'received OACK.*blksize: 1468' <<<"$said" && grep -q 'received OACK.*windowsize: 16' <<<"$said" && same_as_root pxelinux.0
}

curl_tftp_get() {
  in_walker curl -sS --max-time 30 --tftp-blksize 1468 -o "$out/fetched" tftp://10.99.0.1/initrd.img && same_as_root initrd.img
}

busybox_tftp_get() {
  in_walker "$DEMO_TREE/host/busybox" tftp -g -b 1400 -r initrd.img -l "$out/fetched" 10.99.0.1 && same_as_root initrd.img
}

tftp_in_parallel() {
  local machine transfer pids=() pid status=0
  for machine in 1 2 3 4; do
    rack_add_client "tftp$machine"
    ip -n "$RACK_NS" address add "10.99.0.3$machine/24" dev eth0
    for transfer in 1 2; do
      timeout -k 2 60 ip netns exec "$RACK_NS" atftp --option "blksize 1468" --option "windowsize $((machine * 2))" --get \
        --remote-file vmlinuz --local-file "$out/parallel-$machine-$transfer" 10.99.0.1 &
      pids+=($!)
    done
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || status=1
  done
  for transfer in "$out"/parallel-*; do
    cmp "$tftp_root/vmlinuz" "$transfer" || status=1
    rm "$transfer"
  done
  return "$status"
}
