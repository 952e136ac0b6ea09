"""The wires of the DHCP comparison, and the network that is served on them."""
from side_by_side.machine import VethPair

NETWORK, NETMASK = "10.0.0.0/8", "255.0.0.0"
POOL = ("10.4.0.0", "10.7.255.255")        # 262 144 addresses: no run comes near
SMALL_POOL = ("10.4.0.0", "10.4.63.255")   # 16 384: what dhcpd and dnsmasq can give in a run; larger ones slow dhcpd down
ROUTER = "10.0.0.1"


class Direct(VethPair):
    """Server and clients on one wire. perfdhcp broadcasts there; it always speaks as a relay (giaddr, hops 1), of this wire."""

    name, server, relayed = "direct", "10.0.0.1", False
    server_lines = ("address add 10.0.0.1/8 dev veth-server",)
    client_lines = ("address add 10.0.0.2/8 dev veth-clients",)
    load = ("-l", VethPair.client_interface, "-B")


class Relayed(VethPair):
    """The served network is behind a relay and a route: perfdhcp sends by unicast, from the relay's address in it."""

    name, server, relayed = "relayed", "192.168.7.1", True
    server_lines = ("address add 192.168.7.1/24 dev veth-server", "route add 10.0.0.0/8 via 192.168.7.2")
    client_lines = ("address add 192.168.7.2/24 dev veth-clients", "address add 10.0.0.1/32 dev veth-clients")
    load = ("-l", "10.0.0.1", "192.168.7.1")


DHCP_LINKS = {link.name: link for link in (Direct, Relayed)}
