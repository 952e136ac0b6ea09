#!/usr/bin/env bash
# The demo tree: everything a machine needs to boot and "install" from 10.99.0.1, made of Debian packages that are downloaded
# and unpacked, never installed. Source it and call demo_tree_build, or run it. amd64 only.
#
#   build/demo/tftpboot/   pxelinux.0, ldlinux.c32 and its modules, pxelinux.cfg/default, boot.msg, vmlinuz, initrd.img, ipxe.efi
#   build/demo/tree/       root of HTTP and FTP: ks.cfg, boot.ipxe, boot/{vmlinuz,initrd.img,ipxe.efi}, packages/, repository/ (when rpmbuild
#                          and createrepo_c are there)
#   build/demo/host/       busybox (static): a DHCP and TFTP client for namespaces
#   build/demo/stamp       what it was made of; another stamp means it is made again
#   build/demo.debs/       the downloaded packages; kept, so that making it again needs no network
#
# The tree is made beside its place and renamed into it, under a lock: a reader sees a whole tree or none.

demo_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DEMO_SERVER=10.99.0.1
DEMO_TREE=${DEMO_TREE:-$(cd "$demo_lib/../.." && pwd)/build/demo}

# In this order: virtio_ring must come before virtio.
demo_modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover net_failover virtio_net)
# What the demo kickstart "installs".
demo_packages=(hello busybox-static)

# demo_tree_build [FOLDER]: makes the tree unless it is there already, and sets DEMO_TREE. Progress on standard error.
# Under `set -e`, and not as a condition: a step that fails ends the caller, and the old tree stays.
demo_tree_build() {
  DEMO_TREE=${1:-$DEMO_TREE}
  mkdir -p "$(dirname "$DEMO_TREE")"
  local lock
  exec {lock}>"$DEMO_TREE.lock"
  flock "$lock"
  local stamp
  stamp=$(demo_stamp)
  if [[ ! -f $DEMO_TREE/stamp || $(<"$DEMO_TREE/stamp") != "$stamp" ]]; then
    demo_remake "$stamp"
  fi
  exec {lock}>&-
}

demo_remake() {
  echo "building the demo tree in $DEMO_TREE" >&2
  local work=$DEMO_TREE.new
  rm -rf "$work"
  mkdir -p "$work"/{tftpboot/pxelinux.cfg,tree/boot,tree/packages,host,unpacked}
  demo_unpack "$work/unpacked"
  demo_initrd "$work"
  demo_tftpboot "$work"
  demo_install_tree "$work"
  rm -rf "$work/unpacked"
  echo "$1" >"$work/stamp"
  chmod -R u+rwX,go+rX "$work"
  rm -rf "$DEMO_TREE"
  mv "$work" "$DEMO_TREE"
}

# What decides the tree: this script, the machine's scripts, and whether a yum repository can be made.
demo_stamp() {
  local repository=no
  if demo_can_repository; then repository=yes; fi
  cat "${BASH_SOURCE[0]}" "$demo_lib/initrd/init" "$demo_lib/initrd/lease" | sha256sum | cut -d' ' -f1 | sed "s/\$/ repository=$repository/"
}

demo_can_repository() { command -v rpmbuild >/dev/null && command -v createrepo_c >/dev/null; }

# The kernel package that the cloud meta package stands for today.
demo_kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

# demo_deb PACKAGE: prints the path of its .deb, downloaded unless it was before.
demo_deb() {
  local deb cache=$DEMO_TREE.debs
  mkdir -p "$cache"
  deb=$(compgen -G "$cache/$1_*.deb" | sort | tail -n 1) || true
  if [[ -z $deb ]]; then
    # Into a folder of its own first: a download that was cut short must not pass for the package.
    rm -rf "$cache/partial"
    mkdir "$cache/partial"
    (cd "$cache/partial" && apt-get -q -o APT::Sandbox::User=root download "$1" >&2) || {
      echo "demo tree: cannot download the Debian package $1; check the network and run apt-get update" >&2
      return 1
    }
    mv "$cache/partial"/*.deb "$cache/"
    deb=$(compgen -G "$cache/$1_*.deb" | sort | tail -n 1)
  fi
  echo "$deb"
}

# A kernel downloaded before is as good as today's; otherwise ask apt which one it is.
demo_kernel_deb() {
  local kernel
  kernel=$(compgen -G "$DEMO_TREE.debs/linux-image-*.deb" | sort -V | tail -n 1) || true
  if [[ -n $kernel ]]; then
    echo "$kernel"
    return
  fi
  kernel=$(demo_kernel_package)
  if [[ -z $kernel ]]; then
    apt-get -q update >&2
    kernel=$(demo_kernel_package)
  fi
  if [[ -z $kernel ]]; then
    echo "demo tree: apt knows no linux-image-cloud-amd64; the demo kernel needs Debian's amd64 archive" >&2
    return 1
  fi
  demo_deb "$kernel"
}

demo_unpack() {
  local package deb
  deb=$(demo_kernel_deb)
  dpkg-deb -x "$deb" "$1"
  for package in pxelinux syslinux-common ipxe busybox-static; do
    deb=$(demo_deb "$package")
    dpkg-deb -x "$deb" "$1"
  done
}

# The machine's initrd: busybox, the network driver and our two scripts. Same inputs, same bytes.
demo_initrd() {
  local work=$1 root=$1/unpacked/initrd module found
  mkdir -p "$root/bin" "$root/lib/modules"
  install -m 755 "$work/unpacked/bin/busybox" "$work/host/busybox"
  install -m 755 "$work/unpacked/bin/busybox" "$root/bin/busybox"
  install -m 755 "$demo_lib/initrd/init" "$root/init"
  install -m 755 "$demo_lib/initrd/lease" "$root/lib/lease"
  for module in "${demo_modules[@]}"; do
    found=$(find "$work/unpacked/lib/modules" -name "$module.ko" -print -quit)
    if [[ -z $found ]]; then
      echo "demo tree: the kernel package has no module $module.ko" >&2
      return 1
    fi
    install -m 644 "$found" "$root/lib/modules/$module.ko"
    echo "$module" >>"$root/lib/modules/order"
  done
  find "$root" -exec touch -h -d @0 {} +
  (cd "$root" && find . -print0 | LC_ALL=C sort -z | cpio --quiet -0 -o -H newc -R 0:0 --reproducible | gzip -9n) \
    >"$work/tftpboot/initrd.img"
}

demo_tftpboot() {
  local work=$1 boot=$1/tftpboot module
  install -m 644 "$work"/unpacked/boot/vmlinuz-* "$boot/vmlinuz"
  install -m 644 "$work/unpacked/usr/lib/PXELINUX/pxelinux.0" "$boot/"
  for module in ldlinux libcom32 libutil menu; do
    install -m 644 "$work/unpacked/usr/lib/syslinux/modules/bios/$module.c32" "$boot/"
  done
  install -m 644 "$work/unpacked/boot/ipxe.efi" "$boot/"
  cat >"$boot/pxelinux.cfg/default" <<END
serial 0 115200
default linux
prompt 1
timeout 10
display boot.msg
F1 boot.msg
F2 options.msg

label linux
  kernel vmlinuz
  append initrd=initrd.img ks=ftp://$DEMO_SERVER/ks.cfg console=ttyS0
label http
  kernel vmlinuz
  append initrd=initrd.img ks=http://$DEMO_SERVER/ks.cfg console=ttyS0
label local
  localboot 1
END
  cat >"$boot/boot.msg" <<'END'

rackcast demo rack

  linux   take a lease, fetch the kickstart by FTP and the packages by FTP and HTTP
  http    the same with the kickstart by HTTP
  local   boot from the first disk

Press F2 for options. "linux" starts by itself.
END
  cat >"$boot/options.msg" <<'END'

  ks=URL            where the kickstart is: ftp:// or http://
  console=ttyS0     the machine's messages on its serial line

END
}

demo_install_tree() {
  local work=$1 tree=$1/tree package deb
  install -m 644 "$work"/tftpboot/{vmlinuz,initrd.img,ipxe.efi} "$tree/boot/"
  for package in "${demo_packages[@]}"; do
    deb=$(demo_deb "$package")
    # A plain name: apt writes the epoch's colon as %3a, which is one more thing to quote in a URL.
    install -m 644 "$deb" "$tree/packages/$package.deb"
  done
  (cd "$tree/packages" && sha256sum -- *.deb >SHA256SUMS)
  cat >"$tree/boot.ipxe" <<END
#!ipxe
echo rackcast demo: kernel and initrd over HTTP
kernel http://$DEMO_SERVER/boot/vmlinuz initrd=initrd.img ks=http://$DEMO_SERVER/ks.cfg console=ttyS0
initrd http://$DEMO_SERVER/boot/initrd.img
boot
END
  demo_kickstart "$tree"
  if demo_can_repository; then demo_repository "$work"; fi
}

# A kickstart as an installer would read it. The demo machine reads the lines that start with "# rackcast-package:".
demo_kickstart() {
  local sum file
  {
    cat <<END
# Kickstart of the rackcast demo rack
install
url --url http://$DEMO_SERVER/
text
lang en_US.UTF-8
keyboard us
network --bootproto=dhcp
rootpw --lock
firewall --disabled
firstboot --disable
bootloader --location=mbr
zerombr
clearpart --all --initlabel
autopart
poweroff
END
    while read -r sum file; do
      echo "# rackcast-package: packages/$file $sum"
    done <"$1/packages/SHA256SUMS"
    printf '%%packages\n@core\n%%end\n'
  } >"$1/ks.cfg"
}

# A yum repository of one package, so that a tree with repodata can be walked too.
demo_repository() {
  local work=$1 build=$1/unpacked/rpm
  mkdir -p "$build" "$work/tree/repository"
  cat >"$build/demo.spec" <<'END'
Name: rackcast-demo
Version: 1.0
Release: 1
Summary: One file, for the demo tree's yum repository
License: MIT
BuildArch: noarch
%description
One file, for the demo tree's yum repository.
%install
mkdir -p %{buildroot}/usr/share/rackcast-demo
echo "installed from the rackcast demo tree" >%{buildroot}/usr/share/rackcast-demo/message
%files
/usr/share/rackcast-demo/message
END
  rpmbuild --quiet --define "_topdir $build" --define "_rpmdir $build/out" -bb "$build/demo.spec" >"$build/log" 2>&1 || {
    cat "$build/log" >&2
    return 1
  }
  cp "$build"/out/noarch/*.rpm "$work/tree/repository/"
  createrepo_c --quiet "$work/tree/repository"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  demo_tree_build "$@"
  echo "$DEMO_TREE"
fi
