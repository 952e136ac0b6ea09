"""DHCP's tables, and whether the targets of its speed are met."""
from side_by_side.dhcp_servers import DHCP_PEERS, DHCPD, DNSMASQ, KEA, OURS
from side_by_side.figures import Check, quotient

COMMON, FAST, TARGET = 400, 8_000, 20_000
BEST = "best"
FULL_CORE = 0.97


def print_rates(medians, link):
    """Cases are (link, rate asked) and (link, BEST)."""
    print(f"\n{link}, exchanges of four messages, each of another client")
    print(f"{'server':<24}{'rate':>14}{'sustained/s':>13}{'us CPU each':>13}{'user':>8}{'drops %':>9}{'ACK ms':>9}{'perfdhcp CPU':>14}")
    for rate in (BEST, COMMON, FAST, TARGET):
        case = (link, rate)
        for server in medians.servers(case):
            value = lambda key: medians.value(case, server, key)
            print(f"{server:<24}{rate if rate == BEST else f'{rate} asked':>14}{value('rate'):>13.0f}{value('us_each'):>13.2f}"
                  f"{value('user_us'):>8.2f}{value('drops') * 100:>9.3f}{value('ack_ms'):>9.2f}{value('load_cpu') * 100:>13.0f}%",
                  flush=True)


def print_storm(medians, case):
    print(f"\n{case[1]} machines ask at once, on one wire, and repeat themselves as firmware does")
    print(f"{'server':<24}{'last ACK s':>12}{'p50 s':>9}{'p99 s':>9}{'without':>9}{'repeated':>10}{'us CPU each':>13}")
    for server in medians.servers(case):
        value = lambda key: medians.value(case, server, key)
        print(f"{server:<24}{value('seconds'):>12.3f}{value('p50_s'):>9.3f}{value('p99_s'):>9.3f}{value('unfinished'):>9.0f}"
              f"{value('retransmits'):>10.0f}{value('us_each'):>13.2f}", flush=True)


def rate_checks(medians, link):
    ours_over = lambda rate, peer, key: quotient(medians.value((link, rate), OURS, key), medians.value((link, rate), peer, key))
    at_target = lambda key: medians.value((link, TARGET), OURS, key)
    drops = at_target("drops")
    checks = [
        Check(f"{link}: CPU per exchange over Kea's, each at its best rate", ours_over(BEST, KEA, "us_each"), 0.5, at_most=True),
        Check(f"{link}: CPU per exchange over Kea's, {FAST} a second", ours_over(FAST, KEA, "us_each"), 0.5, at_most=True),
        Check(f"{link}: rate over dhcpd's", ours_over(BEST, DHCPD, "rate"), 10),
        Check(f"{link}: rate over dnsmasq's with its lease file", ours_over(BEST, DNSMASQ, "rate"), 10),
        Check(f"{link}: drops in % at {TARGET} exchanges a second", None if drops is None else drops * 100, 0.1, at_most=True),
    ]
    if drops is not None and at_target("sent_rate") < FULL_CORE * TARGET:
        checks[-1].text = f"{link}: perfdhcp's core, full below {TARGET} exchanges a second"
        checks[-1] = Check(checks[-1].text, at_target("load_cpu"), FULL_CORE)
    return checks


def storm_checks(medians, case):
    seconds = lambda server: medians.value(case, server, "seconds")
    return [Check(f"{case[1]} at once: time to the last ACK, {peer}'s over ours", quotient(seconds(peer), seconds(OURS)), 1.0)
            for peer in DHCP_PEERS]


def print_targets(checks):
    """True: none is missed."""
    print("\nTargets, from the medians; every reply of rackcast's that promises something was synced first")
    for check in checks:
        print(check.line())
    return all(check.word() != "NOT MET" for check in checks)
