"""What is measured: a base, and axes along each of which one thing of it is varied."""
import dataclasses

AXES = ("clients", "bytes", "window", "blksize", "link", "absent")
MANY_BLOCKS = 6_800_000


@dataclasses.dataclass(frozen=True)
class Case:
    clients: int = 1000
    bytes: int = 1_800_000
    window: int = 1
    blksize: int = 1468
    link: str = "lo"
    joined: bool = False
    absent: bool = False
    # The longest a run may take; a peer gets no more than --seconds.
    seconds: float = 8

    def title(self):
        what = "absent names" if self.absent else f"{self.bytes / 1e6:g} MB"
        window = f"window {self.window}, {'joined' if self.joined else 'plain'}" if self.window > 1 else "lock-step"
        return f"{self.clients} clients, {what}, block {self.blksize}, {window}, {self.link}"


def axis_cases(axis, base):
    """The cases of one axis. Where the base would take minutes there are fewer clients: the bytes moved stay about alike."""
    vary = lambda **fields: dataclasses.replace(base, **fields)
    if axis == "clients":
        return [vary(clients=count, seconds=30 if count > 1000 else base.seconds) for count in (1, 100, 1000, 5000)]
    if axis == "bytes":
        return [base, vary(bytes=MANY_BLOCKS, clients=250), vary(bytes=100_000_000, clients=20)]
    if axis == "window":
        # In larger files, or a run would be over in a tenth of a second.
        fewer = dict(clients=min(base.clients, 100), bytes=max(base.bytes, MANY_BLOCKS))
        return [vary(**fewer)] + [vary(**fewer, window=window, joined=joined) for window in (4, 16, 64) for joined in (False, True)]
    if axis == "blksize":
        # Time by blocks: they are what costs.
        return [vary(blksize=size, seconds=base.seconds * max(1, Case.blksize / size)) for size in (512, 1432, 1468)]
    if axis == "link":
        return [vary(link=link) for link in ("lo", "veth")]
    return [vary(absent=True, seconds=3)]


def all_cases(axes, base):
    """Without repetitions, one link after the other."""
    cases = dict.fromkeys(case for axis in axes for case in axis_cases(axis, base))
    return sorted(cases, key=lambda case: case.link)
