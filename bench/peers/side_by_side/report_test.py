#!/usr/bin/env python3
"""What report.py takes for a run that meets its targets: no figure is measured here."""
import contextlib
import io
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from side_by_side.cases import AXES, Case, all_cases
from side_by_side.figures import Medians
from side_by_side.report import OURS, print_targets
from side_by_side.servers import CEILING, PEERS

RUNS = 5
# Such that every target is met with room to spare.
GOOD = {"mb_per_s": 100, "mb_per_cpu_s": 100, "answers_per_s": 10_000, "us_per_block": 10, "timeouts": 0, "unfinished": 0,
        "p50_s": 1, "p99_s": 1}
FIGURES = {OURS: GOOD | {"mb_per_s": 400, "mb_per_cpu_s": 2_000, "answers_per_s": 200_000, "us_per_block": 4},
           CEILING: GOOD | {"mb_per_s": 400, "us_per_block": 4}}


class Targets(unittest.TestCase):
    def judged(self, complete=True, without=(), spoilt=None):
        """`spoilt`: (clients, key, figures of the first runs) of ours."""
        base, medians = Case(), Medians()
        for case in all_cases(AXES, base):
            for server in (OURS, CEILING, *PEERS):
                if server in without:
                    continue
                for run in range(RUNS):
                    result = dict(FIGURES.get(server, GOOD))
                    if spoilt and server == OURS and case.clients == spoilt[0] and run < len(spoilt[2]):
                        result[spoilt[1]] = spoilt[2][run]
                    medians.add(case, server, result)
        self.out = io.StringIO()
        with contextlib.redirect_stdout(self.out):
            return print_targets(medians, base, complete)

    def test_all_met(self):
        self.assertTrue(self.judged())
        self.assertNotIn("not measured", self.out.getvalue())

    def test_what_must_not_happen_must_not_happen_in_one_run(self):
        for clients in (1000, 5000):
            for key in ("timeouts", "unfinished"):
                with self.subTest(clients=clients, key=key):
                    self.assertFalse(self.judged(spoilt=(clients, key, [1])))

    def test_speed_is_a_median(self):
        self.assertTrue(self.judged(spoilt=(1000, "mb_per_s", [1, 1])))
        self.assertFalse(self.judged(spoilt=(1000, "mb_per_s", [1, 1, 1])))

    def test_a_complete_run_measures_every_target(self):
        for server in (CEILING, *PEERS):
            with self.subTest(server=server):
                self.assertFalse(self.judged(without=[server]))
                self.assertIn("not measured", self.out.getvalue())

    def test_whoever_asks_for_some_servers_is_told_what_is_not_known(self):
        for server in (CEILING, "dnsmasq"):
            with self.subTest(server=server):
                self.assertTrue(self.judged(complete=False, without=[server]))
                self.assertIn("Whether the run is valid is not known", self.out.getvalue())


if __name__ == "__main__":
    unittest.main()
