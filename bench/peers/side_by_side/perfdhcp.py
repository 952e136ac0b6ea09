"""perfdhcp, Kea's own load: four-message exchanges at a rate, each of another client."""
import os
import random
import re
import subprocess
import time

from side_by_side.dhcp_servers import LIBRARIES
from side_by_side.machine import give_up

CLIENTS = 1 << 23          # more than any run has exchanges: no client comes twice
WAIT_MICROSECONDS = 500_000  # after the last one was begun


def command(link, peers, rate, seconds):
    base = ":".join(f"{octet:02x}" for octet in (0x02, random.randrange(256), random.randrange(256), 0, 0, 0))
    return [*link.client_prefix, "taskset", "-c", "1", str(peers / "kea-admin/usr/sbin/perfdhcp"), "-4", "-r", str(round(rate)), "-n",
            str(max(1, round(rate * seconds))), "-R", str(CLIENTS), "-b", f"mac={base}", "-s", str(random.randrange(1, 1 << 30)), "-g", "single", "-W",
            str(WAIT_MICROSECONDS), *link.load]


def figures(text, asked, cpu_seconds, took):
    """Of the report that perfdhcp ends with; None where it has none."""
    part = lambda title: text.split(f"***Statistics for: {title}***", 1)[-1].split("***Statistics", 1)[0] if title in text else ""
    number = lambda section, label: float(found[1]) if (found := re.search(rf"{label}:\s*([-0-9.]+)", section)) else None
    offers, acks = part("DISCOVER-OFFER"), part("REQUEST-ACK")
    sent, answered, rate = number(offers, "sent packets"), number(acks, "received packets"), number(text, "Rate")
    if not sent or answered is None or rate is None:
        return None
    # Its rate counts the wait at the end, too.
    sending = answered / rate - WAIT_MICROSECONDS / 1e6 if rate > 0 else sent / asked
    return {"asked_rate": asked, "rate": answered / sending, "sent_rate": sent / sending, "discovers": sent, "exchanges": answered,
            "drops": 1 - answered / sent, "ack_ms": number(acks, "avg delay") or 0, "load_cpu": cpu_seconds / took}


def run(link, peers, rate, seconds):
    before, started = os.times(), time.monotonic()
    try:
        done = subprocess.run(command(link, peers, rate, seconds), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=10 * seconds + 20, env={**os.environ, "LD_LIBRARY_PATH": str(peers / LIBRARIES)})
    except subprocess.TimeoutExpired:
        give_up("perfdhcp does not end")
    took, after = time.monotonic() - started, os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    result = figures(done.stdout, rate, cpu, took)
    if result is None:
        give_up(f"perfdhcp said no figures (exit {done.returncode}):\n{done.stdout}")
    return result
