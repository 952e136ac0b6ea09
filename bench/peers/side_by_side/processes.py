"""A server that is compared: unpacked, started on core 0, and ended, all by its own process id."""
import os
import pathlib
import subprocess
import tempfile
import time

from side_by_side.machine import WAIT_SECONDS, give_up


def unpack(build, packages):
    """Debian's own binaries, each package in a folder of its name, unpacked once; `packages`: (name, file it must have)."""
    peers = build / "peers"
    peers.mkdir(parents=True, exist_ok=True)
    for package, binary in packages:
        root = peers / package
        if (root / binary).exists():
            continue
        subprocess.run(["apt-get", "download", "-q", package], cwd=peers, check=True, stdout=subprocess.DEVNULL)
        deb = next(peers.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", str(deb), str(root)], check=True)
    return peers


def udp_port_open(port):
    table = pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(int(line.split()[1].split(":")[1], 16) == port for line in table)


class Server:
    """`prepare`: what is to be done before each start, like fresh files."""

    def __init__(self, name, command, group, environment=None, port=69, prepare=None):
        self.name, self.command, self.group, self.environment = name, command, group, environment
        self.port, self.prepare = port, prepare

    def __enter__(self):
        if self.prepare:
            self.prepare()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(["taskset", "-c", "0", *self.command], stdout=self.log, stderr=self.log,
                                        preexec_fn=self.group.enter, env={**os.environ, **(self.environment or {})})
        try:
            self.wait_for_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def wait_for_port(self):
        deadline = time.monotonic() + WAIT_SECONDS
        while not udp_port_open(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                give_up(f"{self.name} did not open its port:\n{self.said()}")
            time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.group.end_leftovers()
        self.log.close()
        # A ring is taken down by the kernel a moment after its process: its sockets must not be taken for the next server's.
        deadline = time.monotonic() + WAIT_SECONDS
        while udp_port_open(self.port):
            if time.monotonic() > deadline:
                give_up(f"{self.name} has ended and its port is still open")
            time.sleep(0.02)
