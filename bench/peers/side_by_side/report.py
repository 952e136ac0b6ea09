"""TFTP's tables, ratios, and whether the targets of its speed are met."""
import dataclasses

from side_by_side.cases import MANY_BLOCKS
from side_by_side.figures import Check, quotient
from side_by_side.servers import CEILING, PEERS

OURS = "rackcast io_uring"
CEILING_OVER_DNSMASQ = 1.3


def goodput_keys(case):
    return ("answers_per_s", "us_per_answer") if case.absent else ("mb_per_s", "us_per_block")


def print_case(medians, case):
    rate_key, cpu_key = goodput_keys(case)
    print(f"\n{case.title()}")
    print(f"{'server':<18}{'answers/s' if case.absent else 'MB/s':>10}{'us CPU each':>13}{'user':>7}{'client us':>11}{'timeouts':>10}"
          f"{'unfinished':>12}{'p50 s':>8}{'p99 s':>8}{'x ceiling':>11}{'x best peer':>13}")
    value = lambda server, key: medians.value(case, server, key)
    ceiling = value(CEILING, rate_key)
    best = max((value(server, rate_key) for server in medians.servers(case) if server in PEERS), default=None)
    ratio = lambda rate, of: f"{rate / of:.2f}" if of else "-"
    for server in medians.servers(case):
        rate = value(server, rate_key)
        print(f"{server:<18}{rate:>10.1f}{value(server, cpu_key):>13.2f}{value(server, 'user_us'):>7.2f}{value(server, 'client_us'):>11.2f}"
              f"{value(server, 'timeouts'):>10.0f}{value(server, 'unfinished'):>12.0f}{value(server, 'p50_s'):>8.3f}"
              f"{value(server, 'p99_s'):>8.3f}{ratio(rate, ceiling):>11}{ratio(rate, best):>13}", flush=True)


def checks(medians, base):
    """The targets, for the io_uring backend on one lane."""
    vary = lambda **fields: dataclasses.replace(base, **fields)
    value, worst = medians.value, medians.worst
    rate_over = lambda case, server, key="mb_per_s": quotient(value(case, OURS, key), value(case, server, key))
    many, veth, one = vary(clients=5000, seconds=30), vary(link="veth"), vary(clients=1)
    alone = [value(one, peer, "mb_per_s") for peer in PEERS]
    found = [
        Check("1000 clients: the ceiling's goodput over dnsmasq's (valid run)",
              quotient(value(base, CEILING, "mb_per_s"), value(base, "dnsmasq", "mb_per_s")), CEILING_OVER_DNSMASQ),
        Check("1000 clients: goodput over the ceiling's", rate_over(base, CEILING), 0.95),
        Check("1000 clients: CPU per block, the ceiling's over ours",
              quotient(value(base, CEILING, "us_per_block"), value(base, OURS, "us_per_block")), 0.95),
        Check("1000 clients: time-outs, in any run", worst(base, OURS, "timeouts"), 0, at_most=True),
        Check("1000 clients: unfinished, in any run", worst(base, OURS, "unfinished"), 0, at_most=True),
        Check("1000 clients: p99 over p50", quotient(value(base, OURS, "p99_s"), value(base, OURS, "p50_s")), 1.1, at_most=True),
        Check("1000 clients: over dnsmasq", rate_over(base, "dnsmasq"), 1.5),
        Check("1000 clients: over tftpd-hpa", rate_over(base, "tftpd-hpa"), 3),
        Check("1000 clients: over atftpd", rate_over(base, "atftpd"), 3),
        Check("1000 clients, veth: over dnsmasq", rate_over(veth, "dnsmasq"), 1.3),
        Check("5000 clients: unfinished within 30 s, in any run", worst(many, OURS, "unfinished"), 0, at_most=True),
        Check("5000 clients: time-outs, in any run", worst(many, OURS, "timeouts"), 0, at_most=True),
        Check("one client: over the best peer",
              quotient(value(one, OURS, "mb_per_s"), None if None in alone else max(alone)), 1.5),
    ]
    for joined, bounds in ((False, {16: 5, 64: 6}), (True, {16: 8, 64: 12})):
        for window, bound in bounds.items():
            case = vary(clients=min(base.clients, 100), bytes=max(base.bytes, MANY_BLOCKS), window=window, joined=joined)
            found.append(Check(f"window {window}, {'joined' if joined else 'plain'}: goodput per CPU second over atftpd's",
                               rate_over(case, "atftpd", "mb_per_cpu_s"), bound))
    found.append(Check("not-found answers per second", value(vary(absent=True, seconds=3), OURS, "answers_per_s"), 150_000))
    return found


def print_targets(medians, base, complete):
    """Returns whether each target that was measured is met, in a valid run; where the run is `complete`, each of them all."""
    print("\nTargets, from the medians (a core shared with other work makes wall time worth little: see CPU per block)")
    all_checks = checks(medians, base)
    for check in all_checks:
        print(check.line())
    valid = all_checks[0].word()
    if valid == "NOT MET":
        print(f"  The run is NOT VALID: the ceiling program is not {CEILING_OVER_DNSMASQ} times dnsmasq.")
    elif valid == "not measured":
        print("  Whether the run is valid is not known: that takes dnsmasq and the ceiling program, at 1000 clients.")
    words = [check.word() for check in all_checks]
    return "NOT MET" not in words and not (complete and "not measured" in words)
