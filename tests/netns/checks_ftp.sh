# shellcheck shell=bash
# FTP clients: curl, wget, lftp, busybox. Sourced by clients_test, after checks_http.sh (same_tree).

ftp_checks() {
  ftp=ftp://10.99.0.1
  check "curl: EPSV" ftp_get 'Entering Extended Passive|^< 229'
  check "curl: PASV" ftp_get '^< 227' --disable-epsv
  check "curl: EPRT" ftp_get '^> EPRT' --ftp-port -
  check "curl: PORT" ftp_get '^> PORT' --ftp-port - --disable-eprt
  check "curl: resumes in the middle" ftp_resume
  check "curl: a range" ftp_range
  check "curl: size and time without the file" ftp_head
  check "curl: long listing" ftp_list_has '^-r.* hello\.deb$'
  check "curl: names only" ftp_list_has '^hello\.deb$' -l
  check "curl: a name with spaces" ftp_named odd/with%20spaces.txt 'odd/with spaces.txt'
  check "curl: two files on one control connection" ftp_keeps_connection
  check "curl: a missing file is refused" fails ftp_curl "$ftp/no/such/file"
  check "curl: upload is refused" ftp_refuses_upload
  check "curl: delete is refused" ftp_refuses_delete
  check "curl: a named user is refused" fails ftp_curl -u root:secret "$ftp/ks.cfg"
  check "curl: .. stays inside" ftp_stays_inside
  check "busybox wget: a file" ftp_busybox
  check "wget: passive" ftp_wget
  check "wget: active" ftp_wget --no-passive-ftp
  check "wget -r: the whole tree" ftp_wget_tree
  check "lftp mirror: the whole tree" ftp_lftp_tree
  check "lftp pget: four pieces at once" ftp_lftp_pieces
}

ftp_curl() { in_walker curl -sS --max-time 30 "$@"; }
ftp_file() { echo "$RACK_SCRATCH/tree/boot/initrd.img"; }

# ftp_get PATTERN ARGUMENTS...: byte-exact, and the dialogue shows PATTERN (that this way of opening the data connection was taken).
ftp_get() {
  local pattern=$1
  shift
  rm -f "$out/fetched"
  ftp_curl -v "$@" -o "$out/fetched" "$ftp/boot/initrd.img" 2>"$out/dialogue"
  cat "$out/dialogue"
  cmp "$(ftp_file)" "$out/fetched" && grep -qE "$pattern" "$out/dialogue"
}

ftp_resume() {
  head -c 300000 "$(ftp_file)" >"$out/resumed"
  ftp_curl -C - -o "$out/resumed" "$ftp/boot/initrd.img" && cmp "$(ftp_file)" "$out/resumed"
}

ftp_range() {
  ftp_curl -r 100-199 -o "$out/fetched" "$ftp/boot/initrd.img" &&
    cmp <(tail -c +101 "$(ftp_file)" | head -c 100) "$out/fetched"
}

ftp_head() {
  local said
  said=$(ftp_curl -I "$ftp/boot/initrd.img" | tr -d '\r')
  echo "$said"
  grep -qx "Content-Length: $(stat -c %s "$(ftp_file)")" <<<"$said" &&
    grep -qx "Last-Modified: $(TZ=UTC LC_ALL=C date -r "$(ftp_file)" '+%a, %d %b %Y %T GMT')" <<<"$said"
}

# ftp_list_has PATTERN ARGUMENTS...
ftp_list_has() {
  local pattern=$1
  shift
  ftp_curl "$@" "$ftp/packages/" | tr -d '\r' >"$out/listing"
  cat "$out/listing"
  grep -qE "$pattern" "$out/listing"
}

ftp_named() { ftp_curl -o "$out/fetched" "$ftp/$1" && cmp "$RACK_SCRATCH/tree/$2" "$out/fetched"; }

ftp_keeps_connection() {
  local connects
  connects=$(ftp_curl -o "$out/a" -o "$out/b" -w '%{num_connects} ' "$ftp/boot/initrd.img" "$ftp/ks.cfg")
  echo "new connections: $connects"
  # The second file opens its data connection only.
  [[ $connects == "2 1 " ]] && cmp "$(ftp_file)" "$out/a" && cmp "$RACK_SCRATCH/tree/ks.cfg" "$out/b"
}

ftp_refuses_upload() {
  echo "not wanted" >"$out/upload"
  fails ftp_curl -T "$out/upload" "$ftp/uploaded" && [[ ! -e $RACK_SCRATCH/tree/uploaded ]]
}

ftp_refuses_delete() {
  fails ftp_curl -Q "DELE ks.cfg" "$ftp/" && [[ -e $RACK_SCRATCH/tree/ks.cfg ]]
}

ftp_stays_inside() {
  rm -f "$out/fetched"
  fails ftp_curl --path-as-is --ftp-method nocwd -o "$out/fetched" "$ftp/../out/secret" && [[ ! -s $out/fetched ]] || return 1
  # CWD .. at the top is refused, and the connection goes on at the top.
  ftp_curl -Q "*CWD .." -Q "*CWD ../.." -o "$out/fetched" "$ftp/ks.cfg" && cmp "$RACK_SCRATCH/tree/ks.cfg" "$out/fetched"
}

ftp_busybox() {
  in_walker "$DEMO_TREE/host/busybox" wget -q -O "$out/fetched" "$ftp/boot/initrd.img" && cmp "$(ftp_file)" "$out/fetched"
}

# ftp_wget ARGUMENTS...
ftp_wget() {
  rm -f "$out/fetched"
  in_walker wget -nv --tries=2 --timeout=10 "$@" -O "$out/fetched" "$ftp/boot/initrd.img" && cmp "$(ftp_file)" "$out/fetched"
}

ftp_wget_tree() {
  in_walker wget -nv -r -l 10 -nH --restrict-file-names=nocontrol --tries=2 --timeout=10 -P "$out/wget" "$ftp/" && same_tree "$out/wget"
}

ftp_lftp() { in_walker lftp -c "set net:timeout 10; set net:max-retries 2; open $ftp/; $1"; }

ftp_lftp_tree() { ftp_lftp "mirror --parallel=4 . $out/lftp" && same_tree "$out/lftp"; }

ftp_lftp_pieces() {
  rm -f "$out/vmlinuz"
  ftp_lftp "pget -n 4 -O $out boot/vmlinuz" && cmp "$RACK_SCRATCH/tree/boot/vmlinuz" "$out/vmlinuz"
}
