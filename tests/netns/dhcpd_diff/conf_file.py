"""What a dhcpd.conf declares, read far enough to aim packets at each host, class and subnet of it. Not a validator."""
import dataclasses
import ipaddress
import re

TOKEN = re.compile(r'#[^\n]*|"(?:\\.|[^"\\])*"|[{};,=()]|[^\s{};,=()"#]+')


@dataclasses.dataclass
class Pool:
    number: int
    ranges: list = dataclasses.field(default_factory=list)   # (first, last) as integers


@dataclasses.dataclass
class Subnet:
    network: ipaddress.IPv4Network
    shared: str   # the shared network's name, or the subnet's own text


@dataclasses.dataclass
class Host:
    name: str
    mac: str = ""
    client_id: bytes = b""
    circuit: bytes = b""
    remote: bytes = b""
    addresses: list = dataclasses.field(default_factory=list)
    subnet: object = None   # that it is declared in


@dataclasses.dataclass
class ConfFile:
    subnets: list = dataclasses.field(default_factory=list)
    pools: list = dataclasses.field(default_factory=list)
    hosts: list = dataclasses.field(default_factory=list)
    classes: list = dataclasses.field(default_factory=list)        # names, as declared
    subclasses: list = dataclasses.field(default_factory=list)     # (class, value)
    text: str = ""                                                # of all files, without comments

    def literals(self, option):
        """Texts that the option is compared with, or set to."""
        return list(dict.fromkeys(re.findall(option + r'[^"{};]*"([^"\\]*)"', self.text)))

    def taken(self):
        """Every address that is in a range or reserved."""
        ranges = [pair for pool in self.pools for pair in pool.ranges]
        return ranges + [(int(a), int(a)) for host in self.hosts for a in host.addresses]

    def free_address(self, subnet):
        """The highest address of the subnet that is nobody's."""
        taken = self.taken()
        for number in range(int(subnet.network.broadcast_address) - 1, int(subnet.network.network_address), -1):
            if not any(first <= number <= last for first, last in taken):
                return ipaddress.ip_address(number)
        raise ValueError(f"no free address in {subnet.network}")

    def ranges_of(self, shared):
        """Ranges of all pools of one wire."""
        networks = [s.network for s in self.subnets if s.shared == shared]
        return [pair for pool in self.pools for pair in pool.ranges
                if any(ipaddress.ip_address(pair[0]) in network for network in networks)]


def octets_of(token):
    """A string in quotes, or hex octets with colons."""
    if token.startswith('"'):
        return re.sub(rb"\\([0-7]{3})", lambda m: bytes((int(m[1], 8),)), token[1:-1].encode())
    return bytes(int(part, 16) for part in token.split(":"))


def mac_text(token):
    return ":".join(f"{int(part, 16):02x}" for part in token.split(":"))


class Reader:
    def __init__(self, folder):
        self.folder = folder
        self.conf = ConfFile()

    def read(self, name):
        self.block(iter(self.tokens(name)), {"shared": None, "subnet": None, "pool": None, "host": None})
        return self.conf

    def tokens(self, name):
        text = (self.folder / name).read_text()
        found = [token for token in TOKEN.findall(text) if not token.startswith("#")]
        self.conf.text += " ".join(found) + "\n"
        return found

    def block(self, tokens, scope):
        """Statements up to the closing brace."""
        words = []
        for token in tokens:
            if token == "}":
                return
            if token == "{":
                self.block(tokens, self.inner(words, scope))
                words = []
            elif token == ";":
                self.statement(words, scope)
                words = []
            else:
                words.append(token)

    def inner(self, words, scope):
        head = words[0].lower() if words else ""
        if head == "shared-network":
            return scope | {"shared": words[1].strip('"')}
        if head == "subnet":
            network = ipaddress.ip_network(f"{words[1]}/{words[3]}")
            self.conf.subnets.append(Subnet(network, scope["shared"] or str(network)))
            return scope | {"subnet": network}
        if head == "pool":
            return scope | {"pool": self.new_pool()}
        if head == "host":
            self.conf.hosts.append(Host(words[1], subnet=scope["subnet"]))
            return scope | {"host": self.conf.hosts[-1]}
        if head == "class":
            name = words[1].strip('"')
            if name not in self.conf.classes:
                self.conf.classes.append(name)
        if head == "subclass":
            self.conf.subclasses.append((words[1].strip('"'), octets_of(words[2])))
        return scope

    def new_pool(self):
        self.conf.pools.append(Pool(len(self.conf.pools)))
        return self.conf.pools[-1]

    def statement(self, words, scope):
        if not words:
            return
        head = words[0].lower()
        host = scope["host"]
        if head == "include":
            self.block(iter(self.tokens(words[1].strip('"'))), scope)
        elif head == "subclass":
            self.conf.subclasses.append((words[1].strip('"'), octets_of(words[2])))
        elif head == "range":
            self.range(words[1:], scope)
        elif host is not None:
            self.host_statement(host, words)

    def range(self, words, scope):
        """Ranges outside pools are one pool for each subnet, those of BOOTP clients another."""
        bootp = words[0].lower() == "dynamic-bootp"
        addresses = [int(ipaddress.ip_address(word)) for word in words if word[0].isdigit()]
        pool = scope["pool"]
        if pool is None:
            key = (str(scope["subnet"]), bootp)
            pool = next((p for p in self.conf.pools if getattr(p, "key", None) == key), None) or self.new_pool()
            pool.key = key
        pool.ranges.append((min(addresses), max(addresses)))

    @staticmethod
    def host_statement(host, words):
        head = words[0].lower()
        if head == "hardware":
            host.mac = mac_text(words[2])
        elif head == "fixed-address":
            host.addresses += [ipaddress.ip_address(w) for w in words[1:] if re.fullmatch(r"[\d.]+", w)]
        elif head in ("uid", "dhcp-client-identifier"):
            host.client_id = octets_of(words[1])
        elif words[:2] == ["option", "dhcp-client-identifier"]:
            host.client_id = octets_of(words[2])
        elif words[:3] == ["host-identifier", "option", "agent.circuit-id"]:
            host.circuit = octets_of(words[3])
        elif words[:3] == ["host-identifier", "option", "agent.remote-id"]:
            host.remote = octets_of(words[3])
