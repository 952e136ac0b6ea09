#!/usr/bin/env python3
"""Checks what one machine and its servers said to each other in DHCP, in a capture of the bridge (pcap, Ethernet).

Each row of EXPECTED is a message that must be there, in this order, others between them: who says it to which port, and what it holds.
NEVER is what may not be there at all.
"""

import argparse
import dataclasses
import socket
import struct
import sys

SERVER, OWNER = "10.99.0.1", "10.99.0.2"
COOKIE = bytes((99, 130, 83, 99))
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
NAMES = {DISCOVER: "DISCOVER", OFFER: "OFFER", REQUEST: "REQUEST", ACK: "ACK"}
BOOT_PORT = 4011
ZERO = "0.0.0.0"


def options_of(octets):
    options, at = {}, 0
    while at < len(octets) and octets[at] != 255:
        if octets[at] == 0:
            at += 1
            continue
        if at + 1 >= len(octets):
            break
        size = octets[at + 1]
        options[octets[at]] = options.get(octets[at], b"") + octets[at + 2 : at + 2 + size]
        at += 2 + size
    return options


@dataclasses.dataclass
class Message:
    source: str
    source_port: int
    target: str
    port: int
    kind: int
    yiaddr: str
    siaddr: str
    mac: str
    file: str
    options: dict

    def text(self, code):
        return self.options.get(code, b"").rstrip(b"\0").decode(errors="replace")

    def architecture(self):
        return int.from_bytes(self.options.get(93, b"\xff\xff")[:2], "big")

    def is_ipxe(self):
        return 175 in self.options or self.text(77) == "iPXE"

    def inner(self):
        return options_of(self.options.get(43, b""))

    def __str__(self):
        said = {60: "class", 67: "file67"}
        more = "".join(f" {name}={self.text(code)}" for code, name in said.items() if code in self.options)
        if 43 in self.options:
            more += f" 43={self.options[43].hex()}"
        if 93 in self.options:
            more += f" architecture={self.architecture()}"
        if self.is_ipxe():
            more += " iPXE"
        return (f"{NAMES.get(self.kind, self.kind)} {self.source}:{self.source_port} > {self.target}:{self.port} yiaddr={self.yiaddr} "
                f"siaddr={self.siaddr} file={self.file}{more}")


def message_of(frame):
    """A DHCP message, or None."""
    if frame[12:14] != b"\x08\x00":
        return None
    packet = frame[14:]
    udp = packet[(packet[0] & 15) * 4 :]
    body = udp[8:]
    if packet[9] != 17 or len(body) < 240 or body[236:240] != COOKIE:
        return None
    options = options_of(body[240:])
    address = socket.inet_ntoa
    source_port, port = struct.unpack_from("!HH", udp)
    return Message(address(packet[12:16]), source_port, address(packet[16:20]), port, options.get(53, b"\0")[0], address(body[16:20]),
                   address(body[20:24]), body[28:34].hex(":"), body[108:236].split(b"\0")[0].decode(errors="replace"), options)


def read_capture(path):
    with open(path, "rb") as capture:
        octets = capture.read()
    order = "<" if octets[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(octets):
        size = struct.unpack_from(order + "I", octets, at + 8)[0]
        message = message_of(octets[at + 16 : at + 16 + size])
        if message is not None:
            yield message
        at += 16 + size


def asks(kind, port=67, architecture=None, ipxe=None, vendor="PXEClient", **more):
    """From the machine."""
    def holds(m):
        return (m.kind == kind and m.port == port and m.text(60).startswith(vendor)
                and architecture in (None, m.architecture()) and ipxe in (None, m.is_ipxe())
                and more.get("item", b"") in (b"", m.inner().get(71)))
    return f"the machine's {NAMES[kind]} to port {port}, {vendor}, architecture {architecture}, iPXE {ipxe} {more or ''}", holds


def says(kind, server=SERVER, port=67, **more):
    """From a server. What `more` names must be so: file, file67, siaddr, address (any, or none), vendor, inner."""
    def holds(m):
        return (m.kind == kind and m.source == server and m.source_port == port
                and more.get("file", m.file) == m.file and more.get("file67", m.text(67)) == m.text(67)
                and more.get("siaddr", m.siaddr) == m.siaddr and more.get("address", m.yiaddr != ZERO) == (m.yiaddr != ZERO)
                and more.get("vendor", m.text(60)) == m.text(60)
                and all(m.inner().get(code) == value for code, value in more.get("inner", {}).items()))
    return f"{server}'s {NAMES[kind]} from port {port} {more}", holds


SCRIPT = f"http://{SERVER}/boot.ipxe"
LOADER = f"http://{SERVER}/boot/ipxe.efi"
ITEM = bytes((0x80, 0, 0, 0))

# A BIOS ROM's own dialogue, and the UEFI chain: firmware, then the iPXE that it loaded.
BIOS = [asks(DISCOVER, architecture=0), says(OFFER, address=True, file="pxelinux.0", siaddr=SERVER), asks(REQUEST, architecture=0),
        says(ACK, address=True, file="pxelinux.0", siaddr=SERVER)]
IPXE_EFI = [asks(DISCOVER, architecture=7, ipxe=True), says(OFFER, address=True, file=SCRIPT), asks(REQUEST, ipxe=True),
            says(ACK, address=True, file=SCRIPT)]
UEFI = [asks(DISCOVER, architecture=7, ipxe=False), says(OFFER, address=True, file="ipxe.efi"), asks(REQUEST, architecture=7, ipxe=False),
        says(ACK, address=True, file="ipxe.efi", siaddr=SERVER), *IPXE_EFI]
HTTP = [asks(DISCOVER, architecture=16, vendor="HTTPClient:Arch:00016"), says(OFFER, address=True, vendor="HTTPClient", file67=LOADER),
        asks(REQUEST, architecture=16, vendor="HTTPClient:Arch:00016"), says(ACK, address=True, vendor="HTTPClient", file67=LOADER), *IPXE_EFI]
# A menu instead of the file, the item asked for on port 4011.
MENU = [asks(DISCOVER, architecture=0),
        says(OFFER, address=True, file="", vendor="PXEClient", inner={8: bytes.fromhex("8000010a630001"), 10: b"\0Install"}),
        asks(REQUEST), says(ACK, address=True, file=""), asks(REQUEST, BOOT_PORT, item=ITEM),
        says(ACK, port=BOOT_PORT, file="pxelinux.0", siaddr=SERVER, inner={71: ITEM})]
# The address is the owner's, who says nothing about booting; the file is ours, for a BIOS ROM in the offer, for UEFI on port 4011.
PROXY_BIOS = [asks(DISCOVER, architecture=0),
              says(OFFER, address=False, file="pxelinux.0", siaddr=SERVER, vendor="PXEClient", inner={6: b"\x08"}), asks(REQUEST),
              says(ACK, OWNER, address=True, file="", file67="")]
PROXY_UEFI = [asks(DISCOVER, architecture=7, ipxe=False), says(OFFER, address=False, file="", vendor="PXEClient"), asks(REQUEST, ipxe=False),
              says(ACK, OWNER, address=True, file="", file67=""), asks(REQUEST, BOOT_PORT, architecture=7, ipxe=False),
              says(ACK, port=BOOT_PORT, address=False, file="ipxe.efi", siaddr=SERVER), asks(DISCOVER, architecture=7, ipxe=True),
              says(OFFER, address=False, file=SCRIPT, inner={6: b"\x08"}), asks(REQUEST, ipxe=True), says(ACK, OWNER, address=True, file="")]

EXPECTED = {("keys", "bios"): BIOS, ("keys", "uefi"): UEFI, ("keys", "http"): HTTP, ("dhcpd_conf", "bios"): BIOS,
            ("dhcpd_conf", "uefi"): UEFI, ("dhcpd_conf", "http"): HTTP, ("menu", "bios"): MENU, ("menu", "http"): HTTP,
            ("proxy", "bios"): PROXY_BIOS, ("proxy", "uefi"): PROXY_UEFI}


def never(setup):
    """What no message to the machine may be, as a sentence and a test."""
    if setup == "proxy":
        return "an address from the proxy", lambda m: m.source == SERVER and m.yiaddr != ZERO
    return "an answer from elsewhere", lambda m: m.source_port == 67 and m.source != SERVER


def check(messages, setup, firmware):
    """Every expected message in order; what is missing, as sentences."""
    sentence, bad = never(setup)
    wrong = [f"{sentence}: {message}" for message in messages if bad(message)]
    rest = iter(messages)
    for sentence, holds in EXPECTED[setup, firmware]:
        if not any(holds(message) for message in rest):
            wrong.append(f"missing: {sentence}")
            break
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--capture", required=True)
    parser.add_argument("--mac", required=True)
    parser.add_argument("--firmware", required=True, choices=["bios", "uefi", "http"])
    parser.add_argument("--setup", required=True)
    arguments = parser.parse_args()
    messages = [message for message in read_capture(arguments.capture) if message.mac == arguments.mac]
    wrong = check(messages, arguments.setup, arguments.firmware)
    for line in wrong:
        print(f"{arguments.firmware}: wire: {line}")
    if wrong:
        print("\n".join(f"    {message}" for message in messages))
        return 1
    print(f"{arguments.firmware}: the wire shows its {len(EXPECTED[arguments.setup, arguments.firmware])} messages in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
