"""The DHCP servers that are compared: how each is started for one wire, with fresh lease files on the disk of the build.

All serve the same network with the same options; none looks whether an address is used already, none has caps, and each says
as little as it can to its log (dhcpd's lines to syslog cannot be turned off).
"""
import json
import shutil

from side_by_side.dhcp_links import NETMASK, NETWORK, POOL, ROUTER, SMALL_POOL
from side_by_side.processes import Server, unpack

OURS, KEA, DHCPD, DNSMASQ, DNSMASQ_NO_FILE = "rackcast", "kea", "dhcpd", "dnsmasq", "dnsmasq, no lease file"
DHCP_PEERS = (KEA, DHCPD, DNSMASQ, DNSMASQ_NO_FILE)
DHCP_PORT = 67
LEASE_SECONDS = 43_200
DNS, BOOT_FILE = "10.0.0.53", "pxelinux.0"
LOAD_PACKAGES = (("kea-common", "usr/lib/x86_64-linux-gnu"), ("kea-admin", "usr/sbin/perfdhcp"))
LIBRARIES = "kea-common/usr/lib/x86_64-linux-gnu"
PACKAGES = {KEA: (("kea-dhcp4-server", "usr/sbin/kea-dhcp4"), ("kea-common", "usr/lib/x86_64-linux-gnu")),
            DHCPD: (("isc-dhcp-server", "usr/sbin/dhcpd"),),
            DNSMASQ: (("dnsmasq-base", "usr/sbin/dnsmasq"),), DNSMASQ_NO_FILE: (("dnsmasq-base", "usr/sbin/dnsmasq"),)}


def unpack_for(build, names, with_load):
    """Libraries of Kea's that Debian packages apart are installed by tools/test --deps-only (tools/lib/packages.sh)."""
    packages = [package for name in names for package in PACKAGES.get(name, ())] + list(LOAD_PACKAGES if with_load else ())
    return unpack(build, dict.fromkeys(packages))


def rackcast_toml(link, folder):
    return f"""[server]
interfaces = ["{link.interface}"]
io = "io_uring"
user = "root"
state_dir = "{folder}"
[dhcp]
[[dhcp.subnet]]
subnet = "{NETWORK}"
range = ["{POOL[0]}-{POOL[1]}"]
routers = ["{ROUTER}"]
dns = ["{DNS}"]
lease_seconds = {{ default = {LEASE_SECONDS} }}
[dhcp.boot]
default = "{BOOT_FILE}"
[log]
level = "warning"
"""


def dhcpd_conf(link):
    own = "" if not link.relayed else "subnet 192.168.7.0 netmask 255.255.255.0 { }\n"
    return f"""authoritative;
ping-check false;
default-lease-time {LEASE_SECONDS};
{own}subnet {NETWORK.split("/")[0]} netmask {NETMASK} {{
  range {SMALL_POOL[0]} {SMALL_POOL[1]};
  option routers {ROUTER};
  option domain-name-servers {DNS};
  next-server {link.server};
  filename "{BOOT_FILE}";
}}
"""


def kea_json(link, folder):
    return json.dumps({"Dhcp4": {
        # As its manual advises: raw sockets for clients on the wire, plain ones where all is relayed.
        "interfaces-config": {"interfaces": [link.interface], "dhcp-socket-type": "udp" if link.relayed else "raw"},
        "lease-database": {"type": "memfile", "persist": True, "name": f"{folder}/kea.csv"},
        "valid-lifetime": LEASE_SECONDS,
        "next-server": link.server,
        "boot-file-name": BOOT_FILE,
        "subnet4": [{"id": 1, "subnet": NETWORK, "pools": [{"pool": " - ".join(POOL)}],
                     "option-data": [{"name": "routers", "data": ROUTER}, {"name": "domain-name-servers", "data": DNS}]}],
        "loggers": [{"name": "kea-dhcp4", "severity": "WARN", "output_options": [{"output": "stdout"}]}]}})


class DhcpServers:
    """`folder`: on the real disk; everything a server writes is below it, and is fresh at each start."""

    def __init__(self, build, peers, folder, group, link):
        self.build, self.peers, self.folder, self.group, self.link = build, peers, folder, group, link

    def fresh(self, files):
        def prepare():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            for name, text in files.items():
                (self.folder / name).write_text(text)
        return prepare

    def server(self, name):
        command, files, environment = getattr(self, "of_" + name.split(",")[0])(name)
        return Server(name, [str(part) for part in command], self.group, environment, DHCP_PORT, self.fresh(files))

    def of_rackcast(self, _name):
        return ([self.build / "bin/rackcastd", "--config", self.folder / "rackcast.toml", "--foreground"],
                {"rackcast.toml": rackcast_toml(self.link, self.folder)}, None)

    def of_kea(self, _name):
        return ([self.peers / "kea-dhcp4-server/usr/sbin/kea-dhcp4", "-c", self.folder / "kea.json"],
                {"kea.json": kea_json(self.link, self.folder)},
                {"LD_LIBRARY_PATH": str(self.peers / LIBRARIES), "KEA_PIDFILE_DIR": str(self.folder),
                 "KEA_LOCKFILE_DIR": str(self.folder), "KEA_LFC_EXECUTABLE": str(self.peers / "kea-common/usr/sbin/kea-lfc")})

    def of_dhcpd(self, _name):
        return ([self.peers / "isc-dhcp-server/usr/sbin/dhcpd", "-4", "-f", "-q", "-cf", self.folder / "dhcpd.conf", "-lf",
                 self.folder / "dhcpd.leases", "-pf", self.folder / "dhcpd.pid", self.link.interface],
                {"dhcpd.conf": dhcpd_conf(self.link), "dhcpd.leases": ""}, None)

    def of_dnsmasq(self, name):
        leases = "--leasefile-ro" if name == DNSMASQ_NO_FILE else f"--dhcp-leasefile={self.folder}/dnsmasq.leases"
        return ([self.peers / "dnsmasq-base/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
                 f"--interface={self.link.interface}", "--user=root", f"--pid-file={self.folder}/dnsmasq.pid", "--no-ping",
                 "--quiet-dhcp", "--dhcp-authoritative", f"--dhcp-range={SMALL_POOL[0]},{SMALL_POOL[1]},{NETMASK},{LEASE_SECONDS}",
                 "--dhcp-lease-max=300000", f"--dhcp-option=option:router,{ROUTER}", f"--dhcp-option=option:dns-server,{DNS}",
                 f"--dhcp-boot={BOOT_FILE},,{self.link.server}", leases], {}, None)
