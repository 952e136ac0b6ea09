"""Medians of counted runs, and targets: figures with a bound each."""
import statistics


class Medians:
    """Of all counted runs, by case and server."""

    def __init__(self):
        self.runs = {}

    def add(self, case, server, result):
        self.runs.setdefault(case, {}).setdefault(server, []).append(result)

    def servers(self, case):
        return list(self.runs.get(case, {}))

    def value(self, case, server, key):
        """None: not measured."""
        runs = self.runs.get(case, {}).get(server)
        return statistics.median(run[key] for run in runs) if runs else None

    def worst(self, case, server, key):
        """The largest of any run, for what must not happen in one of them. None: not measured."""
        runs = self.runs.get(case, {}).get(server)
        return max(run[key] for run in runs) if runs else None


class Check:
    """One sentence of the targets: a figure that must be at least, or at most, a bound. None as figure: not measured."""

    def __init__(self, text, figure, bound, at_most=False):
        self.text, self.figure, self.bound, self.at_most = text, figure, bound, at_most

    def word(self):
        if self.figure is None:
            return "not measured"
        return "met" if (self.figure <= self.bound if self.at_most else self.figure >= self.bound) else "NOT MET"

    def line(self):
        figure = "" if self.figure is None else f"{self.figure:.4g} ({'at most' if self.at_most else 'at least'} {self.bound:g})"
        return f"  {self.word():<13}{self.text:<68}{figure}".rstrip()


def quotient(a, b):
    return None if a is None or not b else a / b
