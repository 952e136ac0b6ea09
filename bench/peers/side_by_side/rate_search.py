"""The highest rate that a server sustains, by probes: each is a run of a few seconds at one rate, so they are counted."""

DOUBLINGS_MAX = 10
STEP = 1.08  # how finely the rate is told


def first_search(probe, start, ceiling, bisections=4):
    """From nothing known: doubling, then halving the gap. `probe(rate)`: its result, or None where the rate is not sustained.
    The best result, or None."""
    best, low, high = None, None, None
    rate = start
    for _ in range(DOUBLINGS_MAX):
        result = probe(rate)
        if result is not None:
            best, low = result, rate
            if high is not None or rate >= ceiling:
                break
            rate = min(rate * 2, ceiling)
        else:
            high = rate
            if low is not None:
                break
            rate /= 2
    if low is None or high is None:
        return best
    for _ in range(bisections):
        rate = (low * high) ** 0.5
        result = probe(rate)
        if result is None:
            high = rate
        else:
            best, low = result, rate
    return best


def search_near(probe, known, ceiling, tries=3):
    """About a rate that was sustained a while ago: up while it holds, or down until it does."""
    best, rate = probe(known), known
    for _ in range(tries):
        if best is not None:
            if rate >= ceiling:
                break
            rate = min(rate * STEP, ceiling)
            result = probe(rate)
            if result is None:
                break
            best = result
        else:
            rate /= STEP * STEP
            if (result := probe(rate)) is not None:
                return result
    return best
