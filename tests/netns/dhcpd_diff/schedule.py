"""The packets for one dhcpd.conf: standard clients on each of its networks, one for each host and literal in it, and those of its
.packets file. Lines for dhcpd_diff_driver."""
import dataclasses
import ipaddress
import shlex

SENTINEL = ipaddress.ip_network("198.18.255.0/29")
SENTINEL_RELAY = "198.18.255.1"
ELSEWHERE = "203.0.113.77"   # an address, and a server, of no file

PRL_LINUX = (1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42)
PRL_WINDOWS = (1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252)
PRL_ROM = (1, 2, 3, 4, 5, 6, 11, 12, 13, 15, 16, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97,
           *range(128, 136))
PRL_IPXE = (1, 3, 6, 7, 12, 15, 17, 26, 42, 43, 60, 66, 67, 119, *range(128, 136), 175, 203)
PRL_ALL = tuple(range(1, 255))
LIFE = ("discover", "discover", "select", "renew", "rebind", "reboot", "inform", "release", "discover")
SHORT = ("discover", "select", "release")
BOOTP = ("bootp", "bootp")
IPXE_BIOS = "b105" + "018086100e" + "eb03010000" + "170101" + "220101" + "130101" + "210101" + "110101" + "190101"
IPXE_EFI = "b105" + "018086100e" + "eb03010000" + "170101" + "240101" + "130101" + "110101"


@dataclasses.dataclass
class Client:
    name: str
    mac: str = ""
    steps: tuple = SHORT
    options: dict = dataclasses.field(default_factory=dict)   # code: octets
    words: dict = dataclasses.field(default_factory=dict)     # of the driver's keys
    via: str = ""                                             # the relay it is behind
    hint: bool = True                                         # asks for an address in its DISCOVER

    def lines(self, requested):
        for step in self.steps:
            kind, _, tail = step.partition(":")
            words = {"mac": self.mac, **self.words} | dict(part.split("=", 1) for part in tail.split(",") if part)
            options = dict(self.options)
            # Who has an address speaks past its relay, which adds nothing then.
            past_relay = kind in ("renew", "release", "inform") and "via" not in words
            if self.via and not past_relay:
                words.setdefault("via", self.via)
            if "via" not in words:
                options.pop(82, None)
            if kind == "discover" and requested and self.hint:
                words.setdefault("request", str(requested))
            yield " ".join(["send", self.name, kind, *(f"{k}={v}" for k, v in words.items()),
                            *(f"{code}={value.hex()}" for code, value in options.items())])


def prl(codes):
    return {55: bytes(codes)}


def pxe(arch, codes=PRL_ROM, vendor="PXEClient", size=1472):
    text = f"{vendor}:Arch:{arch:05}:UNDI:{'002001' if arch == 0 else '003016'}"
    return prl(codes) | {57: size.to_bytes(2, "big"), 60: text.encode(), 93: arch.to_bytes(2, "big"),
                         94: bytes((1, 2, 1) if arch == 0 else (1, 3, 16)), 97: b"\0" + bytes(range(0x30, 0x40))}


def ipxe(arch, features):
    return pxe(arch, PRL_IPXE) | {77: b"iPXE", 175: bytes.fromhex(features)}


def standard_clients():
    """Without MAC addresses and relays. `{mac}` in an option is the client's own."""
    yield Client("plain", steps=LIFE, options=prl(PRL_LINUX) | {12: b"pc-one"})
    yield Client("asks-nothing", steps=LIFE, words={"flags": "b"}, hint=False)
    yield Client("windows", steps=LIFE, options=prl(PRL_WINDOWS) | {61: b"{mac}", 60: b"MSFT 5.0", 12: b"WIN-1"})
    yield Client("same-mac-rom", options=pxe(0), words={"flags": "b"}, steps=("discover", "select", "release"))
    for arch in (0, 2, 6, 7, 8, 9, 10, 11, 14):
        yield Client(f"pxe-{arch}", options=pxe(arch), words={"flags": "b"} if arch != 9 else {})
    yield Client("pxe-life", steps=LIFE, options=pxe(7))
    yield Client("pxe-no-list", options={k: v for k, v in pxe(7).items() if k != 55})
    for arch in (15, 16, 19):
        yield Client(f"http-{arch}", options=pxe(arch, vendor="HTTPClient"), words={"flags": "b"})
    yield Client("ipxe-bios", options=ipxe(0, IPXE_BIOS) | {61: b"{mac}"})
    yield Client("ipxe-efi", options=ipxe(7, IPXE_EFI) | {61: b"{mac}"})
    yield Client("gpxe", options=pxe(0, PRL_IPXE) | {77: b"gPXE", 175: bytes.fromhex("130101")})
    yield Client("asks-all", steps=LIFE, options=prl(PRL_ALL) | {57: b"\x05\xc0"})
    yield Client("asks-all-small", options=prl(PRL_ALL) | {57: b"\x02\x40"})
    yield Client("asks-all-unsaid", options=prl(PRL_ALL))
    yield Client("long-lease", options=prl((1, 3, 51)) | {51: b"\x7f\xff\xff\xff"})
    yield Client("short-lease", options=prl((1, 3, 51)) | {51: b"\0\0\0\x3c"})
    yield Client("secs", options=prl((1, 3)), words={"secs": "7"}, steps=("discover", "select", "renew", "release"))
    yield Client("bootp", steps=BOOTP)
    yield Client("bootp-broadcast", steps=("bootp",), words={"flags": "b", "file": "asked.0"})
    yield Client("bootp-raw", steps=("bootp",), words={"cookie": "no"})
    yield Client("other-server", steps=("discover", f"select:server={ELSEWHERE}", "discover", "select", "release"), options=prl((1, 3, 6)))
    yield Client("declines", steps=("discover", "select", "decline", "discover:request=0.0.0.0", "select", "release"), options=prl((1, 3, 6)))
    yield Client("elsewhere", options=prl((1, 3)), steps=(
        f"reboot:request={ELSEWHERE}", "discover", f"select:request={ELSEWHERE}", f"renew:ciaddr={ELSEWHERE}",
        f"rebind:ciaddr={ELSEWHERE}", f"inform:ciaddr={ELSEWHERE}", f"release:ciaddr={ELSEWHERE}"))


def own(options, mac):
    octets = bytes((1, *bytes.fromhex(mac.replace(":", ""))))
    return {code: octets if value == b"{mac}" else value for code, value in options.items()}


class Schedule:
    def __init__(self, conf, extra):
        self.conf = conf
        self.extra = extra   # text of the .packets file
        self.server = ""
        self.count = 0
        self.asked = 0
        self.out = []

    def build(self):
        """(the server's address with its prefix length, the driver's lines)"""
        first = self.conf.subnets[0]
        lines = [line for line in map(str.strip, self.extra.splitlines()) if line and not line.startswith("#")]
        settings = dict(line.split(None, 1) for line in lines if line.startswith("server "))
        server = ipaddress.ip_interface(settings.get("server", f"{self.conf.free_address(first)}/{first.network.prefixlen}"))
        self.server = str(server.ip)
        self.out = [f"server {self.server}", f"sentinel {SENTINEL_RELAY}"]
        for pool in self.conf.pools:
            for low, high in pool.ranges:
                self.out.append(f"range {ipaddress.ip_address(low)} {ipaddress.ip_address(high)} p{pool.number}")
        for host in self.conf.hosts:
            self.out += [f"reserved {address}" for address in host.addresses]
        if "subnet-authority" in lines:
            self.out.append("subnet-authority")
        self.network_clients(server)
        for line in lines:
            if line.split()[0] not in ("server", "never", "subnet-authority"):
                self.extra_client(line)
        return server, self.out

    def network_clients(self, server):
        here = next((s.shared for s in self.conf.subnets if server.ip in s.network), None)
        seen = set()
        for number, subnet in enumerate(self.conf.subnets):
            relay = "" if subnet.shared == here and here not in seen else str(self.conf.free_address(subnet))
            again = subnet.shared in seen
            seen.add(subnet.shared)
            # Behind a relay of the second subnet of a wire only a few.
            clients = list(standard_clients())
            for client in clients[:3] if again else clients:
                self.add(client, f"n{number}", subnet, relay)
            for host in self.conf.hosts:
                self.host_clients(host, f"n{number}", subnet, relay)
            if not again:
                self.literal_clients(f"n{number}", subnet, relay)
                self.strangers(f"n{number}", subnet, relay)

    def mac(self):
        self.count += 1
        return f"02:d1:ff:00:{self.count >> 8:02x}:{self.count & 255:02x}"

    def hint(self, subnet):
        """The next address of the wire's ranges, by turns."""
        ranges = self.conf.ranges_of(subnet.shared)
        if not ranges:
            return None
        self.asked += 1
        low, high = ranges[self.asked % len(ranges)]
        return ipaddress.ip_address(low + 1 + self.asked // len(ranges) % max(1, high - low))

    def add(self, client, place, subnet, relay):
        client = dataclasses.replace(client, name=f"{client.name}@{place}", mac=client.mac or self.mac(), via=client.via or relay)
        client.options = own(client.options, client.mac)
        self.out += client.lines(self.hint(subnet))

    def host_clients(self, host, place, subnet, relay):
        before = len(self.out)
        self.add_host_clients(host, place, subnet, relay)
        if host.subnet not in (None, subnet.network):
            self.out[before:] = [line + " away=1" for line in self.out[before:]]

    def add_host_clients(self, host, place, subnet, relay):
        identity = {61: host.client_id} if host.client_id else {}
        via = relay
        if host.circuit or host.remote:
            via = relay or str(self.conf.free_address(subnet))
            identity |= {82: agent(host.circuit, host.remote)}
        base = {"mac": host.mac, "via": via}
        self.add(Client(f"host-{host.name}", steps=LIFE, options=prl(PRL_LINUX) | {12: b"said"} | identity, **base), place, subnet, relay)
        self.add(Client(f"host-{host.name}-rom", options=pxe(0) | identity, words={"flags": "b"}, **base), place, subnet, relay)
        self.add(Client(f"host-{host.name}-ipxe", options=ipxe(7, IPXE_EFI) | identity, **base), place, subnet, relay)
        self.add(Client(f"host-{host.name}-bare", options=identity, hint=False, **base), place, subnet, relay)
        self.add(Client(f"host-{host.name}-bootp", steps=BOOTP, options={k: v for k, v in identity.items() if k != 61}, **base), place, subnet, relay)
        for number, address in enumerate(host.addresses):
            # The address itself, by its owner and by a stranger.
            steps = (f"reboot:request={address}", f"rebind:ciaddr={address}", f"inform:ciaddr={address}")
            self.add(Client(f"host-{host.name}-knows{number}", steps=steps, options=prl((1, 3)) | identity, **base), place, subnet, relay)
            self.add(Client(f"thief-of-{host.name}{number}", steps=steps[:2], options=prl((1, 3))), place, subnet, relay)

    def literal_clients(self, place, subnet, relay):
        for number, text in enumerate(self.conf.literals("vendor-class-identifier")):
            arch = text.rpartition("Arch:")[2][:5]
            options = pxe(int(arch)) if arch.isdigit() else prl(PRL_ROM)
            self.add(Client(f"vendor{number}", options=options | {60: text.encode()}), place, subnet, relay)
        for number, text in enumerate(self.conf.literals("user-class(?:-identifier)?")):
            for arch in (0, 7, 9):
                self.add(Client(f"user{number}-{arch}", options=pxe(arch) | {77: text.encode()}), place, subnet, relay)
        via = relay or str(self.conf.free_address(subnet))
        for number, text in enumerate(self.conf.literals("circuit-id")):
            self.add(Client(f"circuit{number}", via=via, steps=LIFE, options=prl(PRL_LINUX) | {82: agent(text.encode(), b"")}), place, subnet, relay)
        self.add(Client("behind-relay", via=via, steps=(*LIFE[:-2], f"inform:via={via}", "release"), words={"hops": "1"}, options=prl(PRL_LINUX) | {82: agent(b"port7", b"switch1")}), place, subnet, relay)
        selection = bytes((5, 4)) + subnet.network.network_address.packed
        self.add(Client("link-selection", via=SENTINEL_RELAY, options=prl((1, 3, 6)) | {82: selection}), place, subnet, relay)

    def strangers(self, place, subnet, relay):
        """Machines that speak of addresses in the subnet that are not theirs."""
        ranges = self.conf.ranges_of(subnet.shared)
        base = prl((1, 3, 6))
        outside = self.conf.free_address(subnet)
        if ranges:
            low, high = ranges[0]
            free = ipaddress.ip_address(high - 1 if high - low > 4 else high)
            self.add(Client("renews-free", steps=(f"renew:ciaddr={free}", "renew", "release"), options=base), place, subnet, relay)
            self.add(Client("rebinds-free", steps=(f"rebind:ciaddr={free}", "rebind", "release"), options=base), place, subnet, relay)
            self.add(Client("reboots-free", steps=(f"reboot:request={free}",), options=base), place, subnet, relay)
            taken = self.hint(subnet)
            self.add(Client("owner", steps=(f"discover:request={taken}", "select"), options=base), place, subnet, relay)
            self.add(Client("thief", steps=(f"discover:request={taken}", f"reboot:request={taken}", f"rebind:ciaddr={taken}"), options=base), place, subnet, relay)
        self.add(Client("outside", steps=(f"reboot:request={outside}", f"rebind:ciaddr={outside}", f"inform:ciaddr={outside}"), options=base), place, subnet, relay)

    def extra_client(self, line):
        """`NAME KEY=VALUE...`: mac, id, vendor, user, host, prl, arch, circuit, remote, via, steps, a number for an option in hex, or a
        key of the driver's. Texts may hold \\xHH."""
        words = shlex.shlex(line, posix=True)
        words.whitespace_split, words.escape, words.commenters = True, "", ""
        name, *words = words
        client = Client(name, steps=LIFE)
        texts = {"id": 61, "vendor": 60, "user": 77, "host": 12}
        circuit = remote = b""
        for word in words:
            key, _, value = word.partition("=")
            octets = value.encode("latin-1").decode("unicode_escape").encode("latin-1")
            if key == "arch":
                client.options = pxe(int(value)) | client.options
            elif key == "prl":
                client.options[55] = bytes(PRL_ALL if value == "all" else map(int, value.split(",")))
            elif key in texts:
                client.options[texts[key]] = octets
            elif key == "circuit":
                circuit = octets
            elif key == "remote":
                remote = octets
            elif key == "steps":
                client.steps = tuple(value.split("+"))
            elif key == "mac":
                client.mac = value
            elif key == "via":
                client.via = value
            elif key.isdigit():
                client.options[int(key)] = bytes.fromhex(value)
            else:
                client.words[key] = value
        if circuit or remote:
            client.options[82] = agent(circuit, remote)
        client.mac = client.mac or self.mac()
        client.options = own(client.options, client.mac)
        self.out += client.lines(None)


def agent(circuit, remote):
    return b"".join(bytes((code, len(value))) + value for code, value in ((1, circuit), (2, remote)) if value)
