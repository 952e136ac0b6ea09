#!/usr/bin/env python3
"""Checks that the boot board shows one machine as having passed every stage.

/api/machines is a JSON array of machines with the fields mac, address, hostname, stage, stages, percent, rate_bytes_per_s and
stuck_since. Deliberately accepted, and nothing else:
  * the MAC in upper or lower case;
  * "stages" in any order and with more names than the expected ones;
  * any truthy value for a stage that was passed (when it was passed, or an object that tells more); null, false, 0 and a missing
    name mean "not passed";
  * a board that is late: it is asked again until --seconds are over.
"""

import argparse
import ipaddress
import json
import sys
import time
import urllib.error
import urllib.request

FIELDS = {"mac", "address", "hostname", "stage", "stages", "percent", "rate_bytes_per_s", "stuck_since"}
# The configuration of a UEFI machine is its iPXE script.
STAGES = ["DISCOVER", "OFFER", "ACK", "NBP", "config", "kernel", "initrd", "kickstart", "packages", "done"]
RANGE = (ipaddress.ip_address("10.99.0.100"), ipaddress.ip_address("10.99.0.199"))


def find_machine(machines, mac):
    if not isinstance(machines, list):
        raise ValueError(f"not an array but {type(machines).__name__}")
    found = [m for m in machines if m["mac"].lower() == mac.lower()]
    if len(found) != 1:
        raise ValueError(f"{len(found)} machines with MAC {mac} among {[m['mac'] for m in machines]}")
    return found[0]


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_machine(machine, domain):
    """Every way in which the machine is not what a finished boot looks like, as sentences."""
    missing = FIELDS - machine.keys()
    if missing:
        return [f"fields missing: {sorted(missing)}"]
    wrong = [f"stage {name} not passed" for name in STAGES if not machine["stages"].get(name)]
    if machine["stage"] != "done":
        wrong.append(f"stage is {machine['stage']!r}, not done")
    if machine["percent"] != 100:
        wrong.append(f"percent is {machine['percent']!r}, not 100")
    if not is_number(machine["rate_bytes_per_s"]) or machine["rate_bytes_per_s"] < 0:
        wrong.append(f"rate_bytes_per_s is {machine['rate_bytes_per_s']!r}")
    if machine["stuck_since"] is not None:
        wrong.append(f"stuck since {machine['stuck_since']!r}")
    address = ipaddress.ip_address(machine["address"])
    if not RANGE[0] <= address <= RANGE[1]:
        wrong.append(f"address {address} outside {RANGE[0]}-{RANGE[1]}")
    hostname = f"station{int(address) & 255}.{domain}"
    if machine["hostname"] != hostname:
        wrong.append(f"hostname is {machine['hostname']!r}, not {hostname!r}")
    return wrong


def ask(url, mac, domain):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read()
        return check_machine(find_machine(json.loads(text), mac), domain), text
    except (urllib.error.URLError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        return [f"{url}: {type(error).__name__}: {error}"], b""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--mac", required=True)
    parser.add_argument("--firmware", required=True, choices=["bios", "uefi"])
    parser.add_argument("--domain", required=True)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    deadline = time.monotonic() + arguments.seconds
    while True:
        wrong, text = ask(arguments.url, arguments.mac, arguments.domain)
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
