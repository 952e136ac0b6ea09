"""The TFTP servers that are compared: how each is started for one case."""
from side_by_side.processes import Server, unpack

PEERS = ("dnsmasq", "atftpd", "tftpd-hpa", "xinetd")
CEILING, GATHERED = "ceiling", "ceiling gathered"
# What takes part in windows: the others answer without the option, in lock-step.
WINDOW_SERVERS = ("rackcast io_uring", "rackcast socket", "atftpd", CEILING, GATHERED)

XINETD_FILE = """service tftp
{{
    socket_type     = dgram
    protocol        = udp
    wait            = yes
    user            = root
    server          = {binary}
    server_args     = -s {root}
    bind            = {address}
    disable         = no
    per_source      = 11
    cps             = 100 2
    flags           = IPv4
}}
"""


def unpack_peers(build):
    return unpack(build, (("atftpd", "usr/sbin/atftpd"), ("tftpd-hpa", "usr/sbin/in.tftpd"), ("dnsmasq-base", "usr/sbin/dnsmasq"),
                          ("xinetd", "usr/sbin/xinetd"), ("libwrap0", "usr/lib")))


def rackcast(io, build, scratch, root, link):
    config = scratch / f"{io}.toml"
    config.write_text(f"""[server]
interfaces = ["{link.interface}"]
io = "{io}"
user = "root"
state_dir = "{scratch}"
[tftp]
listen = ["{link.server}:69"]
root = "{root}"
[log]
level = "warning"
""")
    return [str(build / "bin/rackcastd"), "--config", str(config), "--foreground"]


def servers_for(case, build, peers, scratch, original, group, link):
    """All of them, set up for one case; `peers`: where Debian's are unpacked."""
    root = original.parent
    in_tftpd = str(peers / "tftpd-hpa/usr/sbin/in.tftpd")
    libraries = {"LD_LIBRARY_PATH": str(peers / "libwrap0/usr/lib/x86_64-linux-gnu")}
    xinetd_file = scratch / "xinetd.conf"
    xinetd_file.write_text(XINETD_FILE.format(binary=in_tftpd, root=root, address=link.server))
    ceiling = [str(build / "bench/tftp_ceiling"), "--listen", f"{link.server}:69", "--file", str(original), "--blksize",
               str(case.blksize), "--window", str(case.window)]
    return [
        Server("rackcast io_uring", rackcast("io_uring", build, scratch, root, link), group),
        Server("rackcast socket", rackcast("socket", build, scratch, root, link), group),
        Server(CEILING, ceiling, group),
        Server(GATHERED, [*ceiling, "--gather"], group),
        Server("dnsmasq", [str(peers / "dnsmasq-base/usr/sbin/dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
                           "--enable-tftp", f"--tftp-root={root}", "--tftp-max=60000", f"--listen-address={link.server}",
                           "--bind-interfaces", "--user=root", f"--pid-file={scratch}/dnsmasq.pid"], group),
        Server("atftpd", [str(peers / "atftpd/usr/sbin/atftpd"), "--daemon", "--no-fork", "--port", "69", "--bind-address",
                          link.server, "--maxthread", "60000", "--user", "root", "--group", "root", "--verbose=0",
                          "--logfile", f"{scratch}/atftpd.log", str(root)], group, libraries),
        Server("tftpd-hpa", [in_tftpd, "-L", "-4", "-s", "-u", "root", "-a", ":69", str(root)], group, libraries),
        Server("xinetd", [str(peers / "xinetd/usr/sbin/xinetd"), "-dontfork", "-f", str(xinetd_file), "-pidfile",
                          str(scratch / "xinetd.pid")], group, libraries),
    ]
