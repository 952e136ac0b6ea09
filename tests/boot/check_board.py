#!/usr/bin/env python3
"""Checks that the boot board shows one machine as having passed every stage, in order, in one boot.

/api/machines is a JSON array of machines (core/board/board_api.cc). "stages" maps the name of a stage that was reached to when it
was first and last seen. Deliberately accepted, and nothing else:
  * the MAC in upper or lower case;
  * fields and stages beyond the ones checked here;
  * two stages first seen in the same millisecond;
  * a board that is late: it is asked again until --seconds are over ("done" itself is only known after some quiet seconds).
"""

import argparse
import ipaddress
import json
import sys
import time
import urllib.error
import urllib.request

FIELDS = {
    "mac", "address", "hostname", "architecture", "stage", "stages", "percent", "rate_bytes_per_s", "refusals", "stuck_since",
    "boots", "done",
}
# The configuration of a UEFI machine is its iPXE script.
STAGES = ["discover", "offer", "ack", "nbp", "config", "kernel", "initrd", "kickstart", "packages", "done"]
ARCHITECTURES = {"bios": "bios", "uefi": "efi64", "http": "efi64"}
# Who gives the addresses: rackcastd, and the names with them, or the server beside a proxy.
OURS = (ipaddress.ip_address("10.99.0.100"), ipaddress.ip_address("10.99.0.199"))
OWNERS = (ipaddress.ip_address("10.99.0.210"), ipaddress.ip_address("10.99.0.230"))


def find_machine(machines, mac):
    if not isinstance(machines, list):
        raise ValueError(f"not an array but {type(machines).__name__}")
    found = [m for m in machines if m["mac"].lower() == mac.lower()]
    if len(found) != 1:
        raise ValueError(f"{len(found)} machines with MAC {mac} among {[m['mac'] for m in machines]}")
    return found[0]


def expected_stages(firmware, setup):
    """Beside another server a BIOS ROM has all it needs in our offer: no ACK of ours."""
    return [name for name in STAGES if (name, firmware, setup) != ("ack", "bios", "proxy")]


def check_stages(stages, expected):
    """Every expected stage was reached, none before the one it follows. Times are ISO 8601 in UTC: text order is time order."""
    wrong = [f"stage {name} not passed" for name in expected if not (stages.get(name) or {}).get("first")]
    if wrong:
        return wrong
    for name in expected:
        if stages[name]["last"] < stages[name]["first"]:
            wrong.append(f"stage {name} last seen before it was first seen")
    for earlier, later in zip(expected, expected[1:]):
        if stages[later]["first"] < stages[earlier]["first"]:
            wrong.append(f"stage {later} first seen before {earlier}")
    return wrong


def check_machine(machine, firmware, setup, domain):
    """Every way in which the machine is not what a finished boot looks like, as sentences."""
    missing = FIELDS - machine.keys()
    if missing:
        return [f"fields missing: {sorted(missing)}"]
    wrong = check_stages(machine["stages"], expected_stages(firmware, setup))
    address = ipaddress.ip_address(machine["address"])
    first, last = OWNERS if setup == "proxy" else OURS
    if not first <= address <= last:
        wrong.append(f"address {address} outside {first}-{last}")
    expected = {
        "hostname": "" if setup == "proxy" else f"station{int(address) & 255}.{domain}",
        "architecture": ARCHITECTURES[firmware],
        "stage": "done",
        "done": True,
        "percent": 100,
        "refusals": {},
        "stuck_since": None,
        "boots": 1,
    }
    wrong += [f"{name} is {machine[name]!r}, not {value!r}" for name, value in expected.items() if machine[name] != value]
    rate = machine["rate_bytes_per_s"]
    if not isinstance(rate, (int, float)) or isinstance(rate, bool) or rate < 0:
        wrong.append(f"rate_bytes_per_s is {rate!r}")
    return wrong


def ask(url, mac, firmware, setup, domain):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read()
        return check_machine(find_machine(json.loads(text), mac), firmware, setup, domain), text
    except (urllib.error.URLError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        return [f"{url}: {type(error).__name__}: {error}"], b""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--mac", required=True)
    parser.add_argument("--firmware", required=True, choices=ARCHITECTURES)
    parser.add_argument("--setup", default="keys")
    parser.add_argument("--domain", required=True)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    deadline = time.monotonic() + arguments.seconds
    while True:
        wrong, text = ask(arguments.url, arguments.mac, arguments.firmware, arguments.setup, arguments.domain)
        if not wrong:
            print(f"{arguments.firmware}: the board shows {arguments.mac} done, every stage passed")
            return 0
        if time.monotonic() > deadline:
            break
        time.sleep(0.25)
    for sentence in wrong:
        print(f"{arguments.firmware}: board: {sentence}")
    print(text.decode(errors="replace")[:4000])
    return 1


if __name__ == "__main__":
    sys.exit(main())
