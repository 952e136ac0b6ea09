"""Whether a folder is on a disk that is worth syncing to: in memory a sync costs nothing, and durability with it."""
import os
import pathlib
import statistics
import tempfile
import time

from side_by_side.machine import give_up

IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")
SYNCS = 200


def file_system_of(folder):
    mounts = [line.split() for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
    holding = [mount for mount in mounts if folder.is_relative_to(mount[1])]
    return max(holding, key=lambda mount: len(mount[1]))[2]


def sync_ms(folder):
    """Median of a small append and fdatasync: (file system, milliseconds)."""
    kind = file_system_of(folder.resolve())
    if kind in IN_MEMORY:
        give_up(f"{folder} is on {kind}: lease files there are synced to nothing; take a --build on a disk")
    took = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            file.write(bytes(4096))
            file.flush()
            started = time.monotonic()
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - started) * 1e3)
    return kind, statistics.median(took)
