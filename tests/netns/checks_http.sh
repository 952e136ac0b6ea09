# shellcheck shell=bash
# HTTP clients: curl, wget, lftp. Sourced by clients_test.

http_checks() {
  http=http://10.99.0.1
  check "curl: a whole file" http_get boot/vmlinuz boot/vmlinuz
  check "curl: HTTP/1.0" http_get boot/vmlinuz boot/vmlinuz -0
  check "curl: a name with spaces" http_get odd/with%20spaces.txt 'odd/with spaces.txt'
  check "curl: a name with a percent sign" http_get odd/100%25%20sure 'odd/100% sure'
  check "curl: an empty file" http_get odd/empty odd/empty
  check "curl: a range" http_range 100-199 206 "$(http_slice 101 100)"
  check "curl: the last 500 bytes" http_range -500 206 "$(tail -c 500 "$(http_file)" | sha256sum)"
  check "curl: a range beyond the end is refused" http_status 416 -r 999999999-
  check "curl: resumes in the middle" http_resume
  check "curl: HEAD tells the length and sends no body" http_head
  check "curl: If-None-Match gives 304" http_if_none_match
  check "curl: If-Modified-Since gives 304" http_if_modified_since
  check "curl: an older date gives the file" http_status 200 -z "1 Jan 2001"
  check "curl: If-Range with another tag gives the whole file" http_status 200 -r 100-199 -H 'If-Range: "other"'
  check "curl: two files on one connection" http_keeps_connection
  check "curl: HEAD, then GET on the same connection" http_head_then_get
  check "curl: a missing file gives 404" http_path_status 404 /no/such/file
  check "curl: PUT gives 405" http_status 405 -X PUT
  check "curl: POST gives 405" http_status 405 -d x=y
  check "curl: .. is refused" http_stays_inside /../tftpboot/vmlinuz
  check "curl: .. in disguise is refused" http_stays_inside /odd/%2e%2e/%2e%2e/tftpboot/vmlinuz
  check "curl: a folder without its slash leads to the listing" http_listing
  check "busybox wget: a file" http_busybox
  check "wget -r: the whole tree" http_wget_tree
  check "lftp mirror: the whole tree" http_lftp_tree
}

http_file() { echo "$RACK_SCRATCH/tree/boot/initrd.img"; }
# http_slice FROM COUNT: checksum of a piece, FROM counted from 1.
http_slice() { tail -c "+$1" "$(http_file)" | head -c "$2" | sha256sum; }

# http_curl ARGUMENTS...
http_curl() { in_walker curl -sS --max-time 30 "$@"; }

# http_get PATH FILE ARGUMENTS...
http_get() {
  local path=$1 file=$2
  shift 2
  http_curl -f "$@" -o "$out/fetched" "$http/$path" && cmp "$RACK_SCRATCH/tree/$file" "$out/fetched"
}

# http_range RANGE STATUS SUM
http_range() {
  local status
  status=$(http_curl -r "$1" -o "$out/fetched" -w '%{http_code}' "$http/boot/initrd.img")
  echo "status $status, $(stat -c %s "$out/fetched") bytes"
  [[ $status == "$2" && $(sha256sum <"$out/fetched") == "$3" ]]
}

# http_status STATUS ARGUMENTS...: of a request for initrd.img.
http_status() {
  local want=$1 got
  shift
  got=$(http_curl "$@" -o "$out/fetched" -w '%{http_code}' "$http/boot/initrd.img")
  echo "status $got, wanted $want"
  [[ $got == "$want" ]] || return 1
  [[ $want != 200 ]] || cmp "$(http_file)" "$out/fetched"
}

http_path_status() {
  local got
  got=$(http_curl -o "$out/fetched" -w '%{http_code}' "$http$2")
  echo "status $got, wanted $1"
  [[ $got == "$1" ]]
}

http_resume() {
  head -c 300000 "$(http_file)" >"$out/resumed"
  http_curl -f -C - -o "$out/resumed" "$http/boot/initrd.img" && cmp "$(http_file)" "$out/resumed"
}

# http_header NAME: of initrd.img.
http_header() { http_curl -I "$http/boot/initrd.img" | tr -d '\r' | sed -n "s/^$1: //Ip"; }

http_head() {
  local headers
  headers=$(http_curl -I -w '\nbody %{size_download}\n' "$http/boot/initrd.img" | tr -d '\r')
  echo "$headers"
  grep -qix "content-length: $(stat -c %s "$(http_file)")" <<<"$headers" &&
    grep -qix 'accept-ranges: bytes' <<<"$headers" && grep -qx 'body 0' <<<"$headers"
}

http_if_none_match() {
  local tag
  tag=$(http_header ETag)
  echo "tag $tag"
  [[ -n $tag ]] && http_status 304 -H "If-None-Match: $tag"
}

http_if_modified_since() {
  local date
  date=$(http_header Last-Modified)
  echo "date $date"
  [[ -n $date ]] && http_status 304 -H "If-Modified-Since: $date"
}

http_keeps_connection() {
  local connects
  connects=$(http_curl -o "$out/a" -o "$out/b" -w '%{num_connects} ' "$http/boot/initrd.img" "$http/ks.cfg")
  echo "new connections: $connects"
  [[ $connects == "1 0 " ]] && cmp "$(http_file)" "$out/a" && cmp "$RACK_SCRATCH/tree/ks.cfg" "$out/b"
}

http_head_then_get() {
  local connects
  connects=$(http_curl -I -o /dev/null -w '%{num_connects} ' "$http/boot/initrd.img" --next -sS -o "$out/b" -w '%{num_connects} ' \
    "$http/boot/initrd.img")
  echo "new connections: $connects"
  [[ $connects == "1 0 " ]] && cmp "$(http_file)" "$out/b"
}

http_stays_inside() {
  local got
  rm -f "$out/fetched"
  got=$(http_curl --path-as-is -o "$out/fetched" -w '%{http_code}' "$http$1")
  echo "status $got"
  [[ $got == 4?? ]] && ! cmp -s "$DEMO_TREE/tftpboot/vmlinuz" "$out/fetched"
}

http_listing() {
  http_curl -f -L -o "$out/fetched" "$http/packages" && cat "$out/fetched" && grep -q 'href="[^"]*hello.deb"' "$out/fetched"
}

http_busybox() {
  in_walker "$DEMO_TREE/host/busybox" wget -q -O "$out/fetched" "$http/boot/initrd.img" && cmp "$(http_file)" "$out/fetched"
}

# same_tree FOLDER: what was fetched is the tree; the copy is removed.
same_tree() {
  diff -r "$RACK_SCRATCH/tree" "$1" && rm -r "$1"
}

http_wget_tree() {
  in_walker wget -nv -r -l 10 -np -nH --restrict-file-names=nocontrol -R 'index.html*' -P "$out/wget" "$http/" && same_tree "$out/wget"
}

http_lftp_tree() {
  in_walker lftp -c "set net:timeout 10; set net:max-retries 2; open $http/; mirror --parallel=4 . $out/lftp" && same_tree "$out/lftp"
}
