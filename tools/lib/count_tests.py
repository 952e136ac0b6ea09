#!/usr/bin/env python3
"""Closing lines of a test run, from CTest's JUnit report: what was skipped and why, what failed, and "N passed, N failed".

usage: count_tests.py REPORT CTEST_STATUS

A test that CTest did not run at all (its program is missing, say) counts as failed; one that skipped itself with exit status 77
counts as neither. Exits 1 when any failed, when none ran, or when CTest itself failed.
"""

import sys
import xml.etree.ElementTree as ElementTree


def verdict(case):
    """passed, failed or skipped."""
    if case.get("status") == "run":
        return "passed"
    if case.get("status") in ("notrun", "disabled"):
        reason = case.find("skipped")
        message = reason.get("message", "") if reason is not None else ""
        return "skipped" if case.get("status") == "disabled" or "SKIP_" in message else "failed"
    return "failed"


def reason_of(case):
    """The sentence a skipped test printed."""
    lines = [line for line in (case.findtext("system-out") or "").splitlines() if "skip" in line.lower()]
    return lines[-1].strip().removeprefix("skipped: ") if lines else "it says no reason"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        cases = ElementTree.parse(sys.argv[1]).getroot().findall(".//testcase")
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test report: {error}")
        print("0 passed, 1 failed")
        return 1
    groups = {"passed": [], "failed": [], "skipped": []}
    for case in cases:
        groups[verdict(case)].append(case)
    for case in groups["skipped"]:
        print(f"skipped: {case.get('name')}: {reason_of(case)}")
    for case in groups["failed"]:
        print(f"failed: {case.get('name')}")
    failed = len(groups["failed"])
    if failed == 0 and sys.argv[2] != "0":
        print(f"ctest ended with status {sys.argv[2]}")
        failed = 1
    print(f"{len(groups['passed'])} passed, {failed} failed")
    return 1 if failed or not groups["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
